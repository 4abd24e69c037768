#include <algorithm>
#include <atomic>
#include <cstring>

#include "costops/domain/money.h"
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

template <typename Word>
std::uint64_t word_at(const char* bytes) {
  Word word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// What a text is compared by. Up to kWhole bytes it is the text itself, so that looking one up
/// needs no second look at the bytes; of longer ones it is a hash.
struct Key {
  static constexpr std::size_t kWhole = 16;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint32_t size = 0;

  explicit Key(std::string_view text) : size(static_cast<std::uint32_t>(text.size())) {
    const char* const bytes = text.data();
    if (text.size() > kWhole) {
      first = XXH3_64bits(bytes, text.size());
    } else if (text.size() >= 8) {
      first = word_at<std::uint64_t>(bytes);
      last = word_at<std::uint64_t>(bytes + text.size() - 8);
    } else if (text.size() >= 4) {
      first = word_at<std::uint32_t>(bytes);
      last = word_at<std::uint32_t>(bytes + text.size() - 4);
    } else {
      for (const char c : text) first = first << 8 | static_cast<unsigned char>(c);
    }
  }
  Key() = default;
  friend bool operator==(const Key&, const Key&) = default;

  [[nodiscard]] std::size_t hash() const {
    const UInt128 product =
        static_cast<UInt128>(first ^ 0x9e3779b97f4a7c15) * ((last + size) ^ 0xe7037ed1a0b428db);
    return static_cast<std::size_t>(product >> 64 ^ product);
  }
};

}  // namespace

/// Open addressing with linear probing, at most half full; the strings live in chunks that never
/// move.
struct Dictionary::Table {
  struct Slot {
    Key key;
    std::uint32_t code = kFree;
  };
  std::uint64_t identity = next_identity();
  std::vector<std::string_view> texts{std::string_view{}};
  std::vector<Slot> slots = std::vector<Slot>(kFirstSlots);
  std::vector<std::unique_ptr<char[]>> chunks;
  char* free_bytes = nullptr;
  std::size_t free_size = 0;
  Key last_key;
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

  Slot& free_slot(const Key& key) {
    std::size_t place = key.hash() & (slots.size() - 1);
    while (slots[place].code != kFree) place = (place + 1) & (slots.size() - 1);
    return slots[place];
  }

  void grow() {
    const std::vector<Slot> old = std::exchange(slots, std::vector<Slot>(slots.size() * 2));
    for (const Slot& slot : old) {
      if (slot.code != kFree) free_slot(slot.key) = slot;
    }
  }

  std::uint32_t code_of(std::string_view text) {
    const Key key(text);
    if (key != last_key || (text.size() > Key::kWhole && texts[last] != text)) {
      last = code_of(key, text);
      last_key = key;
    }
    return last;
  }

  std::uint32_t code_of(const Key& key, std::string_view text) {
    const std::size_t mask = slots.size() - 1;
    for (std::size_t place = key.hash() & mask;; place = (place + 1) & mask) {
      const Slot& slot = slots[place];
      if (slot.code == kFree) break;
      const bool equal =
          slot.key == key && (text.size() <= Key::kWhole || texts[slot.code] == text);
      if (equal) return slot.code;
    }
    if (texts.size() * 2 > slots.size()) grow();
    const auto code = static_cast<std::uint32_t>(texts.size());
    texts.push_back(keep(text));
    free_slot(key) = {key, code};
    return code;
  }
};

Dictionary::Dictionary() : table_(std::make_unique<Table>()) {}
Dictionary::~Dictionary() = default;
Dictionary::Dictionary(Dictionary&&) noexcept = default;
Dictionary& Dictionary::operator=(Dictionary&&) noexcept = default;

std::uint32_t Dictionary::code_of(std::string_view text) {
  if (text.empty()) return 0;
  return table_->code_of(text);
}

std::string_view Dictionary::text_of(std::uint32_t code) const { return table_->texts[code]; }

std::uint32_t Dictionary::size() const { return static_cast<std::uint32_t>(table_->texts.size()); }

std::uint64_t Dictionary::identity() const { return table_->identity; }

}  // namespace costops
