// formats.h - what FOCUS says about the form of single values (its "attributes").
//
// Source: FOCUS 1.2, attributes NumericFormat, DateTimeFormat, UnitFormat, CurrencyFormat,
// KeyValueFormat and StringHandling, https://focus.finops.org.
#pragma once

#include <string_view>

namespace costops::focus {

/// "35.2", "-3", "35.2E-7"; no "+" anywhere, no separators of thousands.
[[nodiscard]] bool is_numeric_format(std::string_view text);
/// "2026-07-01T00:00:00Z", a moment that exists.
[[nodiscard]] bool is_datetime_format(std::string_view text);
/// A date, perhaps with a time, perhaps with an offset: what some program would read as one.
[[nodiscard]] bool is_datetime(std::string_view text);
/// [quantity ]Words[/[quantity ]Words], words with a capital, quantities whole and without sign.
[[nodiscard]] bool is_unit_format(std::string_view text);
/// A code of ISO 4217, as of January 2026 (with the funds codes, without metals and tests).
[[nodiscard]] bool is_national_currency(std::string_view text);
/// A national currency, or any name but one that is a national code in other letters ("usd").
[[nodiscard]] bool is_currency_format(std::string_view text);
/// A JSON object without repeated keys, whose values are strings, numbers, booleans or null.
[[nodiscard]] bool is_key_value_format(std::string_view text);
[[nodiscard]] bool is_valid_utf8(std::string_view text);

}  // namespace costops::focus
