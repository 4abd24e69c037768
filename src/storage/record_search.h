// record_search.h - finding a record by what a person has of its id: the same words in every
// backend.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "costops/domain/identity.h"

namespace costops::storage {

/// How many matches a backend looks for: enough to name some and to know that there are more.
inline constexpr std::size_t kMatchesWanted = 5;

/// The first and the last id that begin with `text`; none if it cannot be the beginning of an id,
/// or is too short a one.
[[nodiscard]] std::optional<std::pair<RecordId, RecordId>> ids_beginning_with(
    std::string_view text);
/// Fails with not_found or conflict, naming the matches, unless there is one.
[[nodiscard]] Result<void> require_one_match(std::string_view text,
                                             std::span<const RecordId> matches);
/// What a repricing of a record says that the ledger does not hold.
[[nodiscard]] Error nothing_to_reprice(RecordId id);

}  // namespace costops::storage
