#include "ingestion/span_tree.h"

#include <utility>

namespace costops::ingestion {

void SpanTree::add(RecordId span, RecordId parent, Usage usage) {
  Node& added = node(span);
  added.parent = parent;
  added.usage = added.usage || usage == Usage::some;
  if (!added.usage && !added.usage_below) return;
  // Each ancestor is marked once, so a cycle ends, too.
  for (RecordId above = parent; !above.is_null();) {
    Node& ancestor = node(above);
    if (ancestor.usage_below) return;
    ancestor.usage_below = true;
    above = ancestor.parent;
  }
}

bool SpanTree::has_usage_below(RecordId span) const {
  for (const Nodes* nodes : {&young_, &old_}) {
    const auto found = nodes->find(span);
    if (found != nodes->end()) return found->second.usage_below;
  }
  return false;
}

void SpanTree::age() {
  old_ = std::move(young_);
  young_.clear();
}

SpanTree::Node& SpanTree::node(RecordId id) {
  const auto young = young_.find(id);
  if (young != young_.end()) return young->second;
  const auto old = old_.find(id);
  if (old == old_.end()) return young_[id];
  const Node moved = old->second;
  old_.erase(old);
  return young_[id] = moved;
}

}  // namespace costops::ingestion
