// aggregator.h - totals of cost records in memory, by any dimensions and period.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "costops/domain/charge.h"
#include "costops/domain/time.h"
#include "costops/domain/usage_batch.h"
#include "costops/engine/calculator.h"

namespace costops::engine {

/// How to group: dimensions in this order, then the period if there is a grain. Grouping by tags
/// counts a record once under each of its tags, so these groups overlap and don't add up.
struct Grouping {
  std::vector<Dimension> dimensions;
  std::optional<Grain> grain;
  TimeZone zone;
};

/// Totals of one group in one currency.
struct Totals {
  std::uint64_t requests = 0;
  std::uint64_t unpriced = 0;
  std::uint64_t quarantined = 0;
  Quantities quantities{};
  ClassCosts costs;
  /// Total cost over the priced requests, rounded half to even to a pico-unit; zero for none.
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

  void add(const UsageBatch& batch, const BatchCosts& costs);
  void add(const UsageRecord& usage, const CostRecord& cost);
  void merge(const CostAggregator& other);

  /// Groups in ascending order of keys, then currency. Unassigned values are groups of their own.
  [[nodiscard]] std::vector<Group> groups() const;
  /// One total per currency; records without one (unpriced, quarantined) under the empty currency.
  [[nodiscard]] std::vector<Group> totals() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace costops::engine
