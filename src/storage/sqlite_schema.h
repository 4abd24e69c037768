// sqlite_schema.h - the tables of a SQLite ledger. docs/backends.md describes them to people.
#pragma once

#include <string>

#include "storage/sqlite.h"

namespace costops::storage {

/// Columns of `entries`, in their order in sqlite_columns().
enum class SqliteColumn : int {
  entry,
  record,
  id,
  recorded_at,
  used_at,
  time_given,
  dimensions,  ///< And the 13 that follow.
  currency = dimensions + 14,
  status,
  price,
  reason,
  meters,  ///< And the 7 that follow.
  more = meters + 8,
  costs,  ///< And the 4 that follow.
  reported = costs + 5,
  reported_currency,
  why,
  records,
  unpriced,
  grows,
  call_status,
  context_window,
  latency,
  first_token,
  ingested_at,
  line,
  source_id,
  metadata,
  count
};
/// "entry, record, id, ...".
[[nodiscard]] const std::string& sqlite_columns();

/// Creates the tables in an empty database, else checks that they are a ledger's. Fails with
/// unsupported for a ledger of a newer schema or a database that is no ledger.
[[nodiscard]] Result<void> prepare_sqlite_schema(sqlite::Connection& connection,
                                                 const std::string& path, sqlite::Access access);

}  // namespace costops::storage
