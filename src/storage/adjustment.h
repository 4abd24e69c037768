// adjustment.h - corrections as signed differences: one definition for the backends that keep
// records as HistoryLines.
#pragma once

#include <cstdint>
#include <vector>

#include "costops/storage/ledger.h"
#include "storage/admission.h"

namespace costops::storage {

/// One entry of a record. For a correction, `change` holds differences of quantities and costs, and
/// all else as it is afterwards; `records` and `unpriced` are what it adds to those counts.
struct Adjustment {
  HistoryLine change;
  std::int32_t records = 0;
  std::int32_t unpriced = 0;
};

/// What makes `target` of `now`. A record that stays in its currency gets one entry with the
/// differences. One that changes its currency (or that of its reported cost) gets two: the reversal
/// of all it was, and all it is now, so that the sums of each currency are right on their own.
[[nodiscard]] std::vector<Adjustment> adjustments_between(const HistoryLine& now,
                                                          const HistoryLine& target);
/// Adds an entry's measures to `standing`, and takes over its words.
void apply(const HistoryLine& change, HistoryLine& standing);
/// Adds what the change from `now` to `target` adds to the costs.
void add_difference(const HistoryLine& now, const HistoryLine& target, CurrencyTotals& totals);

/// The state that a row of a batch describes. `price` is the price's number in the ledger.
[[nodiscard]] HistoryLine line_of(const LedgerBatch& batch, std::uint32_t row, std::int32_t price);
/// `now`, corrected. Fails with invalid_input if a cost does not fit an entry.
[[nodiscard]] Result<HistoryLine> corrected(const HistoryLine& now, const Repricing& correction,
                                            std::int32_t price);
/// Whether two lines say the same of a record.
[[nodiscard]] bool same_state(const HistoryLine& a, const HistoryLine& b);
/// What admission compares with.
[[nodiscard]] KnownRecord known_of(const StoredRecord& record);

}  // namespace costops::storage
