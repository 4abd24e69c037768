// quasi_newton.h - minimising smooth functions of a few dozen variables.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace costops::forecasting {

/// BFGS with a backtracking line search (Nocedal, Wright, "Numerical Optimization", chapter 6).
/// Reusable: no allocation once the largest dimension has been seen.
class QuasiNewton {
 public:
  /// Moves `x` downhill until the gradient vanishes or nothing is gained; the smallest value seen.
  /// `value_of(x, gradient)` returns the function and fills its gradient; infinity where it is not
  /// defined. Requires a finite value at the start.
  template <typename Function>
  double minimise(Function&& value_of, std::span<double> x, int iterations_max);

 private:
  void start(std::size_t n);
  void direction_from_gradient();
  void update(double slope_least);

  std::size_t n_ = 0;
  std::vector<double> inverse_, gradient_, next_gradient_, direction_, next_, step_, change_, work_;
  bool first_ = true;
};

template <typename Function>
double QuasiNewton::minimise(Function&& value_of, std::span<double> x, int iterations_max) {
  start(x.size());
  double value = value_of(std::span<const double>(x), std::span<double>(gradient_));
  for (int iteration = 0; iteration < iterations_max; ++iteration) {
    direction_from_gradient();
    double slope = 0, longest = 0;
    for (std::size_t i = 0; i < n_; ++i) {
      slope += gradient_[i] * direction_[i];
      longest = longest > direction_[i] * direction_[i] ? longest : direction_[i] * direction_[i];
    }
    if (!(slope < -1e-14)) break;
    double length = longest > 1.0 ? 1.0 / longest : 1.0, next_value = value;
    bool lower = false;
    for (int halving = 0; halving < 30 && !lower; ++halving, length *= 0.4) {
      for (std::size_t i = 0; i < n_; ++i) next_[i] = x[i] + length * direction_[i];
      next_value = value_of(std::span<const double>(next_), std::span<double>(next_gradient_));
      lower = next_value <= value + 1e-4 * length * slope;
    }
    if (!lower) {
      if (first_) break;
      start(x.size());  // forget the curvature, once; the gradient is still that of x
      value = value_of(std::span<const double>(x), std::span<double>(gradient_));
      continue;
    }
    for (std::size_t i = 0; i < n_; ++i) {
      step_[i] = next_[i] - x[i];
      change_[i] = next_gradient_[i] - gradient_[i];
      x[i] = next_[i];
      gradient_[i] = next_gradient_[i];
    }
    update(1e-12);
    const double gained = value - next_value;
    value = next_value;
    if (gained < 1e-11 * (1.0 + (value < 0 ? -value : value)) && !first_) break;
    first_ = false;
  }
  return value;
}

}  // namespace costops::forecasting
