// duckdb_adjust.cc - corrections: the difference between what a record is and what it should be.
//
// A record that stays in its currency gets one entry with the differences. One that changes its
// currency (or that of its reported cost) gets two: the reversal of all it was, and all it is now,
// so that the sums of each currency are right on their own.
#include <algorithm>
#include <set>

#include "storage/duckdb_ledger.h"
#include "storage/duckdb_schema.h"

namespace costops::storage {
namespace {

using duck::Type;

constexpr auto kAdjustmentColumns = entry_columns_and(Type::text, Type::integer, Type::integer);

bool is_unpriced(const Standing& standing) { return standing.status == PricingStatus::unpriced; }

/// `target` with the measures of `target` less those of `now`.
Standing difference(const Standing& target, const Standing& now) {
  Standing out = target;
  for (std::size_t i = 0; i < kMeterCount; ++i) out.quantities[i] -= now.quantities[i];
  for (std::size_t i = 0; i < kCostClassCount; ++i) out.costs[i] -= now.costs[i];
  out.reported -= now.reported;
  return out;
}

bool has_side_quantities(const Quantities& quantities) {
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    if (quantities[i] != 0 &&
        std::ranges::find(kColumnMeters, static_cast<Meter>(i)) == kColumnMeters.end()) {
      return true;
    }
  }
  return false;
}

EntryFacts facts_of(std::int64_t entry, const FoldedRecord& record, const Standing& change) {
  EntryFacts facts{entry, record.id, record.at, {}, change.currency, {}, {}, change.costs};
  facts.status = static_cast<std::int8_t>(change.status);
  for (std::size_t d = 0; d < kCheckedDimensions.size(); ++d) {
    facts.dimensions[d] = record.dimensions[static_cast<std::size_t>(kCheckedDimensions[d])];
  }
  for (std::size_t m = 0; m < kColumnMeters.size(); ++m) {
    facts.meters[m] = at(change.quantities, kColumnMeters[m]);
  }
  return facts;
}

}  // namespace

Result<void> DuckdbLedger::load_records(std::span<const RecordId> ids,
                                        const FoldedVisitor& visit) const {
  const Work work = limited_for_;
  auto connection = reader(work);
  auto side = reader(work);
  if (!connection) return fail(connection.error());
  if (!side) return fail(side.error());
  if (auto filled = fill_probe(*connection, ids); !filled) return filled;
  auto rows = connection->ask(
      "SELECT e.* FROM entries e JOIN temp.probe ON probe.id = e.id ORDER BY e.id, e.entry");
  if (!rows) return fail(rows.error());
  return fold_entries(std::move(*rows), *side, visit);
}

Result<void> DuckdbLedger::append_side(
    std::span<const std::tuple<std::int64_t, Meter, std::int64_t>> quantities) {
  static constexpr Type kColumns[] = {Type::bigint, Type::integer, Type::bigint};
  if (quantities.empty()) return {};
  auto appender = writer_.appender(nullptr, "other_quantities", kColumns);
  if (!appender) return fail(appender.error());
  std::map<Meter, std::int32_t> numbers;
  std::size_t filled = 0;
  for (const auto& [entry, meter, quantity] : quantities) {
    if (!numbers.contains(meter)) {
      const auto number = number_text(meter_numbers_, to_string(meter));
      if (!number) return fail(number.error());
      numbers[meter] = *number;
    }
    appender->column<std::int64_t>(0)[filled] = entry;
    appender->column<std::int32_t>(1)[filled] = numbers[meter];
    appender->column<std::int64_t>(2)[filled] = quantity;
    if (++filled < duck::Appender::kBlockRows) continue;
    if (auto appended = appender->append_block(filled); !appended) return appended;
    filled = 0;
  }
  if (auto appended = appender->append_block(filled); !appended) return appended;
  return appender->finish();
}

Result<void> DuckdbLedger::add_differences(std::span<const Correction> changes,
                                           CurrencyTotals& totals) const {
  RecordTexts texts(const_cast<duck::Connection&>(writer_));
  for (const Correction& change : changes) {
    const Standing& now = change.record.lines.back().standing;
    const auto before = texts.currency(now.currency);
    const auto after = texts.currency(change.target.currency);
    if (!before) return fail(before.error());
    if (!after) return fail(after.error());
    for (std::size_t c = 0; c < kCostClassCount; ++c) {
      totals.add({Amount::pico(change.target.costs[c]), *after});
      totals.add({Amount::pico(-Int128{now.costs[c]}), *before});
    }
  }
  return {};
}

Result<void> DuckdbLedger::write_adjustments(std::span<const Correction> changes,
                                             std::string_view why, Instant recorded_at) {
  std::vector<Adjustment> adjustments;
  for (const Correction& change : changes) {
    const Standing& now = change.record.lines.back().standing;
    const Standing& target = change.target;
    if (now.currency == target.currency && now.reported_currency == target.reported_currency) {
      adjustments.push_back({next_entry_++, &change.record, difference(target, now), 0,
                             is_unpriced(target) - is_unpriced(now)});
      continue;
    }
    Standing reversal = difference(Standing{}, now);
    reversal.currency = now.currency;
    reversal.status = now.status;
    reversal.price = now.price;
    reversal.reason = now.reason;
    reversal.reported_currency = now.reported_currency;
    adjustments.push_back({next_entry_++, &change.record, reversal, -1, -is_unpriced(now)});
    adjustments.push_back({next_entry_++, &change.record, target, 1, is_unpriced(target)});
  }
  return append_adjustments(adjustments, why, recorded_at);
}

Result<void> DuckdbLedger::append_adjustments(std::span<const Adjustment> adjustments,
                                              std::string_view why, Instant recorded_at) {
  auto appender = writer_.appender(nullptr, "adjustments", kAdjustmentColumns);
  if (!appender) return fail(appender.error());
  std::vector<std::tuple<std::int64_t, Meter, std::int64_t>> side;
  std::size_t filled = 0;
  for (const Adjustment& adjustment : adjustments) {
    const FoldedRecord& record = *adjustment.record;
    const Standing& change = adjustment.difference;
    std::size_t column = 0;
    const auto put = [&]<typename T>(T value) { appender->column<T>(column++)[filled] = value; };
    put(adjustment.entry);
    put(duck::uuid_of(record.id));
    put(std::int64_t{recorded_at.time_since_epoch().count()});
    put(record.at);
    put(record.at_given);
    for (const std::int32_t dimension : record.dimensions) put(dimension);
    put(change.currency);
    put(static_cast<std::int8_t>(change.status));
    put(change.price);
    put(change.reason);
    for (const Meter meter : kColumnMeters) put(std::int64_t{at(change.quantities, meter)});
    put(has_side_quantities(change.quantities));
    for (const std::int64_t cost : change.costs) put(cost);
    put(duck::hugeint_of(change.reported));
    put(change.reported_currency);
    appender->set_text(column++, filled, why);
    put(adjustment.records);
    put(adjustment.unpriced);
    sums_.add(facts_of(adjustment.entry, record, change));
    for (std::size_t i = 0; i < kMeterCount; ++i) {
      const auto meter = static_cast<Meter>(i);
      if (change.quantities[i] == 0 ||
          std::ranges::find(kColumnMeters, meter) != kColumnMeters.end()) {
        continue;
      }
      side.emplace_back(adjustment.entry, meter, change.quantities[i]);
    }
    if (++filled < duck::Appender::kBlockRows) continue;
    if (auto appended = appender->append_block(filled); !appended) return appended;
    filled = 0;
  }
  if (auto appended = appender->append_block(filled); !appended) return appended;
  if (auto finished = appender->finish(); !finished) return finished;
  return append_side(side);
}

Result<Standing> DuckdbLedger::target_of(const Repricing& correction, const Standing& now,
                                         std::span<const std::int32_t> prices) {
  Standing target = now;
  const auto currency = number_text(currency_numbers_, correction.currency.code());
  if (!currency) return fail(currency.error());
  const auto reason = number_text(reason_numbers_, correction.reason);
  if (!reason) return fail(reason.error());
  target.currency = *currency;
  target.reason = *reason;
  target.status = correction.status;
  target.price = correction.price == UINT32_MAX ? 0 : prices[correction.price];
  for (std::size_t c = 0; c < kCostClassCount; ++c) {
    const Amount cost = correction.costs.by_class[c];
    if (!cost.fits_entry()) {
      return fail(ErrorCode::invalid_input, "the new cost of record " + to_string(correction.id) +
                                                ", " + to_string(cost) +
                                                ", does not fit a ledger entry");
    }
    target.costs[c] = static_cast<std::int64_t>(cost.pico());
  }
  return target;
}

Result<std::uint64_t> DuckdbLedger::reprice(std::span<const Repricing> corrections,
                                            std::span<const PriceUsed> prices,
                                            Instant recorded_at) {
  const auto change = changing();
  if (!change) return fail(change.error());
  auto changed = reprice_all(corrections, prices, recorded_at);
  if (!changed) {
    note(changed.error());
    forget();
  }
  return changed;
}

Result<std::uint64_t> DuckdbLedger::reprice_all(std::span<const Repricing> corrections,
                                                std::span<const PriceUsed> prices,
                                                Instant recorded_at) {
  constexpr std::size_t kAtOnce = 4096;
  auto transaction = duck::Transaction::begin(writer_);
  if (!transaction) return fail(transaction.error());
  std::vector<std::uint32_t> used;
  for (const Repricing& correction : corrections) used.push_back(correction.price);
  const auto numbers = number_prices(prices, used);
  if (!numbers) return fail(numbers.error());

  std::uint64_t changed = 0;
  for (std::size_t from = 0; from < corrections.size(); from += kAtOnce) {
    const auto some = corrections.subspan(from, std::min(kAtOnce, corrections.size() - from));
    std::map<RecordId, const Repricing*> by_id;
    for (const Repricing& correction : some) by_id[correction.id] = &correction;
    std::vector<RecordId> ids;
    for (const auto& [id, correction] : by_id) ids.push_back(id);
    std::vector<Correction> changes;
    std::size_t found = 0;
    auto loaded = load_records(ids, [&](const FoldedRecord& record) -> Result<bool> {
      const auto correction = by_id.extract(record.id);
      ++found;
      const Standing& now = record.lines.back().standing;
      const auto target = target_of(*correction.mapped(), now, *numbers);
      if (!target) return fail(target.error());
      if (*target != now) changes.push_back({record, *target});
      return true;
    });
    if (!loaded) return fail(loaded.error());
    if (!by_id.empty()) {
      return fail(ErrorCode::not_found,
                  "no record " + to_string(by_id.begin()->first) + " in the ledger to reprice");
    }
    if (auto done = write_adjustments(changes, "repriced", recorded_at); !done) {
      return fail(done.error());
    }
    changed += changes.size();
  }
  if (auto done = append_batch_sums(recorded_at); !done) return fail(done.error());
  if (auto done = transaction->commit(); !done) return fail(done.error());
  return changed;
}

}  // namespace costops::storage
