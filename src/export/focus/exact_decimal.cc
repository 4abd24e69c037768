#include "export/focus/exact_decimal.h"

#include <algorithm>
#include <charconv>

namespace costops::focus {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

bool take_one_of(std::string_view& text, std::string_view letters) {
  if (text.empty() || letters.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// What follows the mantissa: "", "e5", "E-07".
std::optional<std::int64_t> exponent_of(std::string_view text) {
  if (text.empty()) return 0;
  if (!take_one_of(text, "eE")) return std::nullopt;
  const bool negative = text.starts_with('-');
  take_one_of(text, "+-");
  const std::string_view digits = take_digits(text);
  if (digits.empty() || digits.size() > 6 || !text.empty()) return std::nullopt;
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return negative ? -value : value;
}

void normalise(ExactDecimal& number) {
  const std::size_t first = number.digits.find_first_not_of('0');
  if (first == std::string::npos) {
    number = {};
    return;
  }
  const std::size_t last = number.digits.find_last_not_of('0');
  number.exponent += static_cast<std::int64_t>(number.digits.size() - last - 1);
  number.digits = number.digits.substr(first, last - first + 1);
}

/// Of two numbers that are not negative.
std::strong_ordering compare_sizes(const ExactDecimal& a, const ExactDecimal& b) {
  if (a.digits.empty() || b.digits.empty()) return b.digits.empty() <=> a.digits.empty();
  const auto end = [](const ExactDecimal& n) {
    return static_cast<std::int64_t>(n.digits.size()) + n.exponent;
  };
  if (end(a) != end(b)) return end(a) <=> end(b);
  return a.digits <=> b.digits;  // The same first place: digits compare from the left.
}

}  // namespace

std::optional<ExactDecimal> parse_exact_decimal(std::string_view text) {
  if (text.size() > kNumberLengthMax) return std::nullopt;
  ExactDecimal number;
  number.negative = text.starts_with('-');
  take_one_of(text, "+-");
  const std::string_view whole = take_digits(text);
  std::string_view fraction;
  if (take_one_of(text, ".")) {
    fraction = take_digits(text);
    if (fraction.empty()) return std::nullopt;
  } else if (whole.empty()) {
    return std::nullopt;
  }
  const auto exponent = exponent_of(text);
  if (!exponent) return std::nullopt;
  number.digits.append(whole).append(fraction);
  number.exponent = *exponent - static_cast<std::int64_t>(fraction.size());
  normalise(number);
  return number;
}

ExactDecimal multiply(const ExactDecimal& a, const ExactDecimal& b) {
  if (a.digits.empty() || b.digits.empty()) return {};
  ExactDecimal product;
  product.negative = a.negative != b.negative;
  product.exponent = a.exponent + b.exponent;
  std::string sums(a.digits.size() + b.digits.size(), '\0');
  for (std::size_t i = a.digits.size(); i-- > 0;) {
    int carry = 0;
    for (std::size_t j = b.digits.size(); j-- > 0;) {
      const int sum = sums[i + j + 1] + (a.digits[i] - '0') * (b.digits[j] - '0') + carry;
      sums[i + j + 1] = static_cast<char>(sum % 10);
      carry = sum / 10;
    }
    sums[i] = static_cast<char>(sums[i] + carry);
  }
  for (char& digit : sums) digit = static_cast<char>(digit + '0');
  product.digits = std::move(sums);
  normalise(product);
  return product;
}

std::strong_ordering compare(const ExactDecimal& a, const ExactDecimal& b) {
  if (a.negative != b.negative) return b.negative <=> a.negative;
  return a.negative ? compare_sizes(b, a) : compare_sizes(a, b);
}

}  // namespace costops::focus
