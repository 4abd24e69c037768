// charge.h - what a usage record costs: one charge per meter, and their sums by class.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/identity.h"
#include "costops/domain/meter.h"
#include "costops/domain/money.h"
#include "costops/domain/rate.h"
#include "costops/domain/time.h"

namespace costops {

/// The five classes that the ledger keeps apart. input_cost is the sum of the first three.
enum class CostClass : std::uint8_t { input, cache_read, cache_write, output, other };
inline constexpr std::size_t kCostClassCount = 5;
[[nodiscard]] std::string_view to_string(CostClass cost_class);
[[nodiscard]] CostClass cost_class_of(Meter meter);

/// quantity x rate of one meter of one record, with the price that produced it.
struct Charge {
  Meter meter;
  std::int64_t quantity = 0;  ///< In the meter's stored steps.
  Rate rate;                  ///< Effective: with every multiplier; per stored steps.
  Amount cost;
  std::string price_id;
};

/// Costs by class of one record, in one currency.
struct ClassCosts {
  std::array<Amount, kCostClassCount> by_class{};
  [[nodiscard]] Amount& operator[](CostClass c) { return by_class[static_cast<std::size_t>(c)]; }
  [[nodiscard]] Amount operator[](CostClass c) const {
    return by_class[static_cast<std::size_t>(c)];
  }
  /// Every input-direction meter, cache included.
  [[nodiscard]] Amount input_cost() const;
  [[nodiscard]] Amount output_cost() const;
  [[nodiscard]] Amount other_cost() const;
  [[nodiscard]] Amount total() const;
  ClassCosts& operator+=(const ClassCosts& other);
  friend bool operator==(const ClassCosts&, const ClassCosts&) = default;
};

/// priced: every quantity has a price. unpriced: at least one has none, so the sums are a lower
/// bound and the true cost is unknown. quarantined: the record itself is in doubt; no cost.
enum class PricingStatus : std::uint8_t { priced, unpriced, quarantined };
[[nodiscard]] std::string_view to_string(PricingStatus status);

/// A record's charges and their sums. `at` is the time of usage, never of calculation.
struct CostRecord {
  RecordId id;
  Instant at;
  PricingStatus status = PricingStatus::unpriced;
  std::string reason;  ///< Why it is not priced; empty if it is.
  Currency currency;
  std::vector<Charge> charges;  ///< In meter order; only quantities that are not zero.
  ClassCosts costs;
  std::string price_id;  ///< The price that applied; empty if none.
};

}  // namespace costops
