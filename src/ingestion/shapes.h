// shapes.h - where a response body counts what: data, and the one function that reads by it.
//
// Two tables. The published one (shape_table.inc) holds a shape per provider and API exactly as
// genai-prices maps it; it is used where the source names both. Our own (own_shapes.inc) holds one
// shape per kind of body, used where only the body itself tells what it is, and reads more: all
// names that providers gave to the same count.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/meter.h"
#include "costops/json/json.h"

namespace costops::ingestion {

/// One step of a path: a member's name, or (where `value` is set) the first object of an array
/// whose member `name` is that text, in any case.
struct PathStep {
  std::string_view name;
  std::string_view value;
};
using Path = std::vector<PathStep>;

/// What a path in the body counts.
struct Mapping {
  enum class Need : std::uint8_t {
    required,  ///< Absent or no number: the body is refused.
    optional,  ///< Absent, null or no number: not counted. Added to what the unit has.
    restates,  ///< Optional, and the same as the unit's other paths: the largest counts.
  };
  Unit unit;
  Need need;
  Path path;
};

/// What a source's numbers contain, where mappings alone cannot say it.
enum class Containing : std::uint8_t {
  as_mapped,
  cache_beside_input,  ///< Cache reads and writes come on top of the input count.
  reasoning_by_total,  ///< Reasoning is inside the output count unless the total says otherwise.
};

struct Shape {
  std::string provider;  ///< Empty in our own table.
  std::string api;
  std::string kind;  ///< "openai-chat": UsageRecord::source_kind.
  Path root;
  Path model;
  Path total;  ///< The source's own sum, relative to the root; empty: it states none.
  Containing containing = Containing::as_mapped;
  std::vector<Mapping> mappings;

  [[nodiscard]] bool counts(Unit unit) const;
  /// Reasoning (or citation) tokens are added to the output count.
  [[nodiscard]] bool adds_to_output() const;
};

/// The published shape; null if there is none. `provider` is folded.
[[nodiscard]] const Shape* published_shape(std::string_view provider, std::string_view api);
/// "openai: chat, embeddings, ...; groq: default": the published shapes of one provider, or the
/// providers if it has none.
[[nodiscard]] std::string published_names(std::string_view provider);
/// Our own shape that the body has by its structure; null if it has none of them.
[[nodiscard]] const Shape* shape_of_body(json::Value body);

/// The value at the end of a path; missing if a step is.
[[nodiscard]] json::Value value_at(json::Value from, const Path& path);

/// Adds what the body counts. Fails with invalid_input: the root or a required count is missing or
/// of a wrong type, a count is negative, no whole number, true or false, nothing is counted at
/// all, or the counts do not add up to the total that the body states.
[[nodiscard]] Result<void> count_by(const Shape& shape, json::Value body, UsageCounts& counts);
/// The same for the value at the shape's root.
[[nodiscard]] Result<void> count_in(const Shape& shape, json::Value root, UsageCounts& counts);

}  // namespace costops::ingestion
