// intake.h - the batch between readers and ledger: gathers, prices, appends, counts.
//
// Records of several files share a batch, so that a folder of small files costs few commits. A
// file's journal entry travels with the batch that holds its last record: either both are in the
// ledger, or the file is read again.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "accounting/prices_used.h"
#include "costops/accounting/ingest.h"
#include "costops/engine/calculator.h"

namespace costops::accounting {

/// A rejection of a file as a whole.
[[nodiscard]] ingestion::Rejection rejection_of(const std::string& file, std::string reason);

class Intake final : public ingestion::RecordSink {
 public:
  using Append = std::function<Result<storage::AppendCounts>(const storage::LedgerBatch&)>;
  /// Called every few thousand records.
  using Tick = std::function<void(std::uint64_t records)>;

  Intake(const IngestOptions& options, const pricing::PriceBook& book, Append append, Tick tick);

  void record(const UsageRecord& record) override;
  void rejected(ingestion::Rejection rejection) override;
  /// Cancelled, or the ledger refused: see finish().
  [[nodiscard]] bool stopped() const override;

  /// A rejection that is told but not kept: the file could not even be opened.
  void unreadable(ingestion::Rejection rejection);
  /// The file whose last record has been given is complete.
  void complete(storage::JournalEntry entry) { journal_.push_back(std::move(entry)); }
  [[nodiscard]] std::uint64_t records() const { return report_.read; }
  [[nodiscard]] std::uint64_t rejections() const { return rejections_; }

  /// Appends what is left. The report, or why the ledger refused.
  [[nodiscard]] Result<IngestReport> finish();

 private:
  void flush();
  [[nodiscard]] Result<void> append_batch();
  void count(const storage::AppendCounts& counts);
  void show(ingestion::Rejection rejection);

  const IngestOptions& options_;
  Append append_;
  Tick tick_;
  engine::BatchPricer pricer_;
  engine::BatchCosts costs_;
  PricesUsed prices_used_;
  std::vector<std::uint32_t> used_index_;  ///< By the pricer's price index.
  std::vector<std::uint32_t> price_;       ///< Column: index into the prices used.
  UsageBatch batch_;
  std::vector<storage::Quarantined> quarantined_;
  std::vector<storage::JournalEntry> journal_;
  std::map<std::string, std::uint64_t, std::less<>> unpriced_reasons_;
  std::uint64_t rejections_ = 0;
  Result<void> refused_;
  IngestReport report_;
};

}  // namespace costops::accounting
