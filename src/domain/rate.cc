#include "costops/domain/rate.h"

#include <cassert>
#include <optional>

namespace costops {
namespace {

constexpr std::int64_t kRatioMax = 1'000'000;

UInt128 gcd(UInt128 a, UInt128 b) {
  while (b != 0) {
    const UInt128 rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

bool fits(UInt128 value) { return value <= static_cast<UInt128>(INT64_MAX); }

/// Divisors 2 and 5 taken out: 1 is left if a fraction over `denominator` ends.
bool has_finite_decimal(std::int64_t denominator) {
  while (denominator % 2 == 0) denominator /= 2;
  while (denominator % 5 == 0) denominator /= 5;
  return denominator == 1;
}

Result<Ratio> reduced(UInt128 numerator, UInt128 denominator) {
  const UInt128 common = gcd(numerator, denominator);
  numerator /= common;
  denominator /= common;
  if (!fits(numerator) || !fits(denominator)) {
    return fail(ErrorCode::invalid_input, "the product of the factors leaves 64 bits");
  }
  return Ratio{static_cast<std::int64_t>(numerator), static_cast<std::int64_t>(denominator)};
}

}  // namespace

Result<Ratio> parse_ratio(std::string_view text) {
  const Result<Amount> amount = parse_amount(text);
  if (!amount) {
    return fail(ErrorCode::invalid_input,
                "factor " + quoted(text) + " is not a decimal number with at most 12 decimals");
  }
  if (amount->pico() < 0) {
    return fail(ErrorCode::invalid_input, "factor " + quoted(text) + " is negative");
  }
  if (amount->pico() > static_cast<Int128>(kRatioMax) * kPicoPerUnit) {
    return fail(ErrorCode::invalid_input, "factor " + quoted(text) + " is beyond 1000000");
  }
  return reduced(static_cast<UInt128>(amount->pico()), static_cast<UInt128>(kPicoPerUnit));
}

std::string to_string(Ratio ratio) {
  if (!has_finite_decimal(ratio.denominator)) {
    return std::to_string(ratio.numerator) + '/' + std::to_string(ratio.denominator);
  }
  std::string text = std::to_string(ratio.numerator / ratio.denominator);
  auto rest = static_cast<UInt128>(ratio.numerator % ratio.denominator);
  const auto denominator = static_cast<UInt128>(ratio.denominator);
  if (rest != 0) text += '.';
  while (rest != 0) {
    rest *= 10;
    text += static_cast<char>('0' + static_cast<int>(rest / denominator));
    rest %= denominator;
  }
  return text;
}

Result<Ratio> multiply(Ratio a, Ratio b) {
  return reduced(static_cast<UInt128>(a.numerator) * static_cast<UInt128>(b.numerator),
                 static_cast<UInt128>(a.denominator) * static_cast<UInt128>(b.denominator));
}

Result<Rate> make_rate(Amount amount, std::int64_t per) {
  if (per < 1) {
    return fail(ErrorCode::invalid_input,
                "a rate per " + std::to_string(per) + " units is no rate: expected at least 1");
  }
  if (amount.pico() < 0) {
    return fail(ErrorCode::invalid_input, "rate " + to_string(amount) + " is negative");
  }
  if (!amount.fits_entry()) {
    return fail(ErrorCode::invalid_input,
                "rate " + to_string(amount) + " is beyond 9223372.036854775807");
  }
  return Rate{static_cast<std::int64_t>(amount.pico()), per};
}

Result<Rate> parse_rate(std::string_view amount, std::int64_t per) {
  const Result<Amount> parsed = parse_amount(amount);
  if (!parsed) return fail(parsed.error());
  return make_rate(*parsed, per);
}

Result<Rate> scaled(Rate rate, Ratio factor) {
  const UInt128 pico = static_cast<UInt128>(rate.pico) * static_cast<UInt128>(factor.numerator);
  const auto denominator = static_cast<UInt128>(factor.denominator);
  const UInt128 common = gcd(pico, denominator);
  const UInt128 per = static_cast<UInt128>(rate.per) * (denominator / common);
  if (!fits(pico / common) || !fits(per)) {
    return fail(ErrorCode::invalid_input,
                "rate " + to_string(rate) + " times " + to_string(factor) + " leaves 64 bits");
  }
  return Rate{static_cast<std::int64_t>(pico / common), static_cast<std::int64_t>(per)};
}

Amount price_of(Rate rate, std::int64_t quantity) {
  assert(quantity >= 0 && rate.pico >= 0 && rate.per >= 1);
  const UInt128 product = static_cast<UInt128>(rate.pico) * static_cast<UInt128>(quantity);
  const auto per = static_cast<std::uint64_t>(rate.per);
  UInt128 whole = 0;
  std::uint64_t rest = 0;
  if (product <= UINT64_MAX) {  // Nearly always: one hardware division.
    const auto small = static_cast<std::uint64_t>(product);
    whole = small / per;
    rest = small % per;
  } else {
    whole = product / per;
    rest = static_cast<std::uint64_t>(product - whole * per);
  }
  const std::uint64_t other = per - rest;  // rest < per, so rest > other means above one half
  if (rest > other || (rest == other && (whole & 1U) != 0)) ++whole;
  return Amount::pico(static_cast<Int128>(whole));
}

std::string to_string(Rate rate) {
  return to_string(rate.amount()) + " per " + std::to_string(rate.per);
}

}  // namespace costops
