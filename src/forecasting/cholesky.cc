#include "forecasting/cholesky.h"

#include <cmath>

namespace costops::forecasting {
namespace {

constexpr double kDependent = 1e-11;  // pivot, as a share of its diagonal element

double dot(const double* a, const double* b, std::size_t n) {
  double even = 0, odd = 0;  // two chains: the order of additions is ours, not the compiler's
  std::size_t i = 0;
  for (; i + 1 < n; i += 2) {
    even += a[i] * b[i];
    odd += a[i + 1] * b[i + 1];
  }
  if (i < n) even += a[i] * b[i];
  return even + odd;
}

}  // namespace

void cholesky_solve(std::span<double> matrix, std::span<double> b) {
  const std::size_t n = b.size();
  for (std::size_t j = 0; j < n; ++j) {
    double* row = matrix.data() + j * n;
    const double pivot = row[j] - dot(row, row, j);
    const bool dependent = !(pivot > kDependent * row[j]);
    // The diagonal keeps the inverse; 0 for a column that is left out.
    row[j] = dependent ? 0.0 : 1.0 / std::sqrt(pivot);
    for (std::size_t i = j + 1; i < n; ++i) {
      double* below = matrix.data() + i * n;
      below[j] = dependent ? 0.0 : (below[j] - dot(below, row, j)) * row[j];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    const double* row = matrix.data() + i * n;
    b[i] = (b[i] - dot(row, b.data(), i)) * row[i];
  }
  for (std::size_t i = n; i-- > 0;) {
    double rest = b[i];
    for (std::size_t k = i + 1; k < n; ++k) rest -= matrix[k * n + i] * b[k];
    b[i] = rest * matrix[i * n + i];
  }
}

}  // namespace costops::forecasting
