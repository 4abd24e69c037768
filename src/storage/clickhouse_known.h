// clickhouse_known.h - which ids a ledger on ClickHouse holds, remembered from one batch to the
// next: a server would read all ids for every batch.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "storage/clickhouse_snapshot.h"
#include "storage/fingerprint_set.h"

namespace costops::storage {

class ClickhouseKnown {
 public:
  /// Fetches what others added since, and all ids where that has not been done: worth while from
  /// the second batch on, and up to some 20 million records (11 bytes each). Beyond, answers false:
  /// ask the server.
  [[nodiscard]] Result<bool> is_ready(const ClickhouseSnapshot& snapshot);
  /// Remembers the ids; appends the positions of those that the ledger may hold, or that may repeat
  /// an earlier one.
  void insert_all(std::span<const RecordId> ids, std::vector<std::uint32_t>& suspects) {
    ids_.insert_all(ids, suspects);
  }
  /// After a batch of one's own: its ids are in.
  void add_batch(std::uint64_t batch);

 private:
  [[nodiscard]] Result<void> fetch(const ClickhouseSnapshot& snapshot,
                                   const std::vector<std::uint64_t>& batches);

  FingerprintSet ids_;
  std::vector<std::uint64_t> batches_;  ///< Those whose ids are in, ascending.
  bool asked_ = false, loaded_ = false;
};

}  // namespace costops::storage
