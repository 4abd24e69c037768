#include "ingestion/reported_cost.h"

#include <fmt/format.h>

#include <charconv>
#include <string>

namespace costops::ingestion {
namespace {

constexpr int kDecimals = 12;
constexpr std::int64_t kIntegerDigitsMax = 15;

bool is_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Digits d1 d2 ... with the decimal point after the first `point` of them.
struct Decimal {
  bool negative = false;
  std::string digits;
  std::int64_t point = 0;
};

bool read(std::string_view text, Decimal& out) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    out.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  std::int64_t exponent = 0;
  if (const std::size_t e = text.find_first_of("eE"); e != std::string_view::npos) {
    std::string_view power = text.substr(e + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    const auto [end, error] = std::from_chars(power.data(), power.data() + power.size(), exponent);
    if (error != std::errc{} || end != power.data() + power.size()) return false;
    if (exponent > 1000 || exponent < -1000) return false;
    text = text.substr(0, e);
  }
  const std::size_t dot = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, dot);
  const std::string_view fraction = dot < text.size() ? text.substr(dot + 1) : std::string_view{};
  if (whole.size() + fraction.size() == 0 || !is_digits(whole) || !is_digits(fraction))
    return false;
  out.digits.append(whole).append(fraction);
  out.point = static_cast<std::int64_t>(whole.size()) + exponent;
  const std::size_t zeros = std::min(out.digits.find_first_not_of('0'), out.digits.size());
  out.digits.erase(0, zeros);
  out.point -= static_cast<std::int64_t>(zeros);
  return true;
}

/// Whether the digits from `kept` on round the rest up, half to even.
bool rounds_up(const std::string& digits, std::size_t kept, Int128 value) {
  if (kept >= digits.size() || digits[kept] < '5') return false;
  if (digits[kept] > '5') return true;
  const bool more = digits.find_first_not_of('0', kept + 1) != std::string::npos;
  return more || value % 2 != 0;
}

}  // namespace

Result<Amount> parse_reported_cost(std::string_view text) {
  auto exact = parse_amount(text);
  if (exact) return exact;
  Decimal decimal;
  if (!read(text, decimal) || decimal.point > kIntegerDigitsMax) return exact;
  const std::int64_t kept = decimal.point + kDecimals;
  if (kept < 0) return Amount{};
  Int128 value = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(kept); ++i) {
    value = value * 10 + (i < decimal.digits.size() ? decimal.digits[i] - '0' : 0);
  }
  if (rounds_up(decimal.digits, static_cast<std::size_t>(kept), value)) ++value;
  return Amount::pico(decimal.negative ? -value : value);
}

}  // namespace costops::ingestion
