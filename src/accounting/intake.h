// intake.h - the batch between readers and ledger: gathers, prices, appends, counts.
//
// Records of several files share a batch, so that a folder of small files costs few commits. A
// file's journal entry travels with the batch that holds its last record: either both are in the
// ledger, or the file is read again.
//
// There are two loads: while a thread of its own appends one, the other one is filled and priced.
#pragma once

#include <array>
#include <functional>
#include <future>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "accounting/prices_used.h"
#include "costops/accounting/ingest.h"
#include "costops/engine/calculator.h"
#include "costops/ingestion/lines.h"

namespace costops::accounting {

/// A rejection of a file as a whole.
[[nodiscard]] ingestion::Rejection rejection_of(const std::string& file, std::string reason);

class Intake final : public ingestion::RecordSink {
 public:
  using Append = std::function<Result<storage::AppendCounts>(const storage::LedgerBatch&)>;
  /// Called every few thousand records.
  using Tick = std::function<void(std::uint64_t records)>;

  Intake(const IngestOptions& options, const pricing::PriceBook& book, Append append, Tick tick);
  ~Intake() override;

  void record(const UsageRecord& record) override;
  void rejected(ingestion::Rejection rejection) override;
  /// Takes the records and rejections of a portion; `progress` says how far its file is read after
  /// it, if reading may go on from there.
  void take(ingestion::Portion& portion, std::optional<storage::JournalEntry> progress);
  /// Cancelled, or the ledger refused: see finish().
  [[nodiscard]] bool stopped() const override;

  /// A rejection that is told but not kept: the file could not even be opened.
  void unreadable(ingestion::Rejection rejection);
  /// The file whose last record has been given is complete.
  void complete(storage::JournalEntry entry);
  /// No more of the file whose portions were taken.
  void leave() { progress_.reset(); }
  [[nodiscard]] std::uint64_t records() const { return report_.read; }
  [[nodiscard]] std::uint64_t rejections() const { return rejections_; }

  /// Appends what is left. The report, or why the ledger refused.
  [[nodiscard]] Result<IngestReport> finish();

 private:
  /// What one append takes.
  struct Load {
    UsageBatch batch;
    engine::BatchCosts costs;
    std::vector<std::uint32_t> price;  ///< Column: index into `prices`.
    std::vector<storage::PriceUsed> prices;
    std::vector<storage::Quarantined> quarantined;
    std::vector<storage::JournalEntry> journal;
  };
  void flush();
  [[nodiscard]] Result<void> price_load();
  [[nodiscard]] storage::LedgerBatch rows_of(const Load& load) const;
  void await_append();
  void count(const storage::AppendCounts& counts, const Load& load);
  void show(ingestion::Rejection rejection);

  const IngestOptions& options_;
  Append append_;
  Tick tick_;
  engine::BatchPricer pricer_;
  PricesUsed prices_used_;
  std::vector<std::uint32_t> used_index_;  ///< By the pricer's price index.
  std::array<Load, 2> loads_;
  std::size_t filling_ = 0;                               ///< Index of the load being filled.
  std::future<Result<storage::AppendCounts>> appending_;  ///< Of the other load.
  std::optional<storage::JournalEntry> progress_;
  std::map<std::string, std::uint64_t, std::less<>> unpriced_reasons_;
  std::uint64_t rejections_ = 0;
  Result<void> refused_;
  IngestReport report_;
};

}  // namespace costops::accounting
