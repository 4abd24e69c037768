// reprice.cc - records priced again, and adjustments for those that differ.
#include "accounting/prices_used.h"
#include "costops/accounting/report.h"
#include "costops/engine/calculator.h"

namespace costops::accounting {
namespace {

using storage::HistoryLine;
using storage::StoredRecord;

constexpr std::size_t kCorrectionsAtOnce = 8192;

class Repricer {
 public:
  Repricer(storage::Ledger& ledger, const pricing::PriceBook& book, RepriceScope scope, Instant now)
      : ledger_(ledger), book_(book), scope_(scope), now_(now), prices_(book) {}

  /// Whether to go on with the next record.
  bool look_at(const StoredRecord& record) {
    const HistoryLine& stored = record.history.back();
    if (scope_ == RepriceScope::unpriced && stored.status != PricingStatus::unpriced) return true;
    ++report_.looked_at;
    done_ = price(record, stored);
    if (done_ && corrections_.size() >= kCorrectionsAtOnce) done_ = write();
    return done_.has_value();
  }

  Result<RepriceReport> finish() {
    if (done_) done_ = write();
    if (!done_) return fail(done_.error());
    return report_;
  }

 private:
  Result<void> price(const StoredRecord& record, const HistoryLine& stored) {
    usage_ = record.usage;
    usage_.at = record.at;
    if (auto priced = engine::CostCalculator::calculate(usage_, book_, cost_); !priced) {
      return fail(priced.error().code, "record " + to_string(usage_.id) +
                                           " cannot be priced again: " + priced.error().message);
    }
    if (cost_.status == PricingStatus::unpriced) ++report_.still_unpriced;
    if (cost_.status == stored.status && cost_.currency == stored.currency &&
        cost_.costs == stored.costs && cost_.price_id == stored.price_id) {
      return {};
    }
    storage::Repricing correction;
    correction.id = usage_.id;
    correction.status = cost_.status;
    correction.currency = cost_.currency;
    correction.costs = cost_.costs;
    correction.reason = cost_.reason;
    if (const pricing::Price* used = book_.by_id(cost_.price_id); used != nullptr) {
      const auto index = prices_.index_of(*used);
      if (!index) return fail(index.error());
      correction.price = *index;
    }
    corrections_.push_back(std::move(correction));
    report_.difference.add({cost_.costs.total(), cost_.currency});
    report_.difference.add({-stored.costs.total(), stored.currency});
    return {};
  }

  Result<void> write() {
    const auto changed = ledger_.reprice(corrections_, prices_.all(), now_);
    if (!changed) return fail(changed.error());
    report_.changed += *changed;
    corrections_.clear();
    return {};
  }

  storage::Ledger& ledger_;
  const pricing::PriceBook& book_;
  RepriceScope scope_;
  Instant now_;
  PricesUsed prices_;
  UsageRecord usage_;
  CostRecord cost_;
  std::vector<storage::Repricing> corrections_;
  Result<void> done_;
  RepriceReport report_;
};

}  // namespace

Result<RepriceReport> reprice(storage::Ledger& ledger, const pricing::PriceBook& book,
                              const storage::Query& selection, RepriceScope scope, Instant now) {
  Repricer repricer(ledger, book, scope, now);
  auto scanned =
      ledger.scan(selection, [&](const StoredRecord& record) { return repricer.look_at(record); });
  if (!scanned) return fail(scanned.error());
  return repricer.finish();
}

}  // namespace costops::accounting
