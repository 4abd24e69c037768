#include "forecasting/history_shape.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace costops::forecasting {
namespace {

constexpr std::array<std::size_t, 6> kKnownCycles = {7, 12, 4, 24, 52, 168};
constexpr double kStrengthLeast = 0.3;
constexpr double kChangeLeast = 0.05;   // of the mean level, across the history or its forecast
constexpr double kRounding = 1e-9;      // of a value
constexpr double kFollowsLeast = 0.25;  // of the history's slope: a path goes on with its trend

Trend line_through(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  if (values.size() < 3) return {};
  double sum = 0, moment = 0, size = 0, at = -(n - 1) / 2;
  for (const double value : values) {
    sum += value;
    size += std::abs(value);
    moment += value * at;
    at += 1;
  }
  const double spread = n * (n * n - 1) / 12, slope = moment / spread;
  double squares = 0;
  at = -(n - 1) / 2;
  for (const double value : values) {
    const double rest = value - sum / n - slope * at;
    squares += rest * rest;
    at += 1;
  }
  const double standard_error = std::sqrt(squares / (n - 2) / spread);
  Trend trend{.per_period = slope};
  if (std::abs(slope) > 2 * standard_error && std::abs(slope) * n > kChangeLeast * size / n) {
    trend.direction = slope > 0 ? Direction::rising : Direction::falling;
  }
  return trend;
}

}  // namespace

std::size_t fill_gaps(std::span<const double> values, std::size_t season,
                      std::vector<double>& out) {
  const auto is_value = [](double v) { return !std::isnan(v) && v != 0.0; };
  auto first = std::ranges::find_if(values, is_value);
  if (first == values.end()) {  // nothing but zeros and gaps
    first = std::ranges::find_if(values, [](double v) { return !std::isnan(v); });
  }
  out.assign(first, values.end());
  std::size_t gaps = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!std::isnan(out[i])) continue;
    ++gaps;
    if (season > 1 && i >= season) {
      out[i] = out[i - season];
      continue;
    }
    std::size_t next = i;
    while (next < out.size() && std::isnan(out[next])) ++next;
    if (next == out.size()) {
      out[i] = out[i - 1];
    } else {
      out[i] = out[i - 1] + (out[next] - out[i - 1]) / static_cast<double>(next - i + 1);
    }
  }
  return gaps;
}

Trend trend_of(std::span<const double> values, std::size_t season, std::vector<double>& work) {
  if (season > 1 && values.size() >= 3 * season) {
    const auto cycle = static_cast<double>(season);
    work.assign(values.size() / season, 0.0);
    const auto whole = values.last(work.size() * season);
    for (std::size_t i = 0; i < whole.size(); ++i) work[i / season] += whole[i] / cycle;
    const Trend trend = line_through(work);
    return {trend.direction, trend.per_period / cycle};
  }
  return line_through(values);
}

Direction direction_of(std::span<const double> path, std::size_t season, const Trend& history) {
  const std::size_t h = path.size(), m = std::max<std::size_t>(season, 1);
  if (h < 3) return history.direction;
  const auto [low, high] = std::ranges::minmax(path);
  if (high - low <= kRounding * std::abs(high)) return Direction::flat;
  if (h < 2 * m) return history.direction;
  const auto mean = [m](std::span<const double> cycle) {
    return std::accumulate(cycle.begin(), cycle.end(), 0.0) / static_cast<double>(m);
  };
  const double before = mean(path.first(m)), after = mean(path.last(m)), moved = after - before;
  if (std::abs(moved) > kChangeLeast * (std::abs(before) + std::abs(after)) / 2) {
    return moved > 0 ? Direction::rising : Direction::falling;
  }
  const double expected = history.per_period * static_cast<double>(h - m);
  const bool follows = moved * expected > kFollowsLeast * expected * expected;
  return follows ? history.direction : Direction::flat;
}

double seasonal_strength(std::span<const double> values, std::size_t period,
                         std::vector<double>& work) {
  const std::size_t n = values.size(), m = period;
  if (m < 2 || n < 3 * m) return 0;
  const std::size_t half = m / 2, inner = n - 2 * half;
  work.assign(inner + 2 * m, 0.0);
  const auto rest = std::span(work).first(inner);
  const auto sums = std::span(work).subspan(inner, m);
  const auto counts = std::span(work).subspan(inner + m, m);
  double window = 0;
  for (std::size_t t = 0; t < m; ++t) window += values[t];
  for (std::size_t i = 0; i < inner; ++i) {
    // An even cycle takes half of each of its two ends.
    const double ends = m % 2 == 0 ? 0.5 * (values[i + m] - values[i]) : 0.0;
    rest[i] = values[i + half] - (window + ends) / static_cast<double>(m);
    sums[i % m] += rest[i];
    counts[i % m] += 1;
    if (i + m < n) window += values[i + m] - values[i];
  }
  double with = 0, without = 0;
  for (std::size_t i = 0; i < inner; ++i) {
    const double season = sums[i % m] / counts[i % m];
    with += rest[i] * rest[i];
    without += (rest[i] - season) * (rest[i] - season);
  }
  if (!(with > 0)) return 0;
  const double by_chance = static_cast<double>(m) / static_cast<double>(inner);
  return std::clamp((1 - without / with - by_chance) / (1 - by_chance), 0.0, 1.0);
}

Seasonality seasonality_of(std::span<const double> values, std::size_t season,
                           std::vector<double>& work) {
  if (season > 1) return {season, seasonal_strength(values, season, work)};
  Seasonality best{1, kStrengthLeast};
  for (const std::size_t period : kKnownCycles) {
    const double strength = seasonal_strength(values, period, work);
    if (strength > best.strength) best = {period, strength};
  }
  if (best.period == 1) best.strength = 0;
  return best;
}

}  // namespace costops::forecasting
