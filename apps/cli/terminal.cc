#include "terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "costops/json/json.h"

namespace costops::cli {
namespace {

struct CodePoint {
  std::uint32_t value;
  std::size_t bytes;
};

/// The code point at the start of `text`. Requires valid, non-empty UTF-8.
CodePoint first_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  std::uint32_t value = lead & (0xffu >> (bytes + 1));
  for (std::size_t i = 1; i < std::min(bytes, text.size()); ++i) {
    value = value << 6 | (byte(i) & 0x3fu);
  }
  return {value, std::min(bytes, text.size())};
}

bool is_unsafe(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

std::string escape_of(std::uint32_t c) {
  switch (c) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return c < 0x100 ? fmt::format("\\x{:02x}", c) : fmt::format("\\u{:04x}", c);
  }
}

struct Span {
  std::uint32_t from, to;
};

/// Blocks whose characters take two columns, and those that take none. After Unicode's
/// EastAsianWidth.txt (W, F) and the combining blocks, merged to whole blocks.
constexpr std::array kWide = {
    Span{0x1100, 0x115f},  Span{0x2e80, 0x303e},   Span{0x3041, 0xa4cf},   Span{0xa960, 0xa97f},
    Span{0xac00, 0xd7a3},  Span{0xf900, 0xfaff},   Span{0xfe30, 0xfe6f},   Span{0xff00, 0xff60},
    Span{0xffe0, 0xffe6},  Span{0x1f300, 0x1f64f}, Span{0x1f680, 0x1f6ff}, Span{0x1f900, 0x1f9ff},
    Span{0x20000, 0x3fffd}};
constexpr std::array kZero = {Span{0x300, 0x36f},   Span{0x200b, 0x200d}, Span{0x1ab0, 0x1aff},
                              Span{0x20d0, 0x20ff}, Span{0xfe00, 0xfe0f}, Span{0xfe20, 0xfe2f}};

template <std::size_t N>
bool contains(const std::array<Span, N>& spans, std::uint32_t c) {
  return std::any_of(spans.begin(), spans.end(),
                     [c](const Span& span) { return span.from <= c && c <= span.to; });
}

}  // namespace

bool is_terminal(std::FILE* stream) { return isatty(fileno(stream)) == 1; }

std::size_t terminal_columns(std::FILE* stream) {
  winsize size{};
  if (ioctl(fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

std::string printable(std::string_view text) {
  const std::string valid = json::valid_utf8(text);
  std::string out;
  out.reserve(valid.size());
  for (std::string_view rest = valid; !rest.empty();) {
    const CodePoint point = first_code_point(rest);
    if (is_unsafe(point.value)) {
      out += escape_of(point.value);
    } else {
      out += rest.substr(0, point.bytes);
    }
    rest.remove_prefix(point.bytes);
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    width += contains(kZero, point.value) ? 0u : contains(kWide, point.value) ? 2u : 1u;
    text.remove_prefix(point.bytes);
  }
  return width;
}

std::string inked(std::string_view text, Ink ink, Colors colors) {
  if (colors == Colors::off || ink == Ink::plain || text.empty()) return std::string(text);
  const std::string_view code = ink == Ink::bold ? "1" : ink == Ink::dim ? "2" : "33";
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

}  // namespace costops::cli
