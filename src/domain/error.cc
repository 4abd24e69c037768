#include "costops/domain/error.h"

#include <array>

namespace costops {
namespace {

constexpr std::size_t kQuotedMax = 80;

/// Largest prefix of at most `max` bytes that does not cut a UTF-8 sequence.
std::string_view cut(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  std::size_t end = max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

void append_escaped(std::string& out, char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else if (c == '\n') {
    out += "\\n";
  } else if (c == '\t') {
    out += "\\t";
  } else if (byte < 0x20 || byte == 0x7F) {
    out += "\\x";
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  } else {
    out += c;
  }
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = "\"";
  const std::string_view shown = cut(text, kQuotedMax);
  for (const char c : shown) append_escaped(out, c);
  if (shown.size() < text.size()) out += "...";
  out += '"';
  return out;
}

}  // namespace costops
