// served.h - what sources say about how a call was served, in the words that prices are conditioned
// on.
#pragma once

#include <string>
#include <string_view>

namespace costops::ingestion {

/// The service tier served: "" for standard in all its names (default, auto, on_demand, ON_DEMAND),
/// else in lower case: batch, flex, priority, scale, provisioned ...
[[nodiscard]] std::string served_tier(std::string_view written);

/// A region or inference geography; "" where it stands for "anywhere" (global, not_available).
[[nodiscard]] std::string served_region(std::string_view written);

/// "fast", or "" for the standard speed.
[[nodiscard]] std::string served_speed(std::string_view written);

}  // namespace costops::ingestion
