// amounts.h - the one door between exact amounts and the doubles of statistics.
//
// Sums of money stay exact wherever they are told; what a model makes of them is an estimate.
#pragma once

#include <cmath>

#include "costops/domain/money.h"

namespace costops::forecasting {

/// An amount in currency units, rounded to the nearest double.
[[nodiscard]] inline double units_of(Amount amount) {
  return static_cast<double>(amount.pico()) / static_cast<double>(kPicoPerUnit);
}

[[nodiscard]] inline double count_of(Int128 count) { return static_cast<double>(count); }

/// An estimate as an amount, rounded to six decimal places so that it does not pretend to be exact.
/// Requires |units| < 9 x 10^12.
[[nodiscard]] inline Amount amount_of(double units) {
  constexpr Int128 kPicoPerMicro = 1'000'000;
  return Amount::pico(static_cast<Int128>(std::llround(units * 1e6)) * kPicoPerMicro);
}

}  // namespace costops::forecasting
