// occurrences.h - how often each content was seen before: tells equal records of one input apart.
#pragma once

#include <cstdint>
#include <vector>

namespace costops::ingestion {

/// Counts hashes with bounded memory: after kDistinctMax different ones it forgets them all and
/// numbers the rest apart from everything before (the generation, in the upper half), so that no
/// two records of an input ever share hash and number. The same input always gives the same
/// numbers.
class Occurrences {
 public:
  static constexpr std::size_t kDistinctMax = std::size_t{1} << 21;

  /// The number, from 0, of this sight of `hash`.
  [[nodiscard]] std::uint64_t next(std::uint64_t hash);

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint64_t seen = 0;  ///< 0: the slot is free.
  };
  [[nodiscard]] Slot& slot_of(std::uint64_t hash);
  void grow();

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
  std::uint64_t generation_ = 0;
};

}  // namespace costops::ingestion
