// intake.cc - batches of bounded size, whatever the input's.
#include "accounting/intake.h"

#include <algorithm>

namespace costops::accounting {
namespace {

constexpr std::size_t kRejectionsShown = 10;
/// Rejections carry up to 4 KiB of input each.
constexpr std::size_t kRejectionsPerBatch = 4096;
constexpr std::uint64_t kRecordsPerTick = 4096;
/// A batch whose dictionaries hold more texts than this is replaced, not reused.
constexpr std::size_t kTextsMax = 200'000;

std::size_t texts_in(const UsageBatch& batch) {
  std::size_t texts = 0;
  for (std::size_t d = 0; d < kDimensionCount; ++d) {
    texts += batch.dictionary(static_cast<Dimension>(d)).size();
  }
  return texts;
}

}  // namespace

ingestion::Rejection rejection_of(const std::string& file, std::string reason) {
  ingestion::Rejection rejection;
  rejection.position.file = file;
  rejection.reason = std::move(reason);
  return rejection;
}

Intake::Intake(const IngestOptions& options, const pricing::PriceBook& book, Append append,
               Tick tick)
    : options_(options),
      append_(std::move(append)),
      tick_(std::move(tick)),
      pricer_(book),
      prices_used_(book) {}

void Intake::record(const UsageRecord& record) {
  batch_.append(record);
  if (++report_.read % kRecordsPerTick == 0) tick_(report_.read);
  if (batch_.size() >= storage::kRowsPerBatch) flush();
}

void Intake::rejected(ingestion::Rejection rejection) {
  ++rejections_;
  storage::Quarantined entry;
  entry.id =
      record_id("quarantine", {rejection.position.file, std::to_string(rejection.position.line),
                               rejection.reason, rejection.excerpt});
  entry.position = rejection.position;
  entry.reason = rejection.reason;
  entry.excerpt = rejection.excerpt;
  entry.recorded_at = options_.read.now;
  quarantined_.push_back(std::move(entry));
  show(std::move(rejection));
  if (quarantined_.size() >= kRejectionsPerBatch) flush();
}

void Intake::unreadable(ingestion::Rejection rejection) {
  ++report_.quarantined;
  show(std::move(rejection));
}

bool Intake::stopped() const {
  return !refused_ || (options_.cancel != nullptr && options_.cancel->load());
}

void Intake::show(ingestion::Rejection rejection) {
  if (report_.first_rejections.size() >= kRejectionsShown) return;
  report_.first_rejections.push_back(std::move(rejection));
}

void Intake::flush() {
  if (!refused_) return;
  refused_ = append_batch();
  quarantined_.clear();
  journal_.clear();
  if (texts_in(batch_) > kTextsMax) {
    batch_ = UsageBatch();
  } else {
    batch_.clear();
  }
}

Result<void> Intake::append_batch() {
  pricer_.price(batch_, options_.default_at, costs_);
  for (std::size_t i = used_index_.size(); i < costs_.prices.size(); ++i) {
    const auto index = prices_used_.index_of(*costs_.prices[i]);
    if (!index) return fail(index.error());
    used_index_.push_back(*index);
  }
  price_.resize(batch_.size());
  std::ranges::transform(costs_.price, price_.begin(), [this](std::uint32_t price) {
    return price == engine::BatchCosts::kNoPrice ? price : used_index_[price];
  });

  storage::LedgerBatch rows;
  rows.usage = &batch_;
  rows.default_at = options_.default_at;
  rows.status = costs_.status;
  rows.price = price_;
  for (std::size_t c = 0; c < kCostClassCount; ++c) rows.pico[c] = costs_.pico[c];
  rows.currency = costs_.currency;
  rows.reason = costs_.reason;
  rows.prices = prices_used_.all();
  rows.reasons = costs_.reasons;
  rows.quarantined = quarantined_;
  rows.journal = journal_;
  rows.recorded_at = options_.read.now;
  const auto counts = append_(rows);
  if (!counts) return fail(counts.error());
  count(*counts);
  return {};
}

void Intake::count(const storage::AppendCounts& counts) {
  report_.added += counts.added;
  report_.duplicates += counts.duplicates;
  report_.superseded += counts.superseded;
  report_.conflicts += counts.conflicts;
  report_.quarantined += counts.quarantined;
  report_.cost.add(counts.cost);
  for (const std::uint32_t row : counts.standing) {
    if (costs_.status[row] != PricingStatus::unpriced) continue;
    ++report_.unpriced;
    ++unpriced_reasons_[costs_.reasons[costs_.reason[row]]];
  }
  for (std::size_t row = 0; row < counts.outcomes.size(); ++row) {
    if (report_.first_rejections.size() >= kRejectionsShown) return;
    if (counts.outcomes[row] == storage::RowOutcome::quarantined) {
      show({batch_.record(row).position, costs_.reasons[costs_.reason[row]], {}});
    } else if (counts.outcomes[row] == storage::RowOutcome::conflict) {
      show({batch_.record(row).position,
            "record " + to_string(batch_.ids[row]) + " is already in the ledger with other content",
            {}});
    }
  }
}

Result<IngestReport> Intake::finish() {
  flush();
  if (!refused_) return fail(refused_.error());
  report_.cancelled = options_.cancel != nullptr && options_.cancel->load();
  for (const auto& [reason, records] : unpriced_reasons_) {
    report_.unpriced_reasons.emplace_back(reason, records);
  }
  std::ranges::stable_sort(report_.unpriced_reasons, std::ranges::greater{},
                           [](const auto& entry) { return entry.second; });
  return report_;
}

}  // namespace costops::accounting
