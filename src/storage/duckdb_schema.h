// duckdb_schema.h - the tables of a DuckDB ledger, and how older ones become the present ones.
// docs/ledger.md describes them to people.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "costops/domain/charge.h"
#include "costops/domain/meter.h"
#include "costops/domain/usage_batch.h"
#include "storage/duck.h"

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

/// The text table of a dimension ("models") and its column in records ("model_id").
[[nodiscard]] std::string_view text_table(Dimension dimension);
[[nodiscard]] std::string id_column(Dimension dimension);

/// Meters with a column of their own, in the order of the columns; the others are rows of
/// other_quantities.
inline constexpr std::array kColumnMeters{
    Meter::input_tokens_uncached,   Meter::cache_read_tokens,
    Meter::cache_write_tokens,      Meter::cache_write_5m_tokens,
    Meter::cache_write_1h_tokens,   Meter::output_tokens,
    Meter::output_reasoning_tokens, Meter::requests};
/// Cost columns, in the order of CostClass.
inline constexpr std::array<std::string_view, kCostClassCount> kCostColumns{
    "input_cost_pico", "cache_read_cost_pico", "cache_write_cost_pico", "output_cost_pico",
    "other_cost_pico"};

}  // namespace costops::storage
