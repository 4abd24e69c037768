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
  double minimise(Function&& value_of, std::span<double> x, int iterations_max) {
    begin(value_of, x);
    return advance(value_of, x, iterations_max);
  }

  /// The same in pieces, so that several searches can race.
  template <typename Function>
  void begin(Function&& value_of, std::span<const double> x);
  /// Goes on where the last call stopped; requires the same function and `x` as it left it.
  template <typename Function>
  double advance(Function&& value_of, std::span<double> x, int iterations_max);
  /// Whether further iterations would gain anything.
  [[nodiscard]] bool going() const { return going_; }
  [[nodiscard]] double value() const { return value_; }

 private:
  void start(std::size_t n);
  void direction_from_gradient();
  void update(double slope_least);

  std::size_t n_ = 0;
  std::vector<double> inverse_, gradient_, next_gradient_, direction_, next_, step_, change_, work_;
  bool first_ = true, going_ = false;
  double value_ = 0;
};

template <typename Function>
void QuasiNewton::begin(Function&& value_of, std::span<const double> x) {
  start(x.size());
  value_ = value_of(x, std::span<double>(gradient_));
  going_ = true;
}

template <typename Function>
double QuasiNewton::advance(Function&& value_of, std::span<double> x, int iterations_max) {
  for (int iteration = 0; going_ && iteration < iterations_max; ++iteration) {
    direction_from_gradient();
    double slope = 0, longest = 0;
    for (std::size_t i = 0; i < n_; ++i) {
      slope += gradient_[i] * direction_[i];
      longest = longest > direction_[i] * direction_[i] ? longest : direction_[i] * direction_[i];
    }
    going_ = slope < -1e-14;
    if (!going_) break;
    double length = longest > 1.0 ? 1.0 / longest : 1.0, next_value = value_;
    bool lower = false;
    for (int halving = 0; halving < 30 && !lower; ++halving, length *= 0.4) {
      for (std::size_t i = 0; i < n_; ++i) next_[i] = x[i] + length * direction_[i];
      next_value = value_of(std::span<const double>(next_), std::span<double>(next_gradient_));
      lower = next_value <= value_ + 1e-4 * length * slope;
    }
    if (!lower) {
      going_ = !first_;
      if (going_)
        begin(value_of, x);  // forget the curvature, once; the gradient is still that of x
      continue;
    }
    for (std::size_t i = 0; i < n_; ++i) {
      step_[i] = next_[i] - x[i];
      change_[i] = next_gradient_[i] - gradient_[i];
      x[i] = next_[i];
      gradient_[i] = next_gradient_[i];
    }
    update(1e-12);
    const double gained = value_ - next_value;
    value_ = next_value;
    going_ = gained >= 1e-11 * (1.0 + (value_ < 0 ? -value_ : value_)) || first_;
    first_ = false;
  }
  return value_;
}

}  // namespace costops::forecasting
