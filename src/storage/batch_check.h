// batch_check.h - whether a ledger's entries still add up to what their batches said when they were
// written: one comparison for every backend that keeps a table `batches`.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "costops/storage/ledger.h"
#include "storage/entry_checksum.h"

namespace costops::storage {

class BatchCheck {
 public:
  /// A row of `batches`, in any order.
  void expect(std::int64_t first_entry, Instant recorded_at, const EntrySums& written);
  /// Ready to take entries.
  void begin();
  /// An entry, in any order.
  void add(const EntryFacts& facts);
  /// Entries from `first` to `last` cannot be read, for this reason.
  void unreadable(std::int64_t first, std::int64_t last, const std::string& reason);
  /// The first and last entry of each batch, in their order.
  [[nodiscard]] std::vector<std::pair<std::int64_t, std::int64_t>> ranges() const;

  /// What was found.
  [[nodiscard]] IntegrityReport report() const;

 private:
  struct Batch {
    std::int64_t first = 0;
    Instant recorded_at;
    EntrySums written, found;
    std::string unreadable;
    [[nodiscard]] std::int64_t last() const { return first + written.entries - 1; }
  };
  [[nodiscard]] Batch* batch_of(std::int64_t entry);
  [[nodiscard]] static std::string finding(const Batch& batch);

  std::vector<Batch> batches_;
  std::size_t last_used_ = 0;
  std::uint64_t older_ = 0;   ///< Entries of a time before there were batches.
  std::uint64_t astray_ = 0;  ///< Entries behind the first batch that are in none.
  std::int64_t first_astray_ = 0;
};

}  // namespace costops::storage
