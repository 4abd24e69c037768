// explain.cc - a stored cost computed again from the price that it was computed with.
#include "accounting/price_definition.h"
#include "costops/accounting/report.h"
#include "costops/engine/calculator.h"

namespace costops::accounting {
namespace {

/// What the ledger says, without single charges.
CostRecord stored_cost(const storage::StoredRecord& record) {
  const storage::HistoryLine& now = record.history.back();
  CostRecord cost;
  cost.id = record.usage.id;
  cost.at = record.at;
  cost.status = now.status;
  cost.reason = now.reason;
  cost.currency = now.currency;
  cost.costs = now.costs;
  cost.price_id = now.price_id;
  return cost;
}

Error differs(const CostRecord& stored, const CostRecord& again) {
  return {ErrorCode::conflict,
          "record " + to_string(stored.id) + " costs " + to_string(stored.costs.total()) + " " +
              std::string(stored.currency.code()) + " in the ledger, but " +
              to_string(again.costs.total()) + " " + std::string(again.currency.code()) +
              " when computed again with its price \"" + stored.price_id +
              "\": the ledger is damaged, or was written by another version"};
}

}  // namespace

Result<Explanation> explain(const storage::Ledger& ledger, std::string_view id) {
  auto record = ledger.find(id);
  if (!record) return fail(record.error());
  Explanation out;
  out.cost = stored_cost(*record);
  const std::int32_t price_number = record->history.back().price;
  out.record = std::move(*record);
  if (price_number == 0) return out;

  const auto used = ledger.price_used(price_number);
  if (!used) return fail(used.error());
  auto price = price_of_definition(used->definition);
  if (!price) return fail(price.error());
  UsageRecord usage = out.record.usage;
  usage.at = out.record.at;
  auto again = engine::CostCalculator::calculate(usage, *price);
  if (!again) return fail(again.error());
  if (again->costs != out.cost.costs || again->currency != out.cost.currency) {
    return fail(differs(out.cost, *again));
  }
  out.cost = std::move(*again);
  out.price = std::move(*price);
  return out;
}

}  // namespace costops::accounting
