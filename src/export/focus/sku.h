// sku.h - what was sold: names of services and meters, SKUs, units, and unit prices.
#pragma once

#include <string>
#include <string_view>

#include "costops/domain/charge.h"
#include "costops/domain/meter.h"
#include "costops/domain/usage_record.h"
#include "costops/pricing/price.h"

namespace costops::focus {

/// "Input Tokens", "Cached Input Tokens", "Output Audio Tokens".
[[nodiscard]] std::string sku_meter(Meter meter);

/// Quantities of a meter as its price list has them.
struct PricedUnit {
  std::string consumed;    ///< "Tokens".
  std::string priced;      ///< "1000000 Tokens": as the price list says.
  std::int64_t steps = 1;  ///< Stored quantities in one consumed unit.
  std::int64_t per = 1;    ///< Consumed units in one priced unit.
  int places = 0;          ///< Decimal places of quantity / (steps x per).
};
[[nodiscard]] PricedUnit unit_of(Meter meter);

/// What tells apart prices under one SKU: "#batch", "#gt200000", "#region=us". Constant over time:
/// no date is in it. `part`: which part of the meter's quantity, of graduated prices (from 0).
[[nodiscard]] std::string price_variant(const UsageRecord& usage, const pricing::Price& price,
                                        Meter meter, std::size_t part);

}  // namespace costops::focus
