#include "pricing/published_rate.h"

#include <fmt/format.h>

#include <cassert>
#include <charconv>
#include <optional>

#include "costops/domain/money.h"

namespace costops::pricing {
namespace {

constexpr int kKeptDigits = 9;       // Significant digits that noise is rounded to.
constexpr int kMantissaDigits = 26;  // Leaves room to multiply by a billion in 128 bits.
constexpr int kExponentMax = 40;

// mantissa x 10^exponent.
struct Decimal {
  Int128 mantissa = 0;
  int exponent = 0;
};

std::optional<Decimal> parse_decimal(std::string_view text) {
  Decimal value;
  bool negative = false;
  bool any_digit = false;
  bool fraction = false;
  int digits = 0;
  std::size_t i = 0;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) negative = text[i++] == '-';
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    const char c = text[i];
    if (c == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    any_digit = true;
    if (digits > 0 || c != '0') ++digits;
    if (digits > kMantissaDigits) return std::nullopt;
    value.mantissa = value.mantissa * 10 + (c - '0');
    if (fraction) --value.exponent;
  }
  if (!any_digit) return std::nullopt;
  if (i < text.size()) {
    std::string_view power = text.substr(i + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    int exponent = 0;
    const auto [end, error] = std::from_chars(power.data(), power.data() + power.size(), exponent);
    if (power.empty() || error != std::errc{} || end != power.data() + power.size()) {
      return std::nullopt;
    }
    if (exponent < -kExponentMax || exponent > kExponentMax) return std::nullopt;
    value.exponent += exponent;
  }
  if (negative) value.mantissa = -value.mantissa;
  return value;
}

Decimal without_trailing_zeros(Decimal value) {
  if (value.mantissa == 0) return {};
  while (value.mantissa % 10 == 0) {
    value.mantissa /= 10;
    ++value.exponent;
  }
  return value;
}

// What binary floating point added is below 10^-13 of the number itself.
bool is_noise(Int128 whole, Int128 rest) {
  const Int128 size = rest < 0 ? -rest : rest;
  return size != 0 && size < whole / 10'000'000'000'000;
}

// The number without its noise, if it has some.
std::optional<Decimal> snapped(Decimal value) {
  Int128 power = 1;
  int dropped = 0;
  for (Int128 rest = value.mantissa; rest >= 1'000'000'000; rest /= 10) {
    power *= 10;
    ++dropped;
  }
  static_assert(kKeptDigits == 9);
  if (dropped == 0) return std::nullopt;
  const Int128 kept = (value.mantissa + power / 2) / power;
  if (!is_noise(value.mantissa, value.mantissa - kept * power)) return std::nullopt;
  return without_trailing_zeros({kept, value.exponent + dropped});
}

// Plain decimal text of a number from 0.
std::string text_of(Decimal value) {
  std::string digits = to_string(value.mantissa);
  if (value.exponent >= 0)
    return digits + std::string(static_cast<std::size_t>(value.exponent), '0');
  const auto places = static_cast<std::size_t>(-value.exponent);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  digits.insert(digits.size() - places, ".");
  return digits;
}

// In pico-units; what pico-units cannot hold goes into `per`.
std::optional<Rate> to_rate(Decimal value, std::int64_t per) {
  Int128 pico = value.mantissa;
  Int128 units = per;
  for (int e = value.exponent + 12; e > 0; --e) {
    if ((pico *= 10) > INT64_MAX) return std::nullopt;
  }
  for (int e = value.exponent + 12; e < 0; ++e) {
    if ((units *= 10) > INT64_MAX) return std::nullopt;
  }
  if (pico > INT64_MAX) return std::nullopt;
  return Rate{static_cast<std::int64_t>(pico), static_cast<std::int64_t>(units)};
}

}  // namespace

Result<PublishedRate> published_rate(std::string_view amount, std::int64_t amount_per,
                                     std::int64_t per) {
  assert(amount_per > 0 && per % amount_per == 0);
  const auto parsed = parse_decimal(amount);
  if (!parsed) {
    return fail(ErrorCode::invalid_input,
                fmt::format("\"{}\" is not a decimal number that can be kept exactly", amount));
  }
  if (parsed->mantissa < 0) {
    return fail(ErrorCode::invalid_input, fmt::format("{} is negative", amount));
  }
  Decimal value = without_trailing_zeros(*parsed);
  value.mantissa *= per / amount_per;
  value = without_trailing_zeros(value);
  PublishedRate published;
  if (const auto clean = snapped(value)) {
    published.note = fmt::format("{} taken as {} per {}", amount, text_of(*clean), per);
    value = *clean;
  }
  const auto rate = to_rate(value, per);
  if (!rate) {
    return fail(ErrorCode::invalid_input,
                fmt::format("{} is too large or too fine for a price", amount));
  }
  published.rate = *rate;
  return published;
}

}  // namespace costops::pricing
