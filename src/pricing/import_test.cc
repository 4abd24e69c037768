// The importers of other projects' price files, on small files with one fact each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "costops/pricing/importers.h"

namespace costops::pricing {
namespace {

using testing::ElementsAre;

Instant at(std::string_view text) { return parse_instant(text).value(); }
const Instant kLearned = at("2026-08-21");

struct Imported {
  PriceBook book;
  ImportNotes notes;
};
Imported genai(std::string_view json) {
  PriceBookBuilder builder;
  ImportNotes notes = import_genai_prices(json, kLearned, builder).value();
  return {PriceBook::build(std::move(builder)).value(), std::move(notes)};
}
// One provider "openai" with these models.
Imported genai_models(std::string_view models) {
  return genai(R"([{"id":"openai","name":"OpenAI","pricing_urls":["https://openai.com/pricing"],
                    "models":[)" +
               std::string(models) + "]}]");
}
Imported litellm(std::string_view json) {
  PriceBookBuilder builder;
  ImportNotes notes = import_litellm(json, kLearned, builder).value();
  return {PriceBook::build(std::move(builder)).value(), std::move(notes)};
}

// "0.2 per 1000000, above 272000: 0.4 per 1000000"; "none" where the price does not cover the
// meter.
std::string rate_text(const Price* price, Meter meter) {
  const MeterRate* rate = price == nullptr ? nullptr : price->rate_of(meter);
  if (rate == nullptr) return "none";
  std::string text = to_string(rate->base);
  for (const RateStep& step : rate->steps) {
    text += ", above " + std::to_string(step.threshold) + ": " + to_string(step.rate);
  }
  return text;
}
std::string rate_in(const PriceBook& book, const PriceQuery& query, Meter meter) {
  const auto price = book.find(query);
  return price ? rate_text(*price, meter) : price.error().message;
}

TEST(GenaiPrices, KeepsAmountsAsDecimalText) {
  const auto [book, notes] = genai_models(
      R"({"id":"gpt-4o","match":{"equals":"gpt-4o"},"context_window":128000,
          "prices":{"input_mtok":2.5,"cache_read_mtok":1.25,"output_mtok":10,
                    "web_searches_kcount":10,
                    "requests_kcount":null}})");
  const Price& price = book.prices()[0];
  EXPECT_EQ(price.id, "openai/gpt-4o");
  EXPECT_EQ(price.currency, Currency::usd());
  EXPECT_EQ(price.provenance,
            (Provenance{"genai-prices", "https://openai.com/pricing", "", kLearned}));
  EXPECT_EQ(rate_text(&price, Meter::input_tokens_uncached), "2.5 per 1000000");
  EXPECT_EQ(rate_text(&price, Meter::cache_read_tokens), "1.25 per 1000000");
  EXPECT_EQ(rate_text(&price, Meter::web_searches), "10 per 1000");
  EXPECT_EQ(rate_text(&price, Meter::requests), "none");
  EXPECT_EQ(book.models()[0].context_window, 128000);
  EXPECT_EQ(notes.prices, 1U);
  EXPECT_THAT(notes.notes, ElementsAre());
}

TEST(GenaiPrices, SnapsFloatNoiseAndSaysSoButKeepsQuotientsExactly) {
  const auto [book, notes] = genai_models(
      R"({"id":"a","match":{"equals":"a"},
          "prices":{"input_mtok":0.18000000000000002,"cache_write_mtok":0.08333333333333334}})");
  EXPECT_EQ(rate_text(&book.prices()[0], Meter::input_tokens_uncached), "0.18 per 1000000");
  // 0.08333333333333334 has 17 decimals, five more than a pico-unit: they go into `per`.
  EXPECT_EQ(rate_text(&book.prices()[0], Meter::cache_write_tokens),
            "8333.333333333334 per 100000000000");
  EXPECT_THAT(notes.notes,
              ElementsAre("openai/a: input_mtok: 0.18000000000000002 taken as 0.18 per 1000000"));
}

TEST(GenaiPrices, TiersAreCliffsOnInputTokens) {
  const auto [book, notes] = genai_models(
      R"({"id":"a","match":{"equals":"a"},"prices":{"input_mtok":{"base":3,"tiers":
          [{"start":400000,"price":9},{"start":200000,"price":6}]},"output_mtok":15}})");
  const Price& price = book.prices()[0];
  EXPECT_EQ(price.steps, StepRule{});
  EXPECT_EQ(rate_text(&price, Meter::input_tokens_uncached),
            "3 per 1000000, above 200000: 6 per 1000000, above 400000: 9 per 1000000");
}

TEST(GenaiPrices, StartDatesBeginAtMidnightUtcAndTheLastActiveWins) {
  const auto [book, notes] = genai_models(
      R"({"id":"luna","match":{"equals":"luna"},"prices":[
          {"prices":{"input_mtok":1}},
          {"constraint":{"start_date":"2026-07-30"},"prices":{"input_mtok":0.2}},
          {"constraint":{"start_date":"2026-06-01"},"prices":{"input_mtok":0.5}}]})");
  const auto input_at = [&, &b = book](std::string_view time) {
    return rate_in(b, {.provider = "openai", .model = "luna", .at = at(time)},
                   Meter::input_tokens_uncached);
  };
  EXPECT_EQ(input_at("2026-05-31T23:59:59.999999Z"), "1 per 1000000");
  EXPECT_EQ(input_at("2026-06-01T00:00:00Z"), "0.5 per 1000000");
  // The third entry stands after the second, so it wins although it began earlier.
  EXPECT_EQ(input_at("2026-07-30T00:00:00Z"), "0.5 per 1000000");
  ASSERT_EQ(book.prices().size(), 2U);
  EXPECT_EQ(book.prices()[1].id, "openai/luna@2026-06-01");
}

TEST(GenaiPrices, TimesOfDayBecomeWindows) {
  const auto [book, notes] = genai_models(
      R"({"id":"v3","match":{"equals":"v3"},"prices":[
          {"prices":{"input_mtok":0.135}},
          {"constraint":{"start_time":"00:30:00Z","end_time":"16:30:00Z"},
           "prices":{"input_mtok":0.27}}]})");
  const auto input_at = [&, &b = book](std::string_view time) {
    return rate_in(b, {.provider = "openai", .model = "v3", .at = at(time)},
                   Meter::input_tokens_uncached);
  };
  EXPECT_EQ(input_at("2026-07-01T00:29:59.999999Z"), "0.135 per 1000000");
  EXPECT_EQ(input_at("2026-07-01T00:30:00Z"), "0.27 per 1000000");
  EXPECT_EQ(input_at("2026-07-01T16:29:59.999999Z"), "0.27 per 1000000");
  EXPECT_EQ(input_at("2026-07-01T16:30:00Z"), "0.135 per 1000000");
}

TEST(GenaiPrices, TimesOfDayAndDatesCombineInOrder) {
  // From 2026-02-01 the second entry stands over the window before it; the window of the last entry
  // runs over midnight. Where none is active, the first entry applies, whatever its constraint.
  const auto [book, notes] = genai_models(
      R"({"id":"a","match":{"equals":"a"},"prices":[
          {"constraint":{"start_time":"08:00:00Z","end_time":"12:00:00Z"},
           "prices":{"input_mtok":1}},
          {"constraint":{"start_date":"2026-02-01"},"prices":{"input_mtok":2}},
          {"constraint":{"start_time":"22:00:00Z","end_time":"02:00:00Z"},
           "prices":{"input_mtok":3}}]})");
  const auto input_at = [&, &b = book](std::string_view time) {
    return rate_in(b, {.provider = "openai", .model = "a", .at = at(time)},
                   Meter::input_tokens_uncached);
  };
  EXPECT_EQ(input_at("2026-01-01T09:00:00Z"), "1 per 1000000");
  EXPECT_EQ(input_at("2026-01-01T15:00:00Z"), "1 per 1000000");
  EXPECT_EQ(input_at("2026-01-01T22:00:00Z"), "3 per 1000000");
  EXPECT_EQ(input_at("2026-01-01T01:59:59Z"), "3 per 1000000");
  EXPECT_EQ(input_at("2026-02-01T09:00:00Z"), "2 per 1000000");
  EXPECT_EQ(input_at("2026-02-01T15:00:00Z"), "2 per 1000000");
  EXPECT_EQ(input_at("2026-02-01T23:00:00Z"), "3 per 1000000");
}

TEST(GenaiPrices, TheFirstModelInTheFileThatMatchesIsTheModel) {
  const auto [book, notes] = genai_models(
      R"({"id":"gpt-4","match":{"or":[{"equals":"GPT-4"},{"starts_with":"gpt-4-"}]},
          "prices":{"input_mtok":30}},
         {"id":"gpt-4-turbo","match":{"starts_with":"gpt-4-turbo"},"prices":{"input_mtok":10}},
         {"id":"o1","match":{"regex":"^o1-\\d{4}$"},"prices":{"input_mtok":15}},
         {"id":"tail","match":{"ends_with":"-tail"},"prices":{"input_mtok":1}})");
  const auto model_of = [&b = book](std::string_view id) {
    const auto price = b.find({.provider = "openai", .model = id, .at = kLearned});
    return price ? (*price)->model : "none";
  };
  EXPECT_EQ(model_of("Gpt-4"), "gpt-4");
  EXPECT_EQ(model_of("gpt-4-turbo"), "gpt-4");
  EXPECT_EQ(model_of("gpt-4o"), "none");
  EXPECT_EQ(model_of("o1-2024"), "o1");
  EXPECT_EQ(model_of("o1-20245"), "none");
  EXPECT_EQ(model_of("o1-tail"), "tail");
}

TEST(GenaiPrices, ProvidersAreRecognisedByTheirRules) {
  const auto [book, notes] = genai(
      R"([{"id":"azure","fallback_model_providers":["anthropic"],"models":[]},
          {"id":"anthropic","provider_match":{"contains":"anthropic"},
           "model_match":{"contains":"claude"},"models":[
             {"id":"claude","match":{"contains":"claude"},"prices":{"input_mtok":3}}]},
          {"id":"huggingface_novita","provider_match":{"and":[{"contains":"huggingface"},
             {"contains":"novita"}]},"models":[
             {"id":"x","match":{"equals":"x"},"prices":{"input_mtok":1}}]}])");
  const auto provider_of = [&b = book](std::string_view provider, std::string_view model) {
    const auto price = b.find({.provider = provider, .model = model, .at = kLearned});
    return price ? (*price)->provider : "none";
  };
  EXPECT_EQ(provider_of("azure", "claude-3"), "anthropic");
  EXPECT_EQ(provider_of("", "claude-3"), "anthropic");
  EXPECT_EQ(provider_of("novita-by-huggingface", "x"), "huggingface_novita");
  EXPECT_EQ(provider_of("novita-by-hug", "x"), "none");
}

TEST(GenaiPrices, LeavesOutWhatItCannotUnderstandAndNeverMakesItFree) {
  const auto [book, notes] = genai_models(
      R"({"id":"text","match":{"equals":"text"},"prices":{"input_mtok":"cheap"}},
         {"id":"minus","match":{"equals":"minus"},"prices":{"input_mtok":-1}},
         {"id":"empty","match":{"equals":"empty"},"prices":{}},
         {"id":"new","match":{"equals":"new"},
          "prices":[{"constraint":{"weekday":"mon"},"prices":{"input_mtok":1}}]},
         {"id":"odd","match":{"sounds_like":"odd"},"prices":{"input_mtok":1}},
         {"id":"both","match":{"and":[{"equals":"a"},{"equals":"b"}]},"prices":{"input_mtok":1}},
         {"id":"key","match":{"equals":"key"},"prices":{"input_mtok":1,"dreams_mtok":2}},
         {"id":"llama:free","match":{"equals":"llama:free"},"prices":{}})");
  EXPECT_THAT(
      notes.notes,
      ElementsAre(
          "openai/text: left out: input_mtok: \"cheap\" is not a decimal number that can be kept "
          "exactly",
          "openai/minus: left out: input_mtok: -1 is negative",
          "openai/empty: left out: it has no price",
          R"(openai/new: left out: constraint not supported: {"weekday":"mon"})",
          R"(openai/odd: left out: match logic not supported: {"sounds_like":"odd"})",
          "openai/both: left out: match logic not supported: "
          R"({"and":[{"equals":"a"},{"equals":"b"}]})",
          "openai/key: price key \"dreams_mtok\" is not known"));
  EXPECT_EQ(notes.skipped, 6U);
  EXPECT_EQ(notes.prices, 2U);
  EXPECT_FALSE(book.find({.provider = "openai", .model = "empty", .at = kLearned}));
  EXPECT_EQ(rate_in(book, {.provider = "openai", .model = "llama:free", .at = kLearned},
                    Meter::output_tokens),
            "0 per 1000000");
}

TEST(GenaiPrices, RefusesAnotherFile) {
  PriceBookBuilder builder;
  EXPECT_EQ(import_genai_prices("{}", kLearned, builder).error().message,
            "not a genai-prices file: expected an array of providers with \"models\"");
  EXPECT_EQ(import_genai_prices("[", kLearned, builder).error().code, ErrorCode::invalid_input);
}

TEST(LiteLlm, PerTokenAmountsBecomeAmountsPerMillion) {
  const auto [book, notes] = litellm(
      R"({"gpt-4o":{"litellm_provider":"openai","mode":"chat","source":"https://openai.com/x",
          "input_cost_per_token":2.5e-06,"output_cost_per_token":1e-05,
          "cache_read_input_token_cost":1.25e-06,"supports_vision":true,"max_tokens":1}})");
  const Price& price = book.prices()[0];
  EXPECT_EQ(price.id, "litellm:openai/gpt-4o");
  EXPECT_EQ(price.provenance, (Provenance{"litellm", "https://openai.com/x", "", kLearned}));
  EXPECT_EQ(rate_text(&price, Meter::input_tokens_uncached), "2.5 per 1000000");
  EXPECT_EQ(rate_text(&price, Meter::output_tokens), "10 per 1000000");
  EXPECT_EQ(rate_text(&price, Meter::cache_read_tokens), "1.25 per 1000000");
  EXPECT_THAT(notes.notes, ElementsAre());
}

TEST(LiteLlm, SnapsFloatNoise) {
  const auto [book, notes] = litellm(
      R"({"databricks/c":{"litellm_provider":"databricks",
          "input_cost_per_token":2.9999900000000002e-06,
          "input_dbu_cost_per_token":4.3e-05}})");
  EXPECT_EQ(rate_text(&book.prices()[0], Meter::input_tokens_uncached), "2.99999 per 1000000");
  EXPECT_THAT(notes.notes,
              ElementsAre("databricks/c: input_cost_per_token: 2.9999900000000002e-06 taken as "
                          "2.99999 per 1000000",
                          "input_dbu_cost_per_token: not imported (1 entries)"));
}

TEST(LiteLlm, EachTierIsAPriceOfItsOwnWithTheStandardPriceWhereItSaysNothing) {
  const auto [book, notes] = litellm(
      R"({"gpt-5":{"litellm_provider":"openai","mode":"chat",
          "input_cost_per_token":2e-07,"input_cost_per_token_above_272k_tokens":4e-07,
          "output_cost_per_token":1.2e-06,"cache_read_input_token_cost":2e-08,
          "input_cost_per_token_flex":1e-07,"input_cost_per_token_above_272k_tokens_flex":2e-07,
          "output_cost_per_token_flex":6e-07,"cache_read_input_token_cost_flex":1e-08,
          "input_cost_per_token_batches":1e-07,"output_cost_per_token_batches":6e-07,
          "input_cost_per_token_priority":4e-07}})");
  const auto rate = [&b = book](std::string_view tier, Meter meter) {
    return rate_in(
        b, {.provider = "openai", .model = "gpt-5", .at = kLearned, .service_tier = tier}, meter);
  };
  EXPECT_EQ(rate("", Meter::input_tokens_uncached),
            "0.2 per 1000000, above 272000: 0.4 per 1000000");
  EXPECT_EQ(rate("flex", Meter::input_tokens_uncached),
            "0.1 per 1000000, above 272000: 0.2 per 1000000");
  EXPECT_EQ(rate("flex", Meter::cache_read_tokens), "0.01 per 1000000");
  EXPECT_EQ(rate("batch", Meter::output_tokens), "0.6 per 1000000");
  EXPECT_EQ(rate("batch", Meter::cache_read_tokens), "0.02 per 1000000");
  EXPECT_EQ(rate("batch", Meter::input_tokens_uncached),
            "0.1 per 1000000, above 272000: 0.4 per 1000000");
  EXPECT_EQ(rate("priority", Meter::output_tokens), "1.2 per 1000000");
  EXPECT_EQ(book.by_id("litellm:openai/gpt-5+batch")->provenance.note,
            "cache_read_tokens at the standard price: the source gives none for batch");
}

TEST(LiteLlm, AboveOneHourIsATimeToLiveNotASize) {
  const auto [book, notes] = litellm(
      R"({"claude":{"litellm_provider":"anthropic","input_cost_per_token":3e-06,
          "cache_creation_input_token_cost":3.75e-06,
          "cache_creation_input_token_cost_above_200k_tokens":7.5e-06,
          "cache_creation_input_token_cost_above_1hr":6e-06,
          "cache_creation_input_token_cost_above_1hr_above_200k_tokens":1.2e-05}})");
  const Price* price = &book.prices()[0];
  EXPECT_EQ(rate_text(price, Meter::cache_write_5m_tokens),
            "3.75 per 1000000, above 200000: 7.5 per 1000000");
  EXPECT_EQ(rate_text(price, Meter::cache_write_1h_tokens),
            "6 per 1000000, above 200000: 12 per 1000000");
}

TEST(LiteLlm, ThresholdsAreExclusiveExceptAtXai) {
  const auto [book, notes] = litellm(
      R"({"xai/grok":{"litellm_provider":"xai","input_cost_per_token":3e-06,
          "input_cost_per_token_above_128k_tokens":6e-06},
          "gemini/g":{"litellm_provider":"gemini","input_cost_per_token":1e-06}})");
  EXPECT_EQ(book.by_id("litellm:x-ai/grok")->steps.compare, StepRule::Compare::at_or_above);
  EXPECT_EQ(book.by_id("litellm:google/g")->steps.compare, StepRule::Compare::above);
}

TEST(LiteLlm, RangesOfTieredPricingAreCliffs) {
  const auto [book, notes] = litellm(
      R"({"dashscope/qwen":{"litellm_provider":"dashscope","tiered_pricing":[
          {"range":[0,256000.0],"input_cost_per_token":4e-07,"output_cost_per_token":1.6e-06},
          {"range":[256000.0,1000000.0],"input_cost_per_token":1.2e-06,
           "output_cost_per_token":4.8e-06}]},
          "dashscope/gap":{"litellm_provider":"dashscope","tiered_pricing":[
          {"range":[0,32000],"input_cost_per_token":4e-07},
          {"range":[64000,128000],"input_cost_per_token":1.2e-06}]}})");
  ASSERT_EQ(book.prices().size(), 1U);
  EXPECT_EQ(rate_text(&book.prices()[0], Meter::output_tokens),
            "1.6 per 1000000, above 256000: 4.8 per 1000000");
  EXPECT_THAT(notes.notes,
              ElementsAre("dashscope/gap: left out: tiered_pricing whose ranges do not "
                          "follow each other"));
}

TEST(LiteLlm, FactorsForRegionsAndSpeedsAreKept) {
  const auto [book, notes] = litellm(
      R"({"claude":{"litellm_provider":"anthropic","input_cost_per_token":5e-06,
          "provider_specific_entry":{"us":1.1,"fast":6.0,"schema":"v2"}},
          "gpt":{"litellm_provider":"openai","input_cost_per_token":5e-06,
          "regional_processing_uplift_multiplier_eu":1.1}})");
  EXPECT_THAT(book.by_id("litellm:anthropic/claude")->multipliers,
              ElementsAre(Multiplier{Multiplier::On::region, "us", {11, 10}},
                          Multiplier{Multiplier::On::speed, "fast", {6, 1}}));
  EXPECT_THAT(book.by_id("litellm:openai/gpt")->multipliers,
              ElementsAre(Multiplier{Multiplier::On::region, "eu", {11, 10}}));
}

TEST(LiteLlm, OtherUnitsHaveTheirMeters) {
  const auto [book, notes] = litellm(
      R"({"whisper-1":{"litellm_provider":"openai","mode":"audio_transcription",
           "input_cost_per_second":0.0001,"output_cost_per_second":0.0001},
          "mistral/ocr":{"litellm_provider":"mistral","mode":"ocr","ocr_cost_per_page":0.004,
           "annotation_cost_per_page":0.005},
          "cohere/rerank":{"litellm_provider":"cohere","mode":"rerank","input_cost_per_token":0.0,
           "input_cost_per_query":0.002},
          "sora":{"litellm_provider":"openai","mode":"video_generation",
           "output_cost_per_video_per_second":0.1},
          "tts-1":{"litellm_provider":"openai","mode":"audio_speech",
           "input_cost_per_character":1.5e-05},
          "image":{"litellm_provider":"openai","mode":"image_generation",
           "output_cost_per_image":0.04,
           "input_cost_per_pixel":1.9e-08},
          "claude":{"litellm_provider":"anthropic","mode":"chat","input_cost_per_token":3e-06,
           "search_context_cost_per_query":{"search_context_size_low":0.01,
           "search_context_size_medium":0.01,"search_context_size_high":0.01}},
          "sonar":{"litellm_provider":"perplexity","mode":"chat","input_cost_per_request":0.005,
           "search_context_cost_per_query":{"search_context_size_low":0.005,
           "search_context_size_medium":0.008,"search_context_size_high":0.012}}})");
  const auto rate = [&b = book](std::string_view id, Meter meter) {
    return rate_text(b.by_id(id), meter);
  };
  EXPECT_EQ(rate("litellm:openai/whisper-1", Meter::input_audio_seconds), "0.36 per 3600");
  EXPECT_EQ(rate("litellm:mistral/ocr", Meter::input_document_pages), "4 per 1000");
  EXPECT_EQ(rate("litellm:mistral/ocr", Meter::input_annotated_document_pages), "5 per 1000");
  EXPECT_EQ(rate("litellm:cohere/rerank", Meter::rerank_searches), "2 per 1000");
  EXPECT_EQ(rate("litellm:openai/sora", Meter::output_video_seconds), "0.1 per 1");
  EXPECT_EQ(rate("litellm:openai/tts-1", Meter::input_characters), "15 per 1000000");
  EXPECT_EQ(rate("litellm:openai/image", Meter::output_images), "0.04 per 1");
  EXPECT_EQ(rate("litellm:openai/image", Meter::input_pixels), "19 per 1000000000");
  EXPECT_EQ(rate("litellm:anthropic/claude", Meter::web_searches), "10 per 1000");
  EXPECT_EQ(rate("litellm:perplexity/sonar", Meter::requests), "5 per 1000");
  EXPECT_EQ(rate("litellm:perplexity/sonar", Meter::web_searches), "none");
}

TEST(LiteLlm, KeysNameProviderRegionAndModel) {
  const auto [book, notes] = litellm(
      R"({"bedrock/us-gov-west-1/anthropic.claude-v2:1":{"litellm_provider":"bedrock",
           "input_cost_per_token":3e-06},
          "azure/eu/gpt-4o":{"litellm_provider":"azure","input_cost_per_token":3e-06},
          "vertex_ai/claude@20250514":{"litellm_provider":"vertex_ai-anthropic_models",
           "input_cost_per_token":3e-06},
          "openrouter/openai/gpt-4o":{"litellm_provider":"openrouter","input_cost_per_token":3e-06},
          "together_ai/x/y":{"litellm_provider":"together_ai","input_cost_per_token":3e-06},
          "bedrock/us-east-1/1-month-commitment/anthropic.claude-v1":{"litellm_provider":"bedrock",
           "input_cost_per_second":0.01},
          "sample_spec":{"litellm_provider":"one of","input_cost_per_token":0.0}})");
  std::vector<std::string> ids;
  for (const Price& price : book.prices()) ids.push_back(price.id);
  EXPECT_THAT(ids, testing::UnorderedElementsAre(
                       "litellm:aws/anthropic.claude-v2:1+region=us-gov-west-1",
                       "litellm:azure/gpt-4o+region=eu", "litellm:google/claude@20250514",
                       "litellm:openrouter/openai/gpt-4o", "litellm:together/x/y"));
  EXPECT_THAT(notes.notes,
              ElementsAre("bedrock/us-east-1/1-month-commitment/anthropic.claude-v1: left out: "
                          "provisioned throughput is billed by time, not by use"));
}

TEST(LiteLlm, OfTwoEntriesAboutOneModelTheProvidersOwnServiceIsUsed) {
  const auto [book, notes] = litellm(
      R"({"gemini-2.5-pro":{"litellm_provider":"vertex_ai-language-models",
           "input_cost_per_token":2e-06},
          "gemini/gemini-2.5-pro":{"litellm_provider":"gemini","input_cost_per_token":1e-06},
          "vertex_ai/gemini-2.5-pro":{"litellm_provider":"vertex_ai",
           "input_cost_per_token":1e-06}})");
  ASSERT_EQ(book.prices().size(), 1U);
  EXPECT_EQ(rate_text(&book.prices()[0], Meter::input_tokens_uncached), "1 per 1000000");
  EXPECT_THAT(notes.notes,
              ElementsAre("gemini-2.5-pro: left out: it differs from "
                          "\"gemini/gemini-2.5-pro\", which is used for the same model"));
}

TEST(LiteLlm, AnEntryOfZerosIsUnknownUnlessItRunsAtHome) {
  const auto [book, notes] = litellm(
      R"({"deepseek-v3-2-251201":{"litellm_provider":"volcengine","input_cost_per_token":0.0,
           "output_cost_per_token":0.0},
          "ollama/llama3":{"litellm_provider":"ollama","input_cost_per_token":0.0,
           "output_cost_per_token":0.0},
          "gpt-x":{"litellm_provider":"openai","input_cost_per_token":-1e-06}})");
  ASSERT_EQ(book.prices().size(), 1U);
  EXPECT_EQ(book.prices()[0].id, "litellm:ollama/llama3");
  EXPECT_THAT(notes.notes,
              ElementsAre("deepseek-v3-2-251201: left out: all its prices are 0, which may mean "
                          "unknown",
                          "gpt-x: left out: input_cost_per_token: -1e-06 is negative"));
}

TEST(LiteLlm, RefusesAnotherFile) {
  PriceBookBuilder builder;
  EXPECT_EQ(import_litellm(R"({"a":1})", kLearned, builder).error().message,
            "not a LiteLLM price map: expected an object of models with \"litellm_provider\"");
}

TEST(PriceFile, ItsFormatIsToldByItsShape) {
  struct Case {
    const char* text;
    const char* id;
  };
  for (const Case& c :
       std::array{Case{R"([{"id":"openai","models":[{"id":"a","match":{"equals":"a"},
                 "prices":{"input_mtok":1}}]}])",
                       "openai/a"},
                  Case{R"({"a":{"litellm_provider":"openai","input_cost_per_token":1e-06}})",
                       "litellm:openai/a"},
                  Case{R"( {"format":"cost-ops-prices/1","prices":[{"provider":"openai","model":"a",
                 "rates":{"input_tokens":"1"}}]})",
                       "custom:openai/a"},
                  Case{"format = \"cost-ops-prices/1\"\n[[prices]]\nprovider = \"openai\"\nmodel = "
                       "\"a\"\nrates = { input_tokens = \"1\" }\n",
                       "custom:openai/a"}}) {
    PriceBookBuilder builder;
    const auto notes = import_price_file(c.text, kLearned, builder);
    ASSERT_TRUE(notes) << notes.error().message;
    EXPECT_EQ(PriceBook::build(std::move(builder))->prices()[0].id, c.id);
  }
  PriceBookBuilder builder;
  EXPECT_EQ(import_price_file(" \n", kLearned, builder).error().message, "the price file is empty");
}

}  // namespace
}  // namespace costops::pricing
