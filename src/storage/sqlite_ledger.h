// sqlite_ledger.h - the ledger in a SQLite file (write-ahead log), or in memory: for tests, small
// installations, and where several processes share one file.
//
// One writer at a time over all processes, any number of readers, each on a connection of its own.
// An in-memory ledger is one connection that all calls share, one after the other. Entries are only
// ever added, so "as it was at the start" is "entries up to the last one then".
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "costops/storage/ledger.h"
#include "storage/adjustment.h"
#include "storage/admission.h"
#include "storage/entry_checksum.h"
#include "storage/sqlite.h"
#include "storage/sqlite_texts.h"

namespace costops::storage {

class SqliteLedger final : public Ledger {
 public:
  /// `path` may be ":memory:".
  [[nodiscard]] static Result<std::unique_ptr<Ledger>> open(std::string path, OpenMode mode,
                                                            std::chrono::milliseconds wait);

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
  std::string url() const override { return "sqlite:" + path_; }

 private:
  /// A connection for one call; goes back to the pool afterwards.
  class Lease {
   public:
    Lease(const SqliteLedger& ledger, sqlite::Connection connection)
        : ledger_(&ledger), own_(std::move(connection)) {}
    explicit Lease(const SqliteLedger& ledger) : ledger_(&ledger), shared_(ledger.writing_) {}
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    sqlite::Connection& operator*() { return own_.is_open() ? own_ : ledger_->writer_; }

   private:
    const SqliteLedger* ledger_;
    sqlite::Connection own_;
    std::unique_lock<std::recursive_mutex> shared_;
  };
  /// Numbers of a batch's texts in the ledger.
  struct Numbers {
    std::array<std::vector<std::int64_t>, kDimensionCount> of_code;  ///< By the batch's codes.
    std::vector<std::int64_t> reasons, prices;                       ///< By the batch's indexes.
  };

  SqliteLedger(std::string path, OpenMode mode, std::chrono::milliseconds wait);
  [[nodiscard]] bool in_memory() const { return path_ == ":memory:"; }
  [[nodiscard]] Result<Lease> lease() const;
  [[nodiscard]] Result<sqlite::Connection> connect() const;
  [[nodiscard]] Result<std::vector<Quarantined>> quarantine_where(std::string_view which,
                                                                  std::size_t limit) const;
  /// Begins to write: takes the lock of all processes, and forgets what others may have changed.
  [[nodiscard]] Result<sqlite::Transaction> begin_writing();
  void forget();

  // sqlite_append.cc
  [[nodiscard]] Result<AppendCounts> append_judged(const LedgerBatch& batch);
  [[nodiscard]] Result<Numbers> number_texts(const LedgerBatch& batch);
  [[nodiscard]] Result<void> number_tags(const LedgerBatch& batch, std::uint32_t row,
                                         std::int64_t list);
  [[nodiscard]] Result<std::int64_t> number_price(const PriceUsed& price);
  [[nodiscard]] Result<void> insert_records(const LedgerBatch& batch, const Numbers& numbers);
  [[nodiscard]] Result<void> insert_record(const LedgerBatch& batch, const Numbers& numbers,
                                           const Admission::Insertion& insertion);
  [[nodiscard]] Result<void> insert_side(std::int64_t entry, const Quantities& quantities);
  [[nodiscard]] Result<void> insert_identities(const LedgerBatch& batch, std::int64_t first_entry);
  [[nodiscard]] Result<void> widen_extent(std::int64_t first, std::int64_t last);
  /// Writes the entries that make `target` of a record's last line.
  [[nodiscard]] Result<void> adjust(std::int64_t entry, const HistoryLine& target);
  [[nodiscard]] Result<std::uint64_t> reprice_all(std::span<const Repricing> corrections,
                                                  std::span<const PriceUsed> prices,
                                                  Instant recorded_at);
  [[nodiscard]] Result<void> prepare_statements();
  [[nodiscard]] Result<void> insert_growths(const LedgerBatch& batch, const Numbers& numbers,
                                            AppendCounts& counts);
  [[nodiscard]] Result<void> insert_quarantine(const LedgerBatch& batch);
  [[nodiscard]] Result<void> insert_journal(std::span<const JournalEntry> journal);
  [[nodiscard]] Result<void> insert_batch_sums(Instant recorded_at);
  [[nodiscard]] Result<void> sum_entry(std::int64_t entry);

  std::string path_;
  OpenMode mode_;
  std::chrono::milliseconds wait_;

  mutable std::recursive_mutex writing_;  ///< Guards everything down to the next blank line.
  mutable sqlite::Connection writer_;
  sqlite::Statement insert_entry_, insert_side_, insert_identity_, copy_entry_;
  Admission admission_;
  std::int64_t data_version_ = -1;
  std::int64_t next_entry_ = 0;
  EntrySums sums_;  ///< Of the entries of the transaction.
  std::int64_t first_used_at_ = INT64_MAX, last_used_at_ = INT64_MIN;  ///< Known to be within.
  std::map<RecordId, std::int64_t> price_numbers_;                     ///< By id and definition.
  std::vector<SqliteTextNumbers> dimension_numbers_;
  SqliteTextNumbers currency_numbers_{"currencies"};
  SqliteTextNumbers reason_numbers_{"reasons"};
  SqliteTextNumbers meter_numbers_{"meters"};

  mutable std::mutex pooling_;
  mutable std::vector<sqlite::Connection> pool_;
};

}  // namespace costops::storage
