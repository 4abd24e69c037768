// cost_json.h - the JSON of one record's charges and costs: the same in price and explain.
#pragma once

#include <string_view>

#include "costops/domain/charge.h"
#include "costops/json/json.h"

namespace costops::cli {

/// The member `key`, null for an empty text.
void write_optional(json::Writer& json, std::string_view key, std::string_view text);

/// The members "currency", "charges" and the four costs. Amounts and quantities are decimal
/// strings; a charge's class is "input" (cache included), "output" or "other".
void write_costs(json::Writer& json, const CostRecord& cost);

}  // namespace costops::cli
