// fingerprint_set.h - which record ids a ledger may hold: 6 to 11 bytes an id, no false "no".
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "costops/domain/identity.h"

namespace costops::storage {

/// A set of 48-bit fingerprints. may_contain() of an id that was never inserted is true about once
/// in 2^48 / size() questions: the caller then looks the id up. Spread over many small tables that
/// grow one by one, so that growing never needs the memory of all of them twice.
class FingerprintSet {
 public:
  FingerprintSet();
  void insert(RecordId id);
  [[nodiscard]] bool may_contain(RecordId id) const;
  /// Inserts all; appends the positions of those that it may have contained before, or that may
  /// repeat an earlier one. About 20 ns each: the memory of many ids is fetched at once.
  void insert_all(std::span<const RecordId> ids, std::vector<std::uint32_t>& suspects);
  [[nodiscard]] std::size_t size() const { return size_; }
  void clear();

 private:
  /// Open addressing with linear probing, at most three quarters full. 0: free.
  struct Table {
    std::unique_ptr<std::uint32_t[]> slots;
    std::uint32_t used = 0;
    std::uint32_t bits = 0;  ///< 2^bits slots; 0: none yet.
  };
  [[nodiscard]] static std::uint32_t* find(const Table& table, std::uint32_t tag);
  [[nodiscard]] bool insert(Table& table, std::uint32_t tag);
  static void grow(Table& table);

  std::vector<Table> tables_;
  std::size_t size_ = 0;
};

/// Recognizes a batch's ids among many millions that pass by: a bitmap that stays in the cache says
/// no to 97 of 100 others, a FingerprintSet to the rest.
class IdSieve {
 public:
  explicit IdSieve(std::span<const RecordId> ids);
  [[nodiscard]] bool may_contain(RecordId id) const;

 private:
  std::vector<std::uint64_t> bitmap_;
  FingerprintSet set_;
};

}  // namespace costops::storage
