#include "forecasting/quasi_newton.h"

#include <algorithm>

namespace costops::forecasting {

void QuasiNewton::start(std::size_t n) {
  n_ = n;
  inverse_.assign(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) inverse_[i * n + i] = 1.0;
  for (auto* v : {&gradient_, &next_gradient_, &direction_, &next_, &step_, &change_, &work_}) {
    v->resize(n);
  }
  first_ = true;
}

void QuasiNewton::direction_from_gradient() {
  for (std::size_t i = 0; i < n_; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < n_; ++j) sum += inverse_[i * n_ + j] * gradient_[j];
    direction_[i] = -sum;
  }
}

void QuasiNewton::update(double slope_least) {
  double along = 0, size = 0;
  for (std::size_t i = 0; i < n_; ++i) {
    along += step_[i] * change_[i];
    size += change_[i] * change_[i];
  }
  if (along < slope_least) return;  // not convex here: keep the old curvature
  if (first_) {
    for (std::size_t i = 0; i < n_; ++i) inverse_[i * n_ + i] = along / size;
  }
  double curvature = 0;
  for (std::size_t i = 0; i < n_; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < n_; ++j) sum += inverse_[i * n_ + j] * change_[j];
    work_[i] = sum;
    curvature += sum * change_[i];
  }
  const double factor = (1.0 + curvature / along) / along;
  for (std::size_t i = 0; i < n_; ++i) {
    for (std::size_t j = 0; j < n_; ++j) {
      inverse_[i * n_ + j] +=
          factor * step_[i] * step_[j] - (work_[i] * step_[j] + step_[i] * work_[j]) / along;
    }
  }
}

}  // namespace costops::forecasting
