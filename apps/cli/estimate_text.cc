#include "estimate_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace costops::cli {
namespace {

constexpr int kDecimalsMax = 6;

std::string without_minus_zero(std::string text) {
  return text.find_first_not_of("-0.") == std::string::npos && text[0] == '-' ? text.substr(1)
                                                                              : text;
}

}  // namespace

std::string Estimates::text(double value) const {
  if (counts_) return without_minus_zero(fmt::format("{:.0f}", value));
  const double size = std::abs(value);
  int decimals = 2;
  // 0.001234 shows its first digits, 12.34 its cents.
  while (decimals < kDecimalsMax && size > 0.0 && size * std::pow(10.0, decimals) < 100.0) {
    ++decimals;
  }
  return without_minus_zero(fmt::format("{:.{}f}", value, decimals));
}

std::string exact_estimate(double value) {
  std::string text = fmt::format("{:.{}f}", value, kDecimalsMax);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return without_minus_zero(std::move(text));
}

std::optional<double> parse_estimate(std::string_view text) {
  double value = 0.0;
  const auto read =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace costops::cli
