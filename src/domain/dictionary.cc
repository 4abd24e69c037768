#include <algorithm>
#include <atomic>
#include <cstring>

#include "costops/domain/usage_batch.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace costops {
namespace {

constexpr std::size_t kFirstSlots = 64;
constexpr std::size_t kChunkBytes = 16'384;
constexpr std::uint32_t kFree = UINT32_MAX;

std::uint64_t next_identity() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

std::uint32_t hash_of(std::string_view text) {
  return static_cast<std::uint32_t>(XXH3_64bits(text.data(), text.size()));
}

}  // namespace

/// Open addressing with linear probing, at most half full; the strings live in chunks that never
/// move.
struct Dictionary::Table {
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t code = kFree;
  };
  std::uint64_t identity = next_identity();
  std::vector<std::string_view> texts{std::string_view{}};
  std::vector<Slot> slots = std::vector<Slot>(kFirstSlots);
  std::vector<std::unique_ptr<char[]>> chunks;
  char* free_bytes = nullptr;
  std::size_t free_size = 0;
  std::uint32_t last = 0;  ///< The code asked for last: neighbours in a log are often alike.

  std::string_view keep(std::string_view text) {
    if (text.size() > free_size) {
      const std::size_t size = std::max(text.size(), kChunkBytes);
      chunks.push_back(std::make_unique<char[]>(size));
      free_bytes = chunks.back().get();
      free_size = size;
    }
    std::memcpy(free_bytes, text.data(), text.size());
    const std::string_view kept(free_bytes, text.size());
    free_bytes += text.size();
    free_size -= text.size();
    return kept;
  }

  Slot& free_slot(std::uint32_t hash) {
    std::size_t place = hash & (slots.size() - 1);
    while (slots[place].code != kFree) place = (place + 1) & (slots.size() - 1);
    return slots[place];
  }

  void grow() {
    const std::vector<Slot> old = std::exchange(slots, std::vector<Slot>(slots.size() * 2));
    for (const Slot& slot : old) {
      if (slot.code != kFree) free_slot(slot.hash) = slot;
    }
  }

  std::uint32_t code_of(std::string_view text) {
    const std::uint32_t hash = hash_of(text);
    const std::size_t mask = slots.size() - 1;
    for (std::size_t place = hash & mask;; place = (place + 1) & mask) {
      const Slot& slot = slots[place];
      if (slot.code == kFree) break;
      if (slot.hash == hash && texts[slot.code] == text) return slot.code;
    }
    if (texts.size() * 2 > slots.size()) grow();
    const auto code = static_cast<std::uint32_t>(texts.size());
    texts.push_back(keep(text));
    free_slot(hash) = {hash, code};
    return code;
  }
};

Dictionary::Dictionary() : table_(std::make_unique<Table>()) {}
Dictionary::~Dictionary() = default;
Dictionary::Dictionary(Dictionary&&) noexcept = default;
Dictionary& Dictionary::operator=(Dictionary&&) noexcept = default;

std::uint32_t Dictionary::code_of(std::string_view text) {
  if (text.empty()) return 0;
  Table& table = *table_;
  if (table.texts[table.last] != text) table.last = table.code_of(text);
  return table.last;
}

std::string_view Dictionary::text_of(std::uint32_t code) const { return table_->texts[code]; }

std::uint32_t Dictionary::size() const { return static_cast<std::uint32_t>(table_->texts.size()); }

std::uint64_t Dictionary::identity() const { return table_->identity; }

}  // namespace costops
