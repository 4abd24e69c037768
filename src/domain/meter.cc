#include "costops/domain/meter.h"

#include <algorithm>
#include <array>

#include "costops/domain/money.h"

namespace costops {
namespace {

constexpr std::array<MeterFacts, kMeterCount> kFacts = {{
#define COSTOPS_X(meter, family, direction, modality, type, ttl, per, steps) \
  {                                                                          \
      #meter,                                                                \
      Family::family,                                                        \
      Direction::direction,                                                  \
      Modality::modality,                                                    \
      TokenType::type,                                                       \
      CacheTtl::ttl,                                                         \
      per,                                                                   \
      steps},
    COSTOPS_METERS(COSTOPS_X)
#undef COSTOPS_X
}};

struct UnitFacts {
  std::string_view name;
  std::string_view price_key;
  Meter meter;
};
constexpr std::array<UnitFacts, kUnitCount> kUnits = {{
#define COSTOPS_X(unit, price_key, meter) {#unit, #price_key, Meter::meter},
    COSTOPS_UNITS(COSTOPS_X)
#undef COSTOPS_X
}};

/// Names in order, each with the place in its table.
template <std::size_t Count>
using NameIndex = std::array<std::pair<std::string_view, std::uint8_t>, Count>;

template <std::size_t Count, typename NameOf>
constexpr NameIndex<Count> index_of(NameOf name_of) {
  NameIndex<Count> index;
  for (std::size_t i = 0; i < Count; ++i) index[i] = {name_of(i), static_cast<std::uint8_t>(i)};
  std::sort(index.begin(), index.end());
  return index;
}

constexpr auto kMeterIndex = index_of<kMeterCount>([](std::size_t i) { return kFacts[i].name; });
constexpr auto kUnitIndex = index_of<kUnitCount>([](std::size_t i) { return kUnits[i].name; });
constexpr auto kPriceKeyIndex =
    index_of<kUnitCount>([](std::size_t i) { return kUnits[i].price_key; });

template <typename Enum, std::size_t Count>
std::optional<Enum> find(const NameIndex<Count>& index, std::string_view name) {
  const auto place = std::lower_bound(
      index.begin(), index.end(), name,
      [](const auto& entry, std::string_view wanted) { return entry.first < wanted; });
  if (place == index.end() || place->first != name) return std::nullopt;
  return static_cast<Enum>(place->second);
}

/// The meter with these facts, names and units aside.
constexpr std::optional<Meter> meter_with(const MeterFacts& wanted) {
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    const MeterFacts& facts = kFacts[i];
    if (facts.family == wanted.family && facts.direction == wanted.direction &&
        facts.modality == wanted.modality && facts.token_type == wanted.token_type &&
        facts.cache_ttl == wanted.cache_ttl) {
      return static_cast<Meter>(i);
    }
  }
  return std::nullopt;
}

constexpr std::optional<Meter> less_specific_token(MeterFacts facts) {
  if (facts.modality != Modality::none) {
    facts.modality = Modality::none;
  } else if (facts.cache_ttl != CacheTtl::none) {
    facts.cache_ttl = CacheTtl::none;
  } else if (facts.token_type != TokenType::none) {
    facts.token_type = TokenType::none;
  } else {
    return std::nullopt;
  }
  return meter_with(facts);
}

constexpr std::optional<Meter> find_less_specific(Meter meter) {
  switch (meter) {
    case Meter::input_audio_seconds:
    case Meter::output_audio_seconds:
      return Meter::audio_seconds;
    case Meter::input_annotated_document_pages:
      return Meter::input_document_pages;
    default: {
      const MeterFacts& facts = kFacts[static_cast<std::size_t>(meter)];
      return facts.family == Family::tokens ? less_specific_token(facts) : std::nullopt;
    }
  }
}

constexpr auto kLessSpecific = [] {
  std::array<std::optional<Meter>, kMeterCount> table;
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    table[i] = find_less_specific(static_cast<Meter>(i));
  }
  return table;
}();

MeterSet find_token_meters(Direction direction) {
  MeterSet set;
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    set[i] = kFacts[i].family == Family::tokens && kFacts[i].direction == direction;
  }
  return set;
}

}  // namespace

const MeterFacts& facts(Meter meter) { return kFacts[static_cast<std::size_t>(meter)]; }

std::string_view to_string(Meter meter) { return facts(meter).name; }

std::optional<Meter> parse_meter(std::string_view name) { return find<Meter>(kMeterIndex, name); }

std::string_view to_string(Unit unit) { return kUnits[static_cast<std::size_t>(unit)].name; }

std::optional<Unit> parse_unit(std::string_view name) { return find<Unit>(kUnitIndex, name); }

std::optional<Unit> unit_of_price_key(std::string_view price_key) {
  return find<Unit>(kPriceKeyIndex, price_key);
}

Meter meter_of(Unit unit) { return kUnits[static_cast<std::size_t>(unit)].meter; }

std::optional<Meter> less_specific(Meter meter) {
  return kLessSpecific[static_cast<std::size_t>(meter)];
}

std::string quantity_text(Meter meter, std::int64_t quantity) {
  // Steps per unit are powers of ten up to 1,000, so a quantity is an amount of that many decimals.
  const Int128 pico = static_cast<Int128>(quantity) * (kPicoPerUnit / facts(meter).steps);
  return to_string(Amount::pico(pico));
}

const MeterSet& token_meters(Direction direction) {
  static const std::array<MeterSet, 3> sets = {find_token_meters(Direction::none),
                                               find_token_meters(Direction::input),
                                               find_token_meters(Direction::output)};
  return sets[static_cast<std::size_t>(direction)];
}

std::int64_t sum_of(const Quantities& quantities, const MeterSet& meters) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    if (meters[i]) sum += quantities[i];
  }
  return sum;
}

}  // namespace costops
