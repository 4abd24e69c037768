// money.h - exact amounts of money, and the currency that keeps them apart.
//
// An Amount is a whole number of 10^-12 currency units ("pico-units") in 128 bits: +-1.7 x 10^26
// units, so addition cannot overflow in practice and needs no error path. Amounts are added only
// inside one currency; Money pairs an Amount with its currency and deliberately has no operator+:
// sums over several currencies go through CurrencyTotals, which never mixes them.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "costops/domain/error.h"

namespace costops {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

/// Pico-units in one unit of a currency.
inline constexpr std::int64_t kPicoPerUnit = 1'000'000'000'000;

/// A signed amount in pico-units of some currency that the context names.
class Amount {
 public:
  constexpr Amount() = default;
  [[nodiscard]] static constexpr Amount pico(Int128 value) {
    Amount amount;
    amount.pico_ = value;
    return amount;
  }

  [[nodiscard]] constexpr Int128 pico() const { return pico_; }
  [[nodiscard]] constexpr bool is_zero() const { return pico_ == 0; }
  /// Whether a ledger entry can hold it (int64 pico-units: about +-9.2 million units).
  [[nodiscard]] constexpr bool fits_entry() const {
    return pico_ >= INT64_MIN && pico_ <= INT64_MAX;
  }

  constexpr Amount& operator+=(Amount other) {
    pico_ += other.pico_;
    return *this;
  }
  constexpr Amount& operator-=(Amount other) {
    pico_ -= other.pico_;
    return *this;
  }
  friend constexpr Amount operator+(Amount a, Amount b) { return a += b; }
  friend constexpr Amount operator-(Amount a, Amount b) { return a -= b; }
  friend constexpr Amount operator-(Amount a) { return Amount::pico(-a.pico_); }
  friend constexpr auto operator<=>(const Amount&, const Amount&) = default;

 private:
  Int128 pico_ = 0;
};

/// Reads a decimal number, with optional sign, fraction and exponent ("0.15", "-3", "1.5e-07"),
/// exactly. Fails with invalid_input if the text is no decimal number, needs more than 12 decimal
/// places (trailing zeros aside), or is beyond +-10^15 units.
[[nodiscard]] Result<Amount> parse_amount(std::string_view text);

/// Shortest exact decimal text: no exponent, no trailing zeros, "-" only before a non-zero amount.
[[nodiscard]] std::string to_string(Amount amount);

/// An ISO 4217-like code of three upper-case letters. Default: none ("").
class Currency {
 public:
  constexpr Currency() = default;
  /// Fails with invalid_input unless `code` is three ASCII letters (any case).
  [[nodiscard]] static Result<Currency> parse(std::string_view code);
  [[nodiscard]] static constexpr Currency usd() {
    Currency currency;
    currency.code_ = {'U', 'S', 'D'};
    return currency;
  }
  [[nodiscard]] std::string_view code() const {
    return code_[0] == 0 ? std::string_view{} : std::string_view{code_.data(), code_.size()};
  }
  [[nodiscard]] constexpr bool is_none() const { return code_[0] == 0; }
  friend constexpr auto operator<=>(const Currency&, const Currency&) = default;

 private:
  std::array<char, 3> code_{};
};

/// An amount with its currency. No arithmetic on purpose: see the top of this file.
struct Money {
  Amount amount;
  Currency currency;
  friend bool operator==(const Money&, const Money&) = default;
};

/// Sums kept apart by currency, in the order of the currency codes.
class CurrencyTotals {
 public:
  void add(Money money);
  void add(const CurrencyTotals& other);
  /// The sum in one currency; zero if nothing was added in it.
  [[nodiscard]] Amount in(Currency currency) const;
  [[nodiscard]] const std::vector<Money>& all() const { return totals_; }
  friend bool operator==(const CurrencyTotals&, const CurrencyTotals&) = default;

 private:
  std::vector<Money> totals_;
};

/// Decimal text of a signed 128-bit integer.
[[nodiscard]] std::string to_string(Int128 value);

}  // namespace costops
