// cholesky.h - small symmetric systems, solved in place.
#pragma once

#include <span>

namespace costops::forecasting {

/// Solves A x = b. `matrix` holds the lower triangle of A (row-major, n x n) and is overwritten by
/// its factor; `b` becomes x. A column that depends on those before it gets the solution 0.
/// Requires matrix.size() == b.size() squared.
void cholesky_solve(std::span<double> matrix, std::span<double> b);

}  // namespace costops::forecasting
