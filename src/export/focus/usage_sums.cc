// usage_sums.cc - records to row sums. In Late::correct, the lines of a record's history are told
// apart by when they were recorded: what was known before the month closed is the month's own; each
// later line takes back the charges before it and books its own, so that price and quantity still
// multiply to the cost in every row.
#include "export/focus/usage_sums.h"

#include <algorithm>
#include <optional>

#include "costops/accounting/charges.h"
#include "costops/engine/calculator.h"
#include "costops/json/json.h"
#include "costops/pricing/providers.h"
#include "export/focus/sku.h"

namespace costops::focus {
namespace {

using accounting::ChargeReader;
using storage::StoredRecord;

std::string tags_text(const std::vector<std::string>& tags) {
  if (tags.empty()) return "";
  std::string text;
  json::Writer json(text);
  json.array();
  for (const std::string& tag : tags) json.value(tag);
  json.end_array();
  return text;
}

class Summing {
 public:
  Summing(const storage::Ledger& ledger, const ExportRequest& request, std::int64_t closes_after)
      : request_(request), closes_after_(closes_after), reader_(ledger) {}

  Result<void> add(const StoredRecord& record) {
    const TimeRange& range = request_.selection.range;
    const bool used_in_range = range.contains(record.at);
    const TimeRange month = month_of(record.at);
    if (request_.late == Late::replace) {
      count(record);
      return book(record, record.history.size() - 1, {month.from, false}, +1);
    }
    const Instant closes = month.to + std::chrono::days(closes_after_);
    const auto& history = record.history;
    std::size_t open = 0;  // Lines that the open month knew.
    while (open < history.size() && history[open].recorded_at < closes) ++open;
    bool counted = false;
    if (open > 0 && used_in_range) {
      counted = true;
      if (auto done = book(record, open - 1, {month.from, false}, +1); !done) return done;
    }
    for (std::size_t line = open; line < history.size(); ++line) {
      if (!range.contains(history[line].recorded_at)) continue;
      counted = true;
      const Booking late{month_of(history[line].recorded_at).from, true};
      if (line > 0) {
        if (auto done = book(record, line - 1, late, -1); !done) return done;
      }
      if (auto done = book(record, line, late, +1); !done) return done;
    }
    if (counted) count(record);
    return {};
  }

  UsageSums finish() && {
    std::erase_if(sums_.rows, [](const auto& row) {
      return row.second.quantity == 0 && row.second.cost.is_zero() && row.second.requests == 0;
    });
    return std::move(sums_);
  }

 private:
  struct Booking {
    Instant month;
    bool correction = false;
  };

  void count(const StoredRecord& record) {
    ++sums_.records;
    if (record.history.back().status != PricingStatus::priced) ++sums_.unpriced;
  }

  Result<void> book(const StoredRecord& record, std::size_t line, Booking booking, int sign) {
    const auto cost = reader_.charges(record, line);
    if (!cost) return fail(cost.error());
    const pricing::Price* price = reader_.price();
    if (price == nullptr) return {};
    const std::optional<CostRecord> list = list_cost(record, *price);
    RowKey key = key_of(record, booking);
    // Response bodies name no provider; the model's id did, when it was priced.
    if (key.provider.empty()) key.provider = price->provider;
    key.currency = (*cost)->currency;
    key.price_id = price->id;
    key.price_source = price->provenance.source;
    std::size_t part = 0;
    const auto& charges = (*cost)->charges;
    for (std::size_t i = 0; i < charges.size(); ++i) {
      const Charge& charge = charges[i];
      part = i > 0 && charges[i - 1].meter == charge.meter ? part + 1 : 0;
      key.meter = charge.meter;
      key.variant = price_variant(record.usage, *price, charge.meter, part);
      key.pico = charge.rate.pico;
      key.per = charge.rate.per;
      const Rate listed = list_rate(list, charge);
      key.list_pico = listed.pico;
      key.list_per = listed.per;
      RowSums& sums = sums_.rows[key];
      sums.quantity += sign * charge.quantity;
      sums.cost += sign > 0 ? charge.cost : -charge.cost;
      if (i == 0) sums.requests += sign * requests_of(record, line);
    }
    return {};
  }

  static std::int64_t requests_of(const StoredRecord& record, std::size_t line) {
    return std::max<std::int64_t>(1, at(record.history[line].quantities, Meter::requests));
  }

  RowKey key_of(const StoredRecord& record, Booking booking) const {
    const UsageRecord& usage = record.usage;
    const auto step = request_.bucket == Grain::hour ? Microseconds(std::chrono::hours(1))
                                                     : Microseconds(std::chrono::days(1));
    RowKey key;
    key.from = Instant(std::chrono::floor<Microseconds>(record.at.time_since_epoch()));
    const auto into = (key.from.time_since_epoch() % step + step) % step;
    key.from -= into;
    key.billed_in = booking.month;
    key.correction = booking.correction;
    key.provider = usage.provider;
    key.organization = usage.organization;
    key.project = usage.project;
    key.user = usage.user;
    key.tags = tags_text(usage.tags);
    key.model = usage.model;
    key.tier = usage.service_tier;
    key.region = usage.region;
    return key;
  }

  /// What the public list would have charged, where an agreement was used.
  std::optional<CostRecord> list_cost(const StoredRecord& record, const pricing::Price& price) {
    if (request_.list_prices == nullptr || pricing::is_public_list(price.provenance.source))
      return std::nullopt;
    UsageRecord usage = record.usage;
    usage.at = record.at;
    auto listed = engine::CostCalculator::calculate(usage, *request_.list_prices);
    if (!listed || listed->currency != price.currency) return std::nullopt;
    return std::move(*listed);
  }

  static Rate list_rate(const std::optional<CostRecord>& list, const Charge& charge) {
    if (!list) return charge.rate;
    for (const Charge& listed : list->charges) {
      if (listed.meter == charge.meter) return listed.rate;
    }
    return charge.rate;
  }

  const ExportRequest& request_;
  std::int64_t closes_after_;
  ChargeReader reader_;
  UsageSums sums_;
};

}  // namespace

TimeRange month_of(Instant at) {
  using namespace std::chrono;
  const year_month_day day(floor<days>(at));
  const year_month month = day.year() / day.month();
  return {Instant(sys_days(month / 1)), Instant(sys_days((month + months(1)) / 1))};
}

Result<UsageSums> sum_usage(const storage::Ledger& ledger, const ExportRequest& request,
                            std::int64_t closes_after_days) {
  if (request.bucket != Grain::hour && request.bucket != Grain::day) {
    return fail(ErrorCode::invalid_input, "a charge period is an hour or a day, not a " +
                                              std::string(to_string(request.bucket)));
  }
  Summing summing(ledger, request, closes_after_days);
  Result<void> failed;
  storage::Query selection = request.selection;
  // A correction that the range's months book may be of usage of any time before.
  if (request.late == Late::correct) selection.range.from = min_instant();
  const auto scanned = ledger.scan(selection, [&](const StoredRecord& record) {
    failed = summing.add(record);
    return failed.has_value();
  });
  if (!scanned) return fail(scanned.error());
  if (!failed) return fail(failed.error());
  return std::move(summing).finish();
}

}  // namespace costops::focus
