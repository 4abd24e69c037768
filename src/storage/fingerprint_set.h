// fingerprint_set.h - which record ids a ledger may hold: 4 to 8 bytes an id, no false "no".
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "costops/domain/identity.h"

namespace costops::storage {

/// A set of 32-bit fingerprints at places given by other bits of the id. may_contain() of an id
/// that was never inserted is true about once in 10^9: the caller then looks the id up. Grows by
/// adding a table of twice the size, so that nothing is ever rebuilt.
class FingerprintSet {
 public:
  void insert(RecordId id);
  [[nodiscard]] bool may_contain(RecordId id) const;
  [[nodiscard]] std::size_t size() const { return size_; }
  void clear();

 private:
  using Table = std::vector<std::uint32_t>;  ///< 0: free. The length is a power of two.
  std::vector<Table> tables_;
  std::size_t size_ = 0;
  std::size_t free_in_last_ = 0;
};

}  // namespace costops::storage
