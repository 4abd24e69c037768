// reported_cost.h - what sources claim a call cost, read as money.
#pragma once

#include <string_view>

#include "costops/domain/error.h"
#include "costops/domain/money.h"

namespace costops::ingestion {

/// Like parse_amount, but a source's claim may carry more than 12 decimals, because it went through
/// binary floating point (0.00012150000000000001): it is then rounded, half to even, to 12.
/// Fails with invalid_input if the text is no decimal number or beyond +-10^15 units.
[[nodiscard]] Result<Amount> parse_reported_cost(std::string_view text);

}  // namespace costops::ingestion
