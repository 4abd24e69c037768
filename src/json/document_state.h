// document_state.h - the memory of a Document, kept from one text to the next.
#pragma once

#include <simdjson.h>

#include "json/nodes.h"

namespace costops::json {

struct ParseMemory {
  simdjson::dom::parser parser;  ///< Only its first stage is used.
  std::size_t capacity = 0;         ///< Bytes of text that the first stage has room for.
  std::string_view text;            ///< Without a byte order mark.
  std::size_t skipped = 0;          ///< Bytes of the byte order mark.
  std::string copy;                 ///< Of parse_copy.

  std::unique_ptr<Node[]> nodes;
  std::size_t node_capacity = 0;

  bool has_escapes = false;
  std::unique_ptr<char[]> unescaped;
  std::size_t unescaped_capacity = 0;
  char* unescaped_end = nullptr;

  std::vector<std::uint32_t> name_keys;  ///< Of the objects that are being read.
  std::vector<std::string_view> names;   ///< Of one object with many members.

  /// Room for a text; false if there is no memory.
  [[nodiscard]] bool reserve(std::size_t size);
  /// Room for what the first stage has found.
  void reserve_nodes();
};

struct Document::State : ParseMemory {};

}  // namespace costops::json
