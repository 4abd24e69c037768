// cache_savings.cc - one look at each record; only those that cached something are priced again.
#include "costops/accounting/cache_savings.h"

#include <map>

#include "accounting/price_definition.h"
#include "costops/engine/calculator.h"

namespace costops::accounting {
namespace {

using storage::HistoryLine;
using storage::StoredRecord;

/// The meter of the same tokens when no cache is involved.
Meter uncached(Meter meter) {
  switch (facts(meter).modality) {
    case Modality::audio:
      return Meter::input_audio_tokens;
    case Modality::image:
      return Meter::input_image_tokens;
    case Modality::video:
      return Meter::input_video_tokens;
    default:
      return Meter::input_tokens_uncached;
  }
}

/// Moves the quantities of one type to their uncached meters; whether there were any.
bool move_uncached(TokenType type, Quantities& quantities) {
  bool moved = false;
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    const Meter meter = static_cast<Meter>(i);
    if (facts(meter).token_type != type || quantities[i] == 0) continue;
    at(quantities, uncached(meter)) += quantities[i];
    quantities[i] = 0;
    moved = true;
  }
  return moved;
}

const std::string& text_of(const UsageRecord& usage, Dimension dimension) {
  if (dimension == Dimension::file) return usage.position.file;
  // In the order of the enumerators.
  static constexpr std::string UsageRecord::*kTexts[] = {
      &UsageRecord::provider,     &UsageRecord::model,        &UsageRecord::model_version,
      &UsageRecord::organization, &UsageRecord::project,      &UsageRecord::user,
      &UsageRecord::session,      &UsageRecord::service_tier, &UsageRecord::region,
      &UsageRecord::speed,        &UsageRecord::source_kind,  &UsageRecord::source_endpoint};
  return usage.*kTexts[static_cast<std::size_t>(dimension)];
}

class Savings {
 public:
  Savings(const storage::Ledger& ledger, const ReportRequest& request)
      : ledger_(ledger), request_(request) {}

  /// Whether to go on with the next record.
  bool look_at(const StoredRecord& record) {
    usage_ = record.usage;
    usage_.at = record.at;
    const bool read = move_uncached(TokenType::cache_read, usage_.quantities);
    without_reads_ = usage_.quantities;
    if (!move_uncached(TokenType::cache_write, usage_.quantities) && !read) return true;
    done_ = price(record);
    return done_.has_value();
  }

  Result<std::vector<CacheSavingsRow>> finish() {
    if (!done_) return fail(done_.error());
    std::vector<CacheSavingsRow> rows;
    for (auto& [key, row] : rows_) {
      row.keys = key.first;
      row.currency = key.second;
      rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  Result<void> price(const StoredRecord& record) {
    const HistoryLine& stored = record.history.back();
    CacheSavingsRow change;
    change.unknown = 1;
    if (stored.status == PricingStatus::priced && stored.price != 0) {
      const auto price = price_numbered(stored.price);
      if (!price) return fail(price.error());
      const auto without_cache = engine::CostCalculator::costs_of(usage_, **price);
      usage_.quantities = without_reads_;
      const auto without_reads = engine::CostCalculator::costs_of(usage_, **price);
      if (is_known(without_cache) && is_known(without_reads)) {
        change.unknown = 0;
        change.known = 1;
        change.savings = without_reads->costs.total() - stored.costs.total();
        change.net_savings = without_cache->costs.total() - stored.costs.total();
      }
    }
    add(record, stored.currency, change);
    return {};
  }

  static bool is_known(const Result<engine::RecordCosts>& costs) {
    return costs && costs->status == PricingStatus::priced;
  }

  Result<const pricing::Price*> price_numbered(std::int32_t number) {
    if (const auto known = prices_.find(number); known != prices_.end()) return &known->second;
    const auto used = ledger_.price_used(number);
    if (!used) return fail(used.error());
    auto price = price_of_definition(used->definition);
    if (!price) return fail(price.error());
    return &prices_.emplace(number, std::move(*price)).first->second;
  }

  void add(const StoredRecord& record, Currency currency, const CacheSavingsRow& change) {
    add_under({}, 0, record, currency, change);
  }

  /// The group of a record; one for each of its tags where tags are asked for.
  void add_under(std::vector<std::string> keys, std::size_t next, const StoredRecord& record,
                 Currency currency, const CacheSavingsRow& change) {
    for (; next < request_.group_by.size(); ++next) {
      const Dimension dimension = request_.group_by[next];
      if (dimension != Dimension::tags) {
        keys.push_back(text_of(record.usage, dimension));
        continue;
      }
      if (record.usage.tags.empty()) keys.emplace_back();
      for (const std::string& tag : record.usage.tags) {
        std::vector<std::string> tagged = keys;
        tagged.push_back(tag);
        add_under(std::move(tagged), next + 1, record, currency, change);
      }
      if (!record.usage.tags.empty()) return;
    }
    if (request_.grain) keys.push_back(request_.zone.label_of(record.at, *request_.grain));
    CacheSavingsRow& row = rows_[{std::move(keys), currency}];
    row.savings += change.savings;
    row.net_savings += change.net_savings;
    row.known += change.known;
    row.unknown += change.unknown;
  }

  const storage::Ledger& ledger_;
  const ReportRequest& request_;
  UsageRecord usage_;
  Quantities without_reads_{};
  std::map<std::int32_t, pricing::Price> prices_;
  std::map<std::pair<std::vector<std::string>, Currency>, CacheSavingsRow> rows_;
  Result<void> done_;
};

}  // namespace

Result<std::vector<CacheSavingsRow>> cache_savings(const storage::Ledger& ledger,
                                                   const ReportRequest& request) {
  storage::Query selection;
  selection.range = request.range;
  selection.filters = request.filters;
  selection.as_of = request.as_of;
  Savings savings(ledger, request);
  auto scanned =
      ledger.scan(selection, [&](const StoredRecord& record) { return savings.look_at(record); });
  if (!scanned) return fail(scanned.error());
  return savings.finish();
}

}  // namespace costops::accounting
