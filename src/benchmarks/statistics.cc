#include "costops/benchmarks/statistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace costops::benchmarks {
namespace {

std::vector<double> sorted(std::span<const double> values) {
  std::vector<double> copy(values.begin(), values.end());
  std::ranges::sort(copy);
  return copy;
}

double quantile_of_sorted(const std::vector<double>& values, double p) {
  const double position = p * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  const double share = position - static_cast<double>(below);
  return values[below] + share * (values[above] - values[below]);
}

/// ln of the binomial probability of k successes in n fair trials.
double log_fair_binomial(double n, double k) {
  return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) - n * std::log(2.0);
}

/// The continued fraction of the incomplete beta function, by the modified Lentz method.
double beta_fraction(double x, double a, double b) {
  constexpr int kTermsMax = 500;
  constexpr double kTiny = 1e-300;
  const auto away_from_zero = [](double v) { return std::abs(v) < kTiny ? kTiny : v; };
  double c = 1;
  double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
  double fraction = d;
  for (int m = 1; m < kTermsMax; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away_from_zero(1 + even * d);
    c = away_from_zero(1 + even / c);
    fraction *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away_from_zero(1 + odd * d);
    c = away_from_zero(1 + odd / c);
    fraction *= d * c;
    if (std::abs(d * c - 1) < 1e-14) break;
  }
  return fraction;
}

/// Regularised incomplete beta function I_x(a, b).
double incomplete_beta(double x, double a, double b) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(x, a, b) / a;
  return 1 - front * beta_fraction(1 - x, b, a) / b;
}

}  // namespace

double quantile(std::span<const double> values, double p) {
  assert(!values.empty() && p >= 0 && p <= 1);
  return quantile_of_sorted(sorted(values), p);
}

double median(std::span<const double> values) { return quantile(values, 0.5); }

double median_absolute_deviation(std::span<const double> values) {
  const double middle = median(values);
  std::vector<double> deviations;
  deviations.reserve(values.size());
  for (const double value : values) deviations.push_back(std::abs(value - middle));
  return median(deviations);
}

Interval median_interval(std::span<const double> values, double confidence) {
  assert(!values.empty());
  const std::vector<double> ordered = sorted(values);
  const std::size_t n = ordered.size();
  // Counted from 1, [x(k+1), x(n-k)] misses the median with probability 2 P(B <= k),
  // B ~ Bin(n, 1/2).
  double tail = 0;
  std::size_t rank = 0;
  for (std::size_t k = 0; k < n / 2; ++k) {
    tail += std::exp(log_fair_binomial(static_cast<double>(n), static_cast<double>(k)));
    if (2 * tail > 1 - confidence) break;
    rank = k;
  }
  return {ordered[rank], ordered[n - 1 - rank]};
}

double fair_binomial_tail(std::size_t n, std::size_t k) {
  double tail = 0;
  for (std::size_t i = 0; i <= k; ++i) {
    tail += std::exp(log_fair_binomial(static_cast<double>(n), static_cast<double>(i)));
  }
  return std::min(tail, 1.0);
}

double student_cdf(double t, double freedom) {
  const double tail = incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2;
  return t > 0 ? 1 - tail : tail;
}

double student_quantile(double p, double freedom) {
  assert(p > 0 && p < 1 && freedom >= 1);
  double low = -1;
  double high = 1;
  while (student_cdf(low, freedom) > p) low *= 2;
  while (student_cdf(high, freedom) < p) high *= 2;
  for (int i = 0; i < 200 && high - low > 1e-12 * std::max(1.0, std::abs(high)); ++i) {
    const double middle = (low + high) / 2;
    (student_cdf(middle, freedom) < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

double beta_quantile(double p, double a, double b) {
  double low = 0;
  double high = 1;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (incomplete_beta(middle, a, b) < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

TrimmedMean trimmed_mean(std::span<const double> values) {
  assert(!values.empty());
  std::vector<double> kept = sorted(values);
  const std::size_t n = kept.size();
  const std::size_t cut = n / 8;
  const auto left = static_cast<double>(n - 2 * cut);
  double mean = 0;
  for (std::size_t i = cut; i < n - cut; ++i) mean += kept[i] / left;
  if (left < 2) return {mean, 0, left - 1};
  double winsorised_mean = 0;
  for (double& value : kept) {
    value = std::clamp(value, kept[cut], kept[n - 1 - cut]);
    winsorised_mean += value / static_cast<double>(n);
  }
  double squares = 0;
  for (const double value : kept) squares += (value - winsorised_mean) * (value - winsorised_mean);
  return {mean, std::sqrt(squares / (left * (left - 1))), left - 1};
}

Interval mean_interval(std::span<const double> values, double confidence) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (values.size() < 2) return {-kInfinity, kInfinity};
  const TrimmedMean trimmed = trimmed_mean(values);
  const double width = student_quantile((1 + confidence) / 2, trimmed.freedom) * trimmed.error;
  return {trimmed.mean - width, trimmed.mean + width};
}

}  // namespace costops::benchmarks
