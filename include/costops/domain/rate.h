// rate.h - published prices per N units, exact multipliers, and the only rounding of money.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "costops/domain/error.h"
#include "costops/domain/money.h"

namespace costops {

/// An exact non-negative factor, reduced: a discount (1/2) or an uplift (11/10).
struct Ratio {
  std::int64_t numerator = 1;
  std::int64_t denominator = 1;
  friend bool operator==(const Ratio&, const Ratio&) = default;
  [[nodiscard]] constexpr bool is_one() const { return numerator == denominator; }
};

/// Reads a non-negative decimal factor ("1.1", "0.5") exactly, at most 12 decimals and 10^6.
/// Fails with invalid_input.
[[nodiscard]] Result<Ratio> parse_ratio(std::string_view text);

/// Decimal text where the ratio has a finite one ("1.1"), else "n/d".
[[nodiscard]] std::string to_string(Ratio ratio);

/// a x b, reduced. Fails with invalid_input if it leaves 64 bits.
[[nodiscard]] Result<Ratio> multiply(Ratio a, Ratio b);

/// A published price: `pico` pico-units for every `per` units. "USD 0.15 per 1M tokens" is
/// {150'000'000'000, 1'000'000}, kept as published so that "0.017 per 60 seconds" stays exact.
struct Rate {
  std::int64_t pico = 0;
  std::int64_t per = 1;
  friend bool operator==(const Rate&, const Rate&) = default;

  [[nodiscard]] Amount amount() const { return Amount::pico(pico); }
};

/// Fails with invalid_input if the amount is negative or beyond int64 pico-units
/// (about 9.2 million units), or `per` < 1.
[[nodiscard]] Result<Rate> make_rate(Amount amount, std::int64_t per);

/// A rate from decimal text: rate("0.15", 1'000'000). Fails like parse_amount and make_rate.
[[nodiscard]] Result<Rate> parse_rate(std::string_view amount, std::int64_t per);

/// The rate times the factor, exactly: the denominator goes into `per`, reduced only by what the
/// multiplication added. Fails with invalid_input if a side leaves 64 bits.
[[nodiscard]] Result<Rate> scaled(Rate rate, Ratio factor);

/// rate x quantity, rounded once, half to even, to a whole pico-unit: the only place where money
/// is multiplied and rounded. Requires quantity >= 0, rate.pico >= 0, rate.per >= 1.
[[nodiscard]] Amount price_of(Rate rate, std::int64_t quantity);

/// "0.15 per 1000000".
[[nodiscard]] std::string to_string(Rate rate);

}  // namespace costops
