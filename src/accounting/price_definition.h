// price_definition.h - a price as the ledger keeps it: the pricing room's own JSON, of one price.
#pragma once

#include <string>
#include <string_view>

#include "costops/pricing/price_book.h"

namespace costops::accounting {

/// Fails like PriceBook::build.
[[nodiscard]] Result<std::string> definition_of(const pricing::Price& price,
                                                const pricing::PriceBook& book);
/// The price that a definition holds.
[[nodiscard]] Result<pricing::Price> price_of_definition(std::string_view definition);

}  // namespace costops::accounting
