// look_up.h - which card prices a combination of provider, model, tier, region and speed, and when.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "costops/pricing/price_book.h"
#include "engine/card_table.h"

namespace costops::engine {

/// The cards of one combination over time: constant between the effective limits of its prices, but
/// where a price has windows on the clock, which are asked per record.
struct CardSchedule {
  /// A segment in which a price with time windows is in force.
  static constexpr std::uint32_t kAsk = UINT32_MAX;

  const pricing::PriceSet* prices = nullptr;
  std::vector<std::int64_t> starts;  ///< UTC microseconds; segment i ends where i + 1 starts.
  std::vector<std::uint32_t> cards;  ///< First card of each segment, or kAsk.
  std::vector<std::pair<const pricing::Price*, std::uint32_t>> card_of_price;

  [[nodiscard]] bool is_constant() const { return cards.size() == 1 && cards[0] != kAsk; }
  [[nodiscard]] std::uint32_t card_at(std::int64_t at) const;
};

/// Schedules by text, kept for the life of a pricer, so that batches with other dictionaries cost
/// no new compilation.
class CardLookUp {
 public:
  explicit CardLookUp(const pricing::PriceBook& book) : book_(&book) {}

  /// The number of the schedule for `query` (its time is ignored).
  [[nodiscard]] std::uint32_t schedule_of(const pricing::PriceQuery& query, CardTable& cards);
  [[nodiscard]] const CardSchedule& schedule(std::uint32_t number) const {
    return schedules_[number];
  }

 private:
  const pricing::PriceBook* book_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<CardSchedule> schedules_;
};

}  // namespace costops::engine
