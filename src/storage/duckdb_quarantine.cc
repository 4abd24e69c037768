// duckdb_quarantine.cc - input that gave no record, and files that were read to their end.
#include <algorithm>

#include "storage/duckdb_ledger.h"

namespace costops::storage {
namespace {

using duck::Type;

std::int64_t microseconds(Instant at) { return at.time_since_epoch().count(); }

}  // namespace

Result<void> DuckdbLedger::append_quarantine(const LedgerBatch& batch) {
  static constexpr Type kColumns[] = {Type::uuid,   Type::timestamp, Type::text,
                                      Type::bigint, Type::text,      Type::text};
  const auto doubtful = admission_.doubtful(batch);
  if (doubtful.empty() && batch.quarantined.empty()) return {};
  auto made = writer_.run(
      "CREATE OR REPLACE TEMP TABLE doubtful (id UUID, recorded_at TIMESTAMP, file VARCHAR, "
      "line BIGINT, reason VARCHAR, excerpt VARCHAR)");
  if (!made) return made;
  auto appender = writer_.appender("temp", "doubtful", kColumns);
  if (!appender) return fail(appender.error());
  std::size_t filled = 0;
  for (const std::span<const Quarantined> entries : {batch.quarantined, std::span(doubtful)}) {
    for (const Quarantined& entry : entries) {
      appender->column<duckdb_hugeint>(0)[filled] = duck::uuid_of(entry.id);
      appender->column<std::int64_t>(1)[filled] = microseconds(entry.recorded_at);
      appender->set_text(2, filled, entry.position.file);
      appender->column<std::int64_t>(3)[filled] = static_cast<std::int64_t>(entry.position.line);
      appender->set_text(4, filled, entry.reason);
      appender->set_text(5, filled, entry.excerpt);
      if (++filled < duck::Appender::kBlockRows) continue;
      if (auto appended = appender->append_block(filled); !appended) return appended;
      filled = 0;
    }
  }
  if (auto appended = appender->append_block(filled); !appended) return appended;
  if (auto finished = appender->finish(); !finished) return finished;
  return writer_.run(
      "INSERT INTO quarantine SELECT DISTINCT ON (id) *, NULL FROM temp.doubtful d "
      "WHERE NOT EXISTS (SELECT 1 FROM quarantine q WHERE q.id = d.id)");
}

Result<void> DuckdbLedger::append_journal(std::span<const JournalEntry> journal) {
  static constexpr Type kColumns[] = {Type::text,   Type::bigint,    Type::uuid,   Type::timestamp,
                                      Type::bigint, Type::timestamp, Type::bigint, Type::bigint,
                                      Type::bigint, Type::boolean};
  if (journal.empty()) return {};
  auto appender = writer_.appender(nullptr, "journal", kColumns);
  if (!appender) return fail(appender.error());
  std::size_t filled = 0;
  for (const JournalEntry& entry : journal) {
    appender->set_text(0, filled, entry.source);
    appender->column<std::int64_t>(1)[filled] = static_cast<std::int64_t>(entry.size);
    appender->column<duckdb_hugeint>(2)[filled] = duck::uuid_of(entry.fingerprint);
    appender->column<std::int64_t>(3)[filled] = microseconds(entry.modified);
    appender->column<std::int64_t>(4)[filled] = static_cast<std::int64_t>(entry.records);
    appender->column<std::int64_t>(5)[filled] = microseconds(entry.recorded_at);
    appender->column<std::int64_t>(6)[filled] = static_cast<std::int64_t>(entry.read_bytes);
    appender->column<std::int64_t>(7)[filled] = static_cast<std::int64_t>(entry.lines);
    appender->column<std::int64_t>(8)[filled] = static_cast<std::int64_t>(entry.rejected);
    appender->column<bool>(9)[filled] = entry.resumable;
    if (++filled < duck::Appender::kBlockRows) continue;
    if (auto appended = appender->append_block(filled); !appended) return appended;
    filled = 0;
  }
  if (auto appended = appender->append_block(filled); !appended) return appended;
  return appender->finish();
}

Result<void> DuckdbLedger::resolve(std::span<const RecordId> ids, Instant at) {
  const auto change = changing();
  if (!change) return fail(change.error());
  auto transaction = duck::Transaction::begin(writer_);
  if (!transaction) return fail(transaction.error());
  if (auto filled = fill_probe(writer_, ids); !filled) return filled;
  auto update = writer_.prepare(
      "UPDATE quarantine SET resolved_at = ? WHERE resolved_at IS NULL "
      "AND id IN (SELECT id FROM temp.probe)");
  if (!update) return fail(update.error());
  auto updated = update->bind_time(at.time_since_epoch().count()).run();
  if (!updated) return fail(updated.error());
  return transaction->commit();
}

Result<std::vector<Quarantined>> DuckdbLedger::quarantine(std::size_t limit) const {
  return quarantine_where("resolved_at IS NULL", limit);
}

Result<std::vector<Quarantined>> DuckdbLedger::quarantine_history() const {
  return quarantine_where("true", SIZE_MAX);
}

Result<std::vector<Quarantined>> DuckdbLedger::quarantine_where(std::string_view which,
                                                                std::size_t limit) const {
  auto question = asking();
  if (!question) return fail(question.error());
  auto select = question->connection.prepare(
      "SELECT id, epoch_us(recorded_at), file, line, reason, excerpt, epoch_us(resolved_at) "
      "FROM quarantine WHERE " +
      std::string(which) + " ORDER BY recorded_at, file, line, id LIMIT ?");
  if (!select) return fail(select.error());
  const auto bounded = std::min<std::size_t>(limit, INT64_MAX);
  auto rows = select->bind(static_cast<std::int64_t>(bounded)).run();
  std::vector<Quarantined> entries;
  const auto read = duck::for_each_row(rows, [&](std::size_t row) {
    Quarantined& entry = entries.emplace_back();
    entry.id = duck::id_of(rows->column<duckdb_hugeint>(0)[row]);
    entry.recorded_at = Instant(Microseconds(rows->column<std::int64_t>(1)[row]));
    entry.position = {std::string(rows->text(2, row)),
                      static_cast<std::uint64_t>(rows->column<std::int64_t>(3)[row])};
    entry.reason = rows->text(4, row);
    entry.excerpt = rows->text(5, row);
    if (rows->is_null(6, row)) return;
    entry.resolved_at = Instant(Microseconds(rows->column<std::int64_t>(6)[row]));
  });
  if (!read) return fail(read.error());
  return entries;
}

Result<std::uint64_t> DuckdbLedger::quarantine_count() const {
  auto question = asking();
  if (!question) return fail(question.error());
  auto select =
      question->connection.prepare("SELECT count(*) FROM quarantine WHERE resolved_at IS NULL");
  if (!select) return fail(select.error());
  auto rows = select->run();
  if (!rows) return fail(rows.error());
  if (auto next = rows->next(); !next) return fail(next.error());
  return static_cast<std::uint64_t>(rows->column<std::int64_t>(0)[0]);
}

Result<void> DuckdbLedger::load_journal() const {
  if (journal_loaded_) return {};
  auto connection = reader();
  if (!connection) return fail(connection.error());
  auto rows = connection->ask(
      "SELECT source, size, fingerprint, epoch_us(modified), records, epoch_us(recorded_at), "
      "read_bytes, lines, rejected, resumable "
      "FROM journal ORDER BY rowid");
  auto read = duck::for_each_row(rows, [&](std::size_t row) {
    JournalEntry entry;
    entry.source = rows->text(0, row);
    entry.size = rows->column<std::uint64_t>(1)[row];
    entry.fingerprint = duck::id_of(rows->column<duckdb_hugeint>(2)[row]);
    entry.modified = Instant(Microseconds(rows->column<std::int64_t>(3)[row]));
    entry.records = static_cast<std::uint64_t>(rows->column<std::int64_t>(4)[row]);
    entry.recorded_at = Instant(Microseconds(rows->column<std::int64_t>(5)[row]));
    entry.read_bytes = rows->column<std::uint64_t>(6)[row];
    entry.lines = rows->column<std::uint64_t>(7)[row];
    entry.rejected = rows->column<std::uint64_t>(8)[row];
    entry.resumable = rows->column<bool>(9)[row];
    journal_[entry.source] = entry;
  });
  journal_loaded_ = read.has_value();
  return read;
}

Result<std::optional<JournalEntry>> DuckdbLedger::journal(std::string_view source) const {
  const auto in_use = use();
  if (!in_use) return fail(in_use.error());
  const std::scoped_lock reading(journal_reading_);
  if (auto loaded = load_journal(); !loaded) return fail(loaded.error());
  const auto found = journal_.find(source);
  if (found == journal_.end()) return std::nullopt;
  return found->second;
}

Result<std::vector<JournalEntry>> DuckdbLedger::sources() const {
  const auto in_use = use();
  if (!in_use) return fail(in_use.error());
  const std::scoped_lock reading(journal_reading_);
  if (auto loaded = load_journal(); !loaded) return fail(loaded.error());
  std::vector<JournalEntry> entries;
  for (const auto& [source, entry] : journal_) entries.push_back(entry);
  return entries;
}

}  // namespace costops::storage
