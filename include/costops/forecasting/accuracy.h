// accuracy.h - how good forecasts were: the field's measures, each by its published formula.
#pragma once

#include <cstddef>
#include <span>

namespace costops::forecasting {

/// Measures of point forecasts. A measure that its data leaves undefined is NaN inside and `null`
/// or "-" in every output.
struct Accuracy {
  double mae = 0.0;    ///< Mean |error|.
  double rmse = 0.0;   ///< Root of the mean squared error.
  double mape = 0.0;   ///< Percent, over the actuals that are not zero; undefined if all are.
  double smape = 0.0;  ///< Percent, 200 |e| / (|actual| + |forecast|); 0 where both are zero.
  double mase = 0.0;   ///< MAE / scale; undefined if the scale is zero.
  double r2 = 0.0;     ///< 1 - SSE / SST; undefined for constant actuals. May be negative.
};

/// Pairs with a missing actual are left out; all undefined if none is left.
/// Requires equal sizes.
/// Source: Makridakis, Spiliotis, Assimakopoulos, IJF 36(1), 2020 (sMAPE, MASE as in M4).
[[nodiscard]] Accuracy accuracy(std::span<const double> actual, std::span<const double> forecast,
                                double scale);

/// The mean |y_t - y_(t-season)| of a history: the denominator of MASE and MSIS. Pairs with a
/// missing value are left out. With season 1: the mean step. NaN if no pair is left.
[[nodiscard]] double naive_scale(std::span<const double> history, std::size_t season);

/// The pinball (quantile) loss of `quantile`, forecast for probability `p`, against `actual`.
[[nodiscard]] double pinball_loss(double actual, double quantile, double p);

/// The interval score of [lower, upper] at `level` percent: width + 2/alpha x what lies outside.
/// MSIS is its mean divided by naive_scale.
/// Source: Gneiting, Raftery, JASA 102, 2007; as in M4.
[[nodiscard]] double interval_score(double actual, double lower, double upper, double level);

/// The mean |y - actual| - half the mean |y - y'| over a sample of the forecast distribution.
/// Requires a sorted, non-empty sample.
/// Source: Gneiting, Raftery, JASA 102, 2007.
[[nodiscard]] double crps_of_sample(double actual, std::span<const double> sorted_sample);

}  // namespace costops::forecasting
