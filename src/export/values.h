// values.h - cells as text, without a locale and without allocating.
#pragma once

#include <cstring>
#include <string>
#include <string_view>

#include "costops/export/table.h"

namespace costops::exports {

/// Characters that a value other than a text takes at most.
inline constexpr std::size_t kValueCharacters = 48;

// Each writes to `out`, which must have room for kValueCharacters, and returns the end.

[[nodiscard]] char* put_integer(char* out, std::int64_t value);
/// All places that are not trailing zeros; no exponent, no grouping: "0.15", "-3".
[[nodiscard]] char* put_decimal(char* out, Int128 value, int scale);
/// "2026-07-01T12:00:00Z", with a fraction of 3 or 6 digits where there is one.
[[nodiscard]] char* put_instant(char* out, std::int64_t microseconds);
/// The value of a cell that is not null and not a text.
[[nodiscard]] char* put_value(char* out, const Column& column, const Batch::Values& values,
                              std::size_t row);
[[nodiscard]] char* put_text(char* out, std::string_view text);

void append_integer(std::string& out, std::int64_t value);
void append_decimal(std::string& out, Int128 value, int scale);
void append_instant(std::string& out, std::int64_t microseconds);
void append_value(std::string& out, const Column& column, const Batch::Values& values,
                  std::size_t row);

/// Texts that no format needs to escape or to check: printable ASCII without quotes and backslash.
/// Looks at eight bytes at a time.
[[nodiscard]] inline bool is_plain(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;
  const auto special = [](std::uint64_t bytes) {
    const auto zeros = [](std::uint64_t x) { return (x - kOnes) & ~x & kHighs; };
    // Below 0x20; a quote; a backslash; 0x7f; beyond ASCII.
    return ((bytes - kOnes * 0x20) & ~bytes & kHighs) | zeros(bytes ^ kOnes * '"') |
           zeros(bytes ^ kOnes * '\\') | zeros(bytes ^ kOnes * 0x7f) | (bytes & kHighs);
  };
  std::uint64_t found = 0, bytes = 0;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::memcpy(&bytes, text.data() + at, 8);
    found |= special(bytes);
  }
  if (at < text.size() && text.size() >= 8) {  // The last eight, some of them once more.
    std::memcpy(&bytes, text.data() + text.size() - 8, 8);
    return (found | special(bytes)) == 0;
  }
  bytes = kOnes * 'x';
  for (std::size_t shift = 0; at < text.size(); ++at, shift += 8) {
    bytes ^= std::uint64_t{static_cast<std::uint8_t>(text[at] ^ 'x')} << shift;
  }
  return (found | special(bytes)) == 0;
}

}  // namespace costops::exports
