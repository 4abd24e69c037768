// aggregator.h - totals of cost records in memory, by any dimensions and period.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "costops/domain/charge.h"
#include "costops/domain/time.h"
#include "costops/domain/usage_batch.h"
#include "costops/engine/calculator.h"

namespace costops::engine {

/// How to group: dimensions in this order, then the period if there is a grain. Grouping by tags
/// counts a record once under each of its tags ("" if it has none), so these groups overlap and
/// don't add up; totals() still counts each record once.
/// A record without a time is in the period "".
struct Grouping {
  std::vector<Dimension> dimensions;
  std::optional<Grain> grain;
  TimeZone zone;
};

/// Totals of one group in one currency.
struct Totals {
  std::uint64_t requests = 0;     ///< Records, without those quarantined.
  std::uint64_t unpriced = 0;     ///< Of the requests.
  std::uint64_t quarantined = 0;  ///< Beside the requests: only counted, nothing of them is added.
  Quantities quantities{};        ///< A sum beyond INT64_MAX stays there.
  ClassCosts costs;
  Amount unpriced_cost;  ///< Part of `costs`: what could be priced of unpriced requests.
  /// Cost of the priced requests over their number, rounded half to even to a pico-unit; zero for
  /// none.
  [[nodiscard]] Amount average_per_request() const;
};

/// One group: keys in the order of the grouping ("" is unassigned), the period's label last.
struct Group {
  std::vector<std::string> keys;
  Currency currency;
  Totals totals;
};

/// Adds batches up. One thread at a time; merge() joins several.
class CostAggregator {
 public:
  explicit CostAggregator(Grouping grouping);
  ~CostAggregator();
  CostAggregator(CostAggregator&&) noexcept;
  CostAggregator& operator=(CostAggregator&&) noexcept;

  /// Requires costs of this batch.
  void add(const UsageBatch& batch, const BatchCosts& costs);
  void add(const UsageRecord& usage, const CostRecord& cost);
  /// Adds the groups of an aggregator with the same grouping.
  void merge(const CostAggregator& other);
  /// Forgets all records; keeps memory, so that many small aggregations need none anew.
  void clear();

  /// Groups in ascending order of keys, then currency. Unassigned values are groups of their own.
  [[nodiscard]] std::vector<Group> groups() const;
  /// The same groups in the same order, one after the other, without a copy of all.
  void visit(const std::function<void(const Group&)>& each) const;
  /// One total per currency; records without one (unpriced, quarantined) under the empty currency.
  [[nodiscard]] std::vector<Group> totals() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace costops::engine
