// model_matcher.h - recognises model ids: which of some candidates matches an id, by one rule.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "costops/domain/error.h"
#include "costops/pricing/price_book.h"

namespace re2 {
class RE2;
}

namespace costops::pricing {

/// Lower case of the ASCII letters; the rest as it is.
[[nodiscard]] std::string lower_case(std::string_view text);

/// Lets a string_view look up a string key without a copy.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

/// Patterns of numbered candidates (0, 1, ... in order of precedence), compiled once. A look-up
/// costs one hash of the id and a pass over the patterns that are not exact: call it once per
/// distinct id, not per record.
class ModelMatcher {
 public:
  explicit ModelMatcher(Source::Choice choice);
  ~ModelMatcher();
  ModelMatcher(ModelMatcher&&) noexcept;
  ModelMatcher& operator=(ModelMatcher&&) noexcept;

  /// Candidates must be added in ascending order.
  /// Fails with invalid_input if a regular expression is not valid.
  [[nodiscard]] Result<void> add(std::uint32_t candidate, const ModelMatch& match);
  /// The candidate that matches `id`, which is in lower case.
  [[nodiscard]] std::optional<std::uint32_t> match(std::string_view id) const;
  [[nodiscard]] bool empty() const { return exact_.empty() && patterns_.empty(); }

 private:
  struct Hit {
    ModelMatch::Kind kind;
    std::uint32_t candidate;
  };
  struct Pattern {
    ModelMatch::Kind kind;
    std::uint32_t candidate;
    std::string text;
    std::unique_ptr<re2::RE2> regex;
  };
  [[nodiscard]] static bool matches(const Pattern& pattern, std::string_view id);

  Source::Choice choice_;
  std::unordered_map<std::string, Hit, TextHash, std::equal_to<>> exact_;  // Exact and alias.
  std::vector<Pattern> patterns_;  // In the order in which they are tried.
};

}  // namespace costops::pricing
