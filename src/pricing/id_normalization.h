// id_normalization.h - the ways in which routers decorate model ids, taken off one after another.
//
// Only what never changes the price is taken off: routes, vendor paths, version suffixes. Suffixes
// that sell something else (":free", ":batch") stay, and so does the date of a snapshot.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace costops::pricing {

/// "-20251211" as "-2025-12-11", wherever it is a date that exists and "-", ":" or the end follows.
/// LiteLLM and OpenRouter write dates the first way, OpenAI the second.
[[nodiscard]] std::string with_dashed_dates(std::string_view id);

/// Simpler spellings of `id` (lower case) as `provider` would write it, in the order in which they
/// are to be tried; without `id` itself. Listed in docs/price-book.md.
[[nodiscard]] std::vector<std::string> simpler_ids(std::string_view provider, std::string_view id);

/// A route that an id without a provider names itself: "openai/gpt-4o", "us.anthropic.claude-...".
struct Route {
  std::string provider;  ///< As written (not folded); empty: the id names none.
  std::string id;
};
[[nodiscard]] Route route_of(std::string_view id);

/// How many insertions, deletions and replacements make `a` into `b`; more than `limit`: limit + 1.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

}  // namespace costops::pricing
