#include "engine/card_table.h"

#include <algorithm>
#include <limits>

#include "engine/charging.h"

namespace costops::engine {
namespace {

using pricing::MeterRate;
using pricing::Price;
using pricing::RateStep;
using pricing::StepRule;

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

bool has_steps(const Price& price) {
  return std::any_of(price.rates.begin(), price.rates.end(),
                     [](const MeterRate& rate) { return !rate.steps.empty(); });
}

CardFacts::Way way_of(const Price& price) {
  const bool other_steps = price.steps.kind != StepRule::Kind::cliff ||
                           price.steps.counted != token_meters(Direction::input);
  const bool is_flat =
      !price.allowance && price.minimum_charge <= Amount{} && !(has_steps(price) && other_steps);
  return is_flat ? CardFacts::Way::short_way : CardFacts::Way::long_way;
}

/// The largest contexts that still belong below each threshold, ascending, without duplicates.
std::vector<std::int64_t> limits_of(const Price& price) {
  std::vector<std::int64_t> limits;
  for (const MeterRate& rate : price.rates) {
    for (const RateStep& step : rate.steps) {
      const bool from_threshold = price.steps.compare == StepRule::Compare::at_or_above;
      // A context is never negative, so a threshold of 0 to be reached is always reached.
      limits.push_back(from_threshold ? step.threshold - 1 : step.threshold);
    }
  }
  std::sort(limits.begin(), limits.end());
  limits.erase(std::unique(limits.begin(), limits.end()), limits.end());
  return limits;
}

/// The rate in the band just above `limit`; the base rate if there is none.
Rate rate_above(const MeterRate& rate, const StepRule& rule, const std::int64_t* limit) {
  Rate found = rate.base;
  if (limit == nullptr) return found;
  const std::int64_t lowered = rule.compare == StepRule::Compare::at_or_above ? 1 : 0;
  for (const RateStep& step : rate.steps) {
    if (step.threshold - lowered <= *limit) found = step.rate;
  }
  return found;
}

}  // namespace

CardTable::CardTable() {
  CardFacts nothing;
  nothing.way = CardFacts::Way::long_way;
  append(nothing);
}

std::uint32_t CardTable::append(const CardFacts& card) {
  const auto number = static_cast<std::uint32_t>(facts_.size());
  facts_.push_back(card);
  for (auto& rates : rates_) rates.push_back(kNoFlatRate);
  for (auto& limits : limits_) limits.push_back(kNoLimit);
  return number;
}

std::uint32_t CardTable::index_of(const Price& price) {
  const auto known = std::find(prices_.begin(), prices_.end(), &price);
  const auto index = static_cast<std::uint32_t>(known - prices_.begin());
  if (known == prices_.end()) prices_.push_back(&price);
  return index;
}

std::uint32_t CardTable::add(const Price& price, std::string_view region, std::string_view speed) {
  CardFacts card;
  card.price = &price;
  card.price_index = index_of(price);
  card.currency = price.currency;
  card.way = way_of(price);
  const std::uint32_t first = append(card);
  if (card.way == CardFacts::Way::long_way) return first;

  const std::vector<std::int64_t> limits = limits_of(price);
  while (limits_.size() < limits.size()) limits_.emplace_back(facts_.size(), kNoLimit);
  for (std::size_t b = 0; b < limits.size(); ++b) {
    limits_[b][first] = limits[b];
    append(card);
  }
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    const Meter meter = static_cast<Meter>(i);
    const MeterRate* rate = price.rate_of(meter);
    // Requests without a rate are free; they are no reason for being unpriced.
    static const MeterRate free_request{.meter = Meter::requests, .base = Rate{0, 1}, .steps = {}};
    if (meter == Meter::requests && rate != nullptr) charges_requests_ = true;
    if (meter == Meter::requests && rate == nullptr) rate = &free_request;
    if (rate == nullptr) continue;
    for (std::size_t b = 0; b <= limits.size(); ++b) {
      const std::int64_t* limit = b == 0 ? nullptr : &limits[b - 1];
      auto effective =
          effective_rate(rate_above(*rate, price.steps, limit), meter, price, region, speed);
      // A rate that cannot be computed fails the long way, with its reason.
      if (!effective) continue;
      rates_[i][first + b] = flat_rate(*effective);
      if (!rates_[i][first + b].is_whole()) facts_[first + b].fractional |= std::uint64_t{1} << i;
    }
  }
  return first;
}

}  // namespace costops::engine
