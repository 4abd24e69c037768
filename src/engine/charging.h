// charging.h - the algebra of one price: quantities in, charges out. Everything in this room that
// turns quantities into money goes through here; the batch kernel compiles the same rates.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "costops/domain/charge.h"
#include "costops/domain/meter.h"
#include "costops/domain/rate.h"
#include "costops/domain/usage_record.h"
#include "costops/pricing/price.h"

namespace costops::engine {

/// What charging needs to know of a record. Views must outlive the call only.
struct Chargeable {
  const Quantities& quantities;
  std::string_view region;
  std::string_view speed;
  /// What a long-context rule compares, where it is not the sum of the counted quantities.
  std::optional<std::int64_t> context;
};

/// The context that a record states for itself: that of several calls, none of a single one.
[[nodiscard]] inline std::optional<std::int64_t> stated_context(CallStatus status,
                                                                std::int64_t context_window) {
  if (status != CallStatus::several) return std::nullopt;
  return context_window;
}

/// A charge without the name of its price.
struct ChargeLine {
  Meter meter;
  std::int64_t quantity = 0;
  Rate rate;
  Amount cost;
};

/// Takes charges one by one, in meter order.
class ChargeSink {
 public:
  virtual void add(const ChargeLine& line) = 0;

 protected:
  ~ChargeSink() = default;
};

/// Sums of the charges by class.
class ClassSums final : public ChargeSink {
 public:
  void add(const ChargeLine& line) override { costs[cost_class_of(line.meter)] += line.cost; }
  ClassCosts costs;
};

/// A published rate as it applies to stored steps of `meter` at this region and speed: every
/// multiplier included, exactly. Regions and speeds match whatever their case, as in the price
/// book. Fails with invalid_input if it leaves 64 bits.
[[nodiscard]] Result<Rate> effective_rate(Rate published, Meter meter, const pricing::Price& price,
                                          std::string_view region, std::string_view speed);

/// Fails with invalid_input, naming the first meter whose quantity is negative.
[[nodiscard]] Result<void> check_not_negative(const Quantities& quantities);

/// Gives every charge of `usage` under `price` to `sink`; returns the meters without a rate.
/// Requires that no quantity is negative. Fails with invalid_input if a charge or the sum of all of
/// them does not fit a ledger entry; the sink may then have seen some charges.
[[nodiscard]] Result<MeterSet> charge(const Chargeable& usage, const pricing::Price& price,
                                      ChargeSink& sink);

/// `no price for web_searches, code_executions in "openai/gpt-4o"`.
[[nodiscard]] std::string reason_of_missing(const MeterSet& missing, const pricing::Price& price);

}  // namespace costops::engine
