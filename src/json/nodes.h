// nodes.h - a parsed document: its values in order of appearance, each before its own content.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "costops/json/json.h"

namespace costops::json {

/// One value. A container's first child, if any, is the node after it.
struct Node {
  const char* text;    ///< Of a string unescaped, of other scalars as written.
  const char* name;    ///< Of an object's member, unescaped.
  const char* raw;     ///< The value's own text in the document.
  std::uint32_t size;  ///< Length of text; of a container, the number of children.
  std::uint32_t raw_length;
  std::uint32_t name_length;
  std::uint32_t name_key;  ///< key_of(name)
  std::uint32_t next;      ///< How many nodes further the sibling is; 0: there is none.
  Value::Kind kind;

  [[nodiscard]] std::string_view text_view() const { return {text, size}; }
  [[nodiscard]] std::string_view name_view() const { return {name, name_length}; }
  [[nodiscard]] std::string_view raw_view() const { return {raw, raw_length}; }
  [[nodiscard]] bool is_container() const {
    return kind == Value::Kind::object || kind == Value::Kind::array;
  }
};

/// A number by which most names differ, cheap to make: equal names have equal keys.
[[gnu::always_inline]] inline std::uint32_t key_of(std::string_view name) {
  const char* begin = name.data();
  const std::size_t size = name.size();
  std::uint64_t head = 0;
  std::uint64_t tail = 0;
  if (size >= 8) {
    std::memcpy(&head, begin, 8);
    std::memcpy(&tail, begin + size - 8, 8);
  } else if (size >= 4) {
    std::memcpy(&head, begin, 4);
    std::memcpy(&tail, begin + size - 4, 4);
  } else if (size > 0) {
    const auto byte = [begin](std::size_t i) {
      return static_cast<std::uint64_t>(static_cast<unsigned char>(begin[i]));
    };
    head = byte(0) << 16U | byte(size / 2) << 8U | byte(size - 1);
  }
  // Two odd constants (from the golden ratio and from xxHash's primes) spread the bits.
  const std::uint64_t mixed = (head ^ (tail * 0xC2B2AE3D27D4EB4FULL)) + size;
  return static_cast<std::uint32_t>((mixed * 0x9E3779B97F4A7C15ULL) >> 32U);
}

}  // namespace costops::json
