// The built-in price book: facts with their dates, and what it says where its sources differ.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <set>

#include "costops/pricing/importers.h"

namespace costops::pricing {
namespace {

Instant at(std::string_view text) { return parse_instant(text).value(); }

const PriceBook& built_in() {
  static const PriceBook book = [] {
    PriceBookBuilder builder;
    EXPECT_TRUE(add_built_in_prices(builder));
    return PriceBook::build(std::move(builder)).value();
  }();
  return book;
}

std::string rate_text(const PriceBook& book, const PriceQuery& query, Meter meter) {
  const auto price = book.find(query);
  if (!price) return price.error().message;
  const MeterRate* rate = (*price)->rate_of(meter);
  if (rate == nullptr) return "none";
  std::string text = to_string(rate->base);
  for (const RateStep& step : rate->steps) {
    text += ", above " + std::to_string(step.threshold) + ": " + to_string(step.rate);
  }
  return text;
}

struct Fact {
  const char* provider;
  const char* model;
  const char* time;
  const char* tier;
  Meter meter;
  const char* rate;
};
constexpr Meter kInput = Meter::input_tokens_uncached;
constexpr Meter kOutput = Meter::output_tokens;

// Sources: the public price list genai-prices of 2026-08-21, LiteLLM's map of 2026-08-01, and
// DeepSeek's pricing page (https://api-docs.deepseek.com/quick_start/pricing, 2026-08-23).
constexpr std::array kFacts{
    // The surcharge above 200,000 input tokens ended on 2026-03-13 for two models, not for a third.
    Fact{"anthropic", "claude-opus-4-6", "2026-03-12T23:59:59.999999Z", "", kInput,
         "5 per 1000000, above 200000: 10 per 1000000"},
    Fact{"anthropic", "claude-opus-4-6", "2026-03-13T00:00:00Z", "", kInput, "5 per 1000000"},
    Fact{"anthropic", "claude-sonnet-4-6", "2026-03-12T23:59:59.999999Z", "", kOutput,
         "15 per 1000000, above 200000: 22.5 per 1000000"},
    Fact{"anthropic", "claude-sonnet-4-6", "2026-03-13T00:00:00Z", "", kOutput, "15 per 1000000"},
    Fact{"anthropic", "claude-sonnet-4-5-20250929", "2026-08-01T00:00:00Z", "", kInput,
         "3 per 1000000, above 200000: 6 per 1000000"},
    // From 1 to 0.20 on 2026-07-30; all tokens at the second price above 272,000 input tokens.
    Fact{"openai", "gpt-5.6-luna", "2026-07-29T23:59:59.999999Z", "", kInput,
         "1 per 1000000, above 272000: 2 per 1000000"},
    Fact{"openai", "gpt-5.6-luna", "2026-07-30T00:00:00Z", "", kInput,
         "0.2 per 1000000, above 272000: 0.4 per 1000000"},
    Fact{"openai", "o3", "2025-06-09T23:59:59Z", "", kOutput, "40 per 1000000"},
    Fact{"openai", "o3", "2025-06-10T00:00:00Z", "", kOutput, "8 per 1000000"},
    // DeepSeek: flat until 2026-08-16 16:00; peak hours on every day, since 2026-08-23 on weekdays.
    Fact{"deepseek", "deepseek-v4-flash", "2026-08-16T16:00:00Z", "", kInput, "0.22 per 1000000"},
    Fact{"deepseek", "deepseek-v4-flash", "2026-08-22T02:00:00Z", "", kInput, "0.44 per 1000000"},
    Fact{"deepseek", "deepseek-v4-flash", "2026-08-23T02:00:00Z", "", kInput, "0.22 per 1000000"},
    Fact{"deepseek", "deepseek-v4-flash", "2026-08-24T00:59:59.999999Z", "", kOutput,
         "0.66 per 1000000"},
    Fact{"deepseek", "deepseek-v4-flash", "2026-08-24T01:00:00Z", "", kOutput, "1.32 per 1000000"},
    Fact{"deepseek", "deepseek-v4-flash", "2026-08-24T04:00:00Z", "", kOutput, "0.66 per 1000000"},
    Fact{"deepseek", "deepseek-v4-flash", "2026-08-24T09:59:59.999999Z", "", kOutput,
         "1.32 per 1000000"},
    Fact{"deepseek", "deepseek-v4-flash", "2026-08-24T10:00:00Z", "", kOutput, "0.66 per 1000000"},
    Fact{"deepseek", "deepseek-v4-pro", "2026-08-29T07:00:00Z", "", Meter::cache_read_tokens,
         "0.022 per 1000000"},
    Fact{"deepseek", "deepseek-v4-pro", "2026-08-28T07:00:00Z", "", Meter::cache_read_tokens,
         "0.044 per 1000000"},
    // The prices behind the golden values.
    Fact{"openai", "gpt-4o", "2026-07-01T00:00:00Z", "", kInput, "2.5 per 1000000"},
    Fact{"openai", "gpt-4o", "2026-07-01T00:00:00Z", "", kOutput, "10 per 1000000"},
    Fact{"openai", "gpt-4.1", "2026-07-01T00:00:00Z", "", kOutput, "8 per 1000000"},
    Fact{"openai", "gpt-5", "2026-07-01T00:00:00Z", "", kInput, "1.25 per 1000000"},
    Fact{"anthropic", "claude-sonnet-4-20250514", "2026-07-01T00:00:00Z", "",
         Meter::cache_write_1h_tokens, "6 per 1000000"},
    Fact{"anthropic", "claude-sonnet-4-20250514", "2026-07-01T00:00:00Z", "",
         Meter::cache_write_5m_tokens, "3.75 per 1000000"},
    Fact{"mistral", "mistral-large-2512", "2026-07-01T00:00:00Z", "", kInput, "0.5 per 1000000"},
    // Prefix traps.
    Fact{"openai", "gpt-4o-mini", "2026-07-01T00:00:00Z", "", kInput, "0.15 per 1000000"},
    Fact{"openai", "gpt-4o-mini-2024-07-18", "2026-07-01T00:00:00Z", "", kInput,
         "0.15 per 1000000"},
    Fact{"openai", "gpt-4", "2026-07-01T00:00:00Z", "", kInput, "30 per 1000000"},
    Fact{"openai", "gpt-4-0613", "2026-07-01T00:00:00Z", "", kInput, "30 per 1000000"},
    // Tiers, from LiteLLM.
    Fact{"openai", "gpt-5", "2026-07-01T00:00:00Z", "flex", kInput, "0.625 per 1000000"},
    Fact{"openai", "gpt-5-2025-08-07", "2026-07-01T00:00:00Z", "priority", kOutput,
         "20 per 1000000"},
    Fact{"openai", "gpt-4o", "2026-07-01T00:00:00Z", "batch", kOutput, "5 per 1000000"},
    Fact{"openai", "gpt-4o", "2026-07-01T00:00:00Z", "flex", kOutput,
         "no flex price for openai model \"gpt-4o\" (it has: batch, priority, standard)"},
};

TEST(BuiltInBook, HoldsTheseFacts) {
  for (const Fact& fact : kFacts) {
    EXPECT_EQ(rate_text(built_in(),
                        {.provider = fact.provider,
                         .model = fact.model,
                         .at = at(fact.time),
                         .service_tier = fact.tier},
                        fact.meter),
              fact.rate)
        << fact.model << " at " << fact.time;
  }
}

TEST(BuiltInBook, AnthropicBatchesCostHalf) {
  const auto price = built_in().find({.provider = "anthropic",
                                      .model = "claude-sonnet-4-5-20250929",
                                      .at = at("2026-07-01"),
                                      .service_tier = "batch"});
  ASSERT_TRUE(price) << price.error().message;
  EXPECT_EQ((*price)->id, "cost-ops:anthropic/claude-sonnet-4-5+batch");
  EXPECT_EQ((*price)->multipliers.back().factor, (Ratio{1, 2}));
  EXPECT_EQ((*price)->multipliers.back().on, Multiplier::On::always);
  // What is not counted in tokens costs the same in a batch.
  EXPECT_FALSE(
      (*price)->multipliers.back().meters.test(static_cast<std::size_t>(Meter::web_searches)));
}

TEST(BuiltInBook, FactorsForRegionAndSpeedStandOnTheBasePrice) {
  const auto price = built_in().find({.provider = "anthropic",
                                      .model = "claude-opus-4-6",
                                      .at = at("2026-07-01"),
                                      .region = "us",
                                      .speed = "fast"});
  ASSERT_TRUE(price) << price.error().message;
  EXPECT_EQ((*price)->id, "anthropic/claude-opus-4-6@2026-03-13");
  EXPECT_THAT((*price)->multipliers,
              testing::ElementsAre(Multiplier{Multiplier::On::region, "us", {11, 10}},
                                   Multiplier{Multiplier::On::speed, "fast", {6, 1}}));
  EXPECT_EQ(
      rate_text(built_in(), {.provider = "anthropic", .model = "claude-haiku-4-5", .speed = "fast"},
                kInput),
      "no price for anthropic model \"claude-haiku-4-5\" at fast speed (it has: standard)");
}

TEST(BuiltInBook, DecoratedIdsCostWhatTheModelCosts) {
  struct Case {
    const char* provider;
    const char* id;
    const char* price;
  };
  for (const Case& c : std::array{
           Case{"", "claude-sonnet-4-5[1m]", "anthropic/claude-sonnet-4-5"},
           Case{"", "anthropic/claude-sonnet-4-5-20250929", "anthropic/claude-sonnet-4-5"},
           Case{"google", "publishers/google/models/gemini-2.5-pro", "google/gemini-2.5-pro"},
           Case{"google", "models/gemini-2.5-pro", "google/gemini-2.5-pro"},
           Case{"", "models/gemini-2.5-pro", "google/gemini-2.5-pro"},
           Case{"google", "vertex_ai/gemini-2.5-pro", "google/gemini-2.5-pro"},
           Case{"azure", "azure/gpt-4o", "litellm:azure/gpt-4o"},
           Case{"openai", "gpt-5.2-20251211", "openai/gpt-5.2"},
           Case{"openrouter", "openrouter/anthropic/claude-sonnet-4.5",
                "openrouter/anthropic/claude-sonnet-4.5"}}) {
    const auto price =
        built_in().find({.provider = c.provider, .model = c.id, .at = at("2026-07-01")});
    EXPECT_EQ(price ? (*price)->id : price.error().message, c.price) << c.id;
  }
  for (const char* id : {"bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
                         "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
                         "arn:aws:bedrock:us-east-1:1:inference-profile/"
                         "us.anthropic.claude-sonnet-4-5-20250929-v1:0"}) {
    const auto price = built_in().find({.provider = "", .model = id, .at = at("2026-07-01")});
    ASSERT_TRUE(price) << price.error().message;
    EXPECT_EQ((*price)->provider, "aws") << id;
  }
}

TEST(BuiltInBook, EveryPriceSaysItsSourceAndDate) {
  std::set<std::string> sources;
  for (const Price& price : built_in().prices()) {
    sources.insert(price.provenance.source);
    EXPECT_TRUE(price.provenance.url.starts_with("http")) << price.id;
    EXPECT_GE(price.provenance.learned_at, at("2026-08-01")) << price.id;
    EXPECT_TRUE(validate(price)) << price.id;
  }
  EXPECT_THAT(sources, testing::ElementsAre("cost-ops", "genai-prices", "litellm"));
}

TEST(BuiltInBook, EveryNameOfAModelFindsAPrice) {
  for (const Model& model : built_in().models()) {
    const auto named = [&](const Price& price) {
      return price.provider == model.provider && price.model == model.id;
    };
    if (std::ranges::none_of(built_in().prices(), named)) continue;
    const PriceSet& set = built_in().resolve({.provider = model.provider, .model = model.id});
    EXPECT_FALSE(set.candidates().empty()) << model.provider << "/" << model.id;
  }
}

TEST(BuiltInBook, AuditListsWhereTheSourcesDisagree) {
  const std::vector<Disagreement> all = audit(built_in());
  ASSERT_FALSE(all.empty());
  for (const Disagreement& one : all) {
    EXPECT_NE(one.used_rate, one.other_rate);
    EXPECT_NE(one.used->provenance.source, one.other->provenance.source);
  }
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, [](const Disagreement& d) {
    return std::tie(d.used->provider, d.used->model, d.used->id, d.other->id, d.meter);
  }));
  const auto weaver = std::ranges::find_if(all, [](const Disagreement& d) {
    return d.used->id == "openrouter/mancer/weaver" && d.meter == kInput;
  });
  ASSERT_NE(weaver, all.end());
  EXPECT_EQ(weaver->used_rate, "1.125 per 1000000");
  EXPECT_EQ(weaver->other_rate, "5.625 per 1000000");
}

TEST(Audit, IsSilentWhereSourcesAgree) {
  PriceBookBuilder builder;
  for (const char* source : {"one", "two", "three"}) {
    Price price = per_token_price(source == std::string_view("three") ? "2" : "1", "3", {}).value();
    price.provider = "openai";
    price.model = "m";
    price.provenance.source = source;
    ASSERT_TRUE(builder.add(price));
  }
  const PriceBook book = PriceBook::build(std::move(builder)).value();
  const std::vector<Disagreement> all = audit(book);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].used->id, "one:openai/m");
  EXPECT_EQ(all[0].other->id, "three:openai/m");
  EXPECT_EQ(all[0].meter, kInput);
  EXPECT_EQ(all[0].used_rate, "1 per 1000000");
  EXPECT_EQ(all[0].other_rate, "2 per 1000000");
}

// The list on its own chooses what its own program chooses: checked outside on 213,898 ids made of
// every pattern with prefixes, suffixes and dates; here a few that a naive rule gets wrong.
TEST(GenaiPricesFile, ChoosesTheModelThatItsOwnProgramChooses) {
  std::ifstream in(COSTOPS_SHARED_DATA "/data/prices/genai-prices_2026-08-21.json");
  if (!in) GTEST_SKIP() << "no shared data in " << COSTOPS_SHARED_DATA;
  const std::string text(std::istreambuf_iterator<char>(in), {});
  PriceBookBuilder builder;
  const auto notes = import_price_file(text, at("2026-08-21"), builder);
  ASSERT_TRUE(notes) << notes.error().message;
  const PriceBook book = PriceBook::build(std::move(builder)).value();
  struct Case {
    const char* provider;
    const char* id;
    const char* model;
  };
  for (const Case& c :
       std::array{Case{"google", "claude-sonnet-4-5-20250929", "google/claude-4-sonnet"},
                  Case{"azure", "claude-sonnet-4-5-20250929", "anthropic/claude-sonnet-4-5"},
                  Case{"groq", "meta-llama/Llama-4-Scout-17B-16E-Instruct",
                       "groq/meta-llama/llama-4-scout-17b-16e-instruct"},
                  Case{"openai", "gpt-5.6", "openai/gpt-5.6-sol"},
                  Case{"openrouter", "x-ai/grok-4.3-20260501", "openrouter/x-ai/grok-4.3"}}) {
    const auto price = book.find({.provider = c.provider, .model = c.id, .at = at("2026-08-01")});
    EXPECT_EQ(price ? (*price)->provider + "/" + (*price)->model : price.error().message, c.model)
        << c.id;
  }
}

}  // namespace
}  // namespace costops::pricing
