// statistics.h - order statistics that need no distribution.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace costops::benchmarks {

/// Quantile by linear interpolation between order statistics (type 7 of Hyndman and Fan, 1996).
/// Requires values, 0 <= p <= 1. Sorts a copy.
[[nodiscard]] double quantile(std::span<const double> values, double p);
[[nodiscard]] double median(std::span<const double> values);
/// Median absolute deviation from the median, not scaled.
[[nodiscard]] double median_absolute_deviation(std::span<const double> values);

struct Interval {
  double low = 0;
  double high = 0;
};

/// Interval for the median by the sign test: order statistics whose exact binomial coverage is at
/// least `confidence`. The whole range if there are too few values for that. Requires values.
/// Source: Conover, Practical Nonparametric Statistics, 3rd ed., section 3.2.
[[nodiscard]] Interval median_interval(std::span<const double> values, double confidence);

/// Probability that a binomial count of n fair trials is at most k. Requires k <= n.
[[nodiscard]] double fair_binomial_tail(std::size_t n, std::size_t k);

/// Distribution function of Student's t with `freedom` degrees of freedom, and its inverse.
/// Requires freedom >= 1, 0 < p < 1. Absolute error below 1e-9.
/// Source: Abramowitz and Stegun, 26.5.27 and the continued fraction 26.5.8.
[[nodiscard]] double student_cdf(double t, double freedom);
[[nodiscard]] double student_quantile(double p, double freedom);

/// Quantile of the beta distribution. Requires 0 < p < 1, a > 0, b > 0. Error below 1e-9.
[[nodiscard]] double beta_quantile(double p, double a, double b);

/// A mean without the extremes, and its standard error.
struct TrimmedMean {
  double mean = 0;
  double error = 0;
  double freedom = 0;  ///< Of Student's t; below 1 there is no error to be had.
};
/// The mean without the lowest and the highest eighth (rounded down) of the values, its error by
/// the winsorised variance: one disturbed value neither moves it nor blows its interval up. With
/// fewer than eight values, the mean and its usual error. Requires values.
/// Source: Yuen, "The two-sample trimmed t for unequal population variances", Biometrika 61, 1974.
[[nodiscard]] TrimmedMean trimmed_mean(std::span<const double> values);

/// Student's interval about it. The whole line (-inf, inf) for fewer than two values.
[[nodiscard]] Interval mean_interval(std::span<const double> values, double confidence);

}  // namespace costops::benchmarks
