// retry_quarantined.cc - quarantined input read again: after an update, or with other options.
#include "accounting/intake.h"
#include "costops/ingestion/input.h"

namespace costops::accounting {
namespace {

/// Passes an entry's records on and holds its rejections back: the entry itself stays.
class Attempt final : public ingestion::RecordSink {
 public:
  Attempt(Intake& intake, const SourcePosition& position) : intake_(intake), position_(position) {}
  void record(const UsageRecord& record) override {
    UsageRecord placed = record;
    placed.position = position_;
    records_.push_back(std::move(placed));
  }
  void rejected(ingestion::Rejection) override { rejected_ = true; }
  [[nodiscard]] bool stopped() const override { return rejected_ || intake_.stopped(); }

  /// Gives the records to the intake if there are some and nothing was wrong.
  [[nodiscard]] bool succeed() {
    if (rejected_ || records_.empty()) return false;
    for (const UsageRecord& record : records_) intake_.record(record);
    return true;
  }

 private:
  Intake& intake_;
  const SourcePosition& position_;
  std::vector<UsageRecord> records_;
  bool rejected_ = false;
};

}  // namespace

Result<IngestReport> retry_quarantined(const IngestOptions& options, const pricing::PriceBook& book,
                                       storage::Ledger& ledger) {
  const auto entries = ledger.quarantine(SIZE_MAX);
  if (!entries) return fail(entries.error());
  Intake intake(
      options, book, [&](const storage::LedgerBatch& batch) { return ledger.append(batch); },
      [](std::uint64_t) {});
  std::vector<RecordId> resolved;
  for (const storage::Quarantined& entry : *entries) {
    if (intake.stopped()) break;
    auto input = ingestion::Input::from_memory(entry.position.file, entry.excerpt);
    Attempt attempt(intake, entry.position);
    const auto read = ingestion::read(input, options.read, attempt);
    if (read && attempt.succeed()) resolved.push_back(entry.id);
  }
  auto report = intake.finish();
  if (!report) return report;
  if (auto done = ledger.resolve(resolved, options.read.now); !done) return fail(done.error());
  report->files = entries->size();
  report->quarantined = entries->size() - resolved.size();
  return report;
}

}  // namespace costops::accounting
