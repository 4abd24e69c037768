// flat_rate.h - quantity x rate, rounded half to even, in a few multiplications.
//
// price_of(rate, quantity) is floor and remainder of quantity * n / d, where n / d is the rate in
// lowest terms. Division by a number known beforehand is multiplication by its reciprocal (Granlund
// and Montgomery, "Division by Invariant Integers using Multiplication", 1994, theorem 4.2): for 0
// <= x < 2^63 and l = ceil(log2 d), let m = ceil(2^(63+l) / d). Then 2^(63+l) <= m * d < 2^(63+l) +
// d <= 2^(63+l) + 2^l, and so
//     floor(x / d) = floor(m * x / 2^(63+l)).
// m fits 64 bits because 2^(l-1) < d. Doubling x turns the shift by 63 into "take the high half".
// `quantity_max` keeps x below 2^63 and the charge below 2^57, so that the charges of all meters
// of one record add up in 63 bits; larger quantities take the long way.
#pragma once

#include <cstdint>

#include "costops/domain/meter.h"
#include "costops/domain/rate.h"

namespace costops::engine {

/// Charges up to here (144,115 units of the currency) take the short way.
inline constexpr std::uint64_t kFlatChargeMax = std::uint64_t{1} << 57;
static_assert(kMeterCount < 64, "charges of all meters must add up in 63 bits");

struct FlatRate {
  std::uint64_t twice_numerator = 0;
  std::uint64_t reciprocal = std::uint64_t{1} << 63;
  std::uint64_t denominator = 1;
  std::uint64_t quantity_max = 0;  ///< Above it: the long way. 0 where there is no flat rate.
  std::uint32_t shift = 0;

  [[nodiscard]] bool is_whole() const { return denominator == 1; }
};

/// A rate that no quantity but zero may use: everything else takes the long way.
inline constexpr FlatRate kNoFlatRate{};

/// The flat form of a rate per stored step.
[[nodiscard]] FlatRate flat_rate(Rate rate);

/// price_of() in pico-units. Requires quantity <= quantity_max; garbage, but no trap, above it.
[[nodiscard]] inline std::uint64_t charge_of(const FlatRate& rate, std::uint64_t quantity) {
  const std::uint64_t twice = quantity * rate.twice_numerator;
  const auto high = static_cast<std::uint64_t>((UInt128{twice} * rate.reciprocal) >> 64);
  const std::uint64_t floor = high >> rate.shift;
  const std::uint64_t remainder = (twice >> 1) - floor * rate.denominator;
  // Up if the remainder is more than half, or exactly half and the floor odd.
  return floor + (2 * remainder + (floor & 1) > rate.denominator ? 1U : 0U);
}

}  // namespace costops::engine
