// The batch kernel. Records are taken in blocks that stay in the second-level cache, long enough
// for the processor to see the columns as streams (blocks of 2048 rows are a third faster than
// blocks of 512); each step runs over a block before the next one starts:
//   1. the codes of a row (provider, model, tier, region, speed) -> number of their combination
//   2. combination, and the time where the combination's price changes -> card
//   3. the context length, where a card has a long-context cliff -> the card of that band
//   4. one meter after the other: quantity x the card's flat rate, added to the meter's class
//   5. rows that a flat rate cannot price (no price, no rate, an allowance, a huge quantity, ...)
//   once
//      more, the long way, through the calculator's own charging.
#include <algorithm>
#include <array>
#include <bitset>
#include <map>

#include "costops/engine/calculator.h"
#include "engine/card_table.h"
#include "engine/charging.h"
#include "engine/combination_index.h"
#include "engine/look_up.h"

namespace costops::engine {
namespace {

constexpr std::size_t kBlock = 2048;
constexpr std::array kPriceDimensions = {Dimension::provider, Dimension::model,
                                         Dimension::service_tier, Dimension::region,
                                         Dimension::speed};
constexpr std::size_t kPriceDimensionCount = kPriceDimensions.size();

/// One block of rows on its way through the steps.
struct Block {
  std::size_t from = 0;
  std::size_t count = 0;
  std::array<std::uint32_t, kBlock> combination;
  std::array<std::uint32_t, kBlock> card;
  std::array<std::uint32_t, kBlock> first_card;  ///< Of the bands of context length.
  std::array<std::uint64_t, kBlock> context;
  std::array<std::uint8_t, kBlock> long_way;
};

std::string_view text_at(const UsageBatch& batch, Dimension dimension, std::size_t row) {
  return batch.dictionary(dimension).text_of(batch.codes(dimension)[row]);
}

Quantities quantities_at(const UsageBatch& batch, std::size_t row) {
  Quantities quantities{};
  for (std::size_t m = 0; m < kMeterCount; ++m) {
    if (batch.meters().test(m)) quantities[m] = batch.quantities(static_cast<Meter>(m))[row];
  }
  return quantities;
}

/// What is known of a meter's column in a block.
enum class Divisions { none, some };
enum class Class { first_meter, further_meter };  ///< The first one writes, the others add.
enum class AtLeast { zero, one };

/// One meter of a block, ready to be charged.
struct MeterColumn {
  const FlatRate* rates;
  const std::uint32_t* cards;
  const std::int64_t* quantities;  ///< None: all zero.
  std::size_t count;
};

/// pico[i] += charge, long_way[i] |= "the flat rate does not hold", for one meter of a block.
template <Divisions kDivisions, AtLeast kAtLeast, Class kClass>
void charge_column(const MeterColumn& column, std::int64_t* pico, std::uint8_t* long_way) {
  const auto [rates, cards, quantities, count] = column;
  for (std::size_t i = 0; i < count; ++i) {
    auto quantity = static_cast<std::uint64_t>(quantities == nullptr ? 0 : quantities[i]);
    if constexpr (kAtLeast == AtLeast::one) quantity += quantity == 0 ? 1U : 0U;
    const FlatRate& rate = rates[cards[i]];
    std::uint64_t charge = kDivisions == Divisions::none ? quantity * (rate.twice_numerator >> 1)
                                                         : charge_of(rate, quantity);
    // Unsigned: what goes the long way may wrap here, and is written anew there.
    if constexpr (kClass == Class::further_meter) charge += static_cast<std::uint64_t>(pico[i]);
    pico[i] = static_cast<std::int64_t>(charge);
    long_way[i] |= static_cast<std::uint8_t>(quantity > rate.quantity_max ? 1 : 0);
  }
}

using ChargeColumn = void (*)(const MeterColumn&, std::int64_t*, std::uint8_t*);

template <Class kClass>
ChargeColumn charge_column_for(Meter meter, Divisions divisions) {
  if (meter == Meter::requests) return charge_column<Divisions::some, AtLeast::one, kClass>;
  return divisions == Divisions::none ? charge_column<Divisions::none, AtLeast::zero, kClass>
                                      : charge_column<Divisions::some, AtLeast::zero, kClass>;
}

}  // namespace

struct BatchPricer::State {
  explicit State(const pricing::PriceBook& book) : look_up(book) {}

  void begin(const UsageBatch& batch, BatchCosts& costs);
  void choose_cards(const UsageBatch& batch, std::int64_t default_at);
  void choose_bands(const UsageBatch& batch);
  void charge_meters(const UsageBatch& batch, BatchCosts& costs);
  void write_rows(BatchCosts& costs) const;
  void price_long_way(const UsageBatch& batch, std::int64_t default_at, std::size_t i,
                      BatchCosts& costs);
  void extend_combinations(const UsageBatch& batch);
  void quarantine(std::size_t row, std::string reason, BatchCosts& costs);
  std::uint32_t reason_index(std::string reason, BatchCosts& costs);

  CardLookUp look_up;
  CardTable cards;
  CombinationIndex combinations{kPriceDimensionCount};
  std::array<std::uint64_t, kPriceDimensionCount> dictionaries{};
  /// By combination: the card where it never changes, else kVaries, and the schedule.
  std::vector<std::uint32_t> card_of;
  std::vector<std::uint32_t> schedule_of;
  static constexpr std::uint32_t kVaries = UINT32_MAX;
  Block block;
  std::map<std::string, std::uint32_t, std::less<>> reason_indexes;
  std::map<std::pair<const pricing::Price*, std::uint64_t>, std::uint32_t> missing_reasons;
};

void BatchPricer::State::begin(const UsageBatch& batch, BatchCosts& costs) {
  std::array<std::uint64_t, kPriceDimensionCount> now{};
  std::array<std::uint32_t, kPriceDimensionCount> sizes{};
  for (std::size_t k = 0; k < kPriceDimensionCount; ++k) {
    now[k] = batch.dictionary(kPriceDimensions[k]).identity();
    sizes[k] = batch.dictionary(kPriceDimensions[k]).size();
  }
  if (now != dictionaries) {
    combinations.clear();
    card_of.clear();
    schedule_of.clear();
    dictionaries = now;
  }
  combinations.expect(sizes);

  costs.status.resize(batch.size());
  costs.price.resize(batch.size());
  costs.currency.resize(batch.size());
  costs.reason.resize(batch.size());
  for (auto& pico : costs.pico) pico.resize(batch.size());
  costs.reasons.assign(1, "");
  reason_indexes.clear();
  missing_reasons.clear();
}

void BatchPricer::State::extend_combinations(const UsageBatch& batch) {
  while (card_of.size() < combinations.size()) {
    const auto codes = combinations.codes_of(static_cast<std::uint32_t>(card_of.size()));
    const auto text = [&](std::size_t k) {
      return batch.dictionary(kPriceDimensions[k]).text_of(codes[k]);
    };
    const std::uint32_t number = look_up.schedule_of({.provider = text(0),
                                                      .model = text(1),
                                                      .at = {},
                                                      .service_tier = text(2),
                                                      .region = text(3),
                                                      .speed = text(4)},
                                                     cards);
    const CardSchedule& schedule = look_up.schedule(number);
    card_of.push_back(schedule.is_constant() ? schedule.cards[0] : kVaries);
    schedule_of.push_back(number);
  }
}

void BatchPricer::State::choose_cards(const UsageBatch& batch, std::int64_t default_at) {
  std::array<const std::uint32_t*, kPriceDimensionCount> columns{};
  for (std::size_t k = 0; k < kPriceDimensionCount; ++k) {
    columns[k] = batch.codes(kPriceDimensions[k]).data() + block.from;
  }
  combinations.number(columns, block.count, block.combination.data());
  if (card_of.size() < combinations.size()) extend_combinations(batch);

  for (std::size_t i = 0; i < block.count; ++i) {
    std::uint32_t card = card_of[block.combination[i]];
    if (card == kVaries) {
      const std::int64_t at = batch.at[block.from + i];
      card = look_up.schedule(schedule_of[block.combination[i]])
                 .card_at(at == UsageBatch::kNone ? default_at : at);
    }
    block.card[i] = card;
  }
}

void BatchPricer::State::choose_bands(const UsageBatch& batch) {
  if (cards.limits().empty()) return;
  // Sums that leave 64 bits wrap here, harmlessly: such quantities go the long way in any band.
  std::fill_n(block.context.begin(), block.count, 0U);
  const MeterSet counted = token_meters(Direction::input) & batch.meters();
  for (std::size_t m = 0; m < kMeterCount; ++m) {
    if (!counted.test(m)) continue;
    const std::int64_t* quantities = batch.quantities(static_cast<Meter>(m)).data() + block.from;
    for (std::size_t i = 0; i < block.count; ++i) {
      block.context[i] += static_cast<std::uint64_t>(quantities[i]);
    }
  }
  for (std::size_t i = 0; i < block.count; ++i) {
    const std::size_t row = block.from + i;
    const auto stated = stated_context(batch.status[row], batch.context_window[row]);
    if (stated) block.context[i] = static_cast<std::uint64_t>(*stated);
  }
  std::copy_n(block.card.begin(), block.count, block.first_card.begin());
  for (const std::vector<std::int64_t>& limits : cards.limits()) {
    for (std::size_t i = 0; i < block.count; ++i) {
      const bool above = static_cast<std::int64_t>(block.context[i]) > limits[block.first_card[i]];
      block.card[i] += above ? 1U : 0U;
    }
  }
}

void BatchPricer::State::charge_meters(const UsageBatch& batch, BatchCosts& costs) {
  std::uint64_t fractional = 0;
  const std::vector<CardFacts>& facts = cards.facts();
  for (std::size_t i = 0; i < block.count; ++i) {
    const CardFacts& card = facts[block.card[i]];
    fractional |= card.fractional;
    const bool odd = card.way == CardFacts::Way::long_way ||
                     batch.status[block.from + i] == CallStatus::gateway_cache_hit;
    block.long_way[i] = odd ? 1 : 0;
  }
  std::bitset<kCostClassCount> written;
  MeterSet active = batch.meters();
  if (cards.charges_requests()) active.set(static_cast<std::size_t>(Meter::requests));
  for (std::size_t m = 0; m < kMeterCount; ++m) {
    if (!active.test(m)) continue;
    const Meter meter = static_cast<Meter>(m);
    const auto column = batch.quantities(meter);
    const std::int64_t* quantities = column.empty() ? nullptr : column.data() + block.from;
    const auto cost_class = static_cast<std::size_t>(cost_class_of(meter));
    const auto divisions = (fractional >> m & 1U) == 0U ? Divisions::none : Divisions::some;
    const ChargeColumn charge_block =
        written.test(cost_class) ? charge_column_for<Class::further_meter>(meter, divisions)
                                 : charge_column_for<Class::first_meter>(meter, divisions);
    charge_block({cards.rates(meter), block.card.data(), quantities, block.count},
                 costs.pico[cost_class].data() + block.from, block.long_way.data());
    written.set(cost_class);
  }
  for (std::size_t c = 0; c < kCostClassCount; ++c) {
    if (!written.test(c)) std::fill_n(costs.pico[c].data() + block.from, block.count, 0);
  }
}

void BatchPricer::State::write_rows(BatchCosts& costs) const {
  const auto from = static_cast<std::ptrdiff_t>(block.from);
  std::fill_n(costs.status.begin() + from, block.count, PricingStatus::priced);
  std::fill_n(costs.reason.begin() + from, block.count, 0U);
  const std::vector<CardFacts>& facts = cards.facts();
  for (std::size_t i = 0; i < block.count; ++i) {
    const CardFacts& card = facts[block.card[i]];
    costs.price[block.from + i] = card.price_index;
    costs.currency[block.from + i] = card.currency;
  }
}

std::uint32_t BatchPricer::State::reason_index(std::string reason, BatchCosts& costs) {
  const auto known = reason_indexes.find(reason);
  if (known != reason_indexes.end()) return known->second;
  const auto index = static_cast<std::uint32_t>(costs.reasons.size());
  costs.reasons.push_back(reason);
  reason_indexes.emplace(std::move(reason), index);
  return index;
}

void BatchPricer::State::quarantine(std::size_t row, std::string reason, BatchCosts& costs) {
  costs.status[row] = PricingStatus::quarantined;
  costs.price[row] = BatchCosts::kNoPrice;
  costs.currency[row] = Currency{};
  costs.reason[row] = reason_index(std::move(reason), costs);
}

void BatchPricer::State::price_long_way(const UsageBatch& batch, std::int64_t default_at,
                                        std::size_t i, BatchCosts& costs) {
  const std::size_t row = block.from + i;
  for (auto& pico : costs.pico) pico[row] = 0;
  const Quantities quantities = quantities_at(batch, row);
  if (auto checked = check_not_negative(quantities); !checked) {
    return quarantine(row, std::move(checked.error().message), costs);
  }
  if (batch.status[row] == CallStatus::gateway_cache_hit) return;

  const pricing::Price* price = cards.facts()[block.card[i]].price;
  if (price == nullptr) {
    const std::int64_t micros = batch.at[row] == UsageBatch::kNone ? default_at : batch.at[row];
    const CardSchedule& schedule = look_up.schedule(schedule_of[block.combination[i]]);
    costs.status[row] = PricingStatus::unpriced;
    costs.reason[row] = reason_index(schedule.prices->why(Instant{Microseconds(micros)}), costs);
    return;
  }
  ClassSums sums;
  auto missing = charge(
      {quantities, text_at(batch, Dimension::region, row), text_at(batch, Dimension::speed, row),
       stated_context(batch.status[row], batch.context_window[row])},
      *price, sums);
  if (!missing) return quarantine(row, std::move(missing.error().message), costs);
  for (std::size_t c = 0; c < kCostClassCount; ++c) {
    costs.pico[c][row] = static_cast<std::int64_t>(sums.costs.by_class[c].pico());
  }
  if (missing->none()) return;
  costs.status[row] = PricingStatus::unpriced;
  auto [reason, is_new] = missing_reasons.try_emplace({price, missing->to_ullong()}, 0);
  if (is_new) reason->second = reason_index(reason_of_missing(*missing, *price), costs);
  costs.reason[row] = reason->second;
}

BatchPricer::BatchPricer(const pricing::PriceBook& book) : state_(std::make_unique<State>(book)) {}
BatchPricer::~BatchPricer() = default;
BatchPricer::BatchPricer(BatchPricer&&) noexcept = default;
BatchPricer& BatchPricer::operator=(BatchPricer&&) noexcept = default;

void BatchPricer::price(const UsageBatch& batch, Instant default_at, BatchCosts& costs) {
  State& state = *state_;
  const std::int64_t default_micros = default_at.time_since_epoch().count();
  state.begin(batch, costs);
  Block& block = state.block;
  for (block.from = 0; block.from < batch.size(); block.from += kBlock) {
    block.count = std::min(kBlock, batch.size() - block.from);
    state.choose_cards(batch, default_micros);
    state.choose_bands(batch);
    state.charge_meters(batch, costs);
    state.write_rows(costs);
    for (std::size_t i = 0; i < block.count; ++i) {
      if (block.long_way[i] != 0) [[unlikely]] {
        state.price_long_way(batch, default_micros, i, costs);
      }
    }
  }
  costs.prices = state.cards.prices();
}

}  // namespace costops::engine
