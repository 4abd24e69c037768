// document_state.h - the memory of a Document, kept from one text to the next.
#pragma once

#include <simdjson.h>

#include <memory>

#include "json/nodes.h"

namespace costops::json {

/// Bytes to which unescaped strings are appended; never moved while a text is read.
class TextBuffer {
 public:
  /// Makes it empty, with room for `size` bytes.
  void reset(std::size_t size) {
    if (size > capacity_) {
      capacity_ = size + size / 2;
      bytes_ = std::make_unique_for_overwrite<char[]>(capacity_);
    }
    end_ = bytes_.get();
  }
  [[nodiscard]] char* end() const { return end_; }
  void set_end(char* end) { end_ = end; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  char* end_ = nullptr;
};

struct Document::State {
  simdjson::dom::parser parser;  ///< Only its first stage is used.
  std::size_t capacity = 0;      ///< Bytes of text that the first stage has room for.
  std::string copy;              ///< Of parse_copy.

  std::unique_ptr<Node[]> nodes;
  std::unique_ptr<std::uint32_t[]> name_keys;  ///< Of the objects that are being read.
  std::size_t node_capacity = 0;               ///< Of both.
  TextBuffer unescaped;

  /// Room for a text; false if there is no memory.
  [[nodiscard]] bool reserve(std::size_t size);
  /// Room for what the first stage has found.
  void reserve_nodes();
};

}  // namespace costops::json
