// adjustment.cc - differences between what a record is and what it should be.
#include "storage/adjustment.h"

namespace costops::storage {
namespace {

bool is_unpriced(const HistoryLine& line) { return line.status == PricingStatus::unpriced; }

Currency reported_currency(const HistoryLine& line) {
  return line.reported_cost ? line.reported_cost->currency : Currency();
}

/// `words` with the measures of `target` less those of `now`.
HistoryLine difference(const HistoryLine& target, const HistoryLine& now,
                       const HistoryLine& words) {
  HistoryLine out = words;
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    out.quantities[i] = target.quantities[i] - now.quantities[i];
  }
  for (std::size_t c = 0; c < kCostClassCount; ++c) {
    out.costs.by_class[c] = target.costs.by_class[c] - now.costs.by_class[c];
  }
  if (!words.reported_cost) return out;
  const Amount after = target.reported_cost ? target.reported_cost->amount : Amount();
  const Amount before = now.reported_cost ? now.reported_cost->amount : Amount();
  out.reported_cost = Money{after - before, words.reported_cost->currency};
  return out;
}

}  // namespace

std::vector<Adjustment> adjustments_between(const HistoryLine& now, const HistoryLine& target) {
  if (now.currency == target.currency && reported_currency(now) == reported_currency(target)) {
    return {{difference(target, now, target), 0, is_unpriced(target) - is_unpriced(now)}};
  }
  Adjustment reversal{difference(HistoryLine{}, now, now), -1, -is_unpriced(now)};
  reversal.change.recorded_at = target.recorded_at;
  reversal.change.what = target.what;
  return {reversal, {target, 1, is_unpriced(target)}};
}

void apply(const HistoryLine& change, HistoryLine& standing) {
  HistoryLine sum = change;
  for (std::size_t i = 0; i < kMeterCount; ++i) sum.quantities[i] += standing.quantities[i];
  sum.costs += standing.costs;
  if (sum.reported_cost && standing.reported_cost) {
    sum.reported_cost->amount += standing.reported_cost->amount;
  }
  standing = std::move(sum);
}

void add_difference(const HistoryLine& now, const HistoryLine& target, CurrencyTotals& totals) {
  totals.add({target.costs.total(), target.currency});
  totals.add({-now.costs.total(), now.currency});
}

HistoryLine line_of(const LedgerBatch& batch, std::uint32_t row, std::int32_t price) {
  const UsageBatch& usage = *batch.usage;
  HistoryLine line;
  line.recorded_at = batch.recorded_at;
  line.status = batch.status[row];
  line.reason = batch.reasons[batch.reason[row]];
  line.currency = batch.currency[row];
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    const auto quantities = usage.quantities(static_cast<Meter>(i));
    if (!quantities.empty()) line.quantities[i] = quantities[row];
  }
  for (std::size_t c = 0; c < kCostClassCount; ++c) {
    line.costs.by_class[c] = Amount::pico(batch.pico[c][row]);
  }
  line.price = price;
  if (!usage.reported_currency[row].is_none()) {
    line.reported_cost = Money{usage.reported_cost[row], usage.reported_currency[row]};
  }
  return line;
}

Result<HistoryLine> corrected(const HistoryLine& now, const Repricing& correction,
                              std::int32_t price) {
  HistoryLine target = now;
  target.currency = correction.currency;
  target.reason = correction.reason;
  target.status = correction.status;
  target.price = price;
  target.costs = correction.costs;
  for (const Amount cost : correction.costs.by_class) {
    if (cost.fits_entry()) continue;
    return fail(ErrorCode::invalid_input, "the new cost of record " + to_string(correction.id) +
                                              ", " + to_string(cost) +
                                              ", does not fit a ledger entry");
  }
  return target;
}

bool same_state(const HistoryLine& a, const HistoryLine& b) {
  return a.status == b.status && a.reason == b.reason && a.currency == b.currency &&
         a.quantities == b.quantities && a.costs == b.costs && a.price == b.price &&
         a.reported_cost == b.reported_cost;
}

KnownRecord known_of(const StoredRecord& record) {
  KnownRecord known;
  known.id = record.usage.id;
  known.content = content_of(record.usage.provider, record.usage.model, record.usage.at);
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    const auto meter = static_cast<Meter>(i);
    const std::int64_t quantity = record.usage.quantities[i];
    known.content += content_of(meter, quantity);
    known.total += quantity;
    if (counts_as_output(meter)) known.output += quantity;
  }
  return known;
}

}  // namespace costops::storage
