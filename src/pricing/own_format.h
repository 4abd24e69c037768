// own_format.h - the words of our own price files (docs/price-files.md), for reading and writing.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "costops/pricing/price_book.h"

namespace costops::pricing::own_format {

inline constexpr std::string_view kFormat = "cost-ops-prices/1";

/// Enumerators by their position.
inline constexpr std::array<std::string_view, 6> kMatchKinds{"exact",     "alias",    "starts_with",
                                                             "ends_with", "contains", "regex"};
inline constexpr std::array<std::string_view, 7> kWeekdays{"mon", "tue", "wed", "thu",
                                                           "fri", "sat", "sun"};
inline constexpr std::array<std::string_view, 2> kStepKinds{"cliff", "graduated"};
inline constexpr std::array<std::string_view, 2> kCompares{"above", "at_or_above"};
inline constexpr std::array<std::string_view, 3> kMultiplierOns{"region", "speed", "always"};
inline constexpr std::array<std::string_view, 3> kSourceKinds{"contract", "custom", "reference"};
inline constexpr std::array<std::string_view, 2> kChoices{"most_specific", "first_listed"};

/// "09:30", "09:30:15"; "24:00" is the end of the day.
[[nodiscard]] std::string clock_text(std::chrono::seconds since_midnight);
[[nodiscard]] std::optional<std::chrono::seconds> parse_clock(std::string_view text);
/// "2026-03-13" for a midnight UTC, else RFC 3339.
[[nodiscard]] std::string instant_text(Instant at);

}  // namespace costops::pricing::own_format
