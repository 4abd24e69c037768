// printed_price.h - unit prices and their products as bills print them: decimals of fixed places,
// exact wherever a finite decimal exists.
//
// A decimal is a whole number of 10^-places. Rounding is half away from zero, as on bills; the
// ledger's own charges are rounded by price_of and stay what they are.
#pragma once

#include <cstdint>

#include "costops/domain/error.h"
#include "costops/domain/money.h"
#include "costops/domain/rate.h"

namespace costops::engine {

/// The price of `units` units of a rate, in `places` decimal places (0 to 18), rounded. Exact for
/// every price that is published per million. Requires rate.per >= 1, 1 <= units <= 10^12.
[[nodiscard]] Int128 printed_price(Rate rate, std::int64_t units, int places);

/// A printed price x a quantity of what it is for, exactly, in the price's places.
[[nodiscard]] Int128 printed_cost(Int128 price, std::int64_t quantity);

/// A decimal of `places` (12 to 18) in another currency, of which `factor` is one unit of the
/// first; rounded to the same places. Requires a positive factor.
[[nodiscard]] Int128 converted(Int128 value, int places, Amount factor);

/// total / quantity, which must have at most 12 decimal places.
/// Fails with invalid_input if it has more, or if the total is beyond 10^14 units. Requires
/// quantity > 0, in units of 10^-12 like amounts.
[[nodiscard]] Result<Amount> unit_price(Amount total, Amount quantity);

}  // namespace costops::engine
