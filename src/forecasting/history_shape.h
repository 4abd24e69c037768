// history_shape.h - what a history looks like: gaps, drift, cycles.
#pragma once

#include <span>
#include <vector>

#include "costops/forecasting/forecast.h"

namespace costops::forecasting {

/// Copies `values` without the zeros (and gaps) before its first value into `out` and fills gaps:
/// with the value one season before, else along the line between the neighbours. The number of gaps
/// filled.
std::size_t fill_gaps(std::span<const double> values, std::size_t season, std::vector<double>& out);

/// The line through the means of whole cycles, or through all values where there are too few.
[[nodiscard]] Trend trend_of(std::span<const double> values, std::size_t season,
                             std::vector<double>& work);

/// What a forecast after the history says of its trend: the direction of `path`, whole cycles held
/// against each other, where that moves by 5 % of its level; flat, where it never moves or does not
/// go on with the history's trend; the history's, where it does or is too short to tell.
[[nodiscard]] Direction direction_of(std::span<const double> path, std::size_t season,
                                     const Trend& history);

/// Strength of the cycle of `period`, after a moving average over one cycle is taken off. What a
/// series without any cycle would show, 1 / cycles, is taken off, too. 0 below three cycles.
[[nodiscard]] double seasonal_strength(std::span<const double> values, std::size_t period,
                                       std::vector<double>& work);

/// The period of `season`, or, if that is 1, the strongest known cycle above 0.3; none: 1.
[[nodiscard]] Seasonality seasonality_of(std::span<const double> values, std::size_t season,
                                         std::vector<double>& work);

}  // namespace costops::forecasting
