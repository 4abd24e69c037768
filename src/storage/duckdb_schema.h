// duckdb_schema.h - the tables of a DuckDB ledger, and how older ones become the present ones.
// docs/ledger.md describes them to people.
#pragma once

#include <array>
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

/// Types of the columns with which both tables of all columns begin: `records` and `adjustments`.
inline constexpr std::array kEntryColumns{
    duck::Type::bigint,  duck::Type::uuid,    duck::Type::timestamp, duck::Type::timestamp,
    duck::Type::boolean, duck::Type::integer, duck::Type::integer,   duck::Type::integer,
    duck::Type::integer, duck::Type::integer, duck::Type::integer,   duck::Type::integer,
    duck::Type::integer, duck::Type::integer, duck::Type::integer,   duck::Type::integer,
    duck::Type::integer, duck::Type::integer, duck::Type::integer,   duck::Type::integer,
    duck::Type::tiny,    duck::Type::integer, duck::Type::integer,   duck::Type::bigint,
    duck::Type::bigint,  duck::Type::bigint,  duck::Type::bigint,    duck::Type::bigint,
    duck::Type::bigint,  duck::Type::bigint,  duck::Type::bigint,    duck::Type::boolean,
    duck::Type::bigint,  duck::Type::bigint,  duck::Type::bigint,    duck::Type::bigint,
    duck::Type::bigint,  duck::Type::hugeint, duck::Type::integer};
/// All types of such a table.
template <typename... Types>
[[nodiscard]] constexpr auto entry_columns_and(Types... others) {
  std::array<duck::Type, kEntryColumns.size() + sizeof...(others)> all{};
  std::size_t next = 0;
  for (const duck::Type type : kEntryColumns) all[next++] = type;
  ((all[next++] = others), ...);
  return all;
}

/// Whether each table of entries has a dimension's column. The view `entries` has them all.
[[nodiscard]] bool is_in_every_table(Dimension dimension);

}  // namespace costops::storage
