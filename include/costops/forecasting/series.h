// series.h - regular time series: what every model, budget and anomaly detector works on.
//
// A series has one value per period of a Grid (hour, day, week, month in a zone, DST-correct). A
// period without a value is missing (NaN), which is not zero: whoever makes the series decides
// which of the two an empty period means. Many series over one grid stand in a SeriesTable.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/time.h"

namespace costops::forecasting {

/// The value of a period that nothing is known about.
inline constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// Consecutive calendar periods, half-open and DST-correct.
class Grid {
 public:
  /// The periods of width `grain` that touch `range`; none if it is empty.
  Grid(TimeRange range, Grain grain, TimeZone zone);

  [[nodiscard]] std::size_t size() const { return starts_.empty() ? 0 : starts_.size() - 1; }
  [[nodiscard]] Grain grain() const { return grain_; }
  [[nodiscard]] const TimeZone& zone() const { return zone_; }
  /// Requires i < size().
  [[nodiscard]] TimeRange period(std::size_t i) const { return {starts_[i], starts_[i + 1]}; }
  /// Which period holds `at`; size() if none does.
  [[nodiscard]] std::size_t index_of(Instant at) const;
  /// The `count` periods that follow the last one. Requires size() > 0.
  [[nodiscard]] Grid following(std::size_t count) const;
  /// "2026-07-01" and the like: TimeZone::label_of.
  [[nodiscard]] std::string label(std::size_t i) const;

 private:
  Grain grain_;
  TimeZone zone_;
  std::vector<Instant> starts_;  // one more than there are periods
};

/// The lengths, in periods, of the cycles that usage of this grain is known to have, shortest
/// first: hour 24 and 168, day 7, week 52, month 12, quarter 4, year none.
[[nodiscard]] std::span<const std::size_t> seasons_of(Grain grain);

/// Named series over one grid, values of one series side by side.
class SeriesTable {
 public:
  explicit SeriesTable(Grid grid) : grid_(std::move(grid)) {}

  /// A new series, all of it `fill`; its values, valid until the next add().
  std::span<double> add(std::string name, double fill = 0.0);

  [[nodiscard]] const Grid& grid() const { return grid_; }
  [[nodiscard]] std::size_t size() const { return names_.size(); }
  [[nodiscard]] const std::string& name(std::size_t series) const { return names_[series]; }
  [[nodiscard]] std::span<const double> values(std::size_t series) const;
  [[nodiscard]] std::span<double> values(std::size_t series);

  /// How many of the first periods are complete: those that end at or before `now`. The rest has
  /// begun or lies ahead; models must not see it.
  [[nodiscard]] std::size_t complete_periods(Instant now) const;

 private:
  Grid grid_;
  std::vector<std::string> names_;
  std::vector<double> values_;
};

}  // namespace costops::forecasting
