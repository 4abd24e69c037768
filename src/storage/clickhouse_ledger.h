// clickhouse_ledger.h - the ledger in a database of a ClickHouse server, which many machines share.
//
// The server has no transactions: all rows carry the number of their batch, the row of `batches`
// comes last, and readers see the batches that have one. Texts have the hash of their bytes as
// their number, so writers need not agree on numbers.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "costops/storage/ledger.h"
#include "storage/adjustment.h"
#include "storage/admission.h"
#include "storage/clickhouse_server.h"
#include "storage/clickhouse_spool.h"
#include "storage/row_binary.h"

namespace costops::storage {

/// The number of a text: 0 for the empty one, else a hash of its bytes.
[[nodiscard]] std::uint64_t text_number(std::string_view text);
/// The condition that a row's batch is complete, and not after `last`.
[[nodiscard]] std::string in_batches(std::uint64_t last);
/// A condition on range, as-of and filters, for rows of `entries`: " AND ...".
[[nodiscard]] std::string clickhouse_where(const Query& query);
/// Columns of `entries` as a record is read from them.
[[nodiscard]] const std::string& clickhouse_columns();
[[nodiscard]] Error half_an_answer();
[[nodiscard]] Result<std::map<std::uint64_t, std::string>> clickhouse_texts(
    const ClickhouseServer& server, const std::unordered_set<std::uint64_t>& numbers);

/// What `notes` hold: everything that is neither an entry nor a text.
enum class NoteKind : std::uint8_t { price = 1, quarantined, resolution, journal, document };
struct Note {
  NoteKind kind = NoteKind::document;
  std::string name;
  std::int64_t recorded_at = 0;
  RecordId id;
  std::vector<std::int64_t> numbers;
  std::vector<std::string> texts;
};

class ClickhouseLedger final : public Ledger {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Ledger>> open(const ClickhouseUrl& url,
                                                            OpenMode mode);

  Result<AppendCounts> append(const LedgerBatch& batch) override;
  Result<Groups> groups(const Query& query) const override;
  Result<std::vector<KnownRecord>> known(std::span<const RecordId> ids) const override;
  Result<StoredRecord> find(std::string_view id) const override;
  Result<void> scan(const Query& selection,
                    const std::function<bool(const StoredRecord&)>& visit) const override;
  Result<std::uint64_t> reprice(std::span<const Repricing> corrections,
                                std::span<const PriceUsed> prices, Instant recorded_at) override;
  Result<PriceUsed> price_used(std::int32_t number) const override;
  Result<std::vector<Quarantined>> quarantine(std::size_t limit) const override;
  Result<std::uint64_t> quarantine_count() const override;
  Result<std::vector<Quarantined>> quarantine_history() const override;
  Result<void> resolve(std::span<const RecordId> ids, Instant at) override;
  Result<std::optional<JournalEntry>> journal(std::string_view source) const override;
  Result<std::vector<JournalEntry>> sources() const override;
  Result<void> append_documents(std::span<const Document> documents) override;
  Result<std::vector<Document>> documents(std::string_view kind) const override;
  Result<std::optional<TimeRange>> extent() const override;
  std::string url() const override { return server_.url().text(); }

 private:
  /// A record and how many entries it has.
  struct Loaded {
    StoredRecord record;
    std::uint32_t entries = 0;
  };
  using Prices = std::map<std::int32_t, PriceUsed>;
  /// Rows on their way into one batch.
  struct Writing {
    std::uint64_t batch = 0;
    RowBinaryWriter entries, texts, notes;
    std::uint64_t entry_rows = 0, text_rows = 0, note_rows = 0;
    std::int64_t first = INT64_MAX, last = INT64_MIN;
    std::unordered_set<std::uint64_t> new_texts;
    Prices prices;
  };
  /// An entry as it is written: what its record says of itself, and one change.
  struct Entry {
    const UsageRecord* usage;
    Instant at;
    std::uint32_t line;  ///< Of the record's history.
    const HistoryLine* change;
    std::int32_t records, unpriced;
  };

  ClickhouseLedger(const ClickhouseUrl& url, OpenMode mode, std::string spool)
      : server_(url), mode_(mode), spool_(std::move(spool)) {}
  [[nodiscard]] Result<void> prepare_tables();
  [[nodiscard]] Result<std::uint64_t> last_batch() const;
  [[nodiscard]] Result<Prices> prices(std::uint64_t last) const;
  [[nodiscard]] Result<std::vector<Note>> notes(NoteKind kind, std::uint64_t last) const;
  [[nodiscard]] Result<std::vector<Note>> notes(NoteKind kind) const;
  [[nodiscard]] Result<std::vector<Loaded>> load(std::string_view rows, std::uint64_t last) const;
  [[nodiscard]] Result<std::vector<Loaded>> load_ids(std::span<const RecordId> ids) const;

  // clickhouse_append.cc
  [[nodiscard]] Result<ClickhouseSpool::Lock> begin(Writing& writing);
  void write_text(Writing& writing, std::string_view text);
  void write_entry(Writing& writing, const Entry& entry);
  void write_note(Writing& writing, const Note& note);
  void write_adjustments(Writing& writing, const Loaded& loaded, const HistoryLine& target);
  [[nodiscard]] std::int32_t price_number(Writing& writing, const PriceUsed& price,
                                          Instant recorded_at);
  void write_records(Writing& writing, const LedgerBatch& batch);
  [[nodiscard]] Result<void> write_growths(Writing& writing, const LedgerBatch& batch,
                                           AppendCounts& counts);
  void write_quarantined(Writing& writing, std::span<const Quarantined> entries);
  void write_journal(Writing& writing, std::span<const JournalEntry> journal);
  [[nodiscard]] Result<void> commit(Writing& writing, Instant recorded_at);
  [[nodiscard]] Result<void> send(std::uint64_t batch);

  ClickhouseServer server_;
  OpenMode mode_;
  ClickhouseSpool spool_;
  Admission admission_;
  std::unordered_set<std::uint64_t> known_texts_;  ///< On the server for sure.
};

}  // namespace costops::storage
