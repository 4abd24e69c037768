#include "engine/aggregator_state.h"

#include <algorithm>
#include <array>
#include <cstring>

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

/// A column's values at some rows: the column itself, or a copy in `scratch`.
template <typename T>
const T* values_at(const BlockRows& rows, std::span<const T> column, std::vector<T>& scratch) {
  if (rows.in_place) return column.data() + rows.from;
  scratch.resize(rows.count);
  for (std::size_t i = 0; i < rows.count; ++i) scratch[i] = column[rows.picked[i]];
  return scratch.data();
}

/// In stretches without a branch, which the compiler turns into wide instructions.
bool all_zero(const std::int64_t* values, std::size_t count) {
  constexpr std::size_t kStretch = 64;
  std::size_t i = 0;
  for (; i + kStretch <= count; i += kStretch) {
    std::int64_t bits = 0;
    for (std::size_t k = 0; k < kStretch; ++k) bits |= values[i + k];
    if (bits != 0) return false;
  }
  return std::all_of(values + i, values + count, [](std::int64_t value) { return value == 0; });
}

bool contains(const PricingStatus* from, std::size_t count, PricingStatus status) {
  static_assert(sizeof(PricingStatus) == 1);
  return std::memchr(from, static_cast<int>(status), count) != nullptr;
}

}  // namespace

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

void CostAggregator::State::pick_each_tag(const UsageBatch& batch, std::uint32_t row,
                                          BlockRows& rows) {
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
                                      BlockRows& rows) {
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

const std::uint32_t* CostAggregator::State::periods_at(const UsageBatch& batch,
                                                       const BlockRows& rows) {
  if (!periods && rows.in_place) return kZeroCodes.data();
  std::vector<std::uint32_t>& column = columns[grouping.dimensions.size()];
  if (!periods) {
    column.assign(rows.count, 0);
    return column.data();
  }
  column.resize(rows.count);
  const std::int64_t* at = values_at(rows, std::span<const std::int64_t>(batch.at), values);
  periods->number({at, rows.count}, column.data());
  return column.data();
}

const std::uint32_t* CostAggregator::State::currencies_at(const BatchCosts& costs,
                                                          const BlockRows& rows) {
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
                                          const BlockRows& rows) {
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

void CostAggregator::State::set_quarantined_apart(const BatchCosts& costs, BlockRows& rows) {
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
                                     const BlockRows& rows) {
  if (rows.in_place && combinations.size() <= kFewGroups) {
    add_to_few_groups(batch, costs, rows);
  } else {
    add_to_many_groups(batch, costs, rows);
  }
  add_unpriced(costs, rows);
}

void CostAggregator::State::add_to_few_groups(const UsageBatch& batch, const BatchCosts& costs,
                                              const BlockRows& rows) {
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
                                               const BlockRows& rows) {
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

void CostAggregator::State::add_unpriced(const BatchCosts& costs, const BlockRows& rows) {
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

}  // namespace costops::engine
