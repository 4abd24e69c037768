// duckdb_schema.h - the tables of a DuckDB ledger, and how older ones become the present ones.
// docs/ledger.md describes them to people.
#pragma once

#include <span>
#include <string>

#include "storage/duck.h"
#include "storage/ledger_columns.h"

namespace costops::storage {

/// One step forward. Its SQL is never edited once released.
struct Migration {
  int to;
  std::string sql;
};
[[nodiscard]] std::span<const Migration> duckdb_migrations();

/// Brings an open database to the last of `migrations` (ascending, from 1): all steps or none. A
/// ledger that is not empty is copied to PATH.schema-N.backup first; ":memory:" is not.
/// Fails with unsupported for a ledger of a newer schema or a database that is no ledger, conflict
/// if the backup's name is taken, io_error.
[[nodiscard]] Result<void> migrate(duck::Connection& connection, const std::string& path,
                                   std::span<const Migration> migrations);
/// The same checks without changing anything: for ledgers opened to read.
/// Fails with unsupported if the schema is not the last one.
[[nodiscard]] Result<void> require_schema(duck::Connection& connection, const std::string& path,
                                          std::span<const Migration> migrations);

/// Two views show all entries: `entries` with everything, and `measures`, cheaper to sum, with what
/// is asked for most. Whether `measures` has a dimension's column:
[[nodiscard]] bool is_measured_by(Dimension dimension);

}  // namespace costops::storage
