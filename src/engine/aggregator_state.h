// aggregator_state.h - the inside of a CostAggregator: rows of a batch, block by block, into sums.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "costops/engine/aggregator.h"
#include "engine/block_sums.h"
#include "engine/combination_index.h"
#include "engine/group_sums.h"
#include "engine/period_index.h"

namespace costops::engine {

struct GroupKey {
  std::vector<std::string> keys;
  Currency currency;
  friend auto operator<=>(const GroupKey&, const GroupKey&) = default;
};

/// The rows of a block that are added: all of them, in place, or some, perhaps several times.
struct BlockRows {
  std::size_t from = 0;
  std::size_t count = 0;
  std::vector<std::uint32_t> picked;  ///< BlockRows of the batch; only where `in_place` is not set.
  std::vector<std::uint32_t> tags;    ///< By pick, where the grouping is by tags.
  bool in_place = true;
};

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
  void pick_rows(const UsageBatch& batch, const BatchCosts& costs, BlockRows& rows);
  void pick_each_tag(const UsageBatch& batch, std::uint32_t row, BlockRows& rows);
  void number_groups(const UsageBatch& batch, const BatchCosts& costs, const BlockRows& rows);
  const std::uint32_t* periods_at(const UsageBatch& batch, const BlockRows& rows);
  const std::uint32_t* currencies_at(const BatchCosts& costs, const BlockRows& rows);
  std::uint32_t currency_code(Currency currency);
  void extend_groups(const UsageBatch& batch);
  void set_quarantined_apart(const BatchCosts& costs, BlockRows& rows);
  void add_rows(const UsageBatch& batch, const BatchCosts& costs, const BlockRows& rows);
  void add_to_few_groups(const UsageBatch& batch, const BatchCosts& costs, const BlockRows& rows);
  void add_to_many_groups(const UsageBatch& batch, const BatchCosts& costs, const BlockRows& rows);
  void add_measure(std::size_t measure, std::span<const std::uint32_t> to_groups,
                   const std::int64_t* amounts);
  void add_unpriced(const BatchCosts& costs, const BlockRows& rows);
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

}  // namespace costops::engine
