// sqlite_schema.cc - schema 2, and the step to it. Times are UTC microseconds, ids 16 bytes,
// amounts pico-units; a correction is an entry with signed differences that names its record.
#include "storage/sqlite_schema.h"

#include <filesystem>

#include "costops/storage/ledger_copy.h"
#include "storage/ledger_columns.h"
#include "storage/ledger_files.h"

namespace costops::storage {
namespace {

constexpr int kSchema = 2;
constexpr std::string_view kApplicationId = "1129272400";  // "COP" and a NUL: in the file's header.

/// Schema 2 added them.
constexpr std::string_view kBatches =
    "CREATE TABLE IF NOT EXISTS batches (first_entry INTEGER PRIMARY KEY, entries INTEGER, "
    "recorded_at INTEGER, quantity BLOB, cost_pico BLOB, checksum INTEGER);";

std::string build_columns() {
  std::string columns = "entry, record, id, recorded_at, used_at, time_given";
  for (std::size_t d = 0; d < kDimensionCount; ++d) {
    columns += ", " + id_column(static_cast<Dimension>(d));
  }
  columns += ", currency_id, status, price_number, reason_id";
  for (const Meter meter : kColumnMeters) columns.append(", ").append(to_string(meter));
  columns += ", more_quantities";
  for (const std::string_view cost : kCostColumns) columns.append(", ").append(cost);
  columns +=
      ", reported_cost_pico, reported_currency_id, why, records, unpriced, grows, call_status, "
      "context_window, latency_ms, time_to_first_token_ms, ingested_at, line, source_id, metadata";
  return columns;
}

std::string text_table_sql(std::string_view table) {
  const std::string name(table);
  return "CREATE TABLE " + name + " (id INTEGER PRIMARY KEY, value TEXT NOT NULL UNIQUE);" +
         "INSERT INTO " + name + " VALUES (0, '');";
}

std::string schema_sql() {
  std::string columns = sqlite_columns();
  columns.replace(0, std::string_view("entry").size(), "entry INTEGER PRIMARY KEY");
  std::string sql =
      "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
      "INSERT INTO meta VALUES ('kind', 'cost-ops ledger'), ('schema', '2');";
  for (std::size_t d = 0; d < kDimensionCount; ++d) {
    sql += text_table_sql(text_table(static_cast<Dimension>(d)));
  }
  for (const std::string_view table : {"currencies", "reasons", "meters"}) {
    sql += text_table_sql(table);
  }
  sql += "CREATE TABLE entries (" + columns + ");";
  sql += R"sql(
CREATE TABLE extent (first_used_at INTEGER, last_used_at INTEGER);
CREATE INDEX adjustments_by_record ON entries (record) WHERE record IS NOT NULL;
CREATE TABLE identities (id BLOB PRIMARY KEY, entry INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE other_quantities (entry INTEGER, meter_id INTEGER, quantity INTEGER,
  PRIMARY KEY (entry, meter_id)) WITHOUT ROWID;
CREATE TABLE tag_members (tag TEXT, list_id INTEGER, position INTEGER,
  PRIMARY KEY (tag, list_id, position)) WITHOUT ROWID;
CREATE TABLE prices_used (number INTEGER PRIMARY KEY, id TEXT, definition TEXT,
  UNIQUE (id, definition));
CREATE TABLE quarantine (id BLOB PRIMARY KEY, recorded_at INTEGER, file TEXT, line INTEGER,
  reason TEXT, excerpt TEXT, resolved_at INTEGER);
CREATE TABLE journal (number INTEGER PRIMARY KEY, source TEXT, size INTEGER, fingerprint BLOB,
  modified INTEGER, records INTEGER, recorded_at INTEGER, read_bytes INTEGER, lines INTEGER,
  rejected INTEGER, resumable INTEGER);
CREATE TABLE documents (number INTEGER PRIMARY KEY, kind TEXT, name TEXT, recorded_at INTEGER,
  body TEXT);
CREATE INDEX journal_by_source ON journal (source);
)sql";
  sql += kBatches;
  return sql + "PRAGMA application_id = " + std::string(kApplicationId) + ";";
}

Result<void> create(sqlite::Connection& connection) {
  auto transaction = sqlite::Transaction::begin(connection, sqlite::Transaction::Kind::writing);
  if (!transaction) return fail(transaction.error());
  // Another process may have been faster.
  const auto tables = connection.number("SELECT count(*) FROM sqlite_master");
  if (!tables) return fail(tables.error());
  if (*tables > 0) return {};
  if (auto created = connection.run(schema_sql()); !created) return created;
  return transaction->commit();
}

Result<void> back_up(sqlite::Connection& connection, const std::string& path, std::int64_t schema) {
  const std::string backup = path + ".schema-" + std::to_string(schema) + ".backup";
  std::error_code error;
  if (std::filesystem::exists(backup, error)) {
    return fail(ErrorCode::conflict,
                "the backup " + backup + " of an earlier migration is in the way: move it away");
  }
  auto copy = connection.prepare("VACUUM INTO ?");
  if (!copy) return fail(copy.error());
  const std::string unfinished = backup + ".unfinished";
  remove_ledger_files(unfinished);
  if (auto copied = copy->bind(std::string_view(unfinished)).run(); !copied) return copied;
  return put_in_place(unfinished, backup);
}

Result<void> migrate(sqlite::Connection& connection, const std::string& path, std::int64_t schema) {
  if (auto saved = back_up(connection, path, schema); !saved) return saved;
  auto transaction = sqlite::Transaction::begin(connection, sqlite::Transaction::Kind::writing);
  if (!transaction) return fail(transaction.error());
  const std::string stamp =
      "UPDATE meta SET value = '" + std::to_string(kSchema) + "' WHERE key = 'schema'";
  if (auto done = connection.run(std::string(kBatches) + stamp); !done) return done;
  return transaction->commit();
}

}  // namespace

const std::string& sqlite_columns() {
  static const std::string columns = build_columns();
  return columns;
}

Result<void> prepare_sqlite_schema(sqlite::Connection& connection, const std::string& path,
                                   sqlite::Access access) {
  const auto tables = connection.number("SELECT count(*) FROM sqlite_master");
  if (!tables) return fail(tables.error());
  if (*tables == 0 && access != sqlite::Access::read_only) {
    if (auto created = create(connection); !created) return created;
  }
  if (*tables == 0 && access == sqlite::Access::read_only) return fail(no_ledger_yet(path));
  const auto is_ledger =
      connection.number("SELECT count(*) FROM sqlite_master WHERE name IN ('meta', 'entries')");
  if (!is_ledger) return fail(is_ledger.error());
  if (*is_ledger != 2) {
    return fail(ErrorCode::unsupported,
                path + " is a SQLite database, but no cost-ops ledger: name another file");
  }
  const auto schema =
      connection.number("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'schema'");
  if (!schema) return fail(schema.error());
  if (*schema == kSchema) return {};
  if (*schema < kSchema) {
    if (access != sqlite::Access::read_only) return migrate(connection, path, *schema);
    return fail(ErrorCode::unsupported,
                "ledger " + path + " has schema " + std::to_string(*schema) + ", older than " +
                    std::to_string(kSchema) + ": open it once to write, which migrates it");
  }
  return fail(ErrorCode::unsupported, "ledger " + path + " has schema " + std::to_string(*schema) +
                                          ", this cost-ops knows up to " + std::to_string(kSchema) +
                                          ": use a newer cost-ops");
}

}  // namespace costops::storage
