// span_tree.h - which spans of traces have spans with usage below them.
//
// Agent frameworks give a parent span the sum of its children's usage, so only leaves may be
// counted. Spans come in any order and in any number: memory is bounded by forgetting the oldest.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "costops/domain/identity.h"

namespace costops::ingestion {

class SpanTree {
 public:
  enum class Usage : std::uint8_t { none, some };

  /// A span with its parent (null: a root).
  void add(RecordId span, RecordId parent, Usage usage);
  /// Whether a span below this one was added with usage.
  [[nodiscard]] bool has_usage_below(RecordId span) const;

  [[nodiscard]] std::size_t size() const { return young_.size(); }
  /// Forgets what was added before the last call of age().
  void age();

 private:
  struct Node {
    RecordId parent;
    bool usage = false;  ///< Its own.
    bool usage_below = false;
  };
  struct Hash {
    std::size_t operator()(const RecordId& id) const { return id.low; }
  };
  using Nodes = std::unordered_map<RecordId, Node, Hash>;
  Node& node(RecordId id);

  Nodes young_;
  Nodes old_;
};

}  // namespace costops::ingestion
