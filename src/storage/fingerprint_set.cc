// fingerprint_set.cc - open addressing with linear probing, in tables of doubling size.
#include "storage/fingerprint_set.h"

#include <algorithm>

namespace costops::storage {
namespace {

constexpr std::size_t kFirstTable = std::size_t{1} << 18;

/// Spreads the bits of ids that are not hashes themselves.
std::uint64_t mixed(RecordId id) {
  std::uint64_t bits = (id.high ^ (id.low << 32 | id.low >> 32)) * 0x9e3779b97f4a7c15;
  bits ^= bits >> 29;
  return bits * 0xbf58476d1ce4e5b9;
}

std::size_t place(std::uint64_t bits, std::size_t mask) { return (bits >> 32) & mask; }

std::uint32_t fingerprint(std::uint64_t bits) {
  return std::max(static_cast<std::uint32_t>(bits), std::uint32_t{1});
}

}  // namespace

void FingerprintSet::insert(RecordId id) {
  if (free_in_last_ == 0) {
    const std::size_t slots = tables_.empty() ? kFirstTable : tables_.back().size() * 2;
    tables_.emplace_back(slots);
    free_in_last_ = slots / 10 * 7;
  }
  Table& table = tables_.back();
  const std::size_t mask = table.size() - 1;
  const std::uint64_t bits = mixed(id);
  std::size_t slot = place(bits, mask);
  while (table[slot] != 0) slot = (slot + 1) & mask;
  table[slot] = fingerprint(bits);
  --free_in_last_;
  ++size_;
}

bool FingerprintSet::may_contain(RecordId id) const {
  const std::uint64_t bits = mixed(id);
  const std::uint32_t wanted = fingerprint(bits);
  for (auto table = tables_.rbegin(); table != tables_.rend(); ++table) {
    const std::size_t mask = table->size() - 1;
    for (std::size_t slot = place(bits, mask); (*table)[slot] != 0; slot = (slot + 1) & mask) {
      if ((*table)[slot] == wanted) return true;
    }
  }
  return false;
}

void FingerprintSet::clear() {
  tables_.clear();
  size_ = 0;
  free_in_last_ = 0;
}

}  // namespace costops::storage
