#include "costops/pricing/price.h"

#include <gtest/gtest.h>

#include <array>

namespace costops::pricing {
namespace {

Rate per_million(std::string_view amount) { return parse_rate(amount, 1'000'000).value(); }
Instant at(std::string_view text) { return parse_instant(text).value(); }

Price valid() {
  Price price = per_token_price("10", "30", std::nullopt).value();
  price.provider = "openai";
  price.model = "gpt-4";
  return price;
}

std::string fault_of(const Price& price) { return validate(price).error().message; }

TEST(PerTokenPrice, HasInputOutputAndDiscountedCache) {
  const Price price = per_token_price("10", "30", "0.9").value();
  // A discount of 0.9 off 10 leaves 1.
  ASSERT_EQ(price.rates.size(), 3U);
  EXPECT_EQ(price.rate_of(Meter::input_tokens_uncached)->base, per_million("10"));
  EXPECT_EQ(price.rate_of(Meter::output_tokens)->base, per_million("30"));
  const Rate cached = price.rate_of(Meter::cache_read_tokens)->base;
  EXPECT_EQ(price_of(cached, 1'000'000), parse_amount("1").value());
}

TEST(PerTokenPrice, RefusesWhatIsNoPrice) {
  struct Case {
    const char *input, *output, *discount, *message;
  };
  for (const Case& c : std::array{
           Case{"10", "30", "1.5", "cached discount \"1.5\" must be a decimal from 0 to 1"},
           Case{"10", "30", "-0.1", "cached discount \"-0.1\" must be a decimal from 0 to 1"},
           Case{"10", "30", "half", "cached discount \"half\" must be a decimal from 0 to 1"}}) {
    const auto price = per_token_price(c.input, c.output, c.discount);
    ASSERT_FALSE(price);
    EXPECT_EQ(price.error().code, ErrorCode::invalid_input);
    EXPECT_EQ(price.error().message, c.message);
  }
  EXPECT_TRUE(per_token_price("-1", "30", {}).error().message.starts_with("input: "));
  EXPECT_TRUE(per_token_price("1", "-30", {}).error().message.starts_with("output: "));
  EXPECT_TRUE(per_token_price("free", "30", {}).error().message.starts_with("input: "));
}

TEST(PerTokenPrice, TakesTheEndsOfTheDiscountsRange) {
  EXPECT_EQ(per_token_price("10", "30", "0")->rate_of(Meter::cache_read_tokens)->base,
            per_million("10"));
  EXPECT_TRUE(
      per_token_price("10", "30", "1")->rate_of(Meter::cache_read_tokens)->base.amount().is_zero());
}

TEST(PerRequestPrice, IncludesTokensAndChargesWhatIsAbove) {
  const Price price = per_request_price("0.01", 2000, "5").value();
  EXPECT_EQ(price.rate_of(Meter::requests)->base, parse_rate("0.01", 1).value());
  EXPECT_EQ(price.allowance->included, 2000);
  EXPECT_EQ(price.allowance->overage, per_million("5"));
}

TEST(PerRequestPrice, RefusesANegativeAllowance) {
  EXPECT_EQ(per_request_price("0.01", -1, "5").error().message,
            "included tokens -1 must not be negative");
}

TEST(TieredPrice, TurnsBandsIntoSteps) {
  const Price price = tiered_price({{0, 1000, "10", "30"}, {1000, {}, "8", "24"}}).value();
  EXPECT_EQ(price.steps.kind, StepRule::Kind::graduated);
  const MeterRate* input = price.rate_of(Meter::input_tokens_uncached);
  EXPECT_EQ(input->base, per_million("10"));
  ASSERT_EQ(input->steps.size(), 1U);
  EXPECT_EQ(input->steps[0], (RateStep{1000, per_million("8")}));
}

TEST(TieredPrice, RefusesBandsThatDoNotCoverEverythingOnce) {
  struct Case {
    std::vector<Band> bands;
    const char* message;
  };
  const std::array cases{
      Case{{}, "a tiered price needs at least one band"},
      Case{{{5, {}, "1", "1"}}, "the first band starts at 5, expected 0"},
      Case{{{0, 100, "1", "1"}, {50, {}, "1", "1"}}, "bands 1 and 2 overlap from 50 to 100"},
      Case{{{0, 100, "1", "1"}, {150, {}, "1", "1"}}, "gap between bands 1 and 2 from 100 to 150"},
      Case{{{0, {}, "1", "1"}, {100, {}, "1", "1"}}, "band 1 has no end, but is not the last"},
      Case{{{0, 0, "1", "1"}, {0, {}, "1", "1"}},
           "band 1 ends at 0, expected more than its start 0"},
      Case{{{0, 100, "1", "1"}},
           "the last band ends at 100, expected no end: usage above it would have no price"}};
  for (const Case& c : cases) EXPECT_EQ(tiered_price(c.bands).error().message, c.message);
  EXPECT_TRUE(tiered_price({{0, {}, "-1", "1"}}).error().message.starts_with("band 1 input: "));
}

TEST(Price, ALessSpecificRateCoversTheMoreSpecificMeter) {
  Price price = valid();
  EXPECT_EQ(price.rate_of(Meter::cache_write_1h_tokens)->meter, Meter::input_tokens_uncached);
  EXPECT_EQ(price.rate_of(Meter::output_audio_reasoning_tokens)->meter, Meter::output_tokens);
  EXPECT_EQ(price.rate_of(Meter::web_searches), nullptr);
  price.rates = {{Meter::input_tokens_uncached, per_million("1"), {}},
                 {Meter::cache_write_tokens, per_million("2"), {}},
                 {Meter::input_audio_tokens, per_million("3"), {}}};
  EXPECT_EQ(price.rate_of(Meter::output_tokens), nullptr);
  EXPECT_EQ(price.rate_of(Meter::cache_write_1h_tokens)->meter, Meter::cache_write_tokens);
  // Uncached audio is nearer to cached audio than uncached text is.
  EXPECT_EQ(price.rate_of(Meter::cache_audio_read_tokens)->meter, Meter::input_audio_tokens);
  // Cached text is nearer to cached audio than uncached audio is.
  EXPECT_EQ(price.rate_of(Meter::cache_audio_write_5m_tokens)->meter, Meter::cache_write_tokens);
}

TEST(Price, SecondsOfAnyDirectionAreCoveredByPlainSeconds) {
  Price price = valid();
  price.rates = {{Meter::audio_seconds, parse_rate("0.36", 3600).value(), {}}};
  EXPECT_EQ(price.rate_of(Meter::input_audio_seconds)->meter, Meter::audio_seconds);
  EXPECT_EQ(price.rate_of(Meter::input_video_seconds), nullptr);
}

TEST(Validate, AcceptsAPlainPrice) { EXPECT_TRUE(validate(valid())); }

TEST(Validate, NamesThePriceAndTheField) {
  struct Case {
    void (*spoil)(Price&);
    const char* message;
  };
  const std::array cases{
      Case{[](Price& p) { p.provider.clear(); }, "price \"/gpt-4\": it has no provider"},
      Case{[](Price& p) { p.model.clear(); }, "price \"openai/\": it has no model"},
      Case{[](Price& p) { p.currency = {}; }, "price \"openai/gpt-4\": it has no currency"},
      Case{[](Price& p) { p.rates.clear(); }, "price \"openai/gpt-4\": it has no rate"},
      Case{
          [](Price& p) { p.rates[0].base.pico = -1; },
          "price \"openai/gpt-4\": input_tokens_uncached is negative (-0.000000000001); a price is "
          "at least 0"},
      Case{[](Price& p) { p.rates[0].base.per = 0; },
           "price \"openai/gpt-4\": input_tokens_uncached is per 0, expected at least 1"},
      Case{[](Price& p) { p.rates.push_back(p.rates[1]); },
           "price \"openai/gpt-4\": output_tokens has two rates"},
      Case{[](Price& p) { std::swap(p.rates[0], p.rates[1]); },
           "price \"openai/gpt-4\": input_tokens_uncached is out of meter order"},
      Case{[](Price& p) {
             p.rates[0].steps = {{200, {}}, {100, {}}};
           },
           "price \"openai/gpt-4\": input_tokens_uncached above 100: thresholds must ascend, but "
           "the "
           "one before is 200"},
      Case{[](Price& p) {
             p.rates[0].steps = {{200, {}}, {200, {}}};
           },
           "price \"openai/gpt-4\": input_tokens_uncached above 200: thresholds must ascend, but "
           "the "
           "one before is 200"},
      Case{[](Price& p) {
             p.rates[0].steps = {{0, {}}};
           },
           "price \"openai/gpt-4\": input_tokens_uncached above 0: a threshold must be at least 1"},
      Case{[](Price& p) {
             p.rates[0].steps = {{5, {-1, 1}}};
           },
           "price \"openai/gpt-4\": input_tokens_uncached above 5 is negative (-0.000000000001); a "
           "price is at least 0"},
      Case{[](Price& p) {
             p.conditions.effective = {at("2026-03-01"), at("2026-03-01")};
           },
           "price \"openai/gpt-4@2026-03-01\": it ends at 2026-03-01T00:00:00Z, expected after its "
           "start 2026-03-01T00:00:00Z"},
      Case{[](Price& p) { p.conditions.windows = {{.weekdays = 0}}; },
           "price \"openai/gpt-4+00:00-24:00\": a window has no weekday"},
      Case{[](Price& p) { p.conditions.windows = {{.from = std::chrono::seconds{86400}}}; },
           "price \"openai/gpt-4+24:00-24:00\": a window starts at second 86400, expected 0 to "
           "86399"},
      Case{[](Price& p) { p.conditions.windows = {{.to = std::chrono::seconds{86401}}}; },
           "price \"openai/gpt-4+00:00-24:00:01\": a window ends at second 86401, expected 0 to "
           "86400"},
      Case{[](Price& p) { p.multipliers = {{.on = Multiplier::On::region}}; },
           "price \"openai/gpt-4\": a multiplier on a region or speed needs its value"},
      Case{[](Price& p) {
             p.multipliers = {{.factor = {-1, 2}}};
           },
           "price \"openai/gpt-4\": a multiplier is negative"},
      Case{[](Price& p) { p.allowance = Allowance{.included = -5}; },
           "price \"openai/gpt-4\": included quantity -5 is negative"},
      Case{[](Price& p) { p.minimum_charge = Amount::pico(-1); },
           "price \"openai/gpt-4\": minimum charge is negative (-0.000000000001)"}};
  for (const Case& c : cases) {
    Price price = valid();
    c.spoil(price);
    EXPECT_EQ(fault_of(price), c.message);
  }
}

TEST(Validate, RefusesAZoneThatDoesNotExist) {
  Price price = valid();
  price.conditions.windows = {{.zone = "Mars/Olympus"}};
  EXPECT_TRUE(fault_of(price).starts_with(
      "price \"openai/gpt-4+00:00-24:00[Mars/Olympus]\": a window's zone: "));
}

TEST(PriceId, SaysWhatThePriceSays) {
  Price price = valid();
  price.provenance.source = "genai-prices";
  EXPECT_EQ(price_id(price), "openai/gpt-4");
  price.conditions.effective.from = at("2026-03-13");
  EXPECT_EQ(price_id(price), "openai/gpt-4@2026-03-13");
  price.conditions.effective.from = at("2026-08-16T16:00:00Z");
  price.conditions.service_tier = "batch";
  price.conditions.region = "us";
  price.conditions.speed = "fast";
  price.conditions.windows = {{.from = std::chrono::hours{1}, .to = std::chrono::hours{4}}};
  price.provenance.source = "litellm";
  EXPECT_EQ(price_id(price),
            "litellm:openai/gpt-4@2026-08-16T16:00:00Z+batch+region=us+speed=fast+01:00-04:00");
}

}  // namespace
}  // namespace costops::pricing
