// anomaly.h - which values of a series are strange, by how much, and whether they stay.
//
// A Detector judges one value at a time and learns from it afterwards: history is judged exactly
// as a stream is. The default method compares a value, on the log scale, with a level times the
// usual share of its weekday and hour; both are learned with bounded steps, so that one strange
// value moves them little. Values that stay strange in one direction are a change of level: the
// level is set anew, and the change is told once. The rules stand in docs/anomalies.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "costops/domain/error.h"
#include "costops/forecasting/series.h"

namespace costops::forecasting {

/// Where a value stands in the cycles of the calendar. 0 where its grain has no such cycle.
struct Phase {
  std::uint8_t hour = 0;     ///< 0 to 23.
  std::uint8_t weekday = 0;  ///< 0 is Monday.
};
/// Of period `i`: local hour and weekday where the grain is an hour, weekday where it is a day.
[[nodiscard]] Phase phase_of(const Grid& grid, std::size_t i);

/// One word, one spelling: these are the words of --method.
enum class AnomalyMethod : std::uint8_t {
  robust,            ///< The default: level x weekday/hour on the log scale, with shift reset.
  z_score,           ///< |x - mean| / sample standard deviation.
  iqr,               ///< Distance outside [Q1, Q3] in units of Q3 - Q1.
  mad,               ///< |x - median| / (1.4826 MAD).
  modified_z_score,  ///< 0.6745 |x - median| / MAD; of a mean deviation where MAD is 0.
  moving_average,    ///< |x - mean| / |mean|.
};
[[nodiscard]] std::optional<AnomalyMethod> parse_anomaly_method(std::string_view word);
[[nodiscard]] std::string_view to_string(AnomalyMethod method);

/// The one default set. A 0 stands for the method's own default.
struct AnomalyParameters {
  AnomalyMethod method = AnomalyMethod::robust;
  /// Severity from which a value is strange. robust 3.2, mad and modified_z_score 3.5,
  /// z_score 3, iqr 1.5, moving_average 0.5.
  double threshold = 0.0;
  /// How many values before this one count: 28 (moving_average 7). robust forgets smoothly instead.
  std::size_t window = 0;
  /// Values before the first judgement: for days 5, for hours 24, else 4.
  std::size_t learning = 0;
  /// Strange values in a row that make a change of level: for days 5, for hours 24, else 3.
  std::size_t confirm = 0;
};

enum class Verdict : std::uint8_t {
  missing,   ///< No value.
  learning,  ///< Too few values before it.
  normal,
  high,
  low,
  change,  ///< Strange, and with it the values before it are a new level.
};
[[nodiscard]] std::string_view to_string(Verdict verdict);

/// The largest severity that is told: that of any change where spend was perfectly flat.
inline constexpr double kSeverityMax = 999.0;

/// What was expected of one value, and what it was. Always finite; while learning, `expected` is
/// the value itself.
struct Judgement {
  Verdict verdict = Verdict::learning;
  double expected = 0.0;
  double lower = 0.0;  ///< Values within [lower, upper] are normal.
  double upper = 0.0;
  double severity = 0.0;  ///< Distance from `expected` in the method's units; 0 to kSeverityMax.
};

/// One series' memory. Not to be shared between threads.
class Detector {
 public:
  virtual ~Detector() = default;
  /// Judges a value (kMissing: none) by those before it, then learns it. Values of 10^100 and more
  /// count as missing.
  virtual Judgement observe(double value, Phase phase) = 0;
};

/// Fails with invalid_input if a parameter is negative, not finite or absurd (window above
/// 100,000).
[[nodiscard]] Result<std::unique_ptr<Detector>> make_detector(const AnomalyParameters& parameters,
                                                              Grain grain);

/// Strange values in a row, or a change of level.
struct Anomaly {
  enum class Kind : std::uint8_t { spike, drop, rise, fall };  ///< rise and fall stay.
  Kind kind = Kind::spike;
  std::size_t first = 0;  ///< Periods [first, last].
  std::size_t last = 0;
  double actual = 0.0;  ///< Sums over those periods.
  double expected = 0.0;
  double lower = 0.0;
  double upper = 0.0;
  double severity = 0.0;  ///< The largest of theirs.
};
[[nodiscard]] std::string_view to_string(Anomaly::Kind kind);

/// Gathers judgements, period by period, into anomalies: each is told once.
class Episodes {
 public:
  /// What period `i` began or went on with, if anything; call in the order of periods.
  void add(std::size_t i, double value, const Judgement& judgement);
  /// In the order of time. The last one may still be going on.
  [[nodiscard]] const std::vector<Anomaly>& found() const { return found_; }

 private:
  std::vector<Anomaly> found_;
  bool open_ = false;
};

/// All anomalies of a series over `grid`. Requires values.size() <= grid.size().
/// Fails like make_detector.
[[nodiscard]] Result<std::vector<Anomaly>> anomalies_of(std::span<const double> values,
                                                        const Grid& grid,
                                                        const AnomalyParameters& parameters);

/// One part of a total (a model, a project) during an anomaly: what it was and what it usually is.
struct Part {
  std::size_t series = 0;  ///< Index in the table of parts.
  double actual = 0.0;
  double usual = 0.0;   ///< The median of the same weekday and hour before, four of them.
  double excess = 0.0;  ///< actual - usual; the excesses of all parts explain the anomaly's.
};

/// The parts that moved the way the anomaly did, the largest excess first; at most `limit`.
/// `among` are the series of `parts` that make up the total; `anomaly` is on the same grid.
[[nodiscard]] std::vector<Part> explaining_parts(const SeriesTable& parts,
                                                 std::span<const std::size_t> among,
                                                 const Anomaly& anomaly, std::size_t limit);

}  // namespace costops::forecasting
