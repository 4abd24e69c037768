#include "costops/benchmarks/statistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>

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

}  // namespace costops::benchmarks
