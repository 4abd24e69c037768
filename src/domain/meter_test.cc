#include "costops/domain/meter.h"

#include <gtest/gtest.h>

#include <set>

namespace costops {
namespace {

/// The meter and everything less specific, joined by " > ".
std::string chain_of(Meter meter) {
  std::string text(to_string(meter));
  for (std::optional<Meter> next = less_specific(meter); next; next = less_specific(*next)) {
    text += " > " + std::string(to_string(*next));
  }
  return text;
}

TEST(Meter, FallsBackByOneDistinctionAtATime) {
  EXPECT_EQ(chain_of(Meter::cache_audio_write_1h_tokens),
            "cache_audio_write_1h_tokens > cache_write_1h_tokens > cache_write_tokens > "
            "input_tokens_uncached");
  EXPECT_EQ(chain_of(Meter::cache_audio_write_tokens),
            "cache_audio_write_tokens > cache_write_tokens > input_tokens_uncached");
  EXPECT_EQ(chain_of(Meter::cache_audio_read_tokens),
            "cache_audio_read_tokens > cache_read_tokens > input_tokens_uncached");
  EXPECT_EQ(chain_of(Meter::input_audio_tokens), "input_audio_tokens > input_tokens_uncached");
  EXPECT_EQ(chain_of(Meter::input_audio_tool_tokens),
            "input_audio_tool_tokens > input_tool_tokens > input_tokens_uncached");
  EXPECT_EQ(chain_of(Meter::output_audio_tokens), "output_audio_tokens > output_tokens");
  EXPECT_EQ(chain_of(Meter::output_video_reasoning_tokens),
            "output_video_reasoning_tokens > output_reasoning_tokens > output_tokens");
  EXPECT_EQ(chain_of(Meter::output_citation_tokens), "output_citation_tokens > output_tokens");
  EXPECT_EQ(chain_of(Meter::input_audio_seconds), "input_audio_seconds > audio_seconds");
  EXPECT_EQ(chain_of(Meter::output_audio_seconds), "output_audio_seconds > audio_seconds");
  EXPECT_EQ(chain_of(Meter::input_annotated_document_pages),
            "input_annotated_document_pages > input_document_pages");
  for (const Meter root :
       {Meter::input_tokens_uncached, Meter::output_tokens, Meter::web_searches, Meter::requests,
        Meter::input_images, Meter::input_video_seconds, Meter::input_text_messages}) {
    EXPECT_EQ(chain_of(root), to_string(root));
  }
}

TEST(Meter, NeverFallsBackToAnotherDirectionOrFamily) {
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    const auto meter = static_cast<Meter>(i);
    const std::optional<Meter> next = less_specific(meter);
    if (!next) continue;
    EXPECT_EQ(facts(*next).family, facts(meter).family);
    if (facts(*next).direction != Direction::none) {
      EXPECT_EQ(facts(*next).direction, facts(meter).direction);
    }
    EXPECT_EQ(facts(*next).steps, facts(meter).steps);
  }
}

TEST(Meter, IsFoundByItsName) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    const auto meter = static_cast<Meter>(i);
    EXPECT_EQ(parse_meter(to_string(meter)), meter);
    names.insert(to_string(meter));
  }
  EXPECT_EQ(names.size(), kMeterCount);
  EXPECT_EQ(parse_meter("input_tokens"), std::nullopt);
  EXPECT_EQ(parse_meter(""), std::nullopt);
}

TEST(Unit, IsFoundByNameAndPriceKey) {
  for (std::size_t i = 0; i < kUnitCount; ++i) {
    const auto unit = static_cast<Unit>(i);
    EXPECT_EQ(parse_unit(to_string(unit)), unit);
  }
  EXPECT_EQ(unit_of_price_key("cache_read_mtok"), Unit::cache_read_tokens);
  EXPECT_EQ(unit_of_price_key("web_searches_kcount"), Unit::web_searches);
  EXPECT_EQ(unit_of_price_key("audio_hours"), Unit::audio_seconds);
  EXPECT_EQ(unit_of_price_key("cache_read_tokens"), std::nullopt);
  EXPECT_EQ(meter_of(Unit::input_tokens), Meter::input_tokens_uncached);
  EXPECT_EQ(meter_of(Unit::cache_text_read_tokens), Meter::cache_read_tokens);
}

TEST(Meter, KnowsWhatAPublishedPriceCovers) {
  EXPECT_EQ(facts(Meter::input_tokens_uncached).per, 1'000'000);
  EXPECT_EQ(facts(Meter::web_searches).per, 1'000);
  EXPECT_EQ(facts(Meter::audio_seconds).per, 3'600);
  EXPECT_EQ(facts(Meter::audio_seconds).steps, 1'000);
  EXPECT_EQ(facts(Meter::cache_write_1h_tokens).cache_ttl, CacheTtl::one_hour);
}

TEST(QuantityText, IsInUnits) {
  EXPECT_EQ(quantity_text(Meter::audio_seconds, 12'500), "12.5");
  EXPECT_EQ(quantity_text(Meter::audio_seconds, 1), "0.001");
  EXPECT_EQ(quantity_text(Meter::output_tokens, 2743), "2743");
  EXPECT_EQ(quantity_text(Meter::output_tokens, 0), "0");
}

// The long-context threshold once ignored cached input: 10,000 + 240,000 read is above 200,000.
TEST(TokenMeters, HoldEveryInputTokenCachedOrNot) {
  Quantities quantities{};
  at(quantities, Meter::input_tokens_uncached) = 10'000;
  at(quantities, Meter::cache_read_tokens) = 240'000;
  at(quantities, Meter::cache_write_1h_tokens) = 5;
  at(quantities, Meter::input_audio_tool_tokens) = 7;
  at(quantities, Meter::output_tokens) = 1'000;
  at(quantities, Meter::output_image_reasoning_tokens) = 11;
  at(quantities, Meter::requests) = 1;
  EXPECT_EQ(sum_of(quantities, token_meters(Direction::input)), 250'012);
  EXPECT_EQ(sum_of(quantities, token_meters(Direction::output)), 1'011);
  EXPECT_EQ(sum_of(quantities, token_meters(Direction::none)), 0);
}

}  // namespace
}  // namespace costops
