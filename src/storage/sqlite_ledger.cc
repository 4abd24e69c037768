// sqlite_ledger.cc - opening a SQLite ledger, and asking it for records.
#include "storage/sqlite_ledger.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "storage/ledger_files.h"
#include "storage/record_search.h"
#include "storage/sqlite_query.h"
#include "storage/sqlite_schema.h"

namespace costops::storage {
namespace {

Instant instant(std::int64_t microseconds) { return Instant(Microseconds(microseconds)); }

sqlite::Access access_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::create:
      return sqlite::Access::create;
    case OpenMode::existing:
      return sqlite::Access::read_write;
    case OpenMode::read_only:
      break;
  }
  return sqlite::Access::read_only;
}

Result<std::vector<RecordId>> ids_of(sqlite::Statement& select) {
  std::vector<RecordId> ids;
  for (;;) {
    const auto more = select.step();
    if (!more) return fail(more.error());
    if (!*more) return ids;
    ids.push_back(select.id(0));
  }
}

/// The records that their source calls `text`; where there are none, those whose id begins so.
Result<std::vector<RecordId>> matches_of(sqlite::Connection& connection, std::string_view text) {
  const std::string limit = " ORDER BY id LIMIT " + std::to_string(kMatchesWanted);
  auto select =
      connection.prepare("SELECT id FROM entries WHERE source_id = ? AND record IS NULL" + limit);
  if (!select) return fail(select.error());
  auto ids = ids_of(select->bind(text));
  const auto range = ids_beginning_with(text);
  if (!ids || !ids->empty() || !range) return ids;
  auto by_id = connection.prepare("SELECT id FROM identities WHERE id BETWEEN ? AND ?" + limit);
  if (!by_id) return fail(by_id.error());
  return ids_of(by_id->bind(range->first).bind(range->second));
}

Result<std::int64_t> last_entry(sqlite::Connection& connection) {
  return connection.number("SELECT coalesce(max(entry), 0) FROM entries");
}

}  // namespace

// --- Opening ---

SqliteLedger::SqliteLedger(std::string path, OpenMode mode, std::chrono::milliseconds wait)
    : path_(std::move(path)), mode_(mode), wait_(wait) {
  for (std::size_t d = 0; d < kDimensionCount; ++d) {
    dimension_numbers_.emplace_back(std::string(text_table(static_cast<Dimension>(d))));
  }
}

Result<std::unique_ptr<Ledger>> SqliteLedger::open(std::string path, OpenMode mode,
                                                   std::chrono::milliseconds wait) {
  if (auto usable = check_ledger_file(path, mode); !usable) return fail(usable.error());
  std::unique_ptr<SqliteLedger> ledger(new SqliteLedger(std::move(path), mode, wait));
  auto connection = ledger->connect();
  if (!connection) return fail(connection.error());
  ledger->writer_ = std::move(*connection);
  const sqlite::Access access = ledger->in_memory() ? sqlite::Access::create : access_of(mode);
  auto ready = prepare_sqlite_schema(ledger->writer_, ledger->path_, access);
  if (!ready) return fail(ready.error());
  return ledger;
}

Result<sqlite::Connection> SqliteLedger::connect() const {
  const auto access = in_memory() ? sqlite::Access::create : access_of(mode_);
  auto connection = sqlite::Connection::open(path_, access, wait_);
  if (!connection) return connection;
  // A commit is on the disk when it is acknowledged; a checkpoint may come later. Sorting of large
  // answers spills to files.
  std::string settings = "PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;";
  if (!in_memory() && access != sqlite::Access::read_only) {
    settings =
        "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; "
        "PRAGMA wal_autocheckpoint = 4000;" +
        settings;
  }
  if (auto set = connection->run(settings); !set) return fail(set.error());
  return connection;
}

SqliteLedger::Lease::~Lease() {
  if (!own_.is_open()) return;
  const std::scoped_lock lock(ledger_->pooling_);
  ledger_->pool_.push_back(std::move(own_));
}

Result<SqliteLedger::Lease> SqliteLedger::lease() const {
  if (in_memory()) return Lease(*this);
  {
    const std::scoped_lock lock(pooling_);
    if (!pool_.empty()) {
      Lease taken(*this, std::move(pool_.back()));
      pool_.pop_back();
      return taken;
    }
  }
  auto connection = connect();
  if (!connection) return fail(connection.error());
  return Lease(*this, std::move(*connection));
}

// --- Asking ---

Result<Groups> SqliteLedger::groups(const Query& query) const {
  auto connection = lease();
  if (!connection) return fail(connection.error());
  if (in_memory()) return run_sqlite_query(**connection, query);
  // Several statements, one snapshot.
  auto transaction = sqlite::Transaction::begin(**connection, sqlite::Transaction::Kind::reading);
  if (!transaction) return fail(transaction.error());
  return run_sqlite_query(**connection, query);
}

Result<std::vector<KnownRecord>> SqliteLedger::known(std::span<const RecordId> ids) const {
  auto connection = lease();
  if (!connection) return fail(connection.error());
  return sqlite_known(**connection, ids);
}

Result<StoredRecord> SqliteLedger::find(std::string_view id) const {
  auto connection = lease();
  if (!connection) return fail(connection.error());
  const auto matches = matches_of(**connection, id);
  if (!matches) return fail(matches.error());
  if (auto one = require_one_match(id, *matches); !one) return fail(one.error());
  const auto last = last_entry(**connection);
  if (!last) return fail(last.error());
  auto entry = sqlite_entry_of(**connection, matches->front());
  if (!entry) return fail(entry.error());
  return SqliteRecords(**connection).load(*entry, std::nullopt, *last);
}

Result<void> SqliteLedger::scan(const Query& selection,
                                const std::function<bool(const StoredRecord&)>& visit) const {
  auto connection = lease();
  if (!connection) return fail(connection.error());
  const auto last = last_entry(**connection);
  if (!last) return fail(last.error());
  SqliteSql sql;
  sql.add("SELECT entry FROM entries").where(selection);
  sql.add(" AND record IS NULL AND entry <= ").number(*last).add(" ORDER BY used_at, id");
  auto select = sql.prepare(**connection);
  if (!select) return fail(select.error());
  SqliteRecords records(**connection);
  for (;;) {
    const auto more = select->step();
    if (!more) return fail(more.error());
    if (!*more) return {};
    const auto record = records.load(select->integer(0), selection.as_of, *last);
    if (!record) return fail(record.error());
    if (!visit(*record)) return {};
  }
}

Result<PriceUsed> SqliteLedger::price_used(std::int32_t number) const {
  auto connection = lease();
  if (!connection) return fail(connection.error());
  auto select = (**connection).prepare("SELECT id, definition FROM prices_used WHERE number = ?");
  if (!select) return fail(select.error());
  const auto found = select->bind(std::int64_t{number}).step();
  if (!found) return fail(found.error());
  if (*found) return PriceUsed{std::string(select->text(0)), std::string(select->text(1))};
  return fail(ErrorCode::not_found, "the ledger used no price number " + std::to_string(number));
}

Result<std::optional<TimeRange>> SqliteLedger::extent() const {
  auto connection = lease();
  if (!connection) return fail(connection.error());
  auto select = (**connection).prepare("SELECT min(first_used_at), max(last_used_at) FROM extent");
  if (!select) return fail(select.error());
  const auto found = select->step();
  if (!found) return fail(found.error());
  if (!*found || select->is_null(0)) return std::nullopt;
  return TimeRange{instant(select->integer(0)), instant(select->integer(1) + 1)};
}

}  // namespace costops::storage
