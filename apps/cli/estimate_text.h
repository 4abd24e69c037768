// estimate_text.h - what statistics say, in digits that do not pretend to be exact.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "costops/domain/money.h"

namespace costops::cli {

/// How estimates of one metric are shown to people: costs with at least two decimals and four
/// digits that mean something, counts as whole numbers.
class Estimates {
 public:
  Estimates(std::string_view metric, Currency currency)
      : counts_(metric != "cost"), currency_(currency) {}
  [[nodiscard]] std::string text(double value) const;
  /// "USD"; "" for counts.
  [[nodiscard]] std::string_view unit() const { return currency_.code(); }

 private:
  bool counts_;
  Currency currency_;
};

/// For programs: six decimal places at most, no exponent, no trailing zeros.
[[nodiscard]] std::string exact_estimate(double value);

/// A plain decimal number ("3", "3.5"). None: something else.
[[nodiscard]] std::optional<double> parse_estimate(std::string_view text);

}  // namespace costops::cli
