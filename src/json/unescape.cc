#include "json/unescape.h"

#include <cstdint>
#include <cstring>

#include "json/utf8.h"

namespace costops::json {
namespace {

/// The value of a hexadecimal digit; -1 if it is none.
int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The value of four hexadecimal digits at the start of `text`; -1 if they are not there.
int hex4(std::string_view text) {
  if (text.size() < 4) return -1;
  int value = 0;
  for (const char c : text.substr(0, 4)) {
    const int digit = hex_digit(c);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

bool is_high_surrogate(int code) { return code >= 0xD800 && code < 0xDC00; }
bool is_low_surrogate(int code) { return code >= 0xDC00 && code < 0xE000; }

/// Reads what stands behind "\u" and takes it from `rest`: two escapes for a surrogate pair.
char* unescape_unicode(std::string_view& rest, char* out) {
  int code = hex4(rest);
  if (code < 0 || is_low_surrogate(code)) return nullptr;
  rest.remove_prefix(4);
  if (is_high_surrogate(code)) {
    if (!rest.starts_with("\\u")) return nullptr;
    const int low = hex4(rest.substr(2));
    if (!is_low_surrogate(low)) return nullptr;
    rest.remove_prefix(6);
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  return append_utf8(out, static_cast<std::uint32_t>(code));
}

/// The character that a one-letter escape stands for; 0 if there is none.
char simple_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

}  // namespace

char* unescape(std::string_view escaped, char* out) {
  std::string_view rest = escaped;
  while (!rest.empty()) {
    const std::size_t plain = std::min(rest.find('\\'), rest.size());
    std::memcpy(out, rest.data(), plain);
    out += plain;
    rest.remove_prefix(plain);
    if (rest.empty()) break;
    if (rest.size() < 2) return nullptr;
    const char letter = rest[1];
    rest.remove_prefix(2);
    if (letter == 'u') {
      out = unescape_unicode(rest, out);
      if (out == nullptr) return nullptr;
    } else {
      const char meant = simple_escape(letter);
      if (meant == 0) return nullptr;
      *out++ = meant;
    }
  }
  return out;
}

}  // namespace costops::json
