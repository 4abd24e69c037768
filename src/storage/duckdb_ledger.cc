// duckdb_ledger.cc - opening a DuckDB ledger, and asking it.
#include "storage/duckdb_ledger.h"

#include <algorithm>

#include "storage/duckdb_query.h"
#include "storage/duckdb_schema.h"
#include "storage/ledger_files.h"
#include "storage/record_search.h"

namespace costops::storage {
namespace {

/// Limits of the database's own memory and threads. Appending needs one batch in flight; big
/// groupings spill to disk above theirs. One thread appends; a second one of the database's own
/// would only wait for work beside it.
constexpr std::string_view kWriting = "SET memory_limit = '128MB'; SET threads = 1";
constexpr std::string_view kWritingMore = "SET memory_limit = '256MB'; SET threads = 1";
/// A scan holds one block of rows, sorted; what it read before, it doesn't need again. A second
/// thread would mostly wait for the first.
constexpr std::string_view kScanning = "SET memory_limit = '96MB'; SET threads = 1";

bool in_memory(std::string_view path) { return path == ":memory:"; }

Result<std::vector<RecordId>> ids_of(duck::Statement& select) {
  auto rows = select.run();
  if (!rows) return fail(rows.error());
  std::vector<RecordId> ids;
  const auto read = duck::for_each_row(rows, [&](std::size_t row) {
    ids.push_back(duck::id_of(rows->column<duckdb_hugeint>(0)[row]));
  });
  if (!read) return fail(read.error());
  return ids;
}

/// The identities that a UUID has with the ledger's organizations.
Result<std::vector<RecordId>> identities_of(duck::Connection& connection, RecordId uuid) {
  auto rows = connection.ask("SELECT value FROM organizations");
  std::vector<RecordId> ids;
  const auto read = duck::for_each_row(
      rows, [&](std::size_t row) { ids.push_back(turned(uuid, rows->text(0, row))); });
  if (!read) return fail(read.error());
  return ids;
}

/// The records whose source id is not stored because it is `text`, a UUID.
Result<std::vector<RecordId>> matches_of_uuid(duck::Connection& connection, std::string_view text) {
  const auto uuid = parse_uuid(text);
  if (!uuid) return std::vector<RecordId>();
  const auto ids = identities_of(connection, *uuid);
  if (!ids) return ids;
  if (auto filled = fill_probe(connection, *ids); !filled) return fail(filled.error());
  auto select = connection.prepare(
      "SELECT id FROM (SELECT id, source_id FROM records UNION ALL SELECT id, source_id FROM "
      "plain_records) WHERE source_id IS NULL AND id IN (SELECT id FROM temp.probe) ORDER BY id");
  if (!select) return fail(select.error());
  return ids_of(*select);
}

/// The records that their source calls `text`; where there are none, those whose id begins so.
Result<std::vector<RecordId>> matches_of(duck::Connection& connection, std::string_view text) {
  const std::string limit = " ORDER BY id LIMIT " + std::to_string(kMatchesWanted);
  auto select = connection.prepare(
      "SELECT id FROM (SELECT id, source_id FROM records UNION ALL SELECT id, source_id FROM "
      "plain_records) WHERE source_id = ?" +
      limit);
  if (!select) return fail(select.error());
  select->bind(text);
  auto ids = ids_of(*select);
  if (ids && ids->empty()) ids = matches_of_uuid(connection, text);
  const auto range = ids_beginning_with(text);
  if (!ids || !ids->empty() || !range) return ids;
  auto by_id = connection.prepare(
      "SELECT id FROM (SELECT id FROM records UNION ALL SELECT id FROM plain_records) "
      "WHERE id BETWEEN ? AND ?" +
      limit);
  if (!by_id) return fail(by_id.error());
  by_id->bind(range->first).bind(range->second);
  return ids_of(*by_id);
}

/// Sums of the entries of the probed ids. An id's entries agree in everything but the measures.
std::string known_sql() {
  std::string sql =
      "SELECT e.id, any_value(p.value), any_value(m.value), any_value(epoch_us(e.used_at)), "
      "any_value(e.time_given), bool_or(e.more_quantities)";
  for (const Meter meter : kColumnMeters) {
    sql.append(", sum(e.").append(to_string(meter)).append(")::BIGINT");
  }
  return sql +
         " FROM temp.probe JOIN entries e ON e.id = probe.id "
         "JOIN providers p ON p.id = e.provider_id JOIN models m ON m.id = e.model_id "
         "GROUP BY e.id";
}

constexpr std::string_view kKnownSideSql =
    "SELECT e.id, m.value, sum(q.quantity)::BIGINT FROM temp.probe "
    "JOIN entries e ON e.id = probe.id JOIN other_quantities q ON q.entry = e.entry "
    "JOIN meters m ON m.id = q.meter_id WHERE e.more_quantities GROUP BY e.id, m.value";

void add_quantity(KnownRecord& record, Meter meter, std::int64_t quantity) {
  record.content += content_of(meter, quantity);
  record.total += quantity;
  if (counts_as_output(meter)) record.output += quantity;
}

Result<void> add_known_side(duck::Connection& connection, std::vector<KnownRecord>& known) {
  std::map<RecordId, KnownRecord*> by_id;
  for (KnownRecord& record : known) by_id[record.id] = &record;
  auto select = connection.prepare(std::string(kKnownSideSql));
  if (!select) return fail(select.error());
  auto rows = select->run();
  if (!rows) return fail(rows.error());
  for (auto more = rows->next(); !more || *more; more = rows->next()) {
    if (!more) return fail(more.error());
    for (std::size_t row = 0; row < rows->size(); ++row) {
      const auto record = by_id.find(duck::id_of(rows->column<duckdb_hugeint>(0)[row]));
      const auto meter = parse_meter(rows->text(1, row));
      if (record == by_id.end() || !meter) continue;  // Content of a meter we cannot compare.
      add_quantity(*record->second, *meter, rows->column<std::int64_t>(2)[row]);
    }
  }
  return {};
}

KnownRecord known_record(const duck::Rows& rows, std::size_t row) {
  KnownRecord record;
  record.id = duck::id_of(rows.column<duckdb_hugeint>(0)[row]);
  std::optional<Instant> when;
  if (rows.column<bool>(4)[row]) when = Instant(Microseconds(rows.column<std::int64_t>(3)[row]));
  record.content = content_of(rows.text(1, row), rows.text(2, row), when);
  for (std::size_t i = 0; i < kColumnMeters.size(); ++i) {
    add_quantity(record, kColumnMeters[i], rows.column<std::int64_t>(6 + i)[row]);
  }
  return record;
}

}  // namespace

// --- Opening ---

Result<std::unique_ptr<Ledger>> DuckdbLedger::open(std::string path, OpenMode mode, Limits limits) {
  if (auto usable = check_ledger_file(path, mode); !usable) return fail(usable.error());
  std::unique_ptr<DuckdbLedger> ledger(new DuckdbLedger(std::move(path), mode, limits));
  for (std::size_t d = 0; d < kDimensionCount; ++d) {
    ledger->dimension_numbers_.emplace_back(std::string(text_table(static_cast<Dimension>(d))));
  }
  if (auto opened = ledger->open_database(); !opened) return fail(opened.error());
  return ledger;
}

Result<void> DuckdbLedger::open_database() const {
  if (in_memory(path_)) return open_file(duck::Access::read_write);
  const bool replay = has_log();
  if (mode_ != OpenMode::read_only || replay) {
    auto opened = open_file(duck::Access::read_write);
    if (opened) opened = recover(replay ? Recovery::after_replay : Recovery::at_opening);
    if (mode_ != OpenMode::read_only) return opened;
    // A reader may be allowed to read only; then it sees what a replay in its memory shows.
    if (!opened && opened.error().code == ErrorCode::conflict) return opened;
    writer_ = {};
    database_.reset();
  }
  if (auto opened = open_file(duck::Access::read_only); !opened) return opened;
  return recover(Recovery::look_only);
}

Result<void> DuckdbLedger::open_file(duck::Access access) const {
  auto database = duck::Database::open(path_, access);
  if (!database) return fail(database.error());
  database_ = std::make_unique<duck::Database>(std::move(*database));
  auto connection = database_->connect();
  if (!connection) return fail(connection.error());
  writer_ = std::move(*connection);
  auto limit = writer_.ask("SELECT current_setting('memory_limit')");
  auto read =
      duck::for_each_row(limit, [&](std::size_t row) { full_memory_ = limit->text(0, row); });
  if (!read) return read;
  return access == duck::Access::read_only ? require_schema(writer_, path_, duckdb_migrations())
                                           : migrate(writer_, path_, duckdb_migrations());
}

void DuckdbLedger::note(const Error& error) const {
  if (!duck::is_fatal(error) || in_memory(path_)) return;
  const std::scoped_lock lock(using_);
  broken_ = true;
}

DuckdbLedger::Use::~Use() {
  if (ledger_ == nullptr) return;
  const std::scoped_lock lock(ledger_->using_);
  --ledger_->users_;
}

Result<DuckdbLedger::Use> DuckdbLedger::use() const {
  const std::scoped_lock lock(using_);
  if (broken_ && users_ == 0) {
    writer_ = {};
    database_.reset();
    if (auto opened = open_database(); !opened) return fail(opened.error());
    limited_for_ = Work::none;
    broken_ = false;
  }
  ++users_;
  return Use(this);
}

Result<void> DuckdbLedger::limit_memory(duck::Connection& connection, Work work) const {
  if (limited_for_.exchange(work) == work) return {};
  // RESET memory_limit would change what the setting says, but not what the database keeps to.
  if (work == Work::scanning) return connection.run(kScanning);
  if (work != Work::writing) {
    return connection.run("SET memory_limit = '" + full_memory_ + "'; RESET threads");
  }
  return connection.run(small_limit_ ? kWriting : kWritingMore);
}

Result<duck::Connection> DuckdbLedger::reader(Work work) const {
  auto connection = database_->connect();
  if (!connection) return connection;
  if (auto limited = limit_memory(*connection, work); !limited) return fail(limited.error());
  return connection;
}

Result<DuckdbLedger::Question> DuckdbLedger::asking(Work work) const {
  auto in_use = use();
  if (!in_use) return fail(in_use.error());
  auto connection = reader(work);
  if (!connection) return fail(connection.error());
  return Question{std::move(*in_use), std::move(*connection)};
}

Result<DuckdbLedger::Change> DuckdbLedger::changing() {
  std::unique_lock writing(writing_);
  auto in_use = use();
  if (!in_use) return fail(in_use.error());
  if (auto ready = prepare_to_write(); !ready) return fail(ready.error());
  return Change{std::move(writing), std::move(*in_use)};
}

// --- Asking ---

Result<Groups> DuckdbLedger::groups(const Query& query) const {
  auto question = asking();
  if (!question) return fail(question.error());
  // Two statements, one snapshot.
  auto transaction = duck::Transaction::begin(question->connection);
  if (!transaction) return fail(transaction.error());
  auto answer = run_query(question->connection, query);
  if (!answer) note(answer.error());
  return answer;
}

Result<std::vector<KnownRecord>> DuckdbLedger::known(std::span<const RecordId> ids) const {
  const auto in_use = use();
  if (!in_use) return fail(in_use.error());
  auto connection = reader(limited_for_ == Work::none ? Work::reading : limited_for_.load());
  if (!connection) return fail(connection.error());
  auto transaction = duck::Transaction::begin(*connection);
  if (!transaction) return fail(transaction.error());
  if (auto filled = fill_probe(*connection, ids); !filled) return fail(filled.error());
  auto select = connection->prepare(known_sql());
  if (!select) return fail(select.error());
  auto rows = select->run();
  std::vector<KnownRecord> known;
  bool more_quantities = false;
  const auto read = duck::for_each_row(rows, [&](std::size_t row) {
    known.push_back(known_record(*rows, row));
    more_quantities = more_quantities || rows->column<bool>(5)[row];
  });
  if (!read) return fail(read.error());
  if (!more_quantities) return known;
  if (auto added = add_known_side(*connection, known); !added) return fail(added.error());
  return known;
}

Result<StoredRecord> DuckdbLedger::find(std::string_view id) const {
  auto question = asking();
  if (!question) return fail(question.error());
  const auto matches = matches_of(question->connection, id);
  if (!matches) return fail(matches.error());
  if (auto one = require_one_match(id, *matches); !one) return fail(one.error());
  RecordTexts texts(question->connection);
  Result<StoredRecord> found = fail(ErrorCode::not_found, "");
  auto loaded = load_records(*matches, [&](const FoldedRecord& record) -> Result<bool> {
    found = texts.stored(record);
    return false;
  });
  if (!loaded) return fail(loaded.error());
  return found;
}

Result<void> DuckdbLedger::scan(const Query& selection,
                                const std::function<bool(const StoredRecord&)>& visit) const {
  const auto in_use = use();
  if (!in_use) return fail(in_use.error());
  auto connection = reader();
  auto side = reader();
  if (!connection) return fail(connection.error());
  if (!side) return fail(side.error());
  Sql sql;
  sql.add("SELECT * FROM entries").where(selection).add(" ORDER BY used_at, id, entry");
  auto select = sql.prepare(*connection);
  if (!select) return fail(select.error());
  auto rows = select->stream();
  if (!rows) return fail(rows.error());
  RecordTexts texts(*side);
  return fold_entries(std::move(*rows), *side, [&](const FoldedRecord& record) -> Result<bool> {
    auto stored = texts.stored(record);
    if (!stored) return fail(stored.error());
    return visit(*stored);
  });
}

Result<PriceUsed> DuckdbLedger::price_used(std::int32_t number) const {
  auto question = asking();
  if (!question) return fail(question.error());
  auto select =
      question->connection.prepare("SELECT id, definition FROM prices_used WHERE number = ?");
  if (!select) return fail(select.error());
  auto rows = select->bind(std::int64_t{number}).run();
  if (!rows) return fail(rows.error());
  const auto found = rows->next();
  if (!found) return fail(found.error());
  if (*found) return PriceUsed{std::string(rows->text(0, 0)), std::string(rows->text(1, 0))};
  return fail(ErrorCode::not_found, "the ledger used no price number " + std::to_string(number));
}

Result<std::optional<TimeRange>> DuckdbLedger::extent() const {
  auto question = asking();
  if (!question) return fail(question.error());
  auto select = question->connection.prepare(
      "SELECT epoch_us(min(used_at)), epoch_us(max(used_at)) FROM (SELECT used_at FROM records "
      "UNION ALL SELECT used_at FROM plain_records)");
  if (!select) return fail(select.error());
  auto rows = select->run();
  if (!rows) return fail(rows.error());
  if (auto next = rows->next(); !next) return fail(next.error());
  if (rows->is_null(0, 0)) return std::nullopt;
  return TimeRange{Instant(Microseconds(rows->column<std::int64_t>(0)[0])),
                   Instant(Microseconds(rows->column<std::int64_t>(1)[0] + 1))};
}

}  // namespace costops::storage
