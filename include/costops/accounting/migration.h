// migration.h - a ledger as a whole: checked, summarised, and moved to another backend with its
// history.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "costops/storage/ledger.h"

namespace costops::accounting {

/// Told now and then: how many records are done. Saying false stops with `cancelled`.
using RecordProgress = std::function<bool(std::uint64_t records)>;

struct LedgerCheck {
  std::uint64_t records = 0;
  std::uint64_t lines = 0;                  ///< Of all histories.
  std::uint64_t batches = 0;                ///< Compared with their control totals and checksums.
  std::uint64_t entries_without_batch = 0;  ///< Of a time before there were checksums.
  std::vector<std::string> findings;        ///< What is wrong, one line each; at most 20.
};
/// Has the ledger verify its batches and its file; then reads every record with its history, adds
/// them up, and compares the sums with what the ledger's own queries answer. What cannot be read is
/// a finding. Fails with io_error where the ledger cannot even begin, cancelled.
[[nodiscard]] Result<LedgerCheck> check_ledger(const storage::Ledger& ledger,
                                               const RecordProgress& progress);

struct LedgerStatistics {
  std::int64_t records = 0, unpriced = 0;
  CurrencyTotals cost;
  std::optional<TimeRange> extent;
  std::uint64_t sources = 0, quarantine_open = 0, quarantine_all = 0, documents = 0;
};
[[nodiscard]] Result<LedgerStatistics> statistics_of(const storage::Ledger& ledger);

struct MigrationReport {
  std::uint64_t records = 0, adjustments = 0;
  std::uint64_t compared = 0;  ///< Points in time at which both ledgers gave equal sums.
};
/// Copies records, histories, prices used, quarantine, sources and documents into an empty ledger,
/// then compares the sums of both, now and as of times in between. Fails with conflict if `to` is
/// not empty or the sums differ, cancelled; `to` is then to be thrown away.
[[nodiscard]] Result<MigrationReport> migrate_ledger(const storage::Ledger& from,
                                                     storage::Ledger& to,
                                                     const RecordProgress& progress);

}  // namespace costops::accounting
