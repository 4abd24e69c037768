// meter.h - what is counted: the disjoint meters of a usage record, and the units they come from.
//
// Sources report *units* that contain each other (input_tokens contains cache_read_tokens). A
// record holds *meters*: no token is in two of them. UsageCounts takes the first and gives the
// second.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "costops/domain/error.h"
#include "costops/domain/meter_list.h"

namespace costops {

/// One billable kind of quantity. Its name is the same in JSON, SQL, command line and dashboard.
enum class Meter : std::uint8_t {
#define COSTOPS_X(meter, ...) meter,
  COSTOPS_METERS(COSTOPS_X)
#undef COSTOPS_X
};
#define COSTOPS_X(...) +1
inline constexpr std::size_t kMeterCount = 0 COSTOPS_METERS(COSTOPS_X);
inline constexpr std::size_t kUnitCount = 0 COSTOPS_UNITS(COSTOPS_X);
#undef COSTOPS_X

/// A unit as sources report it: may contain other units.
enum class Unit : std::uint8_t {
#define COSTOPS_X(unit, ...) unit,
  COSTOPS_UNITS(COSTOPS_X)
#undef COSTOPS_X
};

enum class Family : std::uint8_t {
  tokens,
  characters,
  messages,
  durations,
  pixels,
  document_pages,
  rerank,
  tool_calls,
  requests,
  images
};
enum class Direction : std::uint8_t { none, input, output };
enum class Modality : std::uint8_t { none, text, audio, image, video };
enum class TokenType : std::uint8_t { none, cache_read, cache_write, tool, reasoning, citation };
enum class CacheTtl : std::uint8_t { none, five_minutes, one_hour };

/// The dimensions of one meter.
struct MeterFacts {
  std::string_view name;
  Family family;
  Direction direction;
  Modality modality;
  TokenType token_type;
  CacheTtl cache_ttl;
  std::int64_t per;    ///< Units that a published price covers (a million tokens, 3,600 seconds).
  std::int64_t steps;  ///< Stored quantities per unit: 1, but 1,000 for seconds (kept as ms).
};

[[nodiscard]] const MeterFacts& facts(Meter meter);
[[nodiscard]] std::string_view to_string(Meter meter);
[[nodiscard]] std::optional<Meter> parse_meter(std::string_view name);

[[nodiscard]] std::string_view to_string(Unit unit);
[[nodiscard]] std::optional<Unit> parse_unit(std::string_view name);
/// The unit of a published price key ("cache_read_mtok").
[[nodiscard]] std::optional<Unit> unit_of_price_key(std::string_view price_key);
/// The meter that counts this unit once everything contained in it is taken out.
[[nodiscard]] Meter meter_of(Unit unit);

/// The meter whose price applies where `meter` itself has none: each step drops one distinction,
/// the modality first, then the cache's time to live, then the token type. No value at the root
/// (a price for input tokens never covers output tokens).
[[nodiscard]] std::optional<Meter> less_specific(Meter meter);

/// Largest quantity of one unit or meter: more is a broken source, not a call (10^15 tokens).
inline constexpr std::int64_t kQuantityMax = 1'000'000'000'000'000;

/// Quantities of all meters of one record, in stored steps. Disjoint: they add up.
using Quantities = std::array<std::int64_t, kMeterCount>;
[[nodiscard]] inline std::int64_t& at(Quantities& q, Meter m) {
  return q[static_cast<std::size_t>(m)];
}
[[nodiscard]] inline std::int64_t at(const Quantities& q, Meter m) {
  return q[static_cast<std::size_t>(m)];
}
/// Decimal text of a stored quantity in units: 12500 ms of audio are "12.5".
[[nodiscard]] std::string quantity_text(Meter meter, std::int64_t quantity);

using MeterSet = std::bitset<kMeterCount>;
/// All token meters of one direction: what a long-context rule compares with its threshold.
[[nodiscard]] const MeterSet& token_meters(Direction direction);
/// Sum of the quantities in a set. Requires that the sum fits 64 bits (UsageRecord's validation).
[[nodiscard]] std::int64_t sum_of(const Quantities& quantities, const MeterSet& meters);

/// What a source reported, unit by unit, before it is made disjoint.
class UsageCounts {
 public:
  /// Adds to a unit (the same unit may come from several places, as in published mappings).
  /// Saturates at INT64_MAX, which disjoint() refuses. Requires quantity >= 0, in stored steps.
  void add(Unit unit, std::int64_t quantity);
  [[nodiscard]] bool has(Unit unit) const {
    const auto place = static_cast<std::size_t>(unit);
    return (present_[place / 64] >> (place % 64) & 1U) != 0;
  }
  [[nodiscard]] std::int64_t count(Unit unit) const {
    return counts_[static_cast<std::size_t>(unit)];
  }
  [[nodiscard]] bool empty() const { return present_ == Presence{}; }
  void clear();

  /// Disjoint quantities: each unit less the units inside it. Where a source gives cached tokens
  /// and tokens per modality but not both together, cached (then written, tool, reasoning) tokens
  /// are taken to be text first, because text is what providers cache first; the sums per token
  /// type and per modality stay as reported in any case.
  /// A cache-write total above its parts by time to live leaves the rest in cache_write_tokens.
  /// Fails with invalid_input, naming both units and both counts, if a part exceeds its whole
  /// ("cache_read_tokens (500) exceed input_tokens (100)"), parts of tokens are reported without
  /// their whole ("... are reported without input_tokens"), or a count is above kQuantityMax.
  /// Audio seconds and document pages may be reported by their parts alone.
  [[nodiscard]] Result<Quantities> disjoint() const;

 private:
  /// One bit per unit: walked in place of all units, because a record has few.
  using Presence = std::array<std::uint64_t, (kUnitCount + 63) / 64>;

  std::array<std::int64_t, kUnitCount> counts_{};
  Presence present_{};
};

}  // namespace costops
