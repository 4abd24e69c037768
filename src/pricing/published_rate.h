// published_rate.h - rates from the decimal text of other projects' price files.
//
// Such files went through binary floating point: 0.18000000000000002 was 0.18. A number of more
// than nine significant digits whose tenth and following are all zeros or nines (as far as a double
// tells) is snapped to nine digits; any other number is taken as written, exactly.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "costops/domain/error.h"
#include "costops/domain/rate.h"

namespace costops::pricing {

struct PublishedRate {
  Rate rate;
  std::string note{};  ///< What was snapped: "0.18000000000000002 taken as 0.18"; else empty.
};

/// The rate of `amount` for every `amount_per` units, kept per `per` units: 2.5e-06 for 1 token is
/// 2.5 per 1,000,000. Requires that `amount_per` divides `per`.
/// Fails with invalid_input if the text is no decimal number, is negative, or is too large or too
/// small to be kept exactly.
[[nodiscard]] Result<PublishedRate> published_rate(std::string_view amount, std::int64_t amount_per,
                                                   std::int64_t per);

}  // namespace costops::pricing
