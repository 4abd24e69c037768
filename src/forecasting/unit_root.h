// unit_root.h - how often a series must be differenced to be stationary.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace costops::forecasting {

/// The statistic of the KPSS test of stationarity around a level, with 3 sqrt(n) / 13 lags.
/// Source: Kwiatkowski, Phillips, Schmidt, Shin, Journal of Econometrics 54, 1992.
[[nodiscard]] double kpss_statistic(std::span<const double> values);

/// Differences until the KPSS test no longer rejects at 5 %, or `most` are taken. `values` is
/// overwritten by its differences.
[[nodiscard]] std::size_t differences_needed(std::vector<double>& values, std::size_t most);

/// True if the season explains more than 64 % of what an STL trend leaves.
/// Source: Wang, Smith, Hyndman, Data Mining and Knowledge Discovery 13, 2006.
[[nodiscard]] bool needs_seasonal_difference(std::span<const double> values, std::size_t season);

}  // namespace costops::forecasting
