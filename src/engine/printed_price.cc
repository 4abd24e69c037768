#include "costops/engine/printed_price.h"

#include <cassert>

namespace costops::engine {
namespace {

constexpr int kMoneyPlaces = 12;

Int128 power_of_ten(int exponent) {
  Int128 power = 1;
  for (; exponent > 0; --exponent) power *= 10;
  return power;
}

/// Rounded half away from zero.
Int128 divided(Int128 numerator, Int128 denominator) {
  assert(denominator > 0);
  const Int128 half = denominator / 2;
  return numerator >= 0 ? (numerator + half) / denominator : -((-numerator + half) / denominator);
}

}  // namespace

Int128 printed_price(Rate rate, std::int64_t units, int places) {
  const Int128 pico = Int128{rate.pico} * units;
  if (places >= kMoneyPlaces) return divided(pico * power_of_ten(places - kMoneyPlaces), rate.per);
  return divided(pico, rate.per * power_of_ten(kMoneyPlaces - places));
}

Int128 printed_cost(Int128 price, std::int64_t quantity) { return price * quantity; }

Int128 converted(Int128 value, int places, Amount factor) {
  // Whole units and the rest apart: the product of both would leave 128 bits.
  const Int128 one = power_of_ten(places);
  return value / one * factor.pico() * power_of_ten(places - kMoneyPlaces) +
         divided(value % one * factor.pico(), kPicoPerUnit);
}

Result<Amount> unit_price(Amount total, Amount quantity) {
  const Int128 most = Int128{100'000'000'000'000} * kPicoPerUnit;
  if (total.pico() > most || total.pico() < -most) {
    return fail(ErrorCode::invalid_input,
                to_string(total) + " is too large for a unit price: expected at most 10^14");
  }
  const Int128 scaled = total.pico() * kPicoPerUnit;
  if (scaled % quantity.pico() != 0) {
    return fail(ErrorCode::invalid_input, to_string(total) + " / " + to_string(quantity) +
                                              " has more than 12 decimal places");
  }
  return Amount::pico(scaled / quantity.pico());
}

}  // namespace costops::engine
