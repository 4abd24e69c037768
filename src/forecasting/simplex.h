// simplex.h - minimising without derivatives, for a handful of variables.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace costops::forecasting {

/// Nelder, Mead, Computer Journal 7, 1965, with the usual coefficients 1, 2, 1/2, 1/2.
class Simplex {
 public:
  /// Moves `x` to the lowest point found; its value.
  template <typename Function>
  double minimise(Function&& value_of, std::vector<double>& x, int evaluations_max);

 private:
  std::vector<std::vector<double>> points_;
  std::vector<double> values_, centre_, trial_, second_;
};

template <typename Function>
double Simplex::minimise(Function&& value_of, std::vector<double>& x, int evaluations_max) {
  const std::size_t n = x.size();
  points_.assign(n + 1, x);
  values_.resize(n + 1);
  for (std::size_t i = 0; i < n; ++i) points_[i][i] += 0.1 * std::max(1.0, std::abs(x[i]));
  int evaluations = 0;
  const auto evaluate = [&](std::span<const double> point) {
    ++evaluations;
    const double value = value_of(point);
    return std::isnan(value) ? 1e300 : value;
  };
  for (std::size_t i = 0; i <= n; ++i) values_[i] = evaluate(points_[i]);
  while (evaluations < evaluations_max) {
    const auto best = static_cast<std::size_t>(std::ranges::min_element(values_) - values_.begin());
    const auto worst =
        static_cast<std::size_t>(std::ranges::max_element(values_) - values_.begin());
    if (!(values_[worst] - values_[best] > 1e-10 * (std::abs(values_[best]) + 1e-300))) break;
    centre_.assign(n, 0.0);
    double second = values_[best];
    for (std::size_t i = 0; i <= n; ++i) {
      if (i == worst) continue;
      second = std::max(second, values_[i]);
      for (std::size_t k = 0; k < n; ++k) centre_[k] += points_[i][k] / static_cast<double>(n);
    }
    const auto along = [&](double factor, std::vector<double>& out) {
      out.resize(n);
      for (std::size_t k = 0; k < n; ++k) {
        out[k] = centre_[k] + factor * (points_[worst][k] - centre_[k]);
      }
      return evaluate(out);
    };
    double value = along(-1.0, trial_);
    if (value < values_[best]) {
      const double further = along(-2.0, second_);
      if (further < value) {
        value = further;
        trial_.swap(second_);
      }
    } else if (value >= second) {
      value = value < values_[worst] ? along(-0.5, trial_) : along(0.5, trial_);
    }
    if (value < values_[worst]) {
      points_[worst] = trial_;
      values_[worst] = value;
      continue;
    }
    for (std::size_t i = 0; i <= n; ++i) {
      if (i == best) continue;
      for (std::size_t k = 0; k < n; ++k) {
        points_[i][k] = 0.5 * (points_[i][k] + points_[best][k]);
      }
      values_[i] = evaluate(points_[i]);
    }
  }
  const auto best = static_cast<std::size_t>(std::ranges::min_element(values_) - values_.begin());
  x = points_[best];
  return values_[best];
}

}  // namespace costops::forecasting
