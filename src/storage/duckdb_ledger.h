// duckdb_ledger.h - the ledger in one DuckDB file: the default backend.
//
// One writer at a time, any number of readers, each on a connection of its own: a reader sees whole
// batches only. DuckDB lets one process open the file.
//
// Memory. Appending runs under a small memory limit of the database's, whatever the ledger's size;
// questions may use more. Which ids the ledger holds is kept as fingerprints (6 to 11 bytes each);
// a ledger of more records than Limits::fingerprints reads its ids instead, once for each batch.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "costops/storage/ledger.h"
#include "storage/admission.h"
#include "storage/circumstances.h"
#include "storage/duck.h"
#include "storage/duckdb_entries.h"
#include "storage/duckdb_texts.h"
#include "storage/entry_checksum.h"
#include "storage/fingerprint_set.h"

namespace costops::storage {

/// Numbers of a batch's texts in the ledger.
struct BatchNumbers {
  std::array<std::vector<std::int32_t>, kDimensionCount> of_code;  ///< By the batch's codes.
  std::vector<std::int32_t> reasons, prices;                       ///< By the batch's indexes.
  std::map<Currency, std::int32_t> currencies;
};

class DuckdbLedger final : public Ledger {
 public:
  struct Limits {
    std::size_t fingerprints = 20'000'000;
  };

  /// `path` may be ":memory:".
  [[nodiscard]] static Result<std::unique_ptr<Ledger>> open(std::string path, OpenMode mode,
                                                            Limits limits);

  Result<AppendCounts> append(const LedgerBatch& batch) override;
  Result<Groups> groups(const Query& query) const override;
  Result<std::vector<KnownRecord>> known(std::span<const RecordId> ids) const override;
  Result<StoredRecord> find(std::string_view id) const override;
  Result<void> scan(const Query& selection,
                    const std::function<bool(const StoredRecord&)>& visit) const override;
  Result<void> scan_batches(
      const Query& selection, const RecordColumnsWanted& wanted,
      const std::function<Result<void>(const RecordBatch&)>& visit) const override;
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
  std::string url() const override { return "duckdb:" + path_; }

 private:
  enum class Work : std::uint8_t { none, writing, reading, scanning };
  /// An entry of the table `adjustments`.
  struct Adjustment {
    std::int64_t entry = 0;
    const FoldedRecord* record = nullptr;
    Standing difference;
    std::int32_t records = 0, unpriced = 0;
  };
  struct Correction {
    FoldedRecord record;  ///< As it is.
    Standing target;      ///< As it should be.
  };

  DuckdbLedger(std::string path, OpenMode mode, Limits limits)
      : path_(std::move(path)), mode_(mode), limits_(limits) {}

  [[nodiscard]] Result<void> open_database() const;
  [[nodiscard]] Result<void> open_file(duck::Access access) const;

  // duckdb_recovery.cc
  /// Whether the last process did not close the ledger.
  [[nodiscard]] bool has_log() const;
  enum class Recovery : std::uint8_t { after_replay, at_opening, look_only };
  /// Removes what a transaction left that never ended; look_only: fails with io_error if there is
  /// something.
  [[nodiscard]] Result<void> recover(Recovery recovery) const;
  /// A call in progress: the database stays as it is. Calls nest (writing during a scan).
  class Use {
   public:
    explicit Use(const DuckdbLedger* ledger) : ledger_(ledger) {}
    Use(Use&& other) noexcept : ledger_(std::exchange(other.ledger_, nullptr)) {}
    Use& operator=(Use&&) = delete;
    ~Use();

   private:
    const DuckdbLedger* ledger_;
  };
  /// Opens the database again first if it gave up after a fatal error (a full disk) and no other
  /// call is in progress.
  [[nodiscard]] Result<Use> use() const;
  [[nodiscard]] Result<duck::Connection> reader(Work work = Work::reading) const;
  [[nodiscard]] Result<void> limit_memory(duck::Connection& connection, Work work) const;
  /// A question: the database stays as it is meanwhile, and this connection is its own.
  struct Question {
    Use in_use;
    duck::Connection connection;
  };
  [[nodiscard]] Result<Question> asking(Work work = Work::reading) const;
  /// A change: nobody else writes meanwhile, and the writer is ready.
  struct Change {
    std::unique_lock<std::mutex> writing;
    Use in_use;
  };
  [[nodiscard]] Result<Change> changing();
  void note(const Error& error) const;
  void forget();
  [[nodiscard]] Result<void> prepare_to_write();

  // duckdb_append.cc
  [[nodiscard]] Result<void> judge(const LedgerBatch& batch);
  [[nodiscard]] Result<void> load_next_entry();
  /// Visits the ids of all records, in no order, some thousand at a time.
  [[nodiscard]] Result<void> for_each_ids(
      const std::function<void(std::span<const RecordId>)>& visit) const;
  [[nodiscard]] Result<void> load_known_ids();
  [[nodiscard]] Result<AppendCounts> append_judged(const LedgerBatch& batch);
  [[nodiscard]] Result<BatchNumbers> number_texts(const LedgerBatch& batch,
                                                  std::span<const std::uint32_t> rows,
                                                  std::span<const std::uint32_t> cost_rows);
  [[nodiscard]] Result<void> number_dimension(const LedgerBatch& batch, Dimension dimension,
                                              std::span<const std::uint32_t> rows,
                                              std::vector<std::int32_t>& of_code);
  [[nodiscard]] Result<void> add_tag_members(const LedgerBatch& batch,
                                             std::span<const std::uint32_t> first_rows,
                                             std::span<const std::int32_t> numbers,
                                             std::int32_t first_new);
  [[nodiscard]] Result<std::vector<std::int32_t>> number_prices(
      std::span<const PriceUsed> prices, std::span<const std::uint32_t> used);
  [[nodiscard]] Result<std::int32_t> number_text(TextNumbers& numbers, std::string_view text);
  [[nodiscard]] Result<void> append_growths(const LedgerBatch& batch, const BatchNumbers& numbers,
                                            AppendCounts& counts);
  [[nodiscard]] Result<void> append_quarantine(const LedgerBatch& batch);
  [[nodiscard]] Result<void> append_journal(std::span<const JournalEntry> journal);

  // duckdb_records.cc
  [[nodiscard]] Result<void> append_records(const LedgerBatch& batch, const BatchNumbers& numbers);
  [[nodiscard]] Result<void> append_wide(const LedgerBatch& batch, const BatchNumbers& numbers,
                                         std::span<const Admission::Insertion> wide);
  [[nodiscard]] Result<void> append_plain(const LedgerBatch& batch, const BatchNumbers& numbers,
                                          std::span<const Admission::Insertion> plain);
  void number_circumstances(const LedgerBatch& batch, const BatchNumbers& numbers,
                            std::span<const Admission::Insertion> block, std::int32_t* out);
  [[nodiscard]] Result<void> append_circumstances();
  [[nodiscard]] Result<void> append_other_quantities(const LedgerBatch& batch,
                                                     std::span<const Admission::Insertion> wide);
  [[nodiscard]] Result<void> append_batch_sums(Instant recorded_at);

  // duckdb_adjust.cc
  /// Records of some ids as they are. The ids must be distinct.
  [[nodiscard]] Result<void> load_records(std::span<const RecordId> ids,
                                          const FoldedVisitor& visit) const;
  /// Adds what the changes add to the costs.
  [[nodiscard]] Result<void> add_differences(std::span<const Correction> changes,
                                             CurrencyTotals& totals) const;
  [[nodiscard]] Result<std::uint64_t> reprice_all(std::span<const Repricing> corrections,
                                                  std::span<const PriceUsed> prices,
                                                  Instant recorded_at);
  [[nodiscard]] Result<void> write_adjustments(std::span<const Correction> changes,
                                               std::string_view why, Instant recorded_at);
  [[nodiscard]] Result<void> append_adjustments(std::span<const Adjustment> adjustments,
                                                std::string_view why, Instant recorded_at);
  [[nodiscard]] Result<Standing> target_of(const Repricing& correction, const Standing& now,
                                           std::span<const std::int32_t> prices);
  [[nodiscard]] Result<void> append_side(
      std::span<const std::tuple<std::int64_t, Meter, std::int64_t>> quantities);

  std::string path_;
  OpenMode mode_;
  Limits limits_;
  mutable std::mutex using_;     ///< Guards the next two.
  mutable int users_ = 0;        ///< Calls in progress.
  mutable bool broken_ = false;  ///< The database gave up.
  mutable std::atomic<Work> limited_for_ = Work::none;
  mutable std::string full_memory_;  ///< The limit that the database chose for itself ("18.7 GiB").
  std::atomic<bool> small_limit_ = true;  ///< Until it has proved too small for this ledger.
  mutable std::unique_ptr<duck::Database> database_;
  mutable duck::Connection writer_;

  std::mutex writing_;
  Admission admission_;
  FingerprintSet known_ids_;
  bool known_ids_loaded_ = false;
  bool too_many_ids_ = false;  ///< To be kept as fingerprints.
  std::vector<std::uint32_t> suspects_;
  std::int64_t next_entry_ = -1;  ///< -1: not loaded.
  CircumstanceNumbers circumstances_;
  EntrySums sums_;  ///< Of the entries of the transaction.
  std::vector<TextNumbers> dimension_numbers_;
  TextNumbers currency_numbers_{"currencies"};
  TextNumbers reason_numbers_{"reasons"};
  TextNumbers meter_numbers_{"meters"};
  std::map<RecordId, std::int32_t> price_numbers_;  ///< By hash of id and definition.
  bool price_numbers_loaded_ = false;

  [[nodiscard]] Result<void> load_journal() const;  ///< Under journal_reading_.
  [[nodiscard]] Result<std::vector<Quarantined>> quarantine_where(std::string_view which,
                                                                  std::size_t limit) const;

  mutable std::mutex journal_reading_;
  mutable std::map<std::string, JournalEntry, std::less<>> journal_;
  mutable bool journal_loaded_ = false;
};

}  // namespace costops::storage
