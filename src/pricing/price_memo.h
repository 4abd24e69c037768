// price_memo.h - remembers the answer to each look-up; readers take no lock.
//
// An open-addressing table of pointers, each published once. Growing makes a larger table and keeps
// the old one, because a reader may still be in it: together they are less than twice the last.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "costops/pricing/price_book.h"

namespace costops::pricing {

/// Questions remembered, and then no more: a bound against endless made-up model ids. Beyond it an
/// answer is computed each time and shared by all questions with the same candidates.
inline constexpr std::size_t kMemoMax = 1U << 18;

class PriceMemo {
 public:
  explicit PriceMemo(std::size_t max = kMemoMax);
  ~PriceMemo();
  PriceMemo(const PriceMemo&) = delete;
  PriceMemo& operator=(const PriceMemo&) = delete;

  [[nodiscard]] static std::uint64_t hash_of(const PriceQuery& query);
  /// The answer under these words (`at` does not matter); null if none is remembered.
  [[nodiscard]] const PriceSet* find(const PriceQuery& query, std::uint64_t hash) const;
  /// Remembers an answer, unless another thread was first; returns the one that is remembered,
  /// which lives as long as the memo.
  const PriceSet& add(const PriceQuery& query, std::uint64_t hash, PriceSet set);

 private:
  struct Entry {
    std::uint64_t hash;
    std::string provider, model, service_tier, region, speed;
    PriceSet set;
  };
  struct Table {
    explicit Table(std::size_t capacity) : slots(capacity) {}
    std::vector<std::atomic<const Entry*>> slots;
  };
  static void place(Table& table, const Entry* entry);
  const PriceSet& shared(PriceSet set);

  const std::size_t max_;
  std::atomic<const Table*> current_;
  std::mutex writers_;
  std::vector<std::unique_ptr<Table>> tables_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::map<std::vector<const Price*>, PriceSet> shared_;  // By candidates; beyond max_.
};

}  // namespace costops::pricing
