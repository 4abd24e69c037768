// error_pool.h - from replayed errors to widths and quantiles.
//
// An error is `width x z`: the width is the series' own (its backtest error, steadied by its naive
// scale) and grows with the horizon and with the level of a positive series; z has one distribution
// for all steps, and for all series that are forecast together. One series alone has too few errors
// for quantiles: then z is Student's t, which is what thousands of series gave. The errors of a
// path go together: their correlation, the same between all steps, makes the width of its sum.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace costops::forecasting {

/// Paths of one series replayed at earlier origins, beside what happened.
struct Replays {
  std::size_t steps = 0;
  std::vector<std::size_t> origins;  // index of the first replayed step
  std::vector<double> forecast;      // by replay, step
  std::vector<double> actual;        // kMissing where the history has a gap
  [[nodiscard]] std::size_t count() const { return origins.size(); }
};

/// How wide the errors of one series are.
struct ErrorWidth {
  double scale = 0;        ///< Mean |error| over the replayed steps, at the level `base`.
  double growth = 0.25;    ///< The width grows with this power of the step.
  double correlation = 0;  ///< Of the errors of any two steps of a path.
  double base = 0;         ///< The mean level; 0: the width does not depend on the level.
  std::size_t steps = 1;   ///< The steps that `scale` is the mean of.
};

/// The relative width of an error around `forecast`: 1 at the level `base`.
[[nodiscard]] double level_factor(double forecast, double base);

/// What is known of a series beside its replays.
struct ErrorPrior {
  double naive = 0;  ///< Its naive_scale, some steps apart (may be NaN).
  double base = 0;   ///< As in ErrorWidth.
  /// Without a cycle, errors grow and go together nearly as those of a random walk.
  enum class Cycle { none, some } cycle = Cycle::some;
};

/// From a series' replays.
[[nodiscard]] ErrorWidth error_width(const Replays& replays, const ErrorPrior& prior);

/// The errors of many series on one scale.
class ErrorPool {
 public:
  static constexpr std::size_t kQuantiles = 199;  // at 0.005, 0.010 ... 0.995
  using Standard = std::array<double, kQuantiles>;

  /// Forgets all errors.
  void clear();
  void add(const Replays& replays, const ErrorWidth& width);
  /// All errors of another pool that is not settled.
  void add(const ErrorPool& other);
  /// Call after the last add(): the quantiles and shapes of what was added, blended with the
  /// standard ones as if these had come from 20 series.
  void settle();

  /// The mean |error| / scale at a step; from the pool where it has enough errors.
  [[nodiscard]] double shape(std::size_t step, const ErrorWidth& width) const;
  /// Of two steps of one path, for a series whose own estimate is in `width`.
  [[nodiscard]] double correlation(const ErrorWidth& width) const;
  [[nodiscard]] const Standard& steps() const { return steps_; }
  [[nodiscard]] const Standard& totals() const { return totals_; }

 private:
  static constexpr std::size_t kBins = 4001;  // of width 0.01, from -20 to 20
  using Histogram = std::vector<std::uint32_t>;
  static void count(Histogram& bins, double z);
  void size_without(const Replays& replays, const ErrorWidth& width);
  void blend(const Histogram& bins, double unit, Standard& out) const;

  std::size_t series_ = 0;
  std::vector<double> sum_, number_, shape_, growth_, without_, replay_counts_;
  double correlation_sum_ = 0;
  Histogram step_bins_ = Histogram(kBins), total_bins_ = Histogram(kBins);
  Standard steps_ = student(), totals_ = student();
  static Standard student();
};

/// The width of each step (into `steps`) and of the running total (into `totals`) around `mean`.
void widths(const ErrorWidth& width, const ErrorPool& pool, std::span<const double> mean,
            std::span<double> steps, std::span<double> totals);

}  // namespace costops::forecasting
