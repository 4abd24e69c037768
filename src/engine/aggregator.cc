#include "costops/engine/aggregator.h"

#include <algorithm>
#include <cassert>

#include "engine/aggregator_state.h"

namespace costops::engine {
namespace {

/// n / d, rounded half to even. Requires d > 0.
Int128 divided_half_even(Int128 n, Int128 d) {
  const Int128 size = n < 0 ? -n : n;
  Int128 quotient = size / d;
  const Int128 rest = size % d;
  if (rest > d - rest || (rest == d - rest && quotient % 2 != 0)) ++quotient;
  return n < 0 ? -quotient : quotient;
}

}  // namespace

Amount Totals::average_per_request() const {
  const auto priced = static_cast<Int128>(requests) - static_cast<Int128>(unpriced);
  if (priced <= 0) return Amount{};
  return Amount::pico(divided_half_even((costs.total() - unpriced_cost).pico(), priced));
}

CostAggregator::CostAggregator(Grouping grouping)
    : state_(std::make_unique<State>(std::move(grouping))) {}
CostAggregator::~CostAggregator() = default;
CostAggregator::CostAggregator(CostAggregator&&) noexcept = default;
CostAggregator& CostAggregator::operator=(CostAggregator&&) noexcept = default;

void CostAggregator::add(const UsageBatch& batch, const BatchCosts& costs) {
  assert(batch.size() == costs.size());
  State& state = *state_;
  state.follow_dictionaries(batch);
  BlockRows rows;
  for (std::size_t from = 0; from < batch.size(); from += BlockSums::kRowsMax) {
    rows.from = from;
    rows.count = std::min(BlockSums::kRowsMax, batch.size() - from);
    state.pick_rows(batch, costs, rows);
    state.number_groups(batch, costs, rows);
    state.set_quarantined_apart(costs, rows);
    state.add_rows(batch, costs, rows);
  }
  if (state.whole) state.whole->add(batch, costs);
}

namespace {

const std::string& text_of(const UsageRecord& usage, Dimension dimension) {
  static const std::string none;
  switch (dimension) {
    case Dimension::provider:
      return usage.provider;
    case Dimension::model:
      return usage.model;
    case Dimension::model_version:
      return usage.model_version;
    case Dimension::organization:
      return usage.organization;
    case Dimension::project:
      return usage.project;
    case Dimension::user:
      return usage.user;
    case Dimension::session:
      return usage.session;
    case Dimension::service_tier:
      return usage.service_tier;
    case Dimension::region:
      return usage.region;
    case Dimension::speed:
      return usage.speed;
    case Dimension::source_kind:
      return usage.source_kind;
    case Dimension::source_endpoint:
      return usage.source_endpoint;
    case Dimension::file:
      return usage.position.file;
    case Dimension::tags:
      return none;
  }
  return none;
}

Totals totals_of(const UsageRecord& usage, const CostRecord& cost) {
  Totals totals;
  if (cost.status == PricingStatus::quarantined) {
    totals.quarantined = 1;
    return totals;
  }
  totals.requests = 1;
  totals.quantities = usage.quantities;
  totals.costs = cost.costs;
  if (cost.status == PricingStatus::unpriced) {
    totals.unpriced = 1;
    totals.unpriced_cost = cost.costs.total();
  }
  return totals;
}

}  // namespace

void CostAggregator::add(const UsageRecord& usage, const CostRecord& cost) {
  State& state = *state_;
  GroupKey key;
  key.currency = cost.currency;
  for (const Dimension dimension : state.grouping.dimensions) {
    key.keys.push_back(text_of(usage, dimension));
  }
  if (state.periods) {
    const std::int64_t at = usage.at ? usage.at->time_since_epoch().count() : UsageBatch::kNone;
    key.keys.emplace_back(state.periods->label(state.periods->number_of(at)));
  }
  const Totals totals = totals_of(usage, cost);
  if (!state.by_tags) {
    state.sums.add(state.group_number(std::move(key)), totals);
    return;
  }
  std::vector<std::string> tags = usage.tags;
  if (tags.empty()) tags.emplace_back();
  std::ranges::sort(tags);
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  for (const std::string& tag : tags) {
    for (std::size_t k = 0; k < state.grouping.dimensions.size(); ++k) {
      if (state.grouping.dimensions[k] == Dimension::tags) key.keys[k] = tag;
    }
    state.sums.add(state.group_number(key), totals);
  }
  state.whole->add(usage, cost);
}

void CostAggregator::merge(const CostAggregator& other) {
  State& state = *state_;
  other.visit([&state](const Group& group) {
    state.sums.add(state.group_number({group.keys, group.currency}), group.totals);
  });
  if (state.whole && other.state_->whole) state.whole->merge(*other.state_->whole);
}

void CostAggregator::clear() {
  state_->sums.set_to_zero();
  if (state_->whole) state_->whole->clear();
}

void CostAggregator::visit(const std::function<void(const Group&)>& each) const {
  Group group;
  for (const auto& [key, number] : state_->group_numbers) {
    state_->sums.read(number, group.totals);
    if (group.totals.requests == 0 && group.totals.quarantined == 0) continue;
    group.keys = key.keys;
    group.currency = key.currency;
    each(group);
  }
}

std::vector<Group> CostAggregator::groups() const {
  std::vector<Group> groups;
  visit([&groups](const Group& group) { groups.push_back(group); });
  return groups;
}

std::vector<Group> CostAggregator::totals() const {
  if (state_->whole) return state_->whole->groups();
  CostAggregator whole{Grouping{}};
  State& sum = *whole.state_;
  visit([&sum](const Group& group) {
    sum.sums.add(sum.group_number({{}, group.currency}), group.totals);
  });
  return whole.groups();
}

}  // namespace costops::engine
