// theta.h - the test for a season and the seasonal indices of the Theta method.
#pragma once

#include <span>
#include <vector>

namespace costops::forecasting {

/// True if the autocorrelation at lag `period` is beyond its 90 % limit. False below 2 cycles + 1.
/// Source: Fiorucci et al., IJF 32(4), 2016, section 4; M4 Competitor's Guide.
[[nodiscard]] bool is_seasonal(std::span<const double> values, std::size_t period);

/// Indices of classical multiplicative decomposition, of mean 1, by time modulo `period`.
/// False (and all 1) if a moving average or an index is not above 0.
bool seasonal_indices(std::span<const double> values, std::size_t period,
                      std::vector<double>& indices);

}  // namespace costops::forecasting
