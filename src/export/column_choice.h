// column_choice.h - which of some columns were asked for, in which order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/error.h"

namespace costops::exports {

/// Places in `known` of the names in `wanted`; all places for none wanted.
/// Fails with invalid_input for an unknown or repeated name.
[[nodiscard]] Result<std::vector<std::size_t>> chosen_columns(
    const std::vector<std::string>& known, const std::vector<std::string>& wanted);

}  // namespace costops::exports
