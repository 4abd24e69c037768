// change_points.h - where a series changed its level, with a false-alarm rate that holds.
//
// Benchmark histories are skewed, have outliers and remember the last run, so nothing here assumes
// a distribution: values become ranks. For every place the sum of ranks on one side is compared
// with what a random order gives; the largest standardised difference is the statistic, and its
// threshold comes from simulated random orders of as many points (a permutation test whose table
// is made ahead). A second scan compares each stretch with everything around it, because a level
// that rises and falls back hides from the first. Both allow for neighbours that resemble each
// other: the statistic shrinks by what the residuals' autocorrelation adds to the variance.
// What is found divides the series, and each part is scanned again.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "costops/benchmarks/statistics.h"

namespace costops::benchmarks {

/// The fewest points that make a level: a change is found at the earliest after so many.
inline constexpr std::size_t kSegmentPointsMin = 5;

struct ChangePoint {
  std::size_t index = 0;  ///< The first point of the new level.
  /// How often a series without a change would show as much, anywhere; not below 0.0001, where the
  /// table ends.
  double p_value = 1;
};

/// Changes of level in order. A stationary series gives any in at most 1 % of cases (measured by
/// bench/history_simulation.cc: docs/benchmarking.md has the figures). Values need only be
/// comparable; NaN is not.
[[nodiscard]] std::vector<ChangePoint> change_points(std::span<const double> values);

/// By how much the level of `after` differs from that of `before`, as logarithm of the ratio: the
/// median of all pairwise differences and its 95 % interval, which needs no distribution.
/// Requires positive values on both sides.
/// Source: Hodges and Lehmann 1963; interval by Moses, in Hollander and Wolfe, Nonparametric
/// Statistical Methods, 2nd ed., section 4.3.
struct Shift {
  double log_ratio = 0;
  Interval interval;
};
[[nodiscard]] Shift shift_of(std::span<const double> before, std::span<const double> after);

/// A steady trend: relative change from the first to the last point, and the probability of as
/// clear a one without any. Pairs each point with the one half a series later.
/// Requires positive values. Source: Theil 1950, the incomplete method; its sign test.
struct Drift {
  double relative = 0;
  double p_value = 1;
};
[[nodiscard]] Drift drift_of(std::span<const double> values);

/// What one scan saw, for the calibration of the thresholds. Zero for fewer than twice
/// kSegmentPointsMin points.
struct ScanStatistics {
  double split = 0;  ///< One level before a point, another from there on.
  double bump = 0;   ///< Another level between two points than around them.
};
[[nodiscard]] ScanStatistics scan_statistics(std::span<const double> values);

}  // namespace costops::benchmarks
