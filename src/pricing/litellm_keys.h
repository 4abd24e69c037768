// litellm_keys.h - what the keys of LiteLLM's price map mean.
//
// A price key is a base ("cache_read_input_token_cost"), then perhaps a context threshold
// ("_above_272k_tokens"), then perhaps a service tier ("_flex"). Source: the map itself and its
// schema in BerriAI/litellm (MIT), read 2026-08-01.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "costops/domain/meter.h"

namespace costops::pricing::litellm {

struct PriceKey {
  Meter meter;
  std::int64_t threshold = 0;  ///< Input tokens above which it holds; 0: the base price.
  std::string_view tier{};     ///< "", "batch", "flex", "priority", "ultrafast".
};

/// The meaning of a key in an entry of this mode ("chat", "rerank", ...); none if it prices nothing
/// that we count.
[[nodiscard]] std::optional<PriceKey> price_key(std::string_view key, std::string_view mode);

/// Whether a key that price_key does not know may still be about money.
[[nodiscard]] bool looks_like_a_price(std::string_view key);

/// Which model an entry is about.
struct Target {
  std::string provider;  ///< Our name.
  std::string model;
  std::string region;  ///< "": not tied to one.
  int preference = 0;  ///< Of entries about the same model, the lowest is used.
};
[[nodiscard]] Target target_of(std::string_view key, std::string_view litellm_provider);

}  // namespace costops::pricing::litellm
