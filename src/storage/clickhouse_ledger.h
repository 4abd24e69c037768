// clickhouse_ledger.h - the ledger in a database of ClickHouse servers, which many machines share.
//
// All rows carry the number of their batch; see ClickhouseSnapshot for when it counts. A record's
// entries, and the texts that they name, are in the shard that its id says; notes are at home.
// Texts have the hash of their bytes as their number, so writers need not agree on numbers.
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
#include "storage/clickhouse_cluster.h"
#include "storage/clickhouse_entry.h"
#include "storage/clickhouse_known.h"
#include "storage/clickhouse_snapshot.h"
#include "storage/clickhouse_spool.h"
#include "storage/clickhouse_totals.h"
#include "storage/row_binary.h"

namespace costops::storage {

/// A condition on range, as-of and filters, for rows of `entries`: " AND ...".
[[nodiscard]] std::string clickhouse_where(const Query& query);
/// Columns of `entries` as a record is read from them.
[[nodiscard]] const std::string& clickhouse_columns();
/// From one shard, or from all of them.
using ClickhouseTexts = std::map<std::uint64_t, std::string>;
[[nodiscard]] Result<ClickhouseTexts> clickhouse_texts(
    const ClickhouseSnapshot& snapshot, std::size_t shard,
    const std::unordered_set<std::uint64_t>& numbers);
[[nodiscard]] Result<ClickhouseTexts> clickhouse_texts(
    const ClickhouseSnapshot& snapshot, const std::unordered_set<std::uint64_t>& numbers);

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
  Result<IntegrityReport> verify() const override;
  Result<std::optional<TimeRange>> extent() const override;
  std::string url() const override { return cluster_->url().text(); }

 private:
  /// A record and how many entries it has.
  struct Loaded {
    StoredRecord record;
    std::uint32_t entries = 0;
  };
  using Prices = std::map<std::int32_t, PriceUsed>;
  /// Rows of one batch for one shard.
  struct ShardRows {
    RowBinaryWriter entries, texts;
    std::uint64_t text_rows = 0;
    ClickhouseTotals totals;
    std::int64_t first = INT64_MAX, last = INT64_MIN;
    std::unordered_set<std::uint64_t> new_texts;
  };
  /// Rows on their way into one batch.
  struct Writing {
    explicit Writing(ClickhouseSnapshot seen) : snapshot(std::move(seen)) {}
    ClickhouseSnapshot snapshot;
    std::uint64_t batch = 0;
    std::vector<ShardRows> shards;
    RowBinaryWriter notes;
    std::uint64_t note_rows = 0;
    Prices prices;
  };
  class Cursor;
  /// A change of a record as it is written, with what its record says of itself.
  struct Entry {
    const UsageRecord* usage;
    Instant at;
    std::uint32_t line;  ///< Of the record's history.
    const HistoryLine* change;
    std::int32_t records, unpriced;
  };

  ClickhouseLedger(std::unique_ptr<ClickhouseCluster> cluster, OpenMode mode)
      : cluster_(std::move(cluster)), mode_(mode) {}
  [[nodiscard]] Result<ClickhouseSnapshot> snapshot() const {
    return ClickhouseSnapshot::take(*cluster_);
  }
  [[nodiscard]] static Result<Prices> prices(const ClickhouseSnapshot& snapshot);
  [[nodiscard]] static Result<std::vector<Note>> notes(const ClickhouseSnapshot& snapshot,
                                                       NoteKind kind);
  [[nodiscard]] Result<std::vector<Note>> notes(NoteKind kind) const;
  [[nodiscard]] static Result<std::vector<Loaded>> load(const ClickhouseSnapshot& snapshot,
                                                        std::size_t shard, std::string_view rows,
                                                        const Prices& prices);
  [[nodiscard]] Result<std::vector<Loaded>> load_ids(const ClickhouseSnapshot& snapshot,
                                                     std::span<const RecordId> ids) const;

  // clickhouse_append.cc
  [[nodiscard]] Result<ClickhouseSpool::Lock> lock_and_repair();
  [[nodiscard]] Result<Writing> begin();
  void write_text(ShardRows& rows, std::size_t shard, std::string_view text);
  static void write_entry(Writing& writing, std::size_t shard, const ClickhouseEntry& entry);
  void write_change(Writing& writing, const Entry& entry);
  void write_note(Writing& writing, const Note& note);
  /// Returns how many entries they are.
  std::uint32_t write_adjustments(Writing& writing, const Loaded& loaded,
                                  const HistoryLine& target);
  [[nodiscard]] std::int32_t price_number(Writing& writing, const PriceUsed& price,
                                          Instant recorded_at);
  void write_records(Writing& writing, const LedgerBatch& batch);
  [[nodiscard]] Result<void> write_growths(Writing& writing, const LedgerBatch& batch,
                                           AppendCounts& counts);
  void write_quarantined(Writing& writing, std::span<const Quarantined> entries);
  void write_journal(Writing& writing, std::span<const JournalEntry> journal);
  [[nodiscard]] Result<void> judge(const Writing& writing, const LedgerBatch& batch);
  [[nodiscard]] Result<void> commit(Writing& writing, Instant recorded_at);

  // clickhouse_send.cc
  enum class Attempt : std::uint8_t { first, repeated };
  /// A batch from the spool, of which some may be there.
  [[nodiscard]] Result<void> send_again(std::uint64_t batch) const;
  [[nodiscard]] Result<void> send(std::uint64_t batch, Attempt attempt,
                                  std::span<const SpooledBlock> blocks) const;
  [[nodiscard]] Result<void> send_blocks(std::uint64_t batch, Attempt attempt,
                                         std::span<const SpooledBlock> blocks) const;
  [[nodiscard]] Result<void> send_block(std::uint64_t batch, Attempt attempt,
                                        const SpooledBlock& block) const;
  [[nodiscard]] Result<void> await_end(std::size_t shard, const std::string& name) const;
  [[nodiscard]] Result<std::uint64_t> rows_there(std::uint64_t batch,
                                                 const SpooledBlock& block) const;
  [[nodiscard]] Result<void> require_there(std::uint64_t batch, const SpooledBlock& block) const;

  std::unique_ptr<ClickhouseCluster> cluster_;
  OpenMode mode_;
  ClickhouseSpool spool_;
  Admission admission_;
  ClickhouseKnown known_;
  std::vector<std::string> spare_;  ///< Memory for the entries of the next batch.
  std::vector<std::unordered_set<std::uint64_t>> known_texts_;  ///< On each shard for sure.
};

}  // namespace costops::storage
