// prices_used.h - the prices of a book that produced charges, with definitions, each made once.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "accounting/price_definition.h"
#include "costops/storage/ledger.h"

namespace costops::accounting {

class PricesUsed {
 public:
  explicit PricesUsed(const pricing::PriceBook& book) : book_(book) {}

  /// Index of a price of the book among all(). Fails like definition_of.
  [[nodiscard]] Result<std::uint32_t> index_of(const pricing::Price& price);
  /// Grows only: an index means the same price for ever.
  [[nodiscard]] std::span<const storage::PriceUsed> all() const { return used_; }

 private:
  const pricing::PriceBook& book_;
  std::unordered_map<const pricing::Price*, std::uint32_t> index_;
  std::vector<storage::PriceUsed> used_;
};

}  // namespace costops::accounting
