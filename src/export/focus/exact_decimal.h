// exact_decimal.h - decimal numbers of any length, compared and multiplied without rounding.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace costops::focus {

/// A number as digits and a power of ten, in one form only: no zeros at either end, so that equal
/// numbers are equal member by member. Zero has no digits.
struct ExactDecimal {
  bool negative = false;
  std::string digits{};
  std::int64_t exponent = 0;  ///< Value = digits x 10^exponent.
  friend bool operator==(const ExactDecimal&, const ExactDecimal&) = default;
};

/// Longest number that is read; FOCUS asks for no more than 38 digits.
inline constexpr std::size_t kNumberLengthMax = 512;

/// Reads [+-]digits[.digits][e[+-]digits], digits before the point optional. None: no number, or
/// longer than kNumberLengthMax, or with an exponent beyond +-999,999.
[[nodiscard]] std::optional<ExactDecimal> parse_exact_decimal(std::string_view text);
[[nodiscard]] ExactDecimal multiply(const ExactDecimal& a, const ExactDecimal& b);
[[nodiscard]] std::strong_ordering compare(const ExactDecimal& a, const ExactDecimal& b);

}  // namespace costops::focus
