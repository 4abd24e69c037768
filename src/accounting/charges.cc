#include "costops/accounting/charges.h"

#include <unordered_map>

#include "accounting/price_definition.h"
#include "costops/engine/calculator.h"

namespace costops::accounting {

struct ChargeReader::State {
  const storage::Ledger& ledger;
  std::unordered_map<std::int32_t, std::unique_ptr<const pricing::Price>> prices;
  const pricing::Price* price = nullptr;
  UsageRecord usage;
  CostRecord cost;

  Result<const pricing::Price*> price_of(std::int32_t number) {
    const auto known = prices.find(number);
    if (known != prices.end()) return known->second.get();
    const auto used = ledger.price_used(number);
    if (!used) return fail(used.error());
    auto read = price_of_definition(used->definition);
    if (!read) return fail(read.error());
    auto kept = std::make_unique<const pricing::Price>(std::move(*read));
    return prices.emplace(number, std::move(kept)).first->second.get();
  }
};

ChargeReader::ChargeReader(const storage::Ledger& ledger)
    : state_(std::make_unique<State>(State{ledger, {}, nullptr, {}, {}})) {}
ChargeReader::~ChargeReader() = default;
ChargeReader::ChargeReader(ChargeReader&&) noexcept = default;

Result<const CostRecord*> ChargeReader::charges(const storage::StoredRecord& record,
                                                std::size_t line) {
  const storage::HistoryLine& then = record.history[line];
  CostRecord& cost = state_->cost;
  state_->price = nullptr;
  if (then.price == 0) {
    cost.charges.clear();
    cost.costs = then.costs;
    cost.currency = then.currency;
    cost.status = then.status;
    return &cost;
  }
  const auto price = state_->price_of(then.price);
  if (!price) return fail(price.error());
  state_->price = *price;
  state_->usage = record.usage;
  state_->usage.at = record.at;
  state_->usage.quantities = then.quantities;
  if (auto done = engine::CostCalculator::calculate(state_->usage, **price, cost); !done) {
    return fail(done.error());
  }
  if (cost.costs == then.costs && cost.currency == then.currency) return &cost;
  return fail(ErrorCode::conflict,
              "record " + to_string(record.usage.id) + " costs " + to_string(then.costs.total()) +
                  " " + std::string(then.currency.code()) + " in the ledger, but " +
                  to_string(cost.costs.total()) + " " + std::string(cost.currency.code()) +
                  " when computed again with its price \"" + then.price_id +
                  "\": the ledger is damaged, or was written by another version");
}

const pricing::Price* ChargeReader::price() const { return state_->price; }

}  // namespace costops::accounting
