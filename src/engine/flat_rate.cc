#include "engine/flat_rate.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace costops::engine {

FlatRate flat_rate(Rate rate) {
  if (rate.pico == 0) return FlatRate{.quantity_max = kFlatChargeMax};
  const std::int64_t common = std::gcd(rate.pico, rate.per);
  const auto numerator = static_cast<std::uint64_t>(rate.pico / common);
  const auto denominator = static_cast<std::uint64_t>(rate.per / common);
  if (denominator >= std::uint64_t{1} << 62) return kNoFlatRate;

  const auto shift = static_cast<std::uint32_t>(std::bit_width(denominator - 1));
  const UInt128 power = UInt128{1} << (63 + shift);
  const UInt128 by_charge = UInt128{kFlatChargeMax} * denominator / numerator;
  const std::uint64_t by_product = INT64_MAX / numerator;
  return FlatRate{
      .twice_numerator = 2 * numerator,
      .reciprocal = static_cast<std::uint64_t>((power + denominator - 1) / denominator),
      .denominator = denominator,
      .quantity_max = static_cast<std::uint64_t>(
          std::min({by_charge, UInt128{by_product}, UInt128{kFlatChargeMax}})),
      .shift = shift,
  };
}

}  // namespace costops::engine
