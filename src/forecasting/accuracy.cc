#include "costops/forecasting/accuracy.h"

#include <cmath>
#include <limits>

namespace costops::forecasting {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

double ratio(double numerator, double denominator) {
  return denominator > 0.0 ? numerator / denominator : kUndefined;
}

}  // namespace

Accuracy accuracy(std::span<const double> actual, std::span<const double> forecast, double scale) {
  double absolute = 0, squared = 0, percent = 0, symmetric = 0, sum = 0;
  double pairs = 0, percents = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (std::isnan(actual[i])) continue;
    const double error = std::abs(actual[i] - forecast[i]);
    const double size = std::abs(actual[i]) + std::abs(forecast[i]);
    absolute += error;
    squared += error * error;
    sum += actual[i];
    pairs += 1;
    if (size > 0.0) symmetric += 200.0 * error / size;
    if (actual[i] == 0.0) continue;
    percent += 100.0 * error / std::abs(actual[i]);
    percents += 1;
  }
  double around_mean = 0;
  for (const double value : actual) {
    if (!std::isnan(value)) around_mean += (value - sum / pairs) * (value - sum / pairs);
  }
  const double mae = ratio(absolute, pairs);
  return {.mae = mae,
          .rmse = std::sqrt(ratio(squared, pairs)),
          .mape = ratio(percent, percents),
          .smape = ratio(symmetric, pairs),
          .mase = ratio(mae, scale),
          .r2 = 1.0 - ratio(squared, around_mean)};
}

double naive_scale(std::span<const double> history, std::size_t season) {
  double sum = 0, pairs = 0;
  for (std::size_t t = season; t < history.size(); ++t) {
    const double step = std::abs(history[t] - history[t - season]);
    if (std::isnan(step)) continue;
    sum += step;
    pairs += 1;
  }
  return ratio(sum, pairs);
}

double pinball_loss(double actual, double quantile, double p) {
  return actual >= quantile ? p * (actual - quantile) : (1.0 - p) * (quantile - actual);
}

double interval_score(double actual, double lower, double upper, double level) {
  const double alpha = 1.0 - level / 100.0;
  double score = upper - lower;
  if (actual < lower) score += 2.0 / alpha * (lower - actual);
  if (actual > upper) score += 2.0 / alpha * (actual - upper);
  return score;
}

double crps_of_sample(double actual, std::span<const double> sorted_sample) {
  const auto n = static_cast<double>(sorted_sample.size());
  double to_actual = 0, to_each_other = 0, rank = 0;
  for (const double value : sorted_sample) {
    to_actual += std::abs(value - actual);
    to_each_other += (2.0 * rank - n + 1.0) * value;  // sum of |y - y'| over pairs, by rank
    rank += 1.0;
  }
  return to_actual / n - to_each_other / (n * n);
}

}  // namespace costops::forecasting
