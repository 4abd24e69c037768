#include "engine/group_sums.h"

#include <algorithm>
#include <bit>

namespace costops::engine {
namespace {

/// Columns grow when they are added to, and by more than is asked for.
template <typename T>
T value_at(const std::vector<T>& column, std::size_t group) {
  return group < column.size() ? column[group] : T{};
}

template <typename T>
void reserve_groups(std::vector<T>& column, std::size_t groups) {
  if (column.size() < groups) column.resize(std::max(groups, 2 * column.size()));
}

}  // namespace

std::uint32_t GroupSums::add_group() {
  requests_.push_back(0);
  unpriced_.push_back(0);
  quarantined_.push_back(0);
  unpriced_cost_.emplace_back();
  return static_cast<std::uint32_t>(requests_.size() - 1);
}

void GroupSums::set_to_zero() {
  std::fill(requests_.begin(), requests_.end(), 0U);
  std::fill(unpriced_.begin(), unpriced_.end(), 0U);
  std::fill(quarantined_.begin(), quarantined_.end(), 0U);
  std::fill(unpriced_cost_.begin(), unpriced_cost_.end(), Amount{});
  for (auto& column : pico_) std::fill(column.begin(), column.end(), Int128{0});
  for (auto& column : quantities_) std::fill(column.begin(), column.end(), 0);
}

void GroupSums::add_requests(std::span<const std::uint32_t> groups, const std::int64_t* counts) {
  for (std::size_t i = 0; i < groups.size(); ++i) {
    requests_[groups[i]] += static_cast<std::uint64_t>(counts[i]);
  }
}

void GroupSums::add_unpriced(std::uint32_t group, Amount lower_bound) {
  ++unpriced_[group];
  unpriced_cost_[group] += lower_bound;
}

void GroupSums::add_costs(CostClass cost_class, std::span<const std::uint32_t> groups,
                          const std::int64_t* pico) {
  auto& column = pico_[static_cast<std::size_t>(cost_class)];
  reserve_groups(column, size());
  for (std::size_t i = 0; i < groups.size(); ++i) column[groups[i]] += pico[i];
}

void GroupSums::add_quantities(Meter meter, std::span<const std::uint32_t> groups,
                               const std::int64_t* quantities) {
  auto& column = quantities_[static_cast<std::size_t>(meter)];
  meters_.set(static_cast<std::size_t>(meter));
  reserve_groups(column, size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    column[groups[i]] = saturating_sum(column[groups[i]], quantities[i]);
  }
}

void GroupSums::add(std::uint32_t group, const Totals& totals) {
  requests_[group] += totals.requests;
  unpriced_[group] += totals.unpriced;
  quarantined_[group] += totals.quarantined;
  unpriced_cost_[group] += totals.unpriced_cost;
  for (std::size_t c = 0; c < kCostClassCount; ++c) {
    reserve_groups(pico_[c], size());
    pico_[c][group] += totals.costs.by_class[c].pico();
  }
  for (std::size_t m = 0; m < kMeterCount; ++m) {
    if (totals.quantities[m] == 0) continue;
    add_quantities(static_cast<Meter>(m), std::span(&group, 1), &totals.quantities[m]);
  }
}

void GroupSums::read(std::uint32_t group, Totals& into) const {
  into.requests = requests_[group];
  into.unpriced = unpriced_[group];
  into.quarantined = quarantined_[group];
  into.unpriced_cost = unpriced_cost_[group];
  for (std::size_t c = 0; c < kCostClassCount; ++c) {
    into.costs.by_class[c] = Amount::pico(value_at(pico_[c], group));
  }
  for (std::uint64_t left = meters_.to_ullong(); left != 0; left &= left - 1) {
    const auto m = static_cast<std::size_t>(std::countr_zero(left));
    into.quantities[m] = value_at(quantities_[m], group);
  }
}

}  // namespace costops::engine
