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

/// One row per group of a report and currency: the keys, then requests, unpriced, the usual
/// meters, costs and the currency. `columns` as above, of these names.
[[nodiscard]] Result<std::unique_ptr<TableSource>> group_rows(
    accounting::Report report, const std::vector<std::string>& columns);

}  // namespace costops::exports
