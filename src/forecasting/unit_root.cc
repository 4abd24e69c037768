#include "forecasting/unit_root.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "costops/forecasting/decomposition.h"

namespace costops::forecasting {
namespace {

constexpr double kKpssLimit = 0.463;  // at 5 %: table 1 of the source
constexpr double kSeasonalLimit = 0.64;

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double variance_of(std::span<const double> values) {
  const double mean = mean_of(values);
  double sum = 0;
  for (const double v : values) sum += (v - mean) * (v - mean);
  return sum / static_cast<double>(values.size());
}

bool is_constant(std::span<const double> values) {
  const auto [low, high] = std::ranges::minmax(values);
  return !(high - low > 1e-12 * std::max(std::abs(low), std::abs(high)));
}

}  // namespace

double kpss_statistic(std::span<const double> values) {
  const std::size_t n = values.size();
  const auto count = static_cast<double>(n);
  const auto lags = static_cast<std::size_t>(3 * std::sqrt(count) / 13);
  std::vector<double> rest(values.begin(), values.end());
  const double mean = mean_of(values);
  double partial = 0, partial_squares = 0, long_run = 0;
  for (double& v : rest) {
    v -= mean;
    partial += v;
    partial_squares += partial * partial;
    long_run += v * v;
  }
  for (std::size_t lag = 1; lag <= lags; ++lag) {
    const double weight = 1 - static_cast<double>(lag) / static_cast<double>(lags + 1);
    for (std::size_t t = lag; t < n; ++t) long_run += 2 * weight * rest[t] * rest[t - lag];
  }
  return long_run > 0 ? partial_squares / (count * long_run) : 0.0;
}

std::size_t differences_needed(std::vector<double>& values, std::size_t most) {
  std::size_t taken = 0;
  while (taken < most && values.size() > 3 && !is_constant(values) &&
         kpss_statistic(values) > kKpssLimit) {
    std::adjacent_difference(values.begin(), values.end(), values.begin());
    values.erase(values.begin());
    ++taken;
  }
  return taken;
}

bool needs_seasonal_difference(std::span<const double> values, std::size_t season) {
  if (season < 2 || values.size() <= 2 * season || is_constant(values)) return false;
  const auto parts = mstl(values, std::array{season});
  if (!parts) return false;
  std::vector<double> detrended = parts->remainder;
  for (std::size_t t = 0; t < detrended.size(); ++t) detrended[t] += parts->seasonal[0][t];
  const double with = variance_of(detrended);
  return with > 0 && 1 - variance_of(parts->remainder) / with > kSeasonalLimit;
}

}  // namespace costops::forecasting
