// ledger_rows.h - what a ledger holds, as tables: a row per record, or a row per group.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "costops/accounting/report.h"
#include "costops/export/table.h"
#include "costops/storage/ledger.h"

namespace costops::exports {

/// The columns of record_rows, in their order. New ones are only ever added at the end.
[[nodiscard]] std::vector<std::string> record_column_names();

/// One row per record, as it is now (or was at selection.as_of), in the ledger's own order.
/// `columns`: some of record_column_names, in any order; none: all. Control totals are kept of
/// total_cost where both it and currency are among them. `ledger` must outlive the source.
/// Fails with invalid_input for an unknown or repeated column, suggesting the closest.
[[nodiscard]] Result<std::unique_ptr<TableSource>> record_rows(
    const storage::Ledger& ledger, storage::Query selection,
    const std::vector<std::string>& columns);

/// When months close, and in which zone they are counted.
struct Closing {
  TimeZone zone;
  std::int64_t after_days = 3;  ///< A month stays open for late records this long after its end.
};

/// A month of usage of which the ledger learned something after it closed.
struct LateMonth {
  TimeRange used;
  Instant last_known{};  ///< When the latest of it was recorded.
};
/// In the order of the months. Fails like Ledger::scan_batches.
[[nodiscard]] Result<std::vector<LateMonth>> late_months(const storage::Ledger& ledger,
                                                         const storage::Query& selection,
                                                         const Closing& closing);

/// The same rows, with months that never change once they are closed: a range holds the records of
/// its time as they were known when their months closed, then what became known in its time of
/// months that were closed by then, as differences to what was known before (negative where it is
/// less), so that ranges side by side add up to the whole. The last column, charge_class, says
/// "Correction" in those. `late` is what late_months says.
[[nodiscard]] Result<std::unique_ptr<TableSource>> corrected_rows(
    const storage::Ledger& ledger, storage::Query selection, const Closing& closing,
    std::vector<LateMonth> late, const std::vector<std::string>& columns);

/// One row per group of a report and currency: the keys, then requests, unpriced, the usual
/// meters, costs and the currency. `columns` as above, of these names.
[[nodiscard]] Result<std::unique_ptr<TableSource>> group_rows(
    accounting::Report report, const std::vector<std::string>& columns);

}  // namespace costops::exports
