#include "costops/domain/money.h"

#include <algorithm>

namespace costops {
namespace {

constexpr int kDecimals = 12;          // of an Amount
constexpr int kIntegerDigitsMax = 16;  // 10^15 units have sixteen digits
constexpr UInt128 kAmountMax = UInt128{1'000'000'000'000'000} * kPicoPerUnit;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A decimal number taken apart: digits x 10^exponent, without leading or trailing zeros.
struct Decimal {
  bool negative = false;
  UInt128 digits = 0;
  std::int64_t digit_count = 0;  ///< More than fit into `digits` are counted, not kept.
  std::int64_t exponent = 0;
};

constexpr std::int64_t kDigitsKept = 38;

/// Reads decimal text from left to right; valid() only at its end.
class DecimalScanner {
 public:
  explicit DecimalScanner(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool scan() {
    if (take('-')) {
      value_.negative = true;
    } else {
      (void)take('+');
    }
    scan_digits(0);
    if (take('.')) scan_digits(-1);
    if (seen_ == 0) return false;
    if ((take('e') || take('E')) && !scan_exponent()) return false;
    return rest_.empty();
  }
  [[nodiscard]] const Decimal& value() const { return value_; }

 private:
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// `step`: what one digit adds to the exponent of the last: 0 before the point, -1 after it.
  void scan_digits(std::int64_t step) {
    while (!rest_.empty() && is_digit(rest_.front())) {
      add_digit(static_cast<unsigned>(rest_.front() - '0'), step);
      rest_.remove_prefix(1);
    }
  }

  void add_digit(unsigned digit, std::int64_t step) {
    ++seen_;
    place_ += step;
    if (digit == 0) {
      if (value_.digit_count > 0) ++zeros_;
      if (step == 0 && value_.digit_count > 0) ++value_.exponent;
      return;
    }
    const std::int64_t added = zeros_ + 1;
    value_.digit_count += added;
    if (value_.digit_count <= kDigitsKept) {
      for (std::int64_t i = 0; i < added; ++i) value_.digits *= 10;
      value_.digits += digit;
    }
    zeros_ = 0;
    value_.exponent = place_;
  }

  bool scan_exponent() {
    const bool negative = take('-');
    if (!negative) (void)take('+');
    if (rest_.empty()) return false;
    std::int64_t exponent = 0;
    while (!rest_.empty() && is_digit(rest_.front())) {
      // Beyond a billion every further digit says the same: out of range.
      if (exponent < 1'000'000'000) exponent = exponent * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    value_.exponent += negative ? -exponent : exponent;
    return true;
  }

  std::string_view rest_;
  Decimal value_;
  std::int64_t seen_ = 0;   // digits, zeros included
  std::int64_t place_ = 0;  // power of ten of the last digit
  std::int64_t zeros_ = 0;  // since the last digit that is not zero
};

std::string digits_of(UInt128 value) {
  std::string reversed;
  do {
    reversed += static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value != 0);
  return {reversed.rbegin(), reversed.rend()};
}

UInt128 magnitude(Int128 value) {
  return value < 0 ? UInt128{0} - static_cast<UInt128>(value) : static_cast<UInt128>(value);
}

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

}  // namespace

Result<Amount> parse_amount(std::string_view text) {
  DecimalScanner scanner(text);
  if (!scanner.scan()) {
    return fail(ErrorCode::invalid_input, "amount " + quoted(text) + " is not a decimal number");
  }
  const Decimal& decimal = scanner.value();
  if (decimal.digits == 0) return Amount{};
  const auto too_large = [&] {
    return fail(ErrorCode::invalid_input,
                "amount " + quoted(text) + " is beyond 1000000000000000 units");
  };
  if (decimal.digit_count + decimal.exponent > kIntegerDigitsMax) return too_large();
  if (decimal.exponent < -kDecimals) {
    return fail(ErrorCode::invalid_input,
                "amount " + quoted(text) + " has more than 12 decimal places");
  }
  // At most 16 + 12 digits here, so nothing below can overflow.
  UInt128 pico = decimal.digits;
  for (std::int64_t i = decimal.exponent + kDecimals; i > 0; --i) pico *= 10;
  if (pico > kAmountMax) return too_large();
  const auto value = static_cast<Int128>(pico);
  return Amount::pico(decimal.negative ? -value : value);
}

std::string to_string(Amount amount) {
  constexpr auto kPico = static_cast<UInt128>(kPicoPerUnit);
  const UInt128 size = magnitude(amount.pico());
  std::string text = amount.pico() < 0 ? "-" : "";
  text += digits_of(size / kPico);
  const UInt128 fraction = size % kPico;
  if (fraction == 0) return text;
  std::string decimals = digits_of(fraction);
  decimals.insert(0, static_cast<std::size_t>(kDecimals) - decimals.size(), '0');
  decimals.resize(decimals.find_last_not_of('0') + 1);
  return text + '.' + decimals;
}

Result<Currency> Currency::parse(std::string_view code) {
  if (code.size() != 3 || !std::ranges::all_of(code, is_letter)) {
    return fail(ErrorCode::invalid_input,
                "currency " + quoted(code) + " is not a code of three letters, such as USD");
  }
  Currency currency;
  for (std::size_t i = 0; i < 3; ++i) currency.code_[i] = upper(code[i]);
  return currency;
}

void CurrencyTotals::add(Money money) {
  const auto place = std::ranges::lower_bound(totals_, money.currency, {}, &Money::currency);
  if (place != totals_.end() && place->currency == money.currency) {
    place->amount += money.amount;
  } else {
    totals_.insert(place, money);
  }
}

void CurrencyTotals::add(const CurrencyTotals& other) {
  // By index: `other` may be *this.
  for (std::size_t i = 0; i < other.totals_.size(); ++i) add(Money{other.totals_[i]});
}

Amount CurrencyTotals::in(Currency currency) const {
  const auto place = std::ranges::lower_bound(totals_, currency, {}, &Money::currency);
  return place != totals_.end() && place->currency == currency ? place->amount : Amount{};
}

std::string to_string(Int128 value) { return (value < 0 ? "-" : "") + digits_of(magnitude(value)); }

}  // namespace costops
