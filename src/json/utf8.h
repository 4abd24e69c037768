// utf8.h - where valid UTF-8 ends, and how a code point is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace costops::json {

/// Length of the longest valid UTF-8 prefix.
[[nodiscard]] std::size_t valid_utf8_length(std::string_view text);

/// Length of the invalid sequence that `text` begins with: what one U+FFFD replaces (the longest
/// prefix of a valid sequence, at least one byte). Requires that `text` begins with one.
/// Source: The Unicode Standard 15.0, section 3.9, "U+FFFD Substitution of Maximal Subparts".
[[nodiscard]] std::size_t invalid_utf8_length(std::string_view text);

/// Writes a code point below 0x110000 that is no surrogate; returns the end of what it wrote.
char* append_utf8(char* out, std::uint32_t code_point);

}  // namespace costops::json
