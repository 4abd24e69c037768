// expression.h - a Check as text: (and (is ChargeCategory "Usage") (not-null SkuId)).
#pragma once

#include <string>
#include <string_view>

#include "costops/export/focus_rules.h"

namespace costops::focus {

/// "-" is no condition. Fails with invalid_input, naming what was not understood.
[[nodiscard]] Result<Check> parse_check(std::string_view text);

/// Every item that holds by itself: nested "all"s taken apart, repetitions and "always" dropped.
[[nodiscard]] Check all_of(std::vector<Check> items);
/// As all_of; values of one column become one "in".
[[nodiscard]] Check any_of(std::vector<Check> items);

/// "SkuId is null", "ChargeCategory is Usage or Purchase".
[[nodiscard]] std::string condition_in_words(const Check& check);

}  // namespace costops::focus
