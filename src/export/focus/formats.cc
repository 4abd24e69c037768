#include "export/focus/formats.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>

#include "costops/json/json.h"
#include "export/focus/exact_decimal.h"

namespace costops::focus {
namespace {

// Source: ISO 4217 list one, read 2026-01.
constexpr std::string_view kNationalCurrencies =
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP "
    "BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB "
    "EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD "
    "JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP "
    "MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR "
    "RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND "
    "TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF "
    "YER ZAR ZMW ZWG";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

/// A number of exactly `digits` digits at the front, which are taken away.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, digits)) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool taken(std::string_view& text, std::string_view mark) {
  if (!text.starts_with(mark)) return false;
  text.remove_prefix(mark.size());
  return true;
}

bool take_date(std::string_view& text) {
  const auto year = take_number(text, 4);
  if (!year || !taken(text, "-")) return false;
  const auto month = take_number(text, 2);
  if (!month || !taken(text, "-")) return false;
  const auto day = take_number(text, 2);
  if (!day) return false;
  using namespace std::chrono;
  return year_month_day(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                        std::chrono::day(static_cast<unsigned>(*day)))
      .ok();
}

enum class Seconds : std::uint8_t { needed, optional };

bool take_time(std::string_view& text, Seconds seconds) {
  const auto hour = take_number(text, 2);
  if (!hour || *hour > 23 || !taken(text, ":")) return false;
  const auto minute = take_number(text, 2);
  if (!minute || *minute > 59) return false;
  if (!taken(text, ":")) return seconds == Seconds::optional;
  const auto second = take_number(text, 2);
  return second && *second <= 59;
}

/// "", "Z", "+02", "+0200", "+02:00".
bool is_offset(std::string_view text) {
  if (text.empty() || text == "Z") return true;
  if (text.front() != '+' && text.front() != '-') return false;
  text.remove_prefix(1);
  if (!take_number(text, 2)) return false;
  if (text.empty()) return true;
  (void)taken(text, ":");
  return take_number(text, 2) && text.empty();
}

/// One word of a unit: a capital, then letters, digits and dashes ("GB-Hours").
bool is_unit_word(std::string_view word) {
  if (word.empty() || !is_upper(word.front()) || word.back() == '-') return false;
  return std::all_of(word.begin(), word.end(),
                     [](char c) { return is_upper(c) || is_lower(c) || is_digit(c) || c == '-'; });
}

bool is_whole_quantity(std::string_view word) {
  return !word.empty() && word.front() != '0' && word.size() <= 18 &&
         std::all_of(word.begin(), word.end(), is_digit);
}

/// "1000000 Tokens", "Tokens", "API Calls".
bool is_measured(std::string_view text) {
  std::size_t words = 0;
  for (bool first = true; !text.empty() || first; first = false) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    const bool last = end == text.size();
    if (!(first && !last && is_whole_quantity(word))) {
      if (!is_unit_word(word)) return false;
      ++words;
    }
    if (last) break;
    text.remove_prefix(end + 1);
    if (text.empty()) return false;
  }
  return words > 0;
}

}  // namespace

bool is_numeric_format(std::string_view text) {
  return text.find('+') == std::string_view::npos && parse_exact_decimal(text).has_value();
}

bool is_datetime_format(std::string_view text) {
  return take_date(text) && taken(text, "T") && take_time(text, Seconds::needed) && text == "Z";
}

bool is_datetime(std::string_view text) {
  if (!take_date(text)) return false;
  if (text.empty()) return true;
  if (!taken(text, "T") && !taken(text, " ")) return false;
  if (!take_time(text, Seconds::optional)) return false;
  if (taken(text, ".")) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
    if (end == text.begin()) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
  }
  return is_offset(text);
}

bool is_unit_format(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return is_measured(text);
  return is_measured(text.substr(0, slash)) && is_measured(text.substr(slash + 1));
}

bool is_national_currency(std::string_view text) {
  return text.size() == 3 && std::all_of(text.begin(), text.end(), is_upper) &&
         kNationalCurrencies.find(text) % 4 == 0;
}

bool is_currency_format(std::string_view text) {
  if (is_national_currency(text)) return true;
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || !is_valid_utf8(text)) {
    return false;
  }
  std::string capitals(text);
  for (char& c : capitals) {
    if (is_lower(c)) c = static_cast<char>(c - 'a' + 'A');
  }
  return !is_national_currency(capitals);
}

bool is_key_value_format(std::string_view text) {
  json::Document document;
  const auto root = document.parse_copy(text);
  if (!root || !root->is_object()) return false;
  for (json::Value value = root->first(); value.exists(); value = value.next()) {
    if (value.is_object() || value.is_array()) return false;
  }
  return true;
}

bool is_valid_utf8(std::string_view text) {
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
  return ascii || json::valid_utf8(text) == text;
}

}  // namespace costops::focus
