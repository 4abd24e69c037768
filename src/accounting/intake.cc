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

Intake::~Intake() {
  if (appending_.valid()) appending_.wait();
}

void Intake::record(const UsageRecord& record) {
  UsageBatch& batch = loads_[filling_].batch;
  batch.append(record);
  if (++report_.read % kRecordsPerTick == 0) tick_(report_.read);
  if (batch.size() >= storage::kRowsPerBatch) flush();
}

void Intake::take(ingestion::Portion& portion, std::optional<storage::JournalEntry> progress) {
  for (ingestion::Rejection& rejection : portion.rejections) rejected(std::move(rejection));
  const UsageBatch& records = portion.records;
  // A batch that the ledger refused stays full: there is no going on.
  for (std::size_t from = 0; refused_ && from < records.size();) {
    UsageBatch& batch = loads_[filling_].batch;
    const std::size_t count =
        std::min(storage::kRowsPerBatch - batch.size(), records.size() - from);
    batch.append(records, from, count);
    from += count;
    if (batch.size() >= storage::kRowsPerBatch) flush();
  }
  report_.read += records.size();
  progress_ = std::move(progress);
  tick_(report_.read);
}

void Intake::complete(storage::JournalEntry entry) {
  progress_.reset();
  loads_[filling_].journal.push_back(std::move(entry));
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
  std::vector<storage::Quarantined>& quarantined = loads_[filling_].quarantined;
  quarantined.push_back(std::move(entry));
  show(std::move(rejection));
  if (quarantined.size() >= kRejectionsPerBatch) flush();
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

/// Hands the filled load to the appending thread, once the other one is in the ledger.
void Intake::flush() {
  if (!refused_) return;
  Load& load = loads_[filling_];
  if (progress_) load.journal.push_back(*std::exchange(progress_, std::nullopt));
  // A run with nothing new costs no transaction, and none of what a ledger prepares for one.
  if (load.batch.size() == 0 && load.quarantined.empty() && load.journal.empty()) return;
  const Result<void> priced = price_load();
  await_append();
  if (refused_ && !priced) refused_ = priced;
  if (!refused_) return;
  appending_ =
      std::async(std::launch::async, [this, rows = rows_of(load)] { return append_(rows); });
  filling_ = 1 - filling_;
  Load& next = loads_[filling_];
  next.quarantined.clear();
  next.journal.clear();
  if (texts_in(next.batch) > kTextsMax) {
    next.batch = UsageBatch();
  } else {
    next.batch.clear();
  }
}

void Intake::await_append() {
  if (!appending_.valid()) return;
  const auto counts = appending_.get();
  if (counts) {
    count(*counts, loads_[1 - filling_]);
  } else {
    refused_ = fail(counts.error());
  }
}

Result<void> Intake::price_load() {
  Load& load = loads_[filling_];
  pricer_.price(load.batch, options_.default_at, load.costs);
  for (std::size_t i = used_index_.size(); i < load.costs.prices.size(); ++i) {
    const auto index = prices_used_.index_of(*load.costs.prices[i]);
    if (!index) return fail(index.error());
    used_index_.push_back(*index);
  }
  const auto prices = prices_used_.all();
  load.prices.insert(load.prices.end(),
                     prices.begin() + static_cast<std::ptrdiff_t>(load.prices.size()),
                     prices.end());
  load.price.resize(load.batch.size());
  std::ranges::transform(load.costs.price, load.price.begin(), [this](std::uint32_t price) {
    return price == engine::BatchCosts::kNoPrice ? price : used_index_[price];
  });
  return {};
}

storage::LedgerBatch Intake::rows_of(const Load& load) const {
  storage::LedgerBatch rows;
  rows.usage = &load.batch;
  rows.default_at = options_.default_at;
  rows.status = load.costs.status;
  rows.price = load.price;
  for (std::size_t c = 0; c < kCostClassCount; ++c) rows.pico[c] = load.costs.pico[c];
  rows.currency = load.costs.currency;
  rows.reason = load.costs.reason;
  rows.prices = load.prices;
  rows.reasons = load.costs.reasons;
  rows.quarantined = load.quarantined;
  rows.journal = load.journal;
  rows.recorded_at = options_.read.now;
  return rows;
}

void Intake::count(const storage::AppendCounts& counts, const Load& load) {
  report_.added += counts.added;
  report_.duplicates += counts.duplicates;
  report_.superseded += counts.superseded;
  report_.conflicts += counts.conflicts;
  report_.quarantined += counts.quarantined;
  report_.cost.add(counts.cost);
  const engine::BatchCosts& costs = load.costs;
  for (const std::uint32_t row : counts.standing) {
    if (costs.status[row] != PricingStatus::unpriced) continue;
    ++report_.unpriced;
    ++unpriced_reasons_[costs.reasons[costs.reason[row]]];
  }
  if (report_.first_rejections.size() >= kRejectionsShown) return;
  for (std::size_t row = 0; row < counts.outcomes.size(); ++row) {
    if (counts.outcomes[row] == storage::RowOutcome::quarantined) {
      show({load.batch.record(row).position, costs.reasons[costs.reason[row]], {}});
    } else if (counts.outcomes[row] == storage::RowOutcome::conflict) {
      show({load.batch.record(row).position,
            "record " + to_string(load.batch.ids[row]) +
                " is already in the ledger with other content",
            {}});
    }
  }
}

Result<IngestReport> Intake::finish() {
  flush();
  await_append();
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
