// sqlite_quarantine.cc - what a SQLite ledger keeps beside its records: input that gave none, files
// that were read to their end, documents.
#include <algorithm>

#include "storage/sqlite_ledger.h"

namespace costops::storage {
namespace {

std::int64_t microseconds(Instant at) { return at.time_since_epoch().count(); }
Instant instant(std::int64_t microseconds) { return Instant(Microseconds(microseconds)); }

constexpr std::string_view kSelectJournal =
    "SELECT source, size, fingerprint, modified, records, recorded_at, read_bytes, lines, "
    "rejected, resumable FROM journal ";

/// A row of kSelectJournal.
JournalEntry journal_entry(const sqlite::Statement& row) {
  JournalEntry entry;
  entry.source = row.text(0);
  entry.size = static_cast<std::uint64_t>(row.integer(1));
  entry.fingerprint = row.id(2);
  entry.modified = instant(row.integer(3));
  entry.records = static_cast<std::uint64_t>(row.integer(4));
  entry.recorded_at = instant(row.integer(5));
  entry.read_bytes = static_cast<std::uint64_t>(row.integer(6));
  entry.lines = static_cast<std::uint64_t>(row.integer(7));
  entry.rejected = static_cast<std::uint64_t>(row.integer(8));
  entry.resumable = row.integer(9) != 0;
  return entry;
}

}  // namespace

Result<void> SqliteLedger::insert_quarantine(const LedgerBatch& batch) {
  const auto doubtful = admission_.doubtful(batch);
  if (doubtful.empty() && batch.quarantined.empty()) return {};
  auto insert = writer_.prepare("INSERT OR IGNORE INTO quarantine VALUES (?, ?, ?, ?, ?, ?, NULL)");
  if (!insert) return fail(insert.error());
  for (const std::span<const Quarantined> entries : {batch.quarantined, std::span(doubtful)}) {
    for (const Quarantined& entry : entries) {
      insert->bind(entry.id).bind(microseconds(entry.recorded_at));
      insert->bind(std::string_view(entry.position.file));
      insert->bind(static_cast<std::int64_t>(entry.position.line));
      insert->bind(std::string_view(entry.reason)).bind(std::string_view(entry.excerpt));
      if (auto done = insert->run(); !done) return done;
    }
  }
  return {};
}

Result<void> SqliteLedger::insert_journal(std::span<const JournalEntry> journal) {
  if (journal.empty()) return {};
  auto insert = writer_.prepare("INSERT INTO journal VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  if (!insert) return fail(insert.error());
  for (const JournalEntry& entry : journal) {
    insert->bind(std::string_view(entry.source)).bind(static_cast<std::int64_t>(entry.size));
    insert->bind(entry.fingerprint).bind(microseconds(entry.modified));
    insert->bind(static_cast<std::int64_t>(entry.records)).bind(microseconds(entry.recorded_at));
    insert->bind(static_cast<std::int64_t>(entry.read_bytes));
    insert->bind(static_cast<std::int64_t>(entry.lines));
    insert->bind(static_cast<std::int64_t>(entry.rejected));
    insert->bind(static_cast<std::int64_t>(entry.resumable ? 1 : 0));
    if (auto done = insert->run(); !done) return done;
  }
  return {};
}

Result<void> SqliteLedger::resolve(std::span<const RecordId> ids, Instant at) {
  const std::scoped_lock writing(writing_);
  auto transaction = begin_writing();
  if (!transaction) return fail(transaction.error());
  auto update =
      writer_.prepare("UPDATE quarantine SET resolved_at = ? WHERE resolved_at IS NULL AND id = ?");
  if (!update) return fail(update.error());
  for (const RecordId id : ids) {
    if (auto done = update->bind(microseconds(at)).bind(id).run(); !done) return done;
  }
  return transaction->commit();
}

Result<std::vector<Quarantined>> SqliteLedger::quarantine(std::size_t limit) const {
  return quarantine_where("resolved_at IS NULL", limit);
}

Result<std::vector<Quarantined>> SqliteLedger::quarantine_history() const {
  return quarantine_where("true", SIZE_MAX);
}

Result<std::vector<Quarantined>> SqliteLedger::quarantine_where(std::string_view which,
                                                                std::size_t limit) const {
  auto connection = lease();
  if (!connection) return fail(connection.error());
  auto select = (**connection)
                    .prepare(
                        "SELECT id, recorded_at, file, line, reason, excerpt, resolved_at FROM "
                        "quarantine WHERE " +
                        std::string(which) + " ORDER BY recorded_at, file, line, id LIMIT ?");
  if (!select) return fail(select.error());
  select->bind(static_cast<std::int64_t>(std::min<std::size_t>(limit, INT64_MAX)));
  std::vector<Quarantined> entries;
  for (;;) {
    const auto more = select->step();
    if (!more) return fail(more.error());
    if (!*more) return entries;
    Quarantined& entry = entries.emplace_back();
    entry.id = select->id(0);
    entry.recorded_at = instant(select->integer(1));
    entry.position = {std::string(select->text(2)), static_cast<std::uint64_t>(select->integer(3))};
    entry.reason = select->text(4);
    entry.excerpt = select->text(5);
    if (!select->is_null(6)) entry.resolved_at = instant(select->integer(6));
  }
}

Result<std::uint64_t> SqliteLedger::quarantine_count() const {
  auto connection = lease();
  if (!connection) return fail(connection.error());
  const auto count =
      (**connection).number("SELECT count(*) FROM quarantine WHERE resolved_at IS NULL");
  if (!count) return fail(count.error());
  return static_cast<std::uint64_t>(*count);
}

Result<std::optional<JournalEntry>> SqliteLedger::journal(std::string_view source) const {
  auto connection = lease();
  if (!connection) return fail(connection.error());
  auto select = (**connection)
                    .prepare(std::string(kSelectJournal) +
                             "WHERE source = ? ORDER BY number DESC LIMIT 1");
  if (!select) return fail(select.error());
  const auto found = select->bind(source).step();
  if (!found) return fail(found.error());
  if (!*found) return std::nullopt;
  return journal_entry(*select);
}

Result<std::vector<JournalEntry>> SqliteLedger::sources() const {
  auto connection = lease();
  if (!connection) return fail(connection.error());
  auto select =
      (**connection).prepare(std::string(kSelectJournal) + "ORDER BY source, number");
  if (!select) return fail(select.error());
  std::vector<JournalEntry> entries;
  for (;;) {
    const auto more = select->step();
    if (!more) return fail(more.error());
    if (!*more) return entries;
    JournalEntry entry = journal_entry(*select);
    if (!entries.empty() && entries.back().source == entry.source) entries.pop_back();
    entries.push_back(std::move(entry));
  }
}

Result<void> SqliteLedger::append_documents(std::span<const Document> documents) {
  const std::scoped_lock writing(writing_);
  auto transaction = begin_writing();
  if (!transaction) return fail(transaction.error());
  auto insert = writer_.prepare("INSERT INTO documents VALUES (NULL, ?, ?, ?, ?)");
  if (!insert) return fail(insert.error());
  for (const Document& document : documents) {
    insert->bind(std::string_view(document.kind)).bind(std::string_view(document.name));
    insert->bind(microseconds(document.recorded_at)).bind(std::string_view(document.text));
    if (auto done = insert->run(); !done) return done;
  }
  return transaction->commit();
}

Result<std::vector<Document>> SqliteLedger::documents(std::string_view kind) const {
  auto connection = lease();
  if (!connection) return fail(connection.error());
  auto select =
      (**connection)
          .prepare(
              "SELECT kind, name, recorded_at, body FROM documents WHERE kind = ?1 OR ?1 = '' "
              "ORDER BY number");
  if (!select) return fail(select.error());
  select->bind(kind);
  std::vector<Document> found;
  for (;;) {
    const auto more = select->step();
    if (!more) return fail(more.error());
    if (!*more) return found;
    found.push_back({std::string(select->text(0)), std::string(select->text(1)),
                     instant(select->integer(2)), std::string(select->text(3))});
  }
}

}  // namespace costops::storage
