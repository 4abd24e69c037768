#include "pricing/litellm_keys.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "costops/domain/identity.h"
#include "pricing/model_matcher.h"

namespace costops::pricing::litellm {
namespace {

struct KeyMeter {
  std::string_view key;
  Meter meter;
};
constexpr std::array kBaseKeys = {
    KeyMeter{"input_cost_per_token", Meter::input_tokens_uncached},
    KeyMeter{"output_cost_per_token", Meter::output_tokens},
    KeyMeter{"cache_read_input_token_cost", Meter::cache_read_tokens},
    KeyMeter{"input_cost_per_token_cache_hit", Meter::cache_read_tokens},
    KeyMeter{"cache_creation_input_token_cost", Meter::cache_write_tokens},
    KeyMeter{"cache_creation_input_token_cost_above_1hr", Meter::cache_write_1h_tokens},
    KeyMeter{"cache_read_input_audio_token_cost", Meter::cache_audio_read_tokens},
    KeyMeter{"cache_creation_input_audio_token_cost", Meter::cache_audio_write_tokens},
    KeyMeter{"input_cost_per_audio_token", Meter::input_audio_tokens},
    KeyMeter{"output_cost_per_audio_token", Meter::output_audio_tokens},
    KeyMeter{"input_cost_per_image_token", Meter::input_image_tokens},
    KeyMeter{"output_cost_per_image_token", Meter::output_image_tokens},
    KeyMeter{"input_cost_per_video_token", Meter::input_video_tokens},
    KeyMeter{"output_cost_per_video_token", Meter::output_video_tokens},
    KeyMeter{"output_cost_per_reasoning_token", Meter::output_reasoning_tokens},
    KeyMeter{"citation_cost_per_token", Meter::output_citation_tokens},
    KeyMeter{"input_cost_per_character", Meter::input_characters},
    KeyMeter{"output_cost_per_character", Meter::output_characters},
    KeyMeter{"input_cost_per_image", Meter::input_images},
    KeyMeter{"output_cost_per_image", Meter::output_images},
    KeyMeter{"input_cost_per_pixel", Meter::input_pixels},
    KeyMeter{"output_cost_per_pixel", Meter::output_pixels},
    KeyMeter{"input_cost_per_request", Meter::requests},
    KeyMeter{"ocr_cost_per_page", Meter::input_document_pages},
    KeyMeter{"annotation_cost_per_page", Meter::input_annotated_document_pages},
    KeyMeter{"input_cost_per_audio_per_second", Meter::input_audio_seconds},
    KeyMeter{"input_cost_per_video_per_second", Meter::input_video_seconds},
    KeyMeter{"output_cost_per_video_per_second", Meter::output_video_seconds},
};

struct Tier {
  std::string_view suffix;
  std::string_view name;
};
constexpr std::array kTiers = {Tier{"_batches", "batch"}, Tier{"_flex", "flex"},
                               Tier{"_priority", "priority"}, Tier{"_ultrafast", "ultrafast"}};

// "_above_272k_tokens" at the end of `key`: takes it off and returns 272,000.
std::int64_t take_threshold(std::string_view& key) {
  constexpr std::string_view kMark = "_above_";
  constexpr std::string_view kEnd = "k_tokens";
  if (!key.ends_with(kEnd)) return 0;
  const std::size_t mark = key.rfind(kMark);
  if (mark == std::string_view::npos) return 0;
  const std::size_t from = mark + kMark.size();
  const std::string_view digits = key.substr(from, key.size() - from - kEnd.size());
  std::int64_t thousands = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), thousands);
  if (error != std::errc{} || end != digits.data() + digits.size() || thousands < 1 ||
      thousands > 1'000'000) {
    return 0;
  }
  key = key.substr(0, mark);
  return thousands * 1000;
}

// Keys whose unit depends on what the model does.
std::optional<Meter> by_mode(std::string_view key, std::string_view mode) {
  if (key == "input_cost_per_second" && mode == "audio_transcription") return Meter::audio_seconds;
  if (key == "output_cost_per_second" && mode == "audio_speech") {
    return Meter::output_audio_seconds;
  }
  if (key == "output_cost_per_second" && mode == "video_generation") {
    return Meter::output_video_seconds;
  }
  if (key == "input_cost_per_query" && mode == "rerank") return Meter::rerank_searches;
  if (key == "input_cost_per_query" && mode == "search") return Meter::requests;
  return std::nullopt;
}

bool is_aws_region(std::string_view text) {
  const std::size_t dashes = static_cast<std::size_t>(std::ranges::count(text, '-'));
  return dashes >= 2 && dashes <= 3 && text.size() >= 9 && text.size() <= 16 &&
         text.back() >= '1' && text.back() <= '9' && text.find('.') == std::string_view::npos &&
         text[2] == '-';
}

std::string our_provider(std::string_view name) {
  if (name.starts_with("vertex_ai") || name == "palm") return "google";
  if (name.starts_with("bedrock")) return "aws";
  if (name.starts_with("fireworks_ai")) return "fireworks";
  if (name.ends_with("codestral")) return "mistral";
  return fold_provider(name);
}

// The provider's own service before others that sell the same model.
int preference_of(std::string_view name) {
  constexpr std::array<std::string_view, 8> kOrder{"gemini",
                                                   "vertex_ai-language-models",
                                                   "bedrock_converse",
                                                   "bedrock",
                                                   "azure",
                                                   "azure_text",
                                                   "bedrock_mantle",
                                                   "azure_ai"};
  const auto found = std::ranges::find(kOrder, name);
  return found == kOrder.end() ? (name.starts_with("vertex_ai") ? 2 : 0)
                               : static_cast<int>(found - kOrder.begin());
}

}  // namespace

std::optional<PriceKey> price_key(std::string_view key, std::string_view mode) {
  PriceKey parsed{};
  for (const Tier& tier : kTiers) {
    if (!key.ends_with(tier.suffix)) continue;
    key.remove_suffix(tier.suffix.size());
    parsed.tier = tier.name;
    break;
  }
  parsed.threshold = take_threshold(key);
  if (const auto meter = by_mode(key, mode)) {
    parsed.meter = *meter;
    return parsed;
  }
  const auto base = std::ranges::find(kBaseKeys, key, &KeyMeter::key);
  if (base == kBaseKeys.end()) return std::nullopt;
  parsed.meter = base->meter;
  return parsed;
}

bool looks_like_a_price(std::string_view key) {
  return key.find("cost") != std::string_view::npos ||
         key.find("pricing") != std::string_view::npos ||
         key.find("multiplier") != std::string_view::npos;
}

Target target_of(std::string_view key, std::string_view litellm_provider) {
  Target target;
  target.provider = our_provider(litellm_provider);
  target.preference = preference_of(litellm_provider);
  const std::size_t slash = key.find('/');
  if (slash != std::string_view::npos) {
    const std::string_view route = key.substr(0, slash);
    if (route == litellm_provider || our_provider(route) == target.provider) {
      key.remove_prefix(slash + 1);
    }
  }
  const auto segment = [&]() { return key.substr(0, std::min(key.find('/'), key.size())); };
  const auto take = [&](std::string_view region) {
    target.region = lower_case(region);
    key.remove_prefix(std::min(segment().size() + 1, key.size()));
  };
  if (target.provider == "aws" && segment() != key && is_aws_region(segment())) take(segment());
  if (target.provider == "azure" && segment() != key) {
    if (segment() == "eu" || segment() == "us" || segment() == "global")
      take(segment());
    else if (segment() == "global-standard")
      take("global");
  }
  target.model = key;
  return target;
}

}  // namespace costops::pricing::litellm
