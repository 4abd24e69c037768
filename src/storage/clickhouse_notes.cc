// clickhouse_notes.cc - what a ClickHouse ledger keeps beside its records: prices, quarantine, the
// journal, documents.
#include <algorithm>
#include <set>

#include "storage/clickhouse_ledger.h"

namespace costops::storage {
namespace {

std::int64_t microseconds(Instant at) { return at.time_since_epoch().count(); }
Instant instant(std::int64_t microseconds) { return Instant(Microseconds(microseconds)); }
std::int64_t whole(std::uint64_t number) { return static_cast<std::int64_t>(number); }
std::uint64_t count(std::int64_t number) { return static_cast<std::uint64_t>(number); }

/// Numbers and texts that a note of the kind has.
std::pair<std::size_t, std::size_t> shape_of(NoteKind kind) {
  switch (kind) {
    case NoteKind::price:
      return {1, 1};
    case NoteKind::quarantined:
      return {1, 2};
    case NoteKind::resolution:
      return {0, 0};
    case NoteKind::journal:
      return {7, 0};
    case NoteKind::document:
      break;
  }
  return {0, 2};
}

JournalEntry journal_entry(const Note& note) {
  JournalEntry entry;
  entry.source = note.name;
  entry.fingerprint = note.id;
  entry.recorded_at = instant(note.recorded_at);
  entry.size = count(note.numbers[0]);
  entry.modified = instant(note.numbers[1]);
  entry.records = count(note.numbers[2]);
  entry.read_bytes = count(note.numbers[3]);
  entry.lines = count(note.numbers[4]);
  entry.rejected = count(note.numbers[5]);
  entry.resumable = note.numbers[6] != 0;
  return entry;
}

}  // namespace

Result<std::vector<Note>> ClickhouseLedger::notes(const ClickhouseSnapshot& snapshot,
                                                  NoteKind kind) {
  const auto answer = snapshot.ask(
      0, "SELECT name, recorded_at, id_high, id_low, numbers, texts FROM notes WHERE kind = " +
             std::to_string(static_cast<int>(kind)) + " AND " + snapshot.holds(0) +
             " ORDER BY batch, position FORMAT RowBinary");
  if (!answer) return fail(answer.error());
  std::vector<Note> notes;
  RowBinaryReader in(*answer);
  while (in.more()) {
    Note& note = notes.emplace_back();
    note.kind = kind;
    note.name = in.text();
    note.recorded_at = in.number<std::int64_t>();
    note.id = in.id();
    for (auto left = in.length(); left > 0 && !in.failed(); --left) {
      note.numbers.push_back(in.number<std::int64_t>());
    }
    for (auto left = in.length(); left > 0 && !in.failed(); --left) {
      note.texts.emplace_back(in.text());
    }
    if (in.failed() || std::pair(note.numbers.size(), note.texts.size()) != shape_of(kind)) {
      return fail(half_an_answer());
    }
  }
  return notes;
}

Result<std::vector<Note>> ClickhouseLedger::notes(NoteKind kind) const {
  const auto seen = snapshot();
  if (!seen) return fail(seen.error());
  return notes(*seen, kind);
}

Result<ClickhouseLedger::Prices> ClickhouseLedger::prices(const ClickhouseSnapshot& snapshot) {
  const auto found = notes(snapshot, NoteKind::price);
  if (!found) return fail(found.error());
  Prices prices;
  for (const Note& note : *found) {
    prices[static_cast<std::int32_t>(note.numbers[0])] = {note.name, note.texts[0]};
  }
  return prices;
}

Result<PriceUsed> ClickhouseLedger::price_used(std::int32_t number) const {
  const auto seen = snapshot();
  if (!seen) return fail(seen.error());
  const auto known = prices(*seen);
  if (!known) return fail(known.error());
  if (const auto found = known->find(number); found != known->end()) return found->second;
  return fail(ErrorCode::not_found, "the ledger used no price number " + std::to_string(number));
}

void ClickhouseLedger::write_quarantined(Writing& writing, std::span<const Quarantined> entries) {
  for (const Quarantined& entry : entries) {
    write_note(writing, {.kind = NoteKind::quarantined,
                         .name = entry.position.file,
                         .recorded_at = microseconds(entry.recorded_at),
                         .id = entry.id,
                         .numbers = {whole(entry.position.line)},
                         .texts = {entry.reason, entry.excerpt}});
  }
}

void ClickhouseLedger::write_journal(Writing& writing, std::span<const JournalEntry> journal) {
  for (const JournalEntry& entry : journal) {
    write_note(writing,
               {.kind = NoteKind::journal,
                .name = entry.source,
                .recorded_at = microseconds(entry.recorded_at),
                .id = entry.fingerprint,
                .numbers = {whole(entry.size), microseconds(entry.modified), whole(entry.records),
                            whole(entry.read_bytes), whole(entry.lines), whole(entry.rejected),
                            entry.resumable ? 1 : 0},
                .texts = {}});
  }
}

Result<std::vector<Quarantined>> ClickhouseLedger::quarantine_history() const {
  const auto seen_now = snapshot();
  if (!seen_now) return fail(seen_now.error());
  const auto found = notes(*seen_now, NoteKind::quarantined);
  if (!found) return fail(found.error());
  const auto resolutions = notes(*seen_now, NoteKind::resolution);
  if (!resolutions) return fail(resolutions.error());
  std::map<RecordId, std::int64_t> resolved;  // The first resolution counts.
  for (const Note& note : *resolutions) resolved.emplace(note.id, note.recorded_at);
  std::set<RecordId> seen;
  std::vector<Quarantined> entries;
  for (const Note& note : *found) {
    if (!seen.insert(note.id).second) continue;
    Quarantined& entry = entries.emplace_back();
    entry.id = note.id;
    entry.position = {note.name, count(note.numbers[0])};
    entry.reason = note.texts[0];
    entry.excerpt = note.texts[1];
    entry.recorded_at = instant(note.recorded_at);
    if (const auto at = resolved.find(note.id); at != resolved.end()) {
      entry.resolved_at = instant(at->second);
    }
  }
  std::ranges::sort(entries, {}, [](const Quarantined& e) {
    return std::tuple(e.recorded_at, e.position.file, e.position.line, e.id);
  });
  return entries;
}

Result<std::vector<Quarantined>> ClickhouseLedger::quarantine(std::size_t limit) const {
  auto entries = quarantine_history();
  if (!entries) return entries;
  std::erase_if(*entries, [](const Quarantined& entry) { return entry.resolved_at.has_value(); });
  if (entries->size() > limit) entries->resize(limit);
  return entries;
}

Result<std::uint64_t> ClickhouseLedger::quarantine_count() const {
  const auto entries = quarantine(SIZE_MAX);
  if (!entries) return fail(entries.error());
  return entries->size();
}

Result<void> ClickhouseLedger::resolve(std::span<const RecordId> ids, Instant at) {
  const auto lock = lock_and_repair();
  if (!lock) return fail(lock.error());
  auto writing = begin();
  if (!writing) return fail(writing.error());
  for (const RecordId id : ids) {
    write_note(*writing, {.kind = NoteKind::resolution,
                          .name = {},
                          .recorded_at = microseconds(at),
                          .id = id,
                          .numbers = {},
                          .texts = {}});
  }
  return commit(*writing, at);
}

Result<std::vector<JournalEntry>> ClickhouseLedger::sources() const {
  const auto found = notes(NoteKind::journal);
  if (!found) return fail(found.error());
  std::map<std::string, JournalEntry> last;
  for (const Note& note : *found) {
    JournalEntry& entry = last[note.name];
    if (entry.source.empty() || instant(note.recorded_at) >= entry.recorded_at) {
      entry = journal_entry(note);
    }
  }
  std::vector<JournalEntry> entries;
  for (auto& [source, entry] : last) entries.push_back(std::move(entry));
  return entries;
}

Result<std::optional<JournalEntry>> ClickhouseLedger::journal(std::string_view source) const {
  auto entries = sources();
  if (!entries) return fail(entries.error());
  const auto found = std::ranges::find(*entries, source, &JournalEntry::source);
  if (found == entries->end()) return std::nullopt;
  return std::move(*found);
}

Result<void> ClickhouseLedger::append_documents(std::span<const Document> documents) {
  const auto lock = lock_and_repair();
  if (!lock) return fail(lock.error());
  auto writing = begin();
  if (!writing) return fail(writing.error());
  for (const Document& document : documents) {
    write_note(*writing, {.kind = NoteKind::document,
                          .name = document.name,
                          .recorded_at = microseconds(document.recorded_at),
                          .id = {},
                          .numbers = {},
                          .texts = {document.kind, document.text}});
  }
  return commit(*writing, documents.empty() ? Instant{} : documents.front().recorded_at);
}

Result<std::vector<Document>> ClickhouseLedger::documents(std::string_view kind) const {
  const auto found = notes(NoteKind::document);
  if (!found) return fail(found.error());
  std::vector<Document> documents;
  for (const Note& note : *found) {
    if (!kind.empty() && note.texts[0] != kind) continue;
    documents.push_back({note.texts[0], note.name, instant(note.recorded_at), note.texts[1]});
  }
  return documents;
}

}  // namespace costops::storage
