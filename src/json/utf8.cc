#include "json/utf8.h"

#include <cstring>

#include "costops/json/json.h"

namespace costops::json {
namespace {

/// How far a sequence is valid: the bytes read, and whether they are all of it.
struct Sequence {
  std::size_t length;
  bool complete;
};

bool is_between(unsigned byte, unsigned low, unsigned high) { return byte >= low && byte <= high; }

/// The sequence at the start of `text`, which must not be empty. Source: The Unicode Standard 15.0,
/// table 3-7 (well-formed UTF-8 byte sequences).
Sequence sequence_at(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return static_cast<unsigned>(static_cast<unsigned char>(text[i]));
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {1, true};
  if (!is_between(lead, 0xC2, 0xF4)) return {1, false};
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  // The second byte excludes overlong forms, surrogates and what lies beyond U+10FFFF.
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (std::size_t i = 1; i < length; ++i) {
    const bool fits =
        i < text.size() && is_between(byte(i), i == 1 ? low : 0x80, i == 1 ? high : 0xBF);
    if (!fits) return {i, false};
  }
  return {length, true};
}

}  // namespace

std::size_t valid_utf8_length(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::uint64_t block = 0;
    if (text.size() - at >= sizeof(block)) {
      std::memcpy(&block, text.data() + at, sizeof(block));
      if ((block & 0x8080808080808080ULL) == 0) {
        at += sizeof(block);
        continue;
      }
    }
    const Sequence sequence = sequence_at(text.substr(at));
    if (!sequence.complete) break;
    at += sequence.length;
  }
  return at;
}

std::size_t invalid_utf8_length(std::string_view text) { return sequence_at(text).length; }

char* append_utf8(char* out, std::uint32_t code_point) {
  const auto put = [&out](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6U);
    put(0x80 | (code_point & 0x3FU));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12U);
    put(0x80 | (code_point >> 6U & 0x3FU));
    put(0x80 | (code_point & 0x3FU));
  } else {
    put(0xF0 | code_point >> 18U);
    put(0x80 | (code_point >> 12U & 0x3FU));
    put(0x80 | (code_point >> 6U & 0x3FU));
    put(0x80 | (code_point & 0x3FU));
  }
  return out;
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t valid = valid_utf8_length(text);
    out += text.substr(0, valid);
    text.remove_prefix(valid);
    if (text.empty()) break;
    out += "\xEF\xBF\xBD";
    text.remove_prefix(invalid_utf8_length(text));
  }
  return out;
}

}  // namespace costops::json
