#include "ingestion/occurrences.h"

#include <algorithm>
#include <utility>

namespace costops::ingestion {

std::uint64_t Occurrences::next(std::uint64_t hash) {
  // Open addressing, at most half full.
  if (used_ * 2 >= slots_.size()) grow();
  Slot& slot = slot_of(hash);
  if (slot.seen == 0) {
    slot.hash = hash;
    ++used_;
  }
  return (generation_ << 32) | slot.seen++;
}

Occurrences::Slot& Occurrences::slot_of(std::uint64_t hash) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].seen != 0 && slots_[at].hash != hash) at = (at + 1) & mask;
  return slots_[at];
}

void Occurrences::grow() {
  constexpr std::size_t kFirstSlots = 1024;
  if (used_ >= kDistinctMax) {
    ++generation_;
    used_ = 0;
    std::ranges::fill(slots_, Slot{});
    return;
  }
  const std::vector<Slot> old =
      std::exchange(slots_, std::vector<Slot>(std::max(kFirstSlots, slots_.size() * 2)));
  for (const Slot& slot : old) {
    if (slot.seen != 0) slot_of(slot.hash) = slot;
  }
}

}  // namespace costops::ingestion
