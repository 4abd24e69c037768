// elements.h - the JSON values of an input, one after the other, whatever they are wrapped in: one
// per line, one behind the other, an array, or an object with an array ({"records":[...]}). Only
// one value is held at a time, so an array of millions of records needs no more memory than its
// largest one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "costops/ingestion/input.h"
#include "costops/json/json.h"
#include "ingestion/emitter.h"

namespace costops::ingestion {

/// One value's text, and the line on which it begins.
struct Element {
  std::string_view text;  ///< Followed by json::kPadding readable bytes.
  std::uint64_t line = 0;
};

/// Cuts an input into its values, by brackets only: whether a value is valid JSON is not looked at.
///
/// An input is read line by line, so that a broken line costs that line only, unless its first line
/// cannot be a value of its own; then by brackets.
class Elements {
 public:
  /// `containers`: names of members of a top object whose arrays hold the values ("records").
  Elements(Input& input, std::span<const std::string_view> containers);

  /// broken: the element's text (perhaps empty) is no value, for reason().
  enum class Step : std::uint8_t { element, broken, end };
  /// The element is valid until the next call.
  [[nodiscard]] Step next(Element& element);
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  enum class Open : std::uint8_t {
    none,    ///< Between values.
    value,   ///< In an array or object that is a value.
    scalar,  ///< In a value without brackets.
    head,    ///< In a top object that may turn out to be a container: its text is kept.
    tail,    ///< In the rest of a container: its text is dropped.
  };
  enum class Scan : std::uint8_t { needs_bytes, closed, list };

  [[nodiscard]] Step next_line(Element& element);
  [[nodiscard]] Step next_by_brackets(Element& element);
  [[nodiscard]] bool take_block();
  [[nodiscard]] Step at_end(Element& element);
  void begin_at(char first);
  [[nodiscard]] bool scan_open();
  [[nodiscard]] bool scan_scalar();
  [[nodiscard]] bool skip_nested(std::uint32_t floor);
  [[nodiscard]] Scan scan_members();
  [[nodiscard]] Scan scan_member_byte(char byte);
  void scan_string_byte(char byte);
  [[nodiscard]] bool names_container() const;
  [[nodiscard]] Step close(Element& element);

  Input& input_;
  std::span<const std::string_view> containers_;
  bool by_line_;
  bool ended_ = false;
  std::string reason_;

  std::string_view block_;
  std::size_t at_ = 0;
  std::uint64_t line_ = 1;

  Open open_ = Open::none;
  std::size_t begin_ = 0;  ///< Where the open value begins in the block.
  std::uint64_t begin_line_ = 0;
  std::string carried_;  ///< The open value's text from earlier blocks.
  bool too_long_ = false;
  bool in_list_ = false;       ///< Values are elements of an array,
  bool in_container_ = false;  ///< which is a member of a container.
  std::uint32_t depth_ = 0;    ///< Brackets open inside the open value.
  bool in_string_ = false;
  bool escaped_ = false;
  std::string key_;  ///< The member's name in a head or tail.
  bool in_key_ = false;
  bool key_next_ = false;
  bool value_next_ = false;
};

/// Whether the text reads as one JSON value per line: its first line is a value of its own, or the
/// second cannot go on where the first stops.
[[nodiscard]] bool reads_by_line(std::string_view head);

/// Calls visit(value, element) for each value of the input, those of nested arrays and containers
/// one by one; what is no JSON becomes a rejection. Ends early when the emitter is stopped.
template <typename Visit>
void for_each_value(Input& input, Emitter& emitter, std::span<const std::string_view> containers,
                    Visit visit);

/// An array, or the array in a container; missing where `value` is a plain value.
[[nodiscard]] json::Value list_in(json::Value value, std::span<const std::string_view> containers);

/// Arrays inside arrays (and containers) that are opened; deeper ones are left to the visitor.
inline constexpr int kListDepthMax = 4;

template <typename Visit>
void visit_values(json::Value value, const Element& element,
                  std::span<const std::string_view> containers, Emitter& emitter, Visit& visit,
                  int depth = 0) {
  const json::Value list = list_in(value, containers);
  if (!list.exists() || depth == kListDepthMax) {
    visit(value, element);
    return;
  }
  for (json::Value item = list.first(); item.exists() && !emitter.stopped(); item = item.next()) {
    visit_values(item, {item.raw(), element.line}, containers, emitter, visit, depth + 1);
  }
}

template <typename Visit>
void for_each_value(Input& input, Emitter& emitter, std::span<const std::string_view> containers,
                    Visit visit) {
  Elements elements(input, containers);
  json::Document document;
  Element element;
  while (!emitter.stopped()) {
    const Elements::Step step = elements.next(element);
    if (step == Elements::Step::end) return;
    if (step == Elements::Step::broken) {
      emitter.reject(element.line, elements.reason(), element.text);
      continue;
    }
    const auto root = document.parse(element.text);
    if (root) {
      visit_values(*root, element, containers, emitter, visit);
    } else {
      emitter.reject(element.line, root.error().message, element.text);
    }
  }
}

}  // namespace costops::ingestion
