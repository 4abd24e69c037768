#include "costops/pricing/price_book.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "pricing/price_memo.h"

namespace costops::pricing {
namespace {

using Kind = ModelMatch::Kind;

Instant at(std::string_view text) { return parse_instant(text).value(); }
const Instant kJuly = at("2026-07-01");

Price price_of_model(std::string provider, std::string model, std::string_view input,
                     std::string source = "reference") {
  Price price = per_token_price(input, "30", std::nullopt).value();
  price.provider = std::move(provider);
  price.model = std::move(model);
  price.provenance.source = std::move(source);
  return price;
}

// A book of prices for openai models, each named with its input price and its matches.
struct Listed {
  const char* model;
  const char* input;
  std::vector<ModelMatch> matches{};
};
PriceBook listing(const std::vector<Listed>& listed,
                  Source::Choice choice = Source::Choice::most_specific) {
  PriceBookBuilder builder;
  builder.add(Source{.id = "reference", .choice = choice});
  for (const Listed& one : listed) {
    builder.add(Model{.provider = "openai", .id = one.model, .matches = one.matches});
    EXPECT_TRUE(builder.add(price_of_model("openai", one.model, one.input)));
  }
  return PriceBook::build(std::move(builder)).value();
}

PriceBook book_of(std::vector<Price> prices) {
  PriceBookBuilder builder;
  for (Price& price : prices) EXPECT_TRUE(builder.add(std::move(price)));
  return PriceBook::build(std::move(builder)).value();
}

std::string found(const PriceBook& book, const PriceQuery& query) {
  const auto price = book.find(query);
  return price ? (*price)->id : price.error().message;
}
std::string found(const PriceBook& book, std::string_view model) {
  return found(book, {.provider = "openai", .model = model, .at = kJuly});
}

TEST(PriceBook, ChoosesTheExactIdThenTheAliasThenTheLongestPrefix) {
  const PriceBook book = listing({{"gpt-4", "30", {{Kind::starts_with, "gpt-4"}}},
                                  {"gpt-4o", "2.5", {{Kind::starts_with, "gpt-4o"}}},
                                  {"gpt-4o-mini", "0.15", {{Kind::starts_with, "gpt-4o-mini"}}},
                                  {"special", "9", {{Kind::alias, "gpt-4o-mini-2024"}}},
                                  {"exact", "1", {{Kind::exact, "gpt-4o-mini-2024-07-18"}}},
                                  {"suffix", "2", {{Kind::ends_with, "-mini-2024-07-18"}}},
                                  {"part", "3", {{Kind::contains, "turbo"}}},
                                  {"shape", "4", {{Kind::regex, "^o[134]-\\d+$"}}}});
  EXPECT_EQ(found(book, "gpt-4"), "reference:openai/gpt-4");
  EXPECT_EQ(found(book, "gpt-4-0613"), "reference:openai/gpt-4");
  EXPECT_EQ(found(book, "gpt-4o"), "reference:openai/gpt-4o");
  EXPECT_EQ(found(book, "gpt-4o-mini"), "reference:openai/gpt-4o-mini");
  EXPECT_EQ(found(book, "gpt-4o-mini-audio"), "reference:openai/gpt-4o-mini");
  EXPECT_EQ(found(book, "gpt-4o-mini-2024"), "reference:openai/special");
  EXPECT_EQ(found(book, "gpt-4o-mini-2024-07-18"), "reference:openai/exact");
  EXPECT_EQ(found(book, "x-mini-2024-07-18"), "reference:openai/suffix");
  EXPECT_EQ(found(book, "gpt-3.5-turbo-16k"), "reference:openai/part");
  EXPECT_EQ(found(book, "o3-2025"), "reference:openai/shape");
  EXPECT_EQ(found(book, "GPT-4O-Mini"), "reference:openai/gpt-4o-mini");
}

TEST(PriceBook, TheOrderOfModelsDoesNotMatterUnlessTheSourceSaysSo) {
  const std::vector<Listed> reversed{{"gpt-4", "30", {{Kind::starts_with, "gpt-4"}}},
                                     {"gpt-4o-mini", "0.15", {{Kind::exact, "gpt-4o-mini"}}}};
  EXPECT_EQ(found(listing(reversed), "gpt-4o-mini"), "reference:openai/gpt-4o-mini");
  EXPECT_EQ(found(listing(reversed, Source::Choice::first_listed), "gpt-4o-mini"),
            "reference:openai/gpt-4");
}

TEST(PriceBook, OfEquallyLongPatternsTheEarlierModelWins) {
  const PriceBook book =
      listing({{"b", "1", {{Kind::contains, "abc"}}}, {"a", "2", {{Kind::contains, "bcd"}}}});
  EXPECT_EQ(found(book, "abcd"), "reference:openai/b");
}

TEST(PriceBook, AnUnknownModelIsNotFoundAndSuggestsTheClosest) {
  const PriceBook book = listing({{"gpt-4o-mini", "0.15"}, {"gpt-4", "30"}});
  const auto price = book.find({.provider = "openai", .model = "gpt-4o-mni", .at = kJuly});
  ASSERT_FALSE(price);
  EXPECT_EQ(price.error().code, ErrorCode::not_found);
  EXPECT_EQ(price.error().message,
            "no price for openai model \"gpt-4o-mni\"; did you mean \"gpt-4o-mini\"?");
  EXPECT_EQ(found(book, "llama-3"), "no price for openai model \"llama-3\"");
  EXPECT_EQ(found(book, ""), "no price for openai model \"\"");
}

TEST(PriceBook, AnUnknownProviderIsNotFoundAndSuggestsTheClosest) {
  const PriceBook book = listing({{"gpt-4o", "2.5"}});
  EXPECT_EQ(found(book, {.provider = "opnai", .model = "gpt-4o", .at = kJuly}),
            "unknown provider \"opnai\"; did you mean \"openai\"?");
  EXPECT_EQ(found(book, {.provider = "zzz", .model = "gpt-4o", .at = kJuly}),
            "unknown provider \"zzz\"");
  EXPECT_EQ(found(book, {.provider = "", .model = "gpt-4o", .at = kJuly}),
            "no provider is known for model \"gpt-4o\"; name the provider");
}

TEST(PriceBook, APriceHoldsFromItsStartUntilBeforeItsEnd) {
  Price first = price_of_model("openai", "luna", "1");
  first.conditions.effective.to = at("2026-07-30");
  Price second = price_of_model("openai", "luna", "0.2");
  second.conditions.effective = {at("2026-07-30"), at("2026-09-01")};
  const PriceBook book = book_of({first, second});
  const auto at_time = [&](std::string_view time) {
    return found(book, {.provider = "openai", .model = "luna", .at = at(time)});
  };
  EXPECT_EQ(at_time("2026-07-29T23:59:59.999999Z"), "reference:openai/luna");
  EXPECT_EQ(at_time("2026-07-30T00:00:00Z"), "reference:openai/luna@2026-07-30");
  EXPECT_EQ(at_time("2026-08-31T23:59:59.999999Z"), "reference:openai/luna@2026-07-30");
  // A price that has ended is no price: neither the last one nor zero takes its place.
  EXPECT_EQ(
      at_time("2026-09-01T00:00:00Z"),
      "no price for openai model \"luna\" in force at 2026-09-01T00:00:00Z (the last one ended "
      "at 2026-09-01T00:00:00Z)");
}

TEST(PriceBook, APriceThatHasNotBegunIsNotCharged) {
  Price price = price_of_model("openai", "luna", "1");
  price.conditions.effective.from = at("2026-07-30");
  EXPECT_EQ(found(book_of({price}), "luna"),
            "no price for openai model \"luna\" in force at 2026-07-01T00:00:00Z (the next one "
            "starts at 2026-07-30T00:00:00Z)");
}

TEST(PriceBook, OfOverlappingPricesTheLaterStartWins) {
  Price later = price_of_model("openai", "luna", "0.2");
  later.conditions.effective.from = at("2026-06-01");
  const PriceBook book = book_of({price_of_model("openai", "luna", "1"), later});
  EXPECT_EQ(found(book, "luna"), "reference:openai/luna@2026-06-01");
}

TEST(PriceBook, ATierWithoutAPriceIsNeverTheStandardPrice) {
  Price flex = price_of_model("openai", "gpt-5", "0.6");
  flex.conditions.service_tier = "flex";
  const PriceBook book = book_of({price_of_model("openai", "gpt-5", "1.25"), flex});
  const auto in_tier = [&](std::string_view tier) {
    return found(book, {.provider = "openai", .model = "gpt-5", .at = kJuly, .service_tier = tier});
  };
  for (const char* standard : {"", "standard", "default", "on_demand", "ON_DEMAND", "auto"}) {
    EXPECT_EQ(in_tier(standard), "reference:openai/gpt-5");
  }
  EXPECT_EQ(in_tier("flex"), "reference:openai/gpt-5+flex");
  EXPECT_EQ(in_tier("batch"), "no batch price for openai model \"gpt-5\" (it has: flex, standard)");
}

TEST(PriceBook, ASpeedWithoutAPriceIsNeverTheUsualPrice) {
  Price opus = price_of_model("anthropic", "opus", "5");
  opus.multipliers = {{.on = Multiplier::On::speed, .value = "fast", .factor = {6, 1}}};
  const PriceBook book = book_of({opus, price_of_model("anthropic", "haiku", "1")});
  const auto fast = [&](std::string_view model) {
    return found(book, {.provider = "anthropic", .model = model, .at = kJuly, .speed = "fast"});
  };
  EXPECT_EQ(fast("opus"), "reference:anthropic/opus");
  EXPECT_EQ(fast("haiku"),
            "no price for anthropic model \"haiku\" at fast speed (it has: standard)");
}

TEST(PriceBook, APriceForTheRegionStandsBeforeAGeneralOne) {
  Price gov = price_of_model("aws", "claude", "3.6", "second");
  gov.conditions.region = "us-gov-west-1";
  const PriceBook book = book_of({price_of_model("aws", "claude", "3"), gov});
  const auto in_region = [&](std::string_view region) {
    return found(book, {.provider = "aws", .model = "claude", .at = kJuly, .region = region});
  };
  EXPECT_EQ(in_region("us-gov-west-1"), "second:aws/claude+region=us-gov-west-1");
  EXPECT_EQ(in_region("eu-west-1"), "reference:aws/claude");
  EXPECT_EQ(in_region(""), "reference:aws/claude");
}

TEST(PriceBook, APriceOfAnotherRegionIsNoPrice) {
  Price gov = price_of_model("aws", "claude", "3.6");
  gov.conditions.region = "us-gov-west-1";
  const PriceBook book = book_of({gov});
  EXPECT_EQ(found(book, {.provider = "aws", .model = "claude", .at = kJuly, .region = "eu-west-1"}),
            "no price for aws model \"claude\" in region \"eu-west-1\" (it has: us-gov-west-1)");
  EXPECT_EQ(found(book, {.provider = "aws", .model = "claude", .at = kJuly}),
            "no price for aws model \"claude\" without a region (it has: us-gov-west-1)");
}

TEST(PriceBook, ContractsStandBeforeCustomPricesAndTheseBeforeReferences) {
  const Price reference = price_of_model("openai", "gpt-4o", "2.5");
  const Price custom = price_of_model("openai", "gpt-4o", "2", "custom");
  const Price contract = price_of_model("openai", "gpt-4o", "1", "contract");
  EXPECT_EQ(found(book_of({reference, custom}), "gpt-4o"), "custom:openai/gpt-4o");
  EXPECT_EQ(found(book_of({reference, custom, contract}), "gpt-4o"), "contract:openai/gpt-4o");
  // Of references, the one that was added first.
  const Price other = price_of_model("openai", "gpt-4o", "3", "other");
  EXPECT_EQ(found(book_of({other, reference}), "gpt-4o"), "other:openai/gpt-4o");
}

TEST(PriceBook, ACustomPriceHoldsForEveryIdOfTheModelItNames) {
  PriceBookBuilder builder;
  builder.add(Model{.provider = "openai",
                    .id = "gpt-4o",
                    .matches = {{Kind::exact, "gpt-4o"}, {Kind::alias, "gpt-4o-2024-08-06"}},
                    .source = "reference"});
  ASSERT_TRUE(builder.add(price_of_model("openai", "gpt-4o", "2.5")));
  ASSERT_TRUE(builder.add(price_of_model("openai", "gpt-4o", "2", "custom")));
  const PriceBook book = PriceBook::build(std::move(builder)).value();
  EXPECT_EQ(found(book, "gpt-4o-2024-08-06"), "custom:openai/gpt-4o");
}

TEST(PriceBook, ACustomModelWithItsOwnListOfIdsHoldsForThoseOnly) {
  PriceBookBuilder builder;
  builder.add(Model{.provider = "openai",
                    .id = "gpt-4o",
                    .matches = {{Kind::starts_with, "gpt-4o"}},
                    .source = "reference"});
  builder.add(Model{.provider = "openai",
                    .id = "gpt-4o",
                    .matches = {{Kind::exact, "gpt-4o"}},
                    .source = "custom"});
  ASSERT_TRUE(builder.add(price_of_model("openai", "gpt-4o", "2.5")));
  ASSERT_TRUE(builder.add(price_of_model("openai", "gpt-4o", "2", "custom")));
  const PriceBook book = PriceBook::build(std::move(builder)).value();
  EXPECT_EQ(found(book, "gpt-4o"), "custom:openai/gpt-4o");
  EXPECT_EQ(found(book, "gpt-4o-2024-08-06"), "reference:openai/gpt-4o");
}

TEST(PriceBook, WindowsAreHalfOpenInTheirZoneAndOnTheirWeekdays) {
  Price peak = price_of_model("deepseek", "v4", "0.44");
  peak.conditions.windows = {{.from = std::chrono::hours{9},
                              .to = std::chrono::hours{12},
                              .weekdays = 0x1f,
                              .zone = "Asia/Shanghai"}};
  const PriceBook book = book_of({price_of_model("deepseek", "v4", "0.22"), peak});
  const auto input_at = [&](std::string_view time) {
    return (*book.find({.provider = "deepseek", .model = "v4", .at = at(time)}))
        ->rates[0]
        .base.amount();
  };
  const Amount off_peak = parse_amount("0.22").value();
  const Amount in_peak = parse_amount("0.44").value();
  // Shanghai is eight hours ahead of UTC. 2026-08-24 is a Monday, 2026-08-23 a Sunday.
  EXPECT_EQ(input_at("2026-08-24T00:59:59.999999Z"), off_peak);
  EXPECT_EQ(input_at("2026-08-24T01:00:00Z"), in_peak);
  EXPECT_EQ(input_at("2026-08-24T03:59:59.999999Z"), in_peak);
  EXPECT_EQ(input_at("2026-08-24T04:00:00Z"), off_peak);
  EXPECT_EQ(input_at("2026-08-23T02:00:00Z"), off_peak);
  EXPECT_EQ(input_at("2026-08-28T02:00:00Z"), in_peak);
  EXPECT_EQ(input_at("2026-08-29T02:00:00Z"), off_peak);
}

TEST(PriceBook, AWindowOverMidnightBelongsToTheDayOnWhichItStarts) {
  Price night = price_of_model("deepseek", "v3", "0.1");
  night.conditions.windows = {
      {.from = std::chrono::hours{22}, .to = std::chrono::hours{6}, .weekdays = 1 << 4}};  // Friday
  const PriceBook book = book_of({night});
  const auto open = [&](std::string_view time) {
    return book.find({.provider = "deepseek", .model = "v3", .at = at(time)}).has_value();
  };
  EXPECT_FALSE(open("2026-08-28T05:59:59Z"));  // Friday morning belongs to Thursday.
  EXPECT_TRUE(open("2026-08-28T22:00:00Z"));
  EXPECT_TRUE(open("2026-08-29T05:59:59Z"));
  EXPECT_FALSE(open("2026-08-29T06:00:00Z"));
  EXPECT_FALSE(open("1969-12-29T22:30:00Z"));  // A Monday before 1970.
  EXPECT_EQ(found(book, {.provider = "deepseek", .model = "v3", .at = at("2026-08-27")}),
            "no price for deepseek model \"v3\" in force at 2026-08-27T00:00:00Z (its prices have "
            "time windows, none of them open then)");
}

TEST(PriceBook, RefusesTwoPricesForTheSameUsage) {
  PriceBookBuilder builder;
  Price one = price_of_model("openai", "gpt-4o", "1");
  Price two = price_of_model("openai", "gpt-4o", "2");
  one.id = "one";
  two.id = "two";
  ASSERT_TRUE(builder.add(one));
  ASSERT_TRUE(builder.add(two));
  const auto book = PriceBook::build(std::move(builder));
  ASSERT_FALSE(book);
  EXPECT_EQ(book.error().code, ErrorCode::conflict);
  EXPECT_EQ(book.error().message,
            "prices \"one\" and \"two\" could both apply to the same usage; give one another start "
            "or condition");
}

TEST(PriceBook, RefusesOverlappingWindowsAndTakesAdjoiningOnes) {
  const auto built = [](int from, int to, const char* zone) {
    Price day = price_of_model("deepseek", "v3", "1");
    Price night = price_of_model("deepseek", "v3", "2");
    day.conditions.windows = {{.from = std::chrono::hours{6}, .to = std::chrono::hours{22}}};
    night.conditions.windows = {
        {.from = std::chrono::hours{from}, .to = std::chrono::hours{to}, .zone = zone}};
    PriceBookBuilder builder;
    EXPECT_TRUE(builder.add(day));
    EXPECT_TRUE(builder.add(night));
    return PriceBook::build(std::move(builder)).has_value();
  };
  EXPECT_TRUE(built(22, 6, "UTC"));
  EXPECT_FALSE(built(22, 7, "UTC"));
  EXPECT_FALSE(built(21, 6, "UTC"));
  EXPECT_FALSE(built(22, 6, "Asia/Tokyo"));
}

TEST(PriceBook, RefusesAnIdThatIsTaken) {
  PriceBookBuilder builder;
  ASSERT_TRUE(builder.add(price_of_model("openai", "gpt-4o", "1")));
  ASSERT_TRUE(builder.add(price_of_model("openai", "gpt-4o", "1")));  // The same changes nothing.
  const auto added = builder.add(price_of_model("openai", "gpt-4o", "2"));
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, ErrorCode::conflict);
  EXPECT_EQ(
      added.error().message,
      "price \"reference:openai/gpt-4o\" is already in the book and says something else; give "
      "one of them another id or condition");
  EXPECT_EQ(PriceBook::build(std::move(builder))->prices().size(), 1U);
}

TEST(PriceBook, RefusesARegularExpressionThatIsNone) {
  PriceBookBuilder builder;
  builder.add(Model{.provider = "openai", .id = "x", .matches = {{Kind::regex, "("}}});
  ASSERT_TRUE(builder.add(price_of_model("openai", "x", "1")));
  const auto book = PriceBook::build(std::move(builder));
  ASSERT_FALSE(book);
  EXPECT_EQ(book.error().message,
            "model \"openai/x\": regular expression \"(\" is not valid: missing ): (");
}

TEST(PriceBook, ACorrectionIsKnownOnlyFromTheDayItWasLearned) {
  // gpt-5.5-pro stood at 60 instead of 30 in one source until 2026-04-30.
  Price wrong = price_of_model("openai", "gpt-5.5-pro", "60");
  wrong.provenance.learned_at = at("2026-04-01");
  Price right = price_of_model("openai", "gpt-5.5-pro", "30");
  right.provenance.learned_at = at("2026-04-30");
  const PriceBook book = book_of({wrong, right});
  EXPECT_EQ(found(book, "gpt-5.5-pro"), "reference:openai/gpt-5.5-pro~2026-04-30");
  EXPECT_EQ(found(book.as_known_at(at("2026-04-29")), "gpt-5.5-pro"),
            "reference:openai/gpt-5.5-pro");
  EXPECT_EQ(found(book.as_known_at(at("2026-03-31")), "gpt-5.5-pro"),
            "no price for openai model \"gpt-5.5-pro\"");
}

TEST(PriceBook, AProviderSellsItsFallbacksModelsAtTheirPrices) {
  PriceBookBuilder builder;
  builder.add(Provider{.id = "azure", .fallbacks = {"openai", "anthropic"}});
  builder.add(Provider{.id = "openai", .fallbacks = {"deepseek"}});
  ASSERT_TRUE(builder.add(price_of_model("azure", "gpt-4o", "2.6")));
  ASSERT_TRUE(builder.add(price_of_model("openai", "gpt-4o", "2.5")));
  ASSERT_TRUE(builder.add(price_of_model("openai", "o3", "2")));
  ASSERT_TRUE(builder.add(price_of_model("anthropic", "claude", "3")));
  ASSERT_TRUE(builder.add(price_of_model("deepseek", "v4", "0.2")));
  const PriceBook book = PriceBook::build(std::move(builder)).value();
  const auto on_azure = [&](std::string_view model) {
    return found(book, {.provider = "azure", .model = model, .at = kJuly});
  };
  EXPECT_EQ(on_azure("gpt-4o"), "reference:azure/gpt-4o");
  EXPECT_EQ(on_azure("o3"), "reference:openai/o3");
  EXPECT_EQ(on_azure("claude"), "reference:anthropic/claude");
  // One step only.
  EXPECT_EQ(on_azure("v4"), "no price for azure model \"v4\"");
}

TEST(PriceBook, AModelIdMayNameItsProvider) {
  PriceBookBuilder builder;
  builder.add(Provider{.id = "anthropic",
                       .provider_matches = {{Kind::contains, "anthropic"}},
                       .model_matches = {{Kind::contains, "claude"}}});
  ASSERT_TRUE(builder.add(price_of_model("anthropic", "claude-sonnet-4-5", "3")));
  ASSERT_TRUE(builder.add(price_of_model("openai", "gpt-4o", "2.5")));
  ASSERT_TRUE(builder.add(price_of_model("aws", "anthropic.claude-sonnet-4-5", "3.3")));
  const PriceBook book = PriceBook::build(std::move(builder)).value();
  const auto by_model = [&](std::string_view model) {
    return found(book, {.provider = "", .model = model, .at = kJuly});
  };
  EXPECT_EQ(by_model("claude-sonnet-4-5"), "reference:anthropic/claude-sonnet-4-5");
  EXPECT_EQ(by_model("openai/gpt-4o"), "reference:openai/gpt-4o");
  EXPECT_EQ(by_model("bedrock/anthropic.claude-sonnet-4-5"),
            "reference:aws/anthropic.claude-sonnet-4-5");
  EXPECT_EQ(by_model("us.anthropic.claude-sonnet-4-5"),
            "reference:aws/anthropic.claude-sonnet-4-5");
  EXPECT_EQ(found(book, {.provider = "litellm", .model = "openai/gpt-4o", .at = kJuly}),
            "reference:openai/gpt-4o");
  EXPECT_EQ(found(book, {.provider = "my-anthropic-proxy", .model = "claude-sonnet-4-5"}),
            "reference:anthropic/claude-sonnet-4-5");
  EXPECT_EQ(book.provider_of_model("Claude-Sonnet-4-5"), "anthropic");
  EXPECT_EQ(book.provider_of_model("mystery"), "");
}

TEST(PriceBook, DecoratedIdsFindTheModelOnlyWhenTheIdItselfFindsNone) {
  const PriceBook book = book_of({price_of_model("openai", "gpt-4o", "2.5"),
                                  price_of_model("openai", "gpt-5.2-2025-12-11", "1.75"),
                                  price_of_model("openai", "openai/gpt-4o", "9")});
  EXPECT_EQ(found(book, "openai/gpt-4o"), "reference:openai/openai/gpt-4o");
  EXPECT_EQ(found(book, "gpt-5.2-20251211"), "reference:openai/gpt-5.2-2025-12-11");
  EXPECT_EQ(found(book, "openai/gpt-5.2-20251211"), "reference:openai/gpt-5.2-2025-12-11");
  // A date that does not exist is none.
  EXPECT_EQ(found(book, "gpt-5.2-20251311"),
            "no price for openai model \"gpt-5.2-20251311\"; did "
            "you mean \"gpt-5.2-2025-12-11\"?");
}

TEST(PriceBook, CurrencyComesWithThePrice) {
  Price price = price_of_model("zhipuai", "glm-5", "4");
  price.currency = Currency::parse("CNY").value();
  const PriceBook book = book_of({price});
  EXPECT_EQ((*book.find({.provider = "zhipuai", .model = "glm-5"}))->currency.code(), "CNY");
}

TEST(PriceBook, ResolvesOnceForEveryThread) {
  std::vector<Price> prices;
  for (int i = 0; i < 600; ++i) {
    prices.push_back(price_of_model("openai", "m" + std::to_string(i), std::to_string(i)));
  }
  const PriceBook book = book_of(prices);
  std::array<std::vector<const PriceSet*>, 4> seen;
  std::vector<std::thread> threads;
  for (auto& mine : seen) {
    threads.emplace_back([&book, &mine] {
      for (int i = 0; i < 700; ++i) {
        const std::string model = "m" + std::to_string(i);
        mine.push_back(&book.resolve({.provider = "openai", .model = model}));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& mine : seen) EXPECT_EQ(mine, seen[0]);
  EXPECT_EQ(seen[0][17]->at(kJuly)->model, "m17");
  EXPECT_EQ(seen[0][650]->at(kJuly), nullptr);
  EXPECT_EQ(seen[0][650]->why(kJuly), "no price for openai model \"m650\"; did you mean \"m50\"?");
}

TEST(PriceMemo, BeyondItsLimitAnswersAreSharedAndStillRight) {
  const PriceBook book = book_of({price_of_model("openai", "gpt-4o", "2.5")});
  PriceMemo memo(2);
  const auto ask = [&](std::string_view model) -> const PriceSet& {
    const PriceQuery query{.provider = "openai", .model = model};
    return memo.add(query, PriceMemo::hash_of(query), book.resolve(query));
  };
  EXPECT_EQ(&ask("gpt-4o"), &ask("gpt-4o"));
  EXPECT_EQ(ask("nothing").why(kJuly), "no price for openai model \"nothing\"");
  const PriceSet& first_beyond = ask("GPT-4o");
  EXPECT_EQ(&first_beyond, &ask("GPT-4O"));
  EXPECT_EQ(first_beyond.at(kJuly)->model, "gpt-4o");
  EXPECT_EQ(ask("something").why(kJuly),
            "no price for this model (reasons are kept for the first 2 ids)");
  EXPECT_EQ(ask("nothing").why(kJuly), "no price for openai model \"nothing\"");
}

}  // namespace
}  // namespace costops::pricing
