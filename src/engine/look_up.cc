#include "engine/look_up.h"

#include <algorithm>
#include <initializer_list>

namespace costops::engine {
namespace {

using pricing::Price;
using pricing::PriceQuery;
using pricing::PriceSet;

/// The texts joined with their lengths, so that no two combinations share a key.
std::string key_of(std::initializer_list<std::string_view> texts) {
  std::string key;
  for (const std::string_view text : texts) {
    key += std::to_string(text.size());
    key += ':';
    key += text;
  }
  return key;
}

std::int64_t micros(Instant at) { return at.time_since_epoch().count(); }

bool has_windows_in_force(const PriceSet& prices, Instant at) {
  return std::any_of(
      prices.candidates().begin(), prices.candidates().end(), [at](const Price* price) {
        return !price->conditions.windows.empty() && price->conditions.effective.contains(at);
      });
}

/// Where the prices in force can change: the limits of all effective ranges.
std::vector<std::int64_t> segment_starts(const PriceSet& prices) {
  std::vector<std::int64_t> starts{INT64_MIN};
  for (const Price* price : prices.candidates()) {
    const TimeRange& effective = price->conditions.effective;
    if (effective.from > min_instant()) starts.push_back(micros(effective.from));
    if (effective.to < max_instant()) starts.push_back(micros(effective.to));
  }
  std::sort(starts.begin(), starts.end());
  starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
  return starts;
}

CardSchedule compile(const PriceSet& prices, const PriceQuery& query, CardTable& cards) {
  CardSchedule schedule;
  schedule.prices = &prices;
  schedule.starts = segment_starts(prices);
  for (const Price* price : prices.candidates()) {
    schedule.card_of_price.emplace_back(price, cards.add(*price, query.region, query.speed));
  }
  for (const std::int64_t start : schedule.starts) {
    const Instant at = std::max(min_instant(), Instant{Microseconds(start)});
    if (has_windows_in_force(prices, at)) {
      schedule.cards.push_back(CardSchedule::kAsk);
      continue;
    }
    const Price* price = prices.at(at);
    const auto found = std::find_if(schedule.card_of_price.begin(), schedule.card_of_price.end(),
                                    [price](const auto& entry) { return entry.first == price; });
    schedule.cards.push_back(found == schedule.card_of_price.end() ? CardTable::kNoCard
                                                                   : found->second);
  }
  return schedule;
}

}  // namespace

std::uint32_t CardSchedule::card_at(std::int64_t at) const {
  const auto after = std::upper_bound(starts.begin(), starts.end(), at);
  const std::uint32_t card = cards[static_cast<std::size_t>(after - starts.begin()) - 1];
  if (card != kAsk) return card;
  const Price* price = prices->at(Instant{Microseconds(at)});
  for (const auto& [candidate, candidate_card] : card_of_price) {
    if (candidate == price) return candidate_card;
  }
  return CardTable::kNoCard;
}

std::uint32_t CardLookUp::schedule_of(const PriceQuery& query, CardTable& cards) {
  const auto [known, is_new] = numbers_.try_emplace(
      key_of({query.provider, query.model, query.service_tier, query.region, query.speed}),
      static_cast<std::uint32_t>(schedules_.size()));
  if (is_new) schedules_.push_back(compile(book_->resolve(query), query, cards));
  return known->second;
}

}  // namespace costops::engine
