// fingerprint_set.cc - 16 bits of an id's hash choose the table, 32 bits are kept in it.
#include "storage/fingerprint_set.h"

#include <algorithm>
#include <array>
#include <utility>

namespace costops::storage {
namespace {

constexpr std::size_t kTables = std::size_t{1} << 16;
constexpr std::uint32_t kFirstBits = 3;
/// How many ids are fetched from memory at once.
constexpr std::size_t kAhead = 16;
/// Bits of a sieve's bitmap, as a power of two: 512 KiB, 3 % full with a batch of 122,880 ids.
constexpr std::uint32_t kSieveBits = 22;
constexpr std::uint32_t kWordBits = 6;

/// Spreads the bits of ids that are not hashes themselves.
std::uint64_t mixed(RecordId id) {
  std::uint64_t bits = (id.high ^ (id.low << 32 | id.low >> 32)) * 0x9e3779b97f4a7c15;
  bits ^= bits >> 29;
  bits *= 0xbf58476d1ce4e5b9;
  return bits ^ bits >> 32;
}

std::size_t table_of(std::uint64_t bits) { return bits >> 48; }

std::uint32_t tag_of(std::uint64_t bits) {
  return std::max(static_cast<std::uint32_t>(bits), std::uint32_t{1});
}

/// Where an id's bit is in a sieve's bitmap.
struct BitPlace {
  explicit BitPlace(RecordId id)
      : word(mixed(id) >> (64 - kSieveBits + kWordBits)),
        mask(std::uint64_t{1} << (mixed(id) >> (64 - kSieveBits) & ((1u << kWordBits) - 1))) {}
  std::size_t word;
  std::uint64_t mask;
};

}  // namespace

FingerprintSet::FingerprintSet() : tables_(kTables) {}

/// The slot that holds the tag, or the free one where it belongs.
std::uint32_t* FingerprintSet::find(const Table& table, std::uint32_t tag) {
  const std::uint32_t mask = (std::uint32_t{1} << table.bits) - 1;
  std::uint32_t slot = tag >> (32 - table.bits);
  while (table.slots[slot] != 0 && table.slots[slot] != tag) slot = (slot + 1) & mask;
  return &table.slots[slot];
}

void FingerprintSet::grow(Table& table) {
  const Table old = std::exchange(table, {});
  table.bits = old.bits == 0 ? kFirstBits : old.bits + 1;
  table.used = old.used;
  table.slots = std::make_unique<std::uint32_t[]>(std::size_t{1} << table.bits);
  for (std::size_t slot = 0; old.bits != 0 && slot < std::size_t{1} << old.bits; ++slot) {
    if (old.slots[slot] != 0) *find(table, old.slots[slot]) = old.slots[slot];
  }
}

/// False if it was there.
bool FingerprintSet::insert(Table& table, std::uint32_t tag) {
  const std::uint32_t room = table.bits == 0 ? 0 : (std::uint32_t{3} << table.bits) / 4;
  if (table.used >= room) grow(table);
  std::uint32_t* const slot = find(table, tag);
  if (*slot == tag) return false;
  *slot = tag;
  ++table.used;
  ++size_;
  return true;
}

void FingerprintSet::insert(RecordId id) {
  const std::uint64_t bits = mixed(id);
  // An equal fingerprint is in already: it answers for both.
  static_cast<void>(insert(tables_[table_of(bits)], tag_of(bits)));
}

bool FingerprintSet::may_contain(RecordId id) const {
  const std::uint64_t bits = mixed(id);
  const Table& table = tables_[table_of(bits)];
  return table.bits != 0 && *find(table, tag_of(bits)) != 0;
}

void FingerprintSet::insert_all(std::span<const RecordId> ids,
                                std::vector<std::uint32_t>& suspects) {
  std::array<std::uint64_t, kAhead> bits{};
  for (std::size_t from = 0; from < ids.size(); from += kAhead) {
    const std::size_t count = std::min(kAhead, ids.size() - from);
    for (std::size_t i = 0; i < count; ++i) {
      bits[i] = mixed(ids[from + i]);
      __builtin_prefetch(&tables_[table_of(bits[i])], 1);
    }
    for (std::size_t i = 0; i < count; ++i) {
      const Table& table = tables_[table_of(bits[i])];
      if (table.bits != 0) {
        __builtin_prefetch(&table.slots[tag_of(bits[i]) >> (32 - table.bits)], 1);
      }
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (!insert(tables_[table_of(bits[i])], tag_of(bits[i]))) {
        suspects.push_back(static_cast<std::uint32_t>(from + i));
      }
    }
  }
}

void FingerprintSet::clear() {
  for (Table& table : tables_) table = {};
  size_ = 0;
}

IdSieve::IdSieve(std::span<const RecordId> ids)
    : bitmap_(std::size_t{1} << (kSieveBits - kWordBits)) {
  for (const RecordId id : ids) {
    const BitPlace place(id);
    bitmap_[place.word] |= place.mask;
    set_.insert(id);
  }
}

bool IdSieve::may_contain(RecordId id) const {
  const BitPlace place(id);
  return (bitmap_[place.word] & place.mask) != 0 && set_.may_contain(id);
}

}  // namespace costops::storage
