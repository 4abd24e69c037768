#include "ingestion/served.h"

#include <algorithm>
#include <array>

namespace costops::ingestion {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

struct Tier {
  std::string_view written;
  std::string_view served;
};
/// OpenAI: default, auto. Anthropic: standard, standard_only; flex_discount and priority_on_demand
/// in its admin reports. Groq: on_demand. Gemini: serviceTier; Vertex: trafficType.
constexpr std::array kTiers = {
    Tier{"standard", ""},
    Tier{"standard_only", ""},
    Tier{"default", ""},
    Tier{"auto", ""},
    Tier{"on_demand", ""},
    Tier{"unspecified", ""},
    Tier{"service_tier_unspecified", ""},
    Tier{"traffic_type_unspecified", ""},
    Tier{"service_tier_standard", ""},
    Tier{"service_tier_flex", "flex"},
    Tier{"service_tier_priority", "priority"},
    Tier{"on_demand_priority", "priority"},
    Tier{"priority_on_demand", "priority"},
    Tier{"on_demand_flex", "flex"},
    Tier{"flex_discount", "flex"},
    Tier{"provisioned_throughput", "provisioned"},
};

}  // namespace

std::string served_tier(std::string_view written) {
  std::string tier = lower(written);
  const auto known = std::ranges::find(kTiers, std::string_view(tier), &Tier::written);
  return known == kTiers.end() ? tier : std::string(known->served);
}

std::string served_region(std::string_view written) {
  std::string region = lower(written);
  return region == "global" || region == "not_available" ? std::string() : region;
}

std::string served_speed(std::string_view written) {
  std::string speed = lower(written);
  return speed == "standard" || speed == "normal" || speed == "default" ? std::string() : speed;
}

}  // namespace costops::ingestion
