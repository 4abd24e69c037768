#include "costops/engine/aggregator.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <map>

#include "engine/block_sums.h"
#include "engine/combination_index.h"
#include "engine/group_sums.h"
#include "engine/period_index.h"

namespace costops::engine {
namespace {

constexpr std::size_t kBlock = BlockSums::kRowsMax;
/// Up to here, sums of a block are made apart and then added to the groups.
constexpr std::size_t kFewGroups = 128;

constexpr std::array<std::uint32_t, kBlock> kZeroCodes{};
constexpr std::array<std::int64_t, kBlock> kOnes = [] {
  std::array<std::int64_t, kBlock> ones{};
  ones.fill(1);
  return ones;
}();

/// n / d, rounded half to even. Requires d > 0.
Int128 divided_half_even(Int128 n, Int128 d) {
  const Int128 size = n < 0 ? -n : n;
  Int128 quotient = size / d;
  const Int128 rest = size % d;
  if (rest > d - rest || (rest == d - rest && quotient % 2 != 0)) ++quotient;
  return n < 0 ? -quotient : quotient;
}

struct GroupKey {
  std::vector<std::string> keys;
  Currency currency;
  friend auto operator<=>(const GroupKey&, const GroupKey&) = default;
};

/// The rows of a block that are added: all of them, in place, or some, perhaps several times.
struct Rows {
  std::size_t from = 0;
  std::size_t count = 0;
  std::vector<std::uint32_t> picked;  ///< Rows of the batch; only where `in_place` is not set.
  std::vector<std::uint32_t> tags;    ///< By pick, where the grouping is by tags.
  bool in_place = true;
};

/// A column's values at some rows: the column itself, or a copy in `scratch`.
template <typename T>
const T* values_at(const Rows& rows, std::span<const T> column, std::vector<T>& scratch) {
  if (rows.in_place) return column.data() + rows.from;
  scratch.resize(rows.count);
  for (std::size_t i = 0; i < rows.count; ++i) scratch[i] = column[rows.picked[i]];
  return scratch.data();
}

bool all_zero(const std::int64_t* values, std::size_t count) {
  return std::all_of(values, values + count, [](std::int64_t value) { return value == 0; });
}

bool contains(const PricingStatus* from, std::size_t count, PricingStatus status) {
  static_assert(sizeof(PricingStatus) == 1);
  return std::memchr(from, static_cast<int>(status), count) != nullptr;
}

}  // namespace

Amount Totals::average_per_request() const {
  const auto priced = static_cast<Int128>(requests) - static_cast<Int128>(unpriced);
  if (priced <= 0) return Amount{};
  return Amount::pico(divided_half_even((costs.total() - unpriced_cost).pico(), priced));
}

struct CostAggregator::State {
  explicit State(Grouping g)
      : grouping(std::move(g)),
        by_tags(std::ranges::count(grouping.dimensions, Dimension::tags) > 0),
        combinations(grouping.dimensions.size() + 2),
        columns(grouping.dimensions.size() + 2) {
    if (grouping.grain) periods.emplace(*grouping.grain, grouping.zone);
    if (by_tags) whole = std::make_unique<CostAggregator>(Grouping{});
  }

  void follow_dictionaries(const UsageBatch& batch);
  void pick_rows(const UsageBatch& batch, const BatchCosts& costs, Rows& rows);
  void pick_each_tag(const UsageBatch& batch, std::uint32_t row, Rows& rows);
  void number_groups(const UsageBatch& batch, const BatchCosts& costs, const Rows& rows);
  const std::uint32_t* periods_at(const UsageBatch& batch, const Rows& rows);
  const std::uint32_t* currencies_at(const BatchCosts& costs, const Rows& rows);
  std::uint32_t currency_code(Currency currency);
  void extend_groups(const UsageBatch& batch);
  void set_quarantined_apart(const BatchCosts& costs, Rows& rows);
  void add_rows(const UsageBatch& batch, const BatchCosts& costs, const Rows& rows);
  void add_to_few_groups(const UsageBatch& batch, const BatchCosts& costs, const Rows& rows);
  void add_to_many_groups(const UsageBatch& batch, const BatchCosts& costs, const Rows& rows);
  void add_measure(std::size_t measure, std::span<const std::uint32_t> to_groups,
                   const std::int64_t* amounts);
  void add_unpriced(const BatchCosts& costs, const Rows& rows);
  std::uint32_t group_number(GroupKey key);
  [[nodiscard]] std::string key_of(const UsageBatch& batch, std::size_t k,
                                   std::uint32_t code) const;

  Grouping grouping;
  bool by_tags;
  std::optional<PeriodIndex> periods;
  std::vector<Currency> currencies;
  std::map<GroupKey, std::uint32_t> group_numbers;
  GroupSums sums;
  std::unique_ptr<CostAggregator> whole;  ///< Each record once, where groups overlap.

  /// By codes of the dictionaries of the last batch: dimensions, period, currency.
  CombinationIndex combinations;
  std::vector<std::uint32_t> group_of;
  std::vector<std::uint64_t> dictionaries;
  Dictionary tags;
  std::vector<std::vector<std::uint32_t>> tags_by_code;

  std::vector<std::uint32_t> numbers;  ///< Of the rows at hand: their combinations.
  std::vector<std::uint32_t> groups;   ///< Of the rows at hand, where there are many.
  BlockSums block_sums;
  std::vector<std::vector<std::uint32_t>> columns;
  std::vector<std::int64_t> values;
  std::vector<Currency> row_currencies;
};

std::uint32_t CostAggregator::State::currency_code(Currency currency) {
  const auto known = std::ranges::find(currencies, currency);
  const auto code = static_cast<std::uint32_t>(known - currencies.begin());
  if (known == currencies.end()) currencies.push_back(currency);
  return code;
}

std::uint32_t CostAggregator::State::group_number(GroupKey key) {
  const auto [known, is_new] = group_numbers.try_emplace(std::move(key), 0);
  if (is_new) known->second = sums.add_group();
  return known->second;
}

void CostAggregator::State::follow_dictionaries(const UsageBatch& batch) {
  std::vector<std::uint64_t> now;
  now.reserve(grouping.dimensions.size());
  for (const Dimension dimension : grouping.dimensions) {
    now.push_back(batch.dictionary(dimension).identity());
  }
  if (now == dictionaries) return;
  combinations.clear();
  group_of.clear();
  tags_by_code.clear();
  dictionaries = std::move(now);
}

void CostAggregator::State::pick_each_tag(const UsageBatch& batch, std::uint32_t row, Rows& rows) {
  const std::uint32_t code = batch.codes(Dimension::tags)[row];
  const Dictionary& lists = batch.dictionary(Dimension::tags);
  while (tags_by_code.size() <= code) {
    std::vector<std::uint32_t> codes;
    const auto next = static_cast<std::uint32_t>(tags_by_code.size());
    for (const std::string& tag : tags_of(lists.text_of(next))) codes.push_back(tags.code_of(tag));
    if (codes.empty()) codes.push_back(0);
    std::ranges::sort(codes);
    codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
    tags_by_code.push_back(std::move(codes));
  }
  for (const std::uint32_t tag : tags_by_code[code]) {
    rows.picked.push_back(row);
    rows.tags.push_back(tag);
  }
}

void CostAggregator::State::pick_rows(const UsageBatch& batch, const BatchCosts& costs,
                                      Rows& rows) {
  rows.in_place = !by_tags && !contains(costs.status.data() + rows.from, rows.count,
                                        PricingStatus::quarantined);
  if (rows.in_place) return;
  rows.picked.clear();
  rows.tags.clear();
  for (std::size_t row = rows.from; row < rows.from + rows.count; ++row) {
    if (by_tags) {
      pick_each_tag(batch, static_cast<std::uint32_t>(row), rows);
    } else {
      rows.picked.push_back(static_cast<std::uint32_t>(row));
    }
  }
  rows.count = rows.picked.size();
}

const std::uint32_t* CostAggregator::State::periods_at(const UsageBatch& batch, const Rows& rows) {
  if (!periods && rows.in_place) return kZeroCodes.data();
  std::vector<std::uint32_t>& column = columns[grouping.dimensions.size()];
  column.assign(rows.count, 0);
  if (!periods) return column.data();
  const std::int64_t* at = values_at(rows, std::span<const std::int64_t>(batch.at), values);
  for (std::size_t i = 0; i < rows.count; ++i) column[i] = periods->number_of(at[i]);
  return column.data();
}

const std::uint32_t* CostAggregator::State::currencies_at(const BatchCosts& costs,
                                                          const Rows& rows) {
  static_assert(std::has_unique_object_representations_v<Currency>);
  std::vector<std::uint32_t>& column = columns[grouping.dimensions.size() + 1];
  const Currency* at = values_at(rows, std::span<const Currency>(costs.currency), row_currencies);
  const bool all_alike = std::memcmp(at, at + 1, (rows.count - 1) * sizeof(Currency)) == 0;
  if (all_alike) {
    const std::uint32_t code = currency_code(at[0]);
    if (code == 0 && rows.in_place) return kZeroCodes.data();
    column.assign(rows.count, code);
    return column.data();
  }
  column.resize(rows.count);
  for (std::size_t i = 0; i < rows.count; ++i) column[i] = currency_code(at[i]);
  return column.data();
}

std::string CostAggregator::State::key_of(const UsageBatch& batch, std::size_t k,
                                          std::uint32_t code) const {
  const Dimension dimension = grouping.dimensions[k];
  if (dimension == Dimension::tags) return std::string(tags.text_of(code));
  return std::string(batch.dictionary(dimension).text_of(code));
}

void CostAggregator::State::extend_groups(const UsageBatch& batch) {
  const std::size_t dimensions = grouping.dimensions.size();
  while (group_of.size() < combinations.size()) {
    const auto codes = combinations.codes_of(static_cast<std::uint32_t>(group_of.size()));
    GroupKey key;
    for (std::size_t k = 0; k < dimensions; ++k) key.keys.push_back(key_of(batch, k, codes[k]));
    if (periods) key.keys.emplace_back(periods->label(codes[dimensions]));
    key.currency = currencies[codes[dimensions + 1]];
    group_of.push_back(group_number(std::move(key)));
  }
}

void CostAggregator::State::number_groups(const UsageBatch& batch, const BatchCosts& costs,
                                          const Rows& rows) {
  const std::size_t dimensions = grouping.dimensions.size();
  std::vector<const std::uint32_t*> codes;
  std::vector<std::uint32_t> sizes;
  for (std::size_t k = 0; k < dimensions; ++k) {
    const Dimension dimension = grouping.dimensions[k];
    const bool is_tag = dimension == Dimension::tags;
    sizes.push_back(is_tag ? tags.size() : batch.dictionary(dimension).size());
    codes.push_back(is_tag ? rows.tags.data()
                           : values_at(rows, std::span(batch.codes(dimension)), columns[k]));
  }
  codes.push_back(periods_at(batch, rows));
  codes.push_back(currencies_at(costs, rows));
  sizes.push_back(periods ? periods->size() : 1);
  sizes.push_back(static_cast<std::uint32_t>(currencies.size()));
  combinations.expect(sizes);

  numbers.resize(rows.count);
  combinations.number(codes, rows.count, numbers.data());
  if (group_of.size() < combinations.size()) extend_groups(batch);
}

void CostAggregator::State::set_quarantined_apart(const BatchCosts& costs, Rows& rows) {
  if (rows.in_place) return;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows.count; ++i) {
    if (costs.status[rows.picked[i]] == PricingStatus::quarantined) {
      sums.add_quarantined(group_of[numbers[i]]);
      continue;
    }
    rows.picked[kept] = rows.picked[i];
    numbers[kept++] = numbers[i];
  }
  rows.count = kept;
  numbers.resize(kept);
}

void CostAggregator::State::add_rows(const UsageBatch& batch, const BatchCosts& costs,
                                     const Rows& rows) {
  if (rows.in_place && combinations.size() <= kFewGroups) {
    add_to_few_groups(batch, costs, rows);
  } else {
    add_to_many_groups(batch, costs, rows);
  }
  add_unpriced(costs, rows);
}

void CostAggregator::State::add_to_few_groups(const UsageBatch& batch, const BatchCosts& costs,
                                              const Rows& rows) {
  std::array<const std::int64_t*, 1 + kCostClassCount + kMeterCount> values_of;
  std::array<std::size_t, values_of.size()> measure_of;  // Requests, the classes, the meters.
  std::size_t count = 0;
  const auto take = [&](const std::int64_t* column, std::size_t measure) {
    if (all_zero(column, rows.count)) return;
    values_of[count] = column;
    measure_of[count++] = measure;
  };
  take(kOnes.data(), 0);
  for (std::size_t c = 0; c < kCostClassCount; ++c) take(costs.pico[c].data() + rows.from, 1 + c);
  for (std::size_t m = 0; m < kMeterCount; ++m) {
    if (!batch.meters().test(m)) continue;
    take(batch.quantities(static_cast<Meter>(m)).data() + rows.from, 1 + kCostClassCount + m);
  }

  block_sums.sum(numbers, combinations.size(), std::span(values_of).first(count));
  groups.resize(rows.count);
  for (std::size_t column = 0; column < count; ++column) {
    if (block_sums.is_exact(column)) {
      values.resize(combinations.size());
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = block_sums.at(i, column);
      add_measure(measure_of[column], group_of, values.data());
    } else {
      for (std::size_t i = 0; i < rows.count; ++i) groups[i] = group_of[numbers[i]];
      add_measure(measure_of[column], groups, values_of[column]);
    }
  }
}

void CostAggregator::State::add_measure(std::size_t measure,
                                        std::span<const std::uint32_t> to_groups,
                                        const std::int64_t* amounts) {
  if (measure == 0) {
    sums.add_requests(to_groups, amounts);
  } else if (measure <= kCostClassCount) {
    sums.add_costs(static_cast<CostClass>(measure - 1), to_groups, amounts);
  } else {
    sums.add_quantities(static_cast<Meter>(measure - 1 - kCostClassCount), to_groups, amounts);
  }
}

void CostAggregator::State::add_to_many_groups(const UsageBatch& batch, const BatchCosts& costs,
                                               const Rows& rows) {
  groups.resize(rows.count);
  for (std::size_t i = 0; i < rows.count; ++i) groups[i] = group_of[numbers[i]];
  values.assign(rows.count, 1);
  sums.add_requests(groups, values.data());
  for (std::size_t c = 0; c < kCostClassCount; ++c) {
    const std::int64_t* pico =
        values_at(rows, std::span<const std::int64_t>(costs.pico[c]), values);
    if (all_zero(pico, rows.count)) continue;
    sums.add_costs(static_cast<CostClass>(c), groups, pico);
  }
  for (std::size_t m = 0; m < kMeterCount; ++m) {
    if (!batch.meters().test(m)) continue;
    const Meter meter = static_cast<Meter>(m);
    const std::int64_t* quantities = values_at(rows, batch.quantities(meter), values);
    if (all_zero(quantities, rows.count)) continue;
    sums.add_quantities(meter, groups, quantities);
  }
}

void CostAggregator::State::add_unpriced(const BatchCosts& costs, const Rows& rows) {
  if (rows.in_place &&
      !contains(costs.status.data() + rows.from, rows.count, PricingStatus::unpriced)) {
    return;
  }
  for (std::size_t i = 0; i < rows.count; ++i) {
    const std::size_t row = rows.in_place ? rows.from + i : std::size_t{rows.picked[i]};
    if (costs.status[row] != PricingStatus::unpriced) continue;
    Amount known;
    for (const auto& pico : costs.pico) known += Amount::pico(pico[row]);
    sums.add_unpriced(group_of[numbers[i]], known);
  }
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
  Rows rows;
  for (std::size_t from = 0; from < batch.size(); from += kBlock) {
    rows.from = from;
    rows.count = std::min(kBlock, batch.size() - from);
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
