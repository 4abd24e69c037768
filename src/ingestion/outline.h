// outline.h - which keys a JSON text begins with: enough to tell formats apart, even from a text
// that goes on far beyond what is at hand, or is broken further on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace costops::ingestion {

/// The members of the first value of a JSON text, as paths: {"a":{"b":1},"c":[{"d":"x"},{"e":2}]}
/// has the paths a, a.b, c, c[] and c[].d. Only the first element of an array is looked into.
class Outline {
 public:
  /// Reads as far as the text is at hand and well-formed; never fails.
  explicit Outline(std::string_view json);

  /// The first value is an object or an array.
  [[nodiscard]] bool structured() const { return structured_; }
  [[nodiscard]] bool has(std::string_view path) const { return find(path) != nullptr; }
  [[nodiscard]] bool has_any(std::initializer_list<std::string_view> paths) const;
  /// The member is there, and is an object (or array, or string).
  [[nodiscard]] bool is_object(std::string_view path) const { return is(path, '{'); }
  [[nodiscard]] bool is_array(std::string_view path) const { return is(path, '['); }
  [[nodiscard]] bool is_string(std::string_view path) const { return is(path, '"'); }
  /// Text of a string member as written (escapes and all), empty if it is none.
  [[nodiscard]] std::string_view text(std::string_view path) const;
  /// Names of the top object's members (of the first element's, in an array), for messages.
  [[nodiscard]] std::string names() const;

 private:
  friend class OutlineReader;
  struct Member {
    std::string path;
    char kind = 0;  ///< First byte of the value.
    std::string_view text;
  };
  [[nodiscard]] const Member* find(std::string_view path) const;
  [[nodiscard]] bool is(std::string_view path, char kind) const;

  std::vector<Member> members_;
  bool structured_ = false;
};

}  // namespace costops::ingestion
