// price.h - what one model costs under which conditions, as data.
//
// A Price is one row of the price book: rates per meter, valid for one provider's model in a
// half-open range of usage times and under any combination of conditions. Nothing here multiplies
// money; the engine room does.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/meter.h"
#include "costops/domain/money.h"
#include "costops/domain/rate.h"
#include "costops/domain/time.h"

namespace costops::pricing {

/// One way in which a model id, as reported, belongs to a model of the book. Lower case.
/// Precedence where several models match: exact, then alias, then the longest declared prefix,
/// suffix, fragment, then regular expression (RE2 syntax); ties go to the earlier model.
struct ModelMatch {
  enum class Kind : std::uint8_t { exact, alias, starts_with, ends_with, contains, regex };
  Kind kind = Kind::exact;
  std::string pattern{};
  friend bool operator==(const ModelMatch&, const ModelMatch&) = default;
};

/// A daily window of wall clock time on some weekdays in a zone, half-open; a window whose end is
/// not after its start runs over midnight and belongs to the day on which it starts.
struct TimeWindow {
  std::chrono::seconds from{0};  ///< Since local midnight.
  std::chrono::seconds to{86400};
  std::uint8_t weekdays = 0x7f;  ///< Bit 0 Monday ... bit 6 Sunday.
  std::string zone = "UTC";
  friend bool operator==(const TimeWindow&, const TimeWindow&) = default;
};

/// When a price applies. An empty text means "no condition", except for `service_tier`, where empty
/// is the standard tier.
struct Conditions {
  TimeRange effective{};
  std::string service_tier{};         ///< "" (standard), "batch", "flex", "priority", ...
  std::string region{};               ///< Only usage in this region or geography.
  std::string speed{};                ///< Only usage at this speed ("fast").
  std::vector<TimeWindow> windows{};  ///< In any of them; empty: always.
  friend bool operator==(const Conditions&, const Conditions&) = default;
};

/// Beyond `threshold` (see StepRule::compare), another rate.
struct RateStep {
  std::int64_t threshold = 0;
  Rate rate{};
  friend bool operator==(const RateStep&, const RateStep&) = default;
};

/// The rate of one meter: `base`, then its steps in ascending order of threshold. `per` counts the
/// meter's units as people know them (seconds, not the milliseconds that are stored): the engine
/// brings in MeterFacts::steps.
struct MeterRate {
  Meter meter;
  Rate base{};
  std::vector<RateStep> steps{};
  friend bool operator==(const MeterRate&, const MeterRate&) = default;
};

/// How steps apply. cliff: the record's context (the sum of `counted`) above a threshold puts *all*
/// its tokens at that step's rate. graduated: each meter's own quantity is split at the thresholds,
/// and each part has its own rate.
struct StepRule {
  enum class Kind : std::uint8_t { cliff, graduated };
  enum class Compare : std::uint8_t { above, at_or_above };
  Kind kind = Kind::cliff;
  Compare compare = Compare::above;
  MeterSet counted = token_meters(Direction::input);
  friend bool operator==(const StepRule&, const StepRule&) = default;
};

/// A factor on the rates of some meters when the usage has this value in this dimension
/// (region "us": 1.1; speed "fast": 6).
struct Multiplier {
  enum class On : std::uint8_t { region, speed, always };
  On on = On::always;
  std::string value{};
  Ratio factor{};
  MeterSet meters = token_meters(Direction::input) | token_meters(Direction::output);
  friend bool operator==(const Multiplier&, const Multiplier&) = default;
};

/// A price per request that includes some quantity; what is above it costs `overage`. Comes beside
/// the `requests` rate. 0.01 per request with 2,000 tokens included, 3,000 used, overage 5 per
/// million = 0.015.
struct Allowance {
  std::int64_t included = 0;
  Rate overage{};
  MeterSet meters = token_meters(Direction::input) | token_meters(Direction::output);
  friend bool operator==(const Allowance&, const Allowance&) = default;
};

/// Where a price comes from and when we learned it.
struct Provenance {
  std::string source{};  ///< "genai-prices", "litellm", "custom", "contract", ...
  std::string url{};
  std::string note{};
  Instant learned_at{};
  friend bool operator==(const Provenance&, const Provenance&) = default;
};

/// One row of the price book.
struct Price {
  /// Stable and unique in its book; see price_id. Left empty, the book fills it in.
  std::string id{};
  std::string provider{};
  std::string model{};
  Currency currency = Currency::usd();
  Conditions conditions{};
  std::vector<MeterRate> rates{};  ///< Ascending by meter, at most one each.
  StepRule steps{};
  std::vector<Multiplier> multipliers{};
  std::optional<Allowance> allowance{};
  Amount minimum_charge{};  ///< Per record; the rest is charged in class other.
  Provenance provenance{};
  friend bool operator==(const Price&, const Price&) = default;

  /// The rate that covers `meter`: its own, else that of the nearest less specific meter (the one
  /// that keeps most of its distinctions; of several, the one that drops the modality first, then
  /// the time to live, then the token type: cached audio without a price of its own is priced as
  /// cached text, else as uncached audio, else as uncached text).
  /// None: this price does not cover it, so usage of it is unpriced. Valid as long as the price.
  [[nodiscard]] const MeterRate* rate_of(Meter meter) const;
};

/// The id that a price's own words make: "anthropic/claude-sonnet-4-6", with "@2026-03-13"
/// (effective start), "+batch" (tier), "+region=us", "+speed=fast", "+01:00-04:00" (windows) where
/// the conditions need it, and with its source before it ("litellm:openai/gpt-4o+batch"),
/// genai-prices excepted.
[[nodiscard]] std::string price_id(const Price& price);

/// The classic per-token structure: input and output per million, cached input at a discount of
/// 0..1 off the input rate (0.9: a tenth of the price).
/// Fails with invalid_input if a price is negative or the discount outside 0..1.
[[nodiscard]] Result<Price> per_token_price(std::string_view input_per_million,
                                            std::string_view output_per_million,
                                            std::optional<std::string_view> cached_discount);
/// The classic per-request structure: see Allowance.
[[nodiscard]] Result<Price> per_request_price(std::string_view per_request,
                                              std::int64_t included_tokens,
                                              std::string_view overage_per_million);
/// One band of the classic tiered structure: [from, to) tokens of the meter, `to` absent in the
/// last.
struct Band {
  std::int64_t from = 0;
  std::optional<std::int64_t> to{};
  std::string input_per_million{};
  std::string output_per_million{};
};
/// The classic tiered structure, graduated. Fails with invalid_input if bands overlap, leave a
/// gap, do not start at 0 or do not end open.
[[nodiscard]] Result<Price> tiered_price(const std::vector<Band>& bands);

/// Everything that a price must satisfy whatever its source: end after start, no negative rate,
/// steps ascending without duplicates, windows inside a day with a known zone and some weekday,
/// a currency, a provider and a model, and at least one rate. Fails with invalid_input, naming the
/// price and the field.
[[nodiscard]] Result<void> validate(const Price& price);

}  // namespace costops::pricing
