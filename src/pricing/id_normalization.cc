#include "pricing/id_normalization.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <optional>

#include "costops/domain/identity.h"

namespace costops::pricing {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

int number(std::string_view digits) {
  return std::accumulate(digits.begin(), digits.end(), 0,
                         [](int sum, char c) { return sum * 10 + (c - '0'); });
}

bool is_compact_date(std::string_view text) {
  if (text.size() != 8 || !all_digits(text) || !text.starts_with("20")) return false;
  const std::chrono::year_month_day date{
      std::chrono::year{number(text.substr(0, 4))},
      std::chrono::month{static_cast<unsigned>(number(text.substr(4, 2)))},
      std::chrono::day{static_cast<unsigned>(number(text.substr(6, 2)))}};
  return date.ok();
}

// Amazon Bedrock: geographic inference profiles ("us.anthropic.claude-...") cost what the model
// costs in its region. us-gov is another partition with other prices, so it stays.
constexpr std::array<std::string_view, 9> kGeographies{"us.", "eu.", "apac.", "jp.",    "au.",
                                                       "ca.", "sa.", "me.",   "global."};
constexpr std::array<std::string_view, 16> kBedrockVendors{
    "ai21.",    "amazon.",  "anthropic.", "cohere.", "deepseek.", "google.",    "luma.",   "meta.",
    "minimax.", "mistral.", "moonshot.",  "openai.", "qwen.",     "stability.", "writer.", "zai."};

std::string_view without_geography(std::string_view id) {
  for (const std::string_view prefix : kGeographies) {
    if (id.starts_with(prefix)) return id.substr(prefix.size());
  }
  return id;
}

bool is_bedrock_id(std::string_view id) {
  const std::string_view bare = without_geography(id);
  return std::ranges::any_of(kBedrockVendors,
                             [&](std::string_view vendor) { return bare.starts_with(vendor); });
}

std::optional<std::string_view> after_last(std::string_view id, std::string_view marker) {
  const std::size_t at = id.rfind(marker);
  if (at == std::string_view::npos) return std::nullopt;
  return id.substr(at + marker.size());
}

// "projects/p/locations/l/publishers/google/models/gemini-..." and "models/gemini-...".
std::string_view without_resource_path(std::string_view provider, std::string_view id) {
  if (provider != "google") return id;
  if (id.starts_with("models/")) return id.substr(7);
  if (id.find("publishers/") == std::string_view::npos) return id;
  return after_last(id, "/models/").value_or(id);
}

// "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic..." and its kin.
std::string_view without_arn(std::string_view id) {
  return id.starts_with("arn:") ? after_last(id, "/").value_or(id) : id;
}

// "azure/gpt-4o" for provider azure, "vertex_ai/gemini-..." for google.
std::string_view without_own_route(std::string_view provider, std::string_view id) {
  const std::size_t slash = id.find('/');
  if (slash == std::string_view::npos || slash == 0) return id;
  return fold_provider(id.substr(0, slash)) == provider ? id.substr(slash + 1) : id;
}

// Google and Azure sell Anthropic's and OpenAI's models under "vendor/model".
std::string_view without_vendor_path(std::string_view provider, std::string_view id) {
  if (provider != "google" && provider != "azure" && provider != "aws") return id;
  for (const std::string_view vendor : {"anthropic/", "openai/", "converse/", "invoke/"}) {
    if (id.starts_with(vendor)) return id.substr(vendor.size());
  }
  return id;
}

// Claude Code marks the million-token context window; what it costs follows from the tokens.
std::string_view without_context_mark(std::string_view id) {
  const bool claude = id.find("claude") != std::string_view::npos;
  return claude && id.ends_with("[1m]") ? id.substr(0, id.size() - 4) : id;
}

// Vertex writes versions as "@20250514", "@default", "@latest".
std::string dashed_version(std::string_view id) {
  const std::size_t at = id.rfind('@');
  if (at == std::string_view::npos || at == 0) return std::string(id);
  const std::string_view version = id.substr(at + 1);
  if (version == "default" || version == "latest") return std::string(id.substr(0, at));
  if (!is_compact_date(version)) return std::string(id);
  return std::string(id.substr(0, at)) + "-" + std::string(version);
}

// Bedrock's "-v1:0", "-v2:0:200k", "-v1".
std::string_view without_bedrock_version(std::string_view id) {
  const std::size_t mark = id.rfind("-v");
  if (mark == std::string_view::npos || mark == 0) return id;
  const std::string_view version = id.substr(mark + 2);
  const std::size_t colon = version.find(':');
  if (!all_digits(version.substr(0, colon)) || version.substr(0, colon).size() > 2) return id;
  return id.substr(0, mark);
}

std::string_view without_bedrock_vendor(std::string_view id) {
  for (const std::string_view vendor : kBedrockVendors) {
    if (id.starts_with(vendor)) return id.substr(vendor.size());
  }
  return id;
}

}  // namespace

std::string with_dashed_dates(std::string_view id) {
  std::string out;
  out.reserve(id.size() + 4);
  for (std::size_t i = 0; i < id.size(); ++i) {
    out += id[i];
    const std::size_t end = i + 9;
    if (id[i] != '-' || end > id.size()) continue;
    const std::string_view date = id.substr(i + 1, 8);
    const bool bounded = end == id.size() || id[end] == '-' || id[end] == ':';
    if (!bounded || !is_compact_date(date)) continue;
    out.append(date.substr(0, 4)).append("-").append(date.substr(4, 2)).append("-");
    out.append(date.substr(6, 2));
    i += 8;
  }
  return out;
}

std::vector<std::string> simpler_ids(std::string_view provider, std::string_view id) {
  std::vector<std::string> ids;
  std::string current(id);
  const auto take = [&](std::string simpler) {
    if (simpler == current || simpler.empty()) return;
    current = std::move(simpler);
    ids.push_back(current);
  };
  take(std::string(without_context_mark(current)));
  take(std::string(without_arn(current)));
  take(std::string(without_resource_path(provider, current)));
  take(std::string(without_own_route(provider, current)));
  take(std::string(without_resource_path(provider, current)));
  take(std::string(without_vendor_path(provider, current)));
  take(dashed_version(current));
  if (provider == "aws") {
    take(std::string(without_geography(current)));
    take(std::string(without_bedrock_version(current)));
    take(std::string(without_bedrock_vendor(current)));
  }
  return ids;
}

Route route_of(std::string_view id) {
  if (id.starts_with("arn:aws")) return {"aws", std::string(id)};
  if (id.starts_with("models/")) return {"google", std::string(id)};
  if (id.find("publishers/") != std::string_view::npos) return {"google", std::string(id)};
  if (const std::size_t slash = id.find('/'); slash != std::string_view::npos && slash > 0) {
    return {std::string(id.substr(0, slash)), std::string(id.substr(slash + 1))};
  }
  if (is_bedrock_id(id)) return {"aws", std::string(id)};
  return {};
}

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  const std::size_t difference = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (difference > limit) return limit + 1;
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    std::size_t smallest = row[0];
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
      smallest = std::min(smallest, row[j]);
    }
    if (smallest > limit) return limit + 1;
  }
  return row[b.size()];
}

}  // namespace costops::pricing
