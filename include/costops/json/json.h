// json.h - reading JSON with a first-error latch, and writing it exactly. The only room that names
// simdjson, and only in its .cc files.
//
// Numbers keep their text: 3.625e-09 comes back as those characters, so that money never passes
// through a double.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "costops/domain/error.h"
#include "costops/domain/money.h"

namespace costops::json {

/// Deepest nesting that is read; deeper input is an error, never a crash.
inline constexpr int kDepthMax = 128;
/// Readable bytes that must follow a parsed text (their value does not matter).
inline constexpr std::size_t kPadding = 64;

class Document;
struct Node;

/// One value of a parsed document: cheap to copy, valid until the document parses again.
/// Every accessor on the wrong type (or on a missing value) answers "none", never fails.
class Value {
 public:
  enum class Kind : std::uint8_t { missing, null, boolean, number, string, array, object };

  Value() = default;
  [[nodiscard]] Kind kind() const;
  [[nodiscard]] bool exists() const { return kind() != Kind::missing; }
  [[nodiscard]] bool is_object() const { return kind() == Kind::object; }
  [[nodiscard]] bool is_array() const { return kind() == Kind::array; }

  /// Member of an object by its unescaped name: the last one, if the object repeats it.
  [[nodiscard]] Value operator[](std::string_view name) const;
  /// Member at the end of a path of names; missing if a step is.
  [[nodiscard]] Value at(std::initializer_list<std::string_view> path) const;

  [[nodiscard]] std::optional<std::string_view> string() const;  ///< Unescaped, valid UTF-8.
  [[nodiscard]] std::optional<bool> boolean() const;
  /// The digits of a number as written.
  [[nodiscard]] std::optional<std::string_view> number_text() const;
  /// An integer: written as one ("12"), or with a zero fraction or exponent ("12.0", "1.2e1").
  [[nodiscard]] std::optional<std::int64_t> integer() const;
  /// The value's own JSON text.
  [[nodiscard]] std::string_view raw() const;

  /// Elements of an array, or members of an object in order of appearance.
  [[nodiscard]] Value first() const;
  [[nodiscard]] Value next() const;             ///< Sibling; missing after the last.
  [[nodiscard]] std::string_view name() const;  ///< Name of an object's member, unescaped.
  [[nodiscard]] std::size_t size() const;       ///< Elements or members; 0 for the rest.

 private:
  friend class Document;
  explicit Value(const Node* node) : node_(node) {}
  const Node* node_ = nullptr;
};

/// Parses one JSON text at a time; keeps its memory, so that parsing allocates nothing after a
/// warm-up. One thread at a time.
class Document {
 public:
  Document();
  ~Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;

  /// The root value. `text` must live, unchanged, as long as values are used, and be followed by
  /// kPadding readable bytes; use parse_copy where it is not.
  /// Fails with invalid_input and what is wrong (syntax, invalid UTF-8, depth, trailing content,
  /// an object that repeats a name).
  [[nodiscard]] Result<Value> parse(std::string_view text);
  [[nodiscard]] Result<Value> parse_copy(std::string_view text);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Reads members of one object into typed fields; keeps the first failure, checked once by error().
/// A field that is absent or null is optional unless asked for by require_*; one of the wrong type
/// is a failure: "\"prompt_tokens\" must be a count, found \"12\"".
class Fields {
 public:
  explicit Fields(Value object) : object_(object) {}

  /// A whole number from 0; `fallback` where absent or null.
  [[nodiscard]] std::int64_t count(std::string_view name, std::int64_t fallback = 0);
  [[nodiscard]] std::int64_t require_count(std::string_view name);
  [[nodiscard]] std::optional<std::int64_t> optional_count(std::string_view name);
  [[nodiscard]] std::string_view text(std::string_view name, std::string_view fallback = {});
  [[nodiscard]] std::string_view require_text(std::string_view name);
  [[nodiscard]] std::optional<Amount> amount(std::string_view name);  ///< Number or decimal string.
  [[nodiscard]] Value value(std::string_view name) const { return object_[name]; }

  /// Latches a failure of the caller's own.
  void fail(std::string message);
  [[nodiscard]] bool failed() const { return !message_.empty(); }
  [[nodiscard]] Error error() const { return {ErrorCode::invalid_input, message_}; }

 private:
  Value object_;
  std::string message_;
};

/// Appends `text` as a JSON string with quotes; invalid UTF-8 becomes U+FFFD.
void append_quoted(std::string& out, std::string_view text);
/// `text` with each invalid UTF-8 sequence replaced by U+FFFD.
[[nodiscard]] std::string valid_utf8(std::string_view text);

/// Builds JSON text, members in the order of the calls. Commas are its business. Money goes in as
/// decimal strings.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  Writer& object();
  Writer& end_object();
  Writer& array();
  Writer& end_array();
  Writer& key(std::string_view name);
  Writer& value(std::string_view text);
  Writer& value(const char* text) { return value(std::string_view(text)); }
  Writer& value(std::int64_t number);
  Writer& value(std::uint64_t number);
  Writer& value(int number) { return value(static_cast<std::int64_t>(number)); }
  Writer& value(bool truth);
  Writer& value(Amount amount);  ///< A decimal string.
  Writer& null();
  /// JSON text taken over as it is. Requires that it is valid JSON.
  Writer& raw(std::string_view json);

 private:
  void separate();
  std::string& out_;
  bool first_ = true;
};

}  // namespace costops::json
