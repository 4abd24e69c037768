#include "costops/engine/calculator.h"

#include "engine/charging.h"

namespace costops::engine {
namespace {

/// Fills the charges of a record and its sums, over what the record held before: its memory is
/// reused.
class ChargeList final : public ChargeSink {
 public:
  ChargeList(CostRecord& record, const std::string& price_id)
      : record_(record), price_id_(price_id) {}

  void add(const ChargeLine& line) override {
    if (used_ == record_.charges.size()) record_.charges.emplace_back();
    Charge& charge = record_.charges[used_++];
    charge.meter = line.meter;
    charge.quantity = line.quantity;
    charge.rate = line.rate;
    charge.cost = line.cost;
    if (charge.price_id != price_id_) charge.price_id = price_id_;
    record_.costs[cost_class_of(line.meter)] += line.cost;
  }

  void finish() { record_.charges.resize(used_); }

 private:
  CostRecord& record_;
  const std::string& price_id_;
  std::size_t used_ = 0;
};

void begin(CostRecord& record, const UsageRecord& usage) {
  record.id = usage.id;
  record.at = usage.at.value_or(Instant{});
  record.status = PricingStatus::priced;
  record.reason.clear();
  record.costs = ClassCosts{};
}

void set_without_price(CostRecord& record, const UsageRecord& usage, std::string reason) {
  begin(record, usage);
  record.currency = Currency{};
  record.charges.clear();
  record.price_id.clear();
  if (usage.status == CallStatus::gateway_cache_hit) return;
  record.status = PricingStatus::unpriced;
  record.reason = std::move(reason);
}

Chargeable chargeable(const UsageRecord& usage) {
  return {usage.quantities, usage.region, usage.speed,
          stated_context(usage.status, usage.context_window)};
}

Result<const pricing::Price*> price_in(const pricing::PriceBook& book, const UsageRecord& usage) {
  return book.find({.provider = usage.provider,
                    .model = usage.model,
                    .at = *usage.at,
                    .service_tier = usage.service_tier,
                    .region = usage.region,
                    .speed = usage.speed});
}

}  // namespace

Result<void> CostCalculator::calculate(const UsageRecord& usage, const pricing::Price& price,
                                       CostRecord& into) {
  if (auto checked = check_not_negative(usage.quantities); !checked) return checked;
  begin(into, usage);
  into.currency = price.currency;
  into.price_id = price.id;
  if (usage.status == CallStatus::gateway_cache_hit) {
    into.charges.clear();
    return {};
  }
  ChargeList list(into, price.id);
  auto missing = charge(chargeable(usage), price, list);
  list.finish();
  if (!missing) return fail(std::move(missing.error()));
  if (missing->any()) {
    into.status = PricingStatus::unpriced;
    into.reason = reason_of_missing(*missing, price);
  }
  return {};
}

Result<CostRecord> CostCalculator::calculate(const UsageRecord& usage,
                                             const pricing::Price& price) {
  CostRecord record;
  if (auto done = calculate(usage, price, record); !done) return fail(std::move(done.error()));
  return record;
}

Result<void> CostCalculator::calculate(const UsageRecord& usage, const pricing::PriceBook& book,
                                       CostRecord& into) {
  if (!usage.at) {
    return fail(ErrorCode::invalid_input,
                "the record has no time, and prices depend on it: give it one");
  }
  auto price = price_in(book, usage);
  if (price) return calculate(usage, **price, into);
  if (auto checked = check_not_negative(usage.quantities); !checked) return checked;
  set_without_price(into, usage, std::move(price.error().message));
  return {};
}

Result<CostRecord> CostCalculator::calculate(const UsageRecord& usage,
                                             const pricing::PriceBook& book) {
  CostRecord record;
  if (auto done = calculate(usage, book, record); !done) return fail(std::move(done.error()));
  return record;
}

Result<RecordCosts> CostCalculator::costs_of(const UsageRecord& usage,
                                             const pricing::Price& price) {
  if (auto checked = check_not_negative(usage.quantities); !checked) {
    return fail(std::move(checked.error()));
  }
  if (usage.status == CallStatus::gateway_cache_hit) {
    return RecordCosts{.status = PricingStatus::priced, .costs = {}};
  }
  ClassSums sums;
  auto missing = charge(chargeable(usage), price, sums);
  if (!missing) return fail(std::move(missing.error()));
  return RecordCosts{.status = missing->any() ? PricingStatus::unpriced : PricingStatus::priced,
                     .costs = sums.costs};
}

}  // namespace costops::engine
