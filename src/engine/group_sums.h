// group_sums.h - sums of many groups as columns: one number per group and measure.
//
// Groups are numbered from 0; a measure that no record has takes no memory.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "costops/engine/aggregator.h"

namespace costops::engine {

class GroupSums {
 public:
  /// Makes room for one more group, with zeros; returns its number.
  std::uint32_t add_group();
  [[nodiscard]] std::size_t size() const { return requests_.size(); }
  /// Sets all sums to zero; the groups stay.
  void set_to_zero();

  /// Adds counts[i] to groups[i], and so on below.
  void add_requests(std::span<const std::uint32_t> groups, const std::int64_t* counts);
  void add_unpriced(std::uint32_t group, Amount lower_bound);
  void add_quarantined(std::uint32_t group) { ++quarantined_[group]; }
  void add_costs(CostClass cost_class, std::span<const std::uint32_t> groups,
                 const std::int64_t* pico);
  void add_quantities(Meter meter, std::span<const std::uint32_t> groups,
                      const std::int64_t* quantities);
  void add(std::uint32_t group, const Totals& totals);

  /// Sets `into` to a group's totals. Requires that it is new, or held totals of these sums before.
  void read(std::uint32_t group, Totals& into) const;

 private:
  std::vector<std::uint64_t> requests_;
  std::vector<std::uint64_t> unpriced_;
  std::vector<std::uint64_t> quarantined_;
  std::vector<Amount> unpriced_cost_;
  std::array<std::vector<Int128>, kCostClassCount> pico_;
  std::array<std::vector<std::int64_t>, kMeterCount> quantities_;
  MeterSet meters_;  ///< With a column.
};

/// a + b, or INT64_MAX where that is too large: a sum of tokens never wraps around.
[[nodiscard]] inline std::int64_t saturating_sum(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

}  // namespace costops::engine
