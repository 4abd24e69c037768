#include "costops/engine/calculator.h"

#include <gtest/gtest.h>

#include "engine/test_prices.h"

namespace costops::engine {
namespace {

using pricing::Allowance;
using pricing::MeterRate;
using pricing::Multiplier;
using pricing::Price;
using pricing::StepRule;

constexpr Meter kIn = Meter::input_tokens_uncached;
constexpr Meter kOut = Meter::output_tokens;
constexpr Meter kRead = Meter::cache_read_tokens;

CostRecord cost_of(const UsageRecord& usage, const Price& price) {
  auto cost = CostCalculator::calculate(usage, price);
  EXPECT_TRUE(cost.has_value()) << cost.error().message;
  return cost.value_or(CostRecord{});
}

std::string total_of(const UsageRecord& usage, const Price& price) {
  return to_string(cost_of(usage, price).costs.total());
}

/// "meter quantity x rate = cost" of each charge.
std::vector<std::string> charges_of(const UsageRecord& usage, const Price& price) {
  std::vector<std::string> lines;
  for (const Charge& charge : cost_of(usage, price).charges) {
    lines.push_back(std::string(to_string(charge.meter)) + " " + std::to_string(charge.quantity) +
                    " x " + to_string(charge.rate) + " = " + to_string(charge.cost));
  }
  return lines;
}

using Lines = std::vector<std::string>;

Price per_token(std::string_view in, std::string_view out,
                std::optional<std::string_view> discount = std::nullopt) {
  Price price = pricing::per_token_price(in, out, discount).value();
  price.id = "acme/large";
  return price;
}

// OpenAI gpt-4o at 2.5 / 10 per million: 1000 in + 100 out.
TEST(Charges, AreQuantityTimesRate) {
  EXPECT_EQ(charges_of(usage_of({{kIn, 1000}, {kOut, 100}}), per_token("2.5", "10")),
            (Lines{"input_tokens_uncached 1000 x 2.5 per 1000000 = 0.0025",
                   "output_tokens 100 x 10 per 1000000 = 0.001"}));
  const CostRecord cost = cost_of(usage_of({{kIn, 1000}, {kOut, 500}}), per_token("10", "30"));
  EXPECT_EQ(to_string(cost.costs.input_cost()), "0.01");
  EXPECT_EQ(to_string(cost.costs.output_cost()), "0.015");
  EXPECT_EQ(to_string(cost.costs.other_cost()), "0");
}

TEST(Charges, GivenTheDocumentedTotals) {
  EXPECT_EQ(total_of(usage_of({{kIn, 100}, {kOut, 200}}), per_token("2", "8")), "0.0018");
  EXPECT_EQ(total_of(usage_of({{kIn, 100}, {kOut, 200}}), per_token("1.25", "10")), "0.002125");
}

TEST(Charges, NameTheirPriceAndTheTimeOfUsage) {
  const UsageRecord usage = usage_of({{kIn, 1}});
  const CostRecord cost = cost_of(usage, per_token("1", "1"));
  EXPECT_EQ(cost.price_id, "acme/large");
  EXPECT_EQ(cost.charges[0].price_id, "acme/large");
  EXPECT_EQ(cost.at, instant("2026-07-01T12:00:00Z"));
  EXPECT_EQ(cost.currency, Currency::usd());
  EXPECT_EQ(cost.status, PricingStatus::priced);
  EXPECT_EQ(cost.reason, "");
}

// 500 x 10 + 500 x 1, per million.
TEST(CachedInput, AtADiscountOfNineTenths) {
  const CostRecord cost =
      cost_of(usage_of({{kIn, 500}, {kRead, 500}}), per_token("10", "30", "0.9"));
  EXPECT_EQ(to_string(cost.costs.input_cost()), "0.0055");
  EXPECT_EQ(to_string(cost.costs[CostClass::cache_read]), "0.0005");
}

// 504 x 3 + 100 x 3.75 + 23 x 6 + 97 x 15 = 3480 millionths.
TEST(CacheWrites, OfOneHourHaveTheirOwnPrice) {
  EXPECT_EQ(total_of(usage_of({{kIn, 504},
                               {Meter::cache_write_5m_tokens, 100},
                               {Meter::cache_write_1h_tokens, 23},
                               {kOut, 97}}),
                     sonnet_4()),
            "0.00348");
}

// All 250,000 at 6, and the output at 22.5: not 200,000 x 3 + 50,000 x 6 + 1,000 x 15 = 0.915.
TEST(LongContext, PutsAllTokensAtTheHigherRate) {
  EXPECT_EQ(total_of(usage_of({{kIn, 250'000}, {kOut, 1000}}), sonnet_4()), "1.5225");
}

// 10,000 x 6 + 240,000 x 0.6 + 1,000 x 22.5: uncached tokens alone would stay below the threshold.
TEST(LongContext, CountsCachedInput) {
  EXPECT_EQ(total_of(usage_of({{kIn, 10'000}, {kRead, 240'000}, {kOut, 1000}}), sonnet_4()),
            "0.2265");
}

TEST(LongContext, StartsAboveItsThreshold) {
  EXPECT_EQ(total_of(usage_of({{kIn, 200'000}}), sonnet_4()), "0.6");
  EXPECT_EQ(total_of(usage_of({{kIn, 200'001}}), sonnet_4()), "1.200006");
  Price from_threshold = sonnet_4();
  from_threshold.steps.compare = StepRule::Compare::at_or_above;
  EXPECT_EQ(total_of(usage_of({{kIn, 199'999}}), from_threshold), "0.599997");
  EXPECT_EQ(total_of(usage_of({{kIn, 200'000}}), from_threshold), "1.2");
}

TEST(LongContext, CountsOnlyTheMetersOfTheRule) {
  Price price = sonnet_4();
  price.steps.counted = MeterSet{}.set(static_cast<std::size_t>(kIn));
  EXPECT_EQ(total_of(usage_of({{kIn, 10'000}, {kRead, 240'000}, {kOut, 1000}}), price), "0.117");
}

TEST(LongContext, TakesTheHighestThresholdPassed) {
  const Price price = price_with(
      {{kIn, per_million("1"), {{32'000, per_million("2")}, {128'000, per_million("4")}}}});
  EXPECT_EQ(total_of(usage_of({{kIn, 32'000}}), price), "0.032");
  EXPECT_EQ(total_of(usage_of({{kIn, 100'000}}), price), "0.2");
  EXPECT_EQ(total_of(usage_of({{kIn, 200'000}}), price), "0.8");
}

// A day's million tokens are not one call of a million: 1,000,000 x 3 per million, unless the
// source says that the calls were long.
TEST(LongContext, OfSeveralCallsIsWhatTheirSourceSays) {
  UsageRecord day = usage_of({{kIn, 1'000'000}});
  day.status = CallStatus::several;
  EXPECT_EQ(total_of(day, sonnet_4()), "3");
  day.context_window = 200'000;
  EXPECT_EQ(total_of(day, sonnet_4()), "3");
  day.context_window = 1'000'000;
  EXPECT_EQ(total_of(day, sonnet_4()), "6");
}

// 2^62 + 2^62 tokens are no negative context: 2 per 10^12 pico-units, twice.
TEST(LongContext, DoesNotOverflow) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  constexpr std::int64_t kPer = 1'000'000'000'000;
  const Price price = price_with({{kIn, Rate{1, kPer}, {{200'000, Rate{2, kPer}}}},
                                  {kRead, Rate{1, kPer}, {{200'000, Rate{2, kPer}}}}});
  EXPECT_EQ(total_of(usage_of({{kIn, kHuge}, {kRead, kHuge}}), price), "0.000018446744");
}

TEST(GraduatedSteps, SplitEachQuantity) {
  Price price = pricing::tiered_price({{0, 1'000'000, "10", "30"},
                                       {1'000'000, 5'000'000, "8", "24"},
                                       {5'000'000, std::nullopt, "5", "15"}})
                    .value();
  EXPECT_EQ(charges_of(usage_of({{kIn, 6'000'000}, {kOut, 1'000'000}}), price),
            (Lines{"input_tokens_uncached 1000000 x 10 per 1000000 = 10",
                   "input_tokens_uncached 4000000 x 8 per 1000000 = 32",
                   "input_tokens_uncached 1000000 x 5 per 1000000 = 5",
                   "output_tokens 1000000 x 30 per 1000000 = 30"}));
}

TEST(GraduatedSteps, OfDurationsCountUnits) {
  // 10 seconds at 0.1, the rest at 0.2: 12.5 s = 1 + 0.5.
  Price price = price_with({{Meter::input_video_seconds,
                             parse_rate("0.1", 1).value(),
                             {{10, parse_rate("0.2", 1).value()}}}});
  price.steps.kind = StepRule::Kind::graduated;
  EXPECT_EQ(charges_of(usage_of({{Meter::input_video_seconds, 12'500}}), price),
            (Lines{"input_video_seconds 10000 x 0.1 per 1000 = 1",
                   "input_video_seconds 2500 x 0.2 per 1000 = 0.5"}));
}

// 0.01 + 1000 x 5 per million.
TEST(PerRequest, IncludesTokensAndChargesTheRest) {
  Price price = pricing::per_request_price("0.01", 2000, "5").value();
  EXPECT_EQ(total_of(usage_of({{kIn, 3000}}), price), "0.015");
  EXPECT_EQ(
      charges_of(usage_of({{kIn, 1500}, {kOut, 1500}, {Meter::requests, 1}}), price),
      (Lines{"input_tokens_uncached 1500 x 0 per 1 = 0", "output_tokens 500 x 0 per 1 = 0",
             "output_tokens 1000 x 5 per 1000000 = 0.005", "requests 1 x 0.01 per 1 = 0.01"}));
  EXPECT_EQ(total_of(usage_of({{kIn, 2000}}), price), "0.01");
}

TEST(PerRequest, OfNoTokensIsTheFee) {
  const Price price = pricing::per_request_price("0.01", 2000, "5").value();
  EXPECT_EQ(total_of(usage_of({}), price), "0.01");
  EXPECT_EQ(total_of(usage_of({{Meter::requests, 3}}), price), "0.03");
}

// Perplexity asks 5 per 1000 requests beside the tokens.
TEST(Requests, AreOneWhereTheSourceCountsNone) {
  const Price price =
      price_with({{kIn, per_million("1")}, {Meter::requests, Rate{5 * kPicoPerUnit, 1000}}});
  EXPECT_EQ(total_of(usage_of({{kIn, 1000}}), price), "0.006");
  EXPECT_EQ(total_of(usage_of({{kIn, 1000}, {Meter::requests, 1}}), price), "0.006");
}

TEST(Requests, WithoutAPriceAreNoReasonForDoubt) {
  const CostRecord cost =
      cost_of(usage_of({{kIn, 1000}, {Meter::requests, 1}}), per_token("10", "30"));
  EXPECT_EQ(cost.status, PricingStatus::priced);
  EXPECT_EQ(cost.charges.size(), 1U);
}

// 10 per 1000 searches.
TEST(WebSearches, AreChargedApart) {
  const Price price =
      price_with({{kIn, per_million("3")}, {Meter::web_searches, Rate{10 * kPicoPerUnit, 1000}}});
  const CostRecord cost = cost_of(usage_of({{kIn, 100}, {Meter::web_searches, 1000}}), price);
  EXPECT_EQ(to_string(cost.costs.other_cost()), "10");
  EXPECT_EQ(to_string(cost.costs.input_cost()), "0.0003");
}

TEST(AMissingRate, IsNeverFree) {
  const CostRecord cost =
      cost_of(usage_of({{kIn, 1000}, {Meter::web_searches, 3}, {Meter::code_executions, 1}}),
              per_token("10", "30"));
  EXPECT_EQ(cost.status, PricingStatus::unpriced);
  EXPECT_EQ(cost.reason, "no price for web_searches, code_executions in \"acme/large\"");
  EXPECT_EQ(to_string(cost.costs.total()), "0.01");
  EXPECT_EQ(cost.charges.size(), 1U);
}

TEST(AMissingRate, IsThatOfTheNearestLessSpecificMeter) {
  const Price price = per_token("10", "30");
  EXPECT_EQ(charges_of(usage_of({{Meter::output_reasoning_tokens, 100}}), price),
            (Lines{"output_reasoning_tokens 100 x 30 per 1000000 = 0.003"}));
}

TEST(AGatewaysCacheHit, CostsNothing) {
  UsageRecord usage = usage_of({{kIn, 1000}, {Meter::web_searches, 1}});
  usage.status = CallStatus::gateway_cache_hit;
  const CostRecord cost = cost_of(usage, per_token("10", "30"));
  EXPECT_EQ(cost.status, PricingStatus::priced);
  EXPECT_EQ(to_string(cost.costs.total()), "0");
  EXPECT_TRUE(cost.charges.empty());
}

TEST(AFailedOrCancelledCall, CostsWhatItUsed) {
  UsageRecord usage = usage_of({{kIn, 1000}});
  usage.status = CallStatus::failed;
  EXPECT_EQ(total_of(usage, per_token("10", "30")), "0.01");
  usage.status = CallStatus::cancelled;
  EXPECT_EQ(total_of(usage, per_token("10", "30")), "0.01");
}

TEST(Durations, ArePricedPerMillisecondExactly) {
  // 0.006 a minute: 12.5 s are 0.00125. 0.017 a minute: 1 s is 0.00028333..., 30 s are 0.0085.
  const Price cheap = price_with({{Meter::audio_seconds, Rate{6'000'000'000, 60}}});
  EXPECT_EQ(charges_of(usage_of({{Meter::input_audio_seconds, 12'500}}), cheap),
            (Lines{"input_audio_seconds 12500 x 0.006 per 60000 = 0.00125"}));
  const Price odd = price_with({{Meter::input_audio_seconds, Rate{17'000'000'000, 60}}});
  EXPECT_EQ(total_of(usage_of({{Meter::input_audio_seconds, 1000}}), odd), "0.000283333333");
  EXPECT_EQ(total_of(usage_of({{Meter::input_audio_seconds, 30'000}}), odd), "0.0085");
}

TEST(Multipliers, ApplyExactlyToTheirMeters) {
  Price price = price_with({{kIn, per_million("3")},
                            {kOut, per_million("15")},
                            {Meter::web_searches, Rate{10 * kPicoPerUnit, 1000}}});
  price.multipliers = {{Multiplier::On::region, "us", Ratio{11, 10}},
                       {Multiplier::On::speed, "fast", Ratio{6, 1}}};
  UsageRecord usage = usage_of({{kIn, 1000}, {kOut, 100}, {Meter::web_searches, 1}});
  EXPECT_EQ(total_of(usage, price), "0.0145");
  usage.region = "us";  // 0.0033 + 0.00165 + 0.01
  EXPECT_EQ(total_of(usage, price), "0.01495");
  usage.speed = "fast";  // 0.0198 + 0.0099 + 0.01
  EXPECT_EQ(charges_of(usage, price),
            (Lines{"input_tokens_uncached 1000 x 19.8 per 1000000 = 0.0198",
                   "output_tokens 100 x 99 per 1000000 = 0.0099",
                   "web_searches 1 x 10 per 1000 = 0.01"}));
  usage.region = "eu";  // 0.018 + 0.009 + 0.01
  EXPECT_EQ(total_of(usage, price), "0.037");
}

TEST(Multipliers, MatchInAnyCase) {
  Price price = per_token("3", "15");
  price.multipliers = {{Multiplier::On::region, "us", Ratio{11, 10}}};
  UsageRecord usage = usage_of({{kIn, 1000}});
  usage.region = "US";
  EXPECT_EQ(total_of(usage, price), "0.0033");
}

TEST(Multipliers, ApplyToOverageToo) {
  Price price = pricing::per_request_price("0.01", 2000, "5").value();
  price.multipliers = {{Multiplier::On::always, "", Ratio{1, 2}}};
  EXPECT_EQ(total_of(usage_of({{kIn, 3000}}), price), "0.0125");
}

TEST(AMinimumCharge, IsMadeUpFor) {
  Price price = per_token("10", "30");
  price.minimum_charge = amount("0.02");
  EXPECT_EQ(charges_of(usage_of({{kIn, 1000}}), price),
            (Lines{"input_tokens_uncached 1000 x 10 per 1000000 = 0.01",
                   "requests 1 x 0.01 per 1 = 0.01"}));
  EXPECT_EQ(total_of(usage_of({{kIn, 2000}}), price), "0.02");
  EXPECT_EQ(total_of(usage_of({{kIn, 3000}}), price), "0.03");
  EXPECT_EQ(to_string(cost_of(usage_of({{kIn, 1000}}), price).costs.other_cost()), "0.01");
}

TEST(AMinimumCharge, IsNotKnownForAnUnpricedRecord) {
  Price price = per_token("10", "30");
  price.minimum_charge = amount("0.02");
  EXPECT_EQ(total_of(usage_of({{kIn, 1000}, {Meter::web_searches, 1}}), price), "0.01");
}

TEST(Rounding, HappensOncePerChargeHalfToEven) {
  const Price price = price_with({{kIn, Rate{1, 2}}, {kOut, Rate{1, 2}}});
  EXPECT_EQ(total_of(usage_of({{kIn, 1}, {kOut, 3}}), price), "0.000000000002");  // 0 + 2
  EXPECT_EQ(total_of(usage_of({{kIn, 5}, {kOut, 5}}), price), "0.000000000004");  // 2 + 2
}

TEST(ANegativeQuantity, IsRefused) {
  auto cost =
      CostCalculator::calculate(usage_of({{kIn, 100}, {kRead, -400}}), per_token("10", "30"));
  ASSERT_FALSE(cost.has_value());
  EXPECT_EQ(cost.error(), (Error{ErrorCode::invalid_input,
                                 "cache_read_tokens is -400: a quantity cannot be negative"}));
}

TEST(ACost, BeyondALedgerEntryIsRefused) {
  const UsageRecord usage = usage_of({{kIn, 1'000'000'000'000'000}});
  EXPECT_EQ(CostCalculator::calculate(usage, per_token("10", "30")).error(),
            (Error{ErrorCode::invalid_input,
                   "1000000000000000 input_tokens_uncached would cost 10000000000 USD at price "
                   "\"acme/large\", more than a ledger entry holds (9223372.036854775807)"}));
  // Each fits alone: 5 million in, 5 million out.
  EXPECT_EQ(
      CostCalculator::calculate(usage_of({{kIn, 5'000'000'000'000}, {kOut, 5'000'000'000'000}}),
                                per_token("1", "1"))
          .error()
          .message,
      "the record would cost 10000000 USD at price \"acme/large\", more than a ledger entry "
      "holds (9223372.036854775807)");
}

// 0.1 + 0.2 and other sums that binary floating point gets wrong.
TEST(Sums, HaveNoBinaryNoise) {
  ClassCosts sum;
  for (int i = 0; i < 1000; ++i) {
    sum += cost_of(usage_of({{kIn, 100'000}, {kOut, 6'335}}), per_token("4.900688", "0.0000001"))
               .costs;
  }
  EXPECT_EQ(to_string(sum.input_cost()), "490.0688");
  EXPECT_EQ(to_string(sum.output_cost()), "0.000000634");
}

TEST(ARecord, IsReusedWithoutTraces) {
  CostRecord record;
  ASSERT_TRUE(CostCalculator::calculate(usage_of({{kIn, 1}, {kOut, 1}, {Meter::web_searches, 1}}),
                                        per_token("10", "30"), record));
  ASSERT_TRUE(CostCalculator::calculate(usage_of({{kOut, 100}}), per_token("10", "30"), record));
  EXPECT_EQ(record.status, PricingStatus::priced);
  EXPECT_EQ(record.reason, "");
  EXPECT_EQ(record.charges.size(), 1U);
  EXPECT_EQ(to_string(record.costs.total()), "0.003");
}

TEST(CostsOf, AreTheSumsOfTheCharges) {
  const UsageRecord usage = usage_of({{kIn, 10'000}, {kRead, 240'000}, {kOut, 1000}});
  auto sums = CostCalculator::costs_of(usage, sonnet_4());
  ASSERT_TRUE(sums.has_value());
  EXPECT_EQ(sums->status, PricingStatus::priced);
  EXPECT_EQ(sums->costs, cost_of(usage, sonnet_4()).costs);
  EXPECT_EQ(CostCalculator::costs_of(usage_of({{Meter::web_searches, 1}}), sonnet_4())->status,
            PricingStatus::unpriced);
}

class FromTheBook : public testing::Test {
 protected:
  static Price dated(std::string_view input, std::string_view from, std::string_view to) {
    Price price = pricing::per_token_price(input, "30", std::nullopt).value();
    price.provider = "openai";
    price.model = "gpt-5.6-luna";
    price.provenance.source = "genai-prices";
    if (!from.empty()) price.conditions.effective.from = instant(from);
    if (!to.empty()) price.conditions.effective.to = instant(to);
    return price;
  }
  static UsageRecord usage_at(std::string_view at) {
    UsageRecord usage = usage_of({{kIn, 1'000'000}});
    usage.provider = "openai";
    usage.model = "gpt-5.6-luna";
    usage.at = instant(at);
    return usage;
  }
  static std::string total_at(const pricing::PriceBook& book, std::string_view at) {
    return to_string(CostCalculator::calculate(usage_at(at), book)->costs.total());
  }
};

// gpt-5.6-luna's input went from 1 to 0.20 per million on 2026-07-30.
TEST_F(FromTheBook, APriceChangeCountsFromItsInstant) {
  const pricing::PriceBook book =
      book_of({dated("1", "", "2026-07-30T00:00:00Z"), dated("0.20", "2026-07-30T00:00:00Z", "")});
  EXPECT_EQ(total_at(book, "2026-07-29T23:59:59.999999Z"), "1");
  EXPECT_EQ(total_at(book, "2026-07-30T00:00:00Z"), "0.2");
}

TEST_F(FromTheBook, ABatchCallHasTheBatchPrice) {
  Price batch = dated("0.5", "", "");
  batch.conditions.service_tier = "batch";
  const pricing::PriceBook book = book_of({dated("1", "", ""), batch});
  UsageRecord usage = usage_at("2026-07-01T00:00:00Z");
  usage.service_tier = "batch";
  EXPECT_EQ(to_string(CostCalculator::calculate(usage, book)->costs.total()), "0.5");
  usage.service_tier = "priority";
  EXPECT_EQ(CostCalculator::calculate(usage, book)->status, PricingStatus::unpriced);
}

TEST_F(FromTheBook, AnUnknownModelIsUnpricedNotFree) {
  const pricing::PriceBook book = book_of({dated("1", "", "")});
  UsageRecord usage = usage_at("2026-07-01T00:00:00Z");
  usage.model = "gpt-5.6-lunar";
  const auto cost = CostCalculator::calculate(usage, book);
  ASSERT_TRUE(cost.has_value());
  EXPECT_EQ(cost->status, PricingStatus::unpriced);
  EXPECT_EQ(cost->reason,
            "no price for openai model \"gpt-5.6-lunar\"; did you mean \"gpt-5.6-luna\"?");
  EXPECT_EQ(cost->price_id, "");
  EXPECT_TRUE(cost->currency.is_none());
  EXPECT_TRUE(cost->charges.empty());
}

TEST_F(FromTheBook, AGatewaysCacheHitOfAnUnknownModelCostsNothing) {
  const pricing::PriceBook book = book_of({dated("1", "", "")});
  UsageRecord usage = usage_at("2026-07-01T00:00:00Z");
  usage.model = "unheard-of";
  usage.status = CallStatus::gateway_cache_hit;
  EXPECT_EQ(CostCalculator::calculate(usage, book)->status, PricingStatus::priced);
}

TEST_F(FromTheBook, ANegativeQuantityIsRefusedWhateverTheModelAndTheStatus) {
  const pricing::PriceBook book = book_of({dated("1", "", "")});
  UsageRecord usage = usage_at("2026-07-01T00:00:00Z");
  at(usage.quantities, kIn) = -1;
  usage.status = CallStatus::gateway_cache_hit;
  EXPECT_FALSE(CostCalculator::calculate(usage, book).has_value());
  usage.model = "unheard-of";
  EXPECT_EQ(CostCalculator::calculate(usage, book).error().message,
            "input_tokens_uncached is -1: a quantity cannot be negative");
}

TEST_F(FromTheBook, ARecordWithoutATimeIsRefused) {
  UsageRecord usage = usage_at("2026-07-01T00:00:00Z");
  usage.at.reset();
  EXPECT_EQ(CostCalculator::calculate(usage, book_of({dated("1", "", "")})).error().message,
            "the record has no time, and prices depend on it: give it one");
}

}  // namespace
}  // namespace costops::engine
