// decomposition.h - a series as seasons + trend + remainder: STL and MSTL.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "costops/domain/error.h"

namespace costops::forecasting {

/// Adds up to the series, value by value.
struct Decomposition {
  std::vector<std::vector<double>> seasonal;  ///< One per period.
  std::vector<double> trend;
  std::vector<double> remainder;
};

struct StlOptions {
  std::size_t window = 0;  ///< Cycles that a season's loess looks at, odd; 0: the same throughout.
  enum class Fitting { plain, robust } fitting = Fitting::plain;
};

/// Cleveland, Cleveland, McRae, Terpenning, Journal of Official Statistics 6, 1990, with the usual
/// degrees (0 for the season, 1 for trend and low-pass) and every tenth point estimated.
/// Fails with invalid_input if there are less than two cycles of at least two periods.
[[nodiscard]] Result<Decomposition> stl(std::span<const double> values, std::size_t period,
                                        const StlOptions& options);

/// Several periods, rising: STL of each in turn on what the others leave, twice, with windows of
/// 11, 15, 19 ... cycles. Periods of which the series has less than two cycles are left out.
/// Fails as stl() does if none is left.
/// Source: Bandara, Hyndman, Bergmeir, arXiv 2107.13462.
[[nodiscard]] Result<Decomposition> mstl(std::span<const double> values,
                                         std::span<const std::size_t> periods);

}  // namespace costops::forecasting
