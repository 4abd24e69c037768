// Our own price files: what they can say, what they refuse, and that writing and reading agree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "costops/pricing/importers.h"

namespace costops::pricing {
namespace {

using testing::ElementsAre;

Instant at(std::string_view text) { return parse_instant(text).value(); }

struct Imported {
  PriceBook book;
  ImportNotes notes;
};
Imported json(std::string_view text) {
  PriceBookBuilder builder;
  ImportNotes notes = import_own_json(text, builder).value();
  return {PriceBook::build(std::move(builder)).value(), std::move(notes)};
}
Imported toml(std::string_view text) {
  PriceBookBuilder builder;
  ImportNotes notes = import_own_toml(text, builder).value();
  return {PriceBook::build(std::move(builder)).value(), std::move(notes)};
}
// A file of one price with these members.
std::string with_price(std::string_view members) {
  return R"({"format":"cost-ops-prices/1","prices":[{"provider":"openai","model":"m",)" +
         std::string(members) + "}]}";
}
std::string note_on(std::string_view members) {
  const ImportNotes notes = json(with_price(members)).notes;
  return notes.notes.empty() ? "no note" : notes.notes[0];
}
Rate per_million(std::string_view amount) { return parse_rate(amount, 1'000'000).value(); }

constexpr std::string_view kEverything = R"(
format = "cost-ops-prices/1"
source = "contract"
url = "https://example.com/contract"
learned_at = 2026-07-01
currency = "EUR"

[[models]]
provider = "openai"
id = "gpt-5"
matches = [{ exact = "gpt-5" }, { starts_with = "gpt-5-2" }]

[[prices]]
id = "our-gpt-5"
provider = "openai"
model = "gpt-5"
from = 2026-07-01T00:00:00Z
until = "2027-07-01"
service_tier = "priority"
region = "EU"
speed = "fast"
windows = [{ from = "22:00", to = "06:00", weekdays = ["sat", "sun"], zone = "Europe/Berlin" }]
multipliers = [{ on = "region", value = "eu", factor = "1.1", meters = ["output_tokens"] }]
minimum_charge = "0.001"
note = "signed in May"
[prices.rates]
input_tokens = { amount = "1.25", steps = [{ threshold = 272000, amount = "2.5" }] }
output_tokens = "10"
requests = { amount = "0.01", per = 1 }
[prices.steps]
kind = "graduated"
compare = "at_or_above"
counted = ["input_tokens_uncached", "cache_read_tokens"]
[prices.allowance]
included = 2000
overage = { amount = "5", per = 1000000 }
meters = ["output_tokens"]
)";

TEST(OwnFormat, SaysEverythingAPriceCanSay) {
  const auto [book, notes] = toml(kEverything);
  EXPECT_THAT(notes.notes, ElementsAre());
  ASSERT_EQ(book.prices().size(), 1U);
  const Price& price = book.prices()[0];
  EXPECT_EQ(price.id, "our-gpt-5");
  EXPECT_EQ(price.currency.code(), "EUR");
  EXPECT_EQ(price.conditions.effective, (TimeRange{at("2026-07-01"), at("2027-07-01")}));
  EXPECT_EQ(price.conditions.service_tier, "priority");
  EXPECT_EQ(price.conditions.region, "eu");
  EXPECT_EQ(price.conditions.speed, "fast");
  EXPECT_THAT(price.conditions.windows,
              ElementsAre(TimeWindow{std::chrono::hours{22}, std::chrono::hours{6}, 0x60,
                                     "Europe/Berlin"}));
  EXPECT_EQ(price.rates[0], (MeterRate{Meter::input_tokens_uncached,
                                       per_million("1.25"),
                                       {{272000, per_million("2.5")}}}));
  EXPECT_EQ(price.rate_of(Meter::output_tokens)->base, per_million("10"));
  EXPECT_EQ(price.rate_of(Meter::requests)->base, parse_rate("0.01", 1).value());
  EXPECT_EQ(price.steps.kind, StepRule::Kind::graduated);
  EXPECT_EQ(price.steps.compare, StepRule::Compare::at_or_above);
  EXPECT_EQ(price.steps.counted.count(), 2U);
  EXPECT_EQ(price.multipliers[0].factor, (Ratio{11, 10}));
  EXPECT_EQ(price.multipliers[0].meters.count(), 1U);
  EXPECT_EQ(price.allowance->included, 2000);
  EXPECT_EQ(price.allowance->overage, per_million("5"));
  EXPECT_EQ(price.minimum_charge, parse_amount("0.001").value());
  EXPECT_EQ(price.provenance, (Provenance{"contract", "https://example.com/contract",
                                          "signed in May", at("2026-07-01")}));
  EXPECT_EQ(book.sources()[0].kind, Source::Kind::contract);
  EXPECT_EQ(book.models()[0].matches[1], (ModelMatch{ModelMatch::Kind::starts_with, "gpt-5-2"}));
}

TEST(OwnFormat, ReadsPerTokenPrices) {
  const auto [book, notes] =
      json(with_price(R"("per_token":{"input":"10","output":"30","cached_discount":"0.9"})"));
  const Rate cached = book.prices()[0].rate_of(Meter::cache_read_tokens)->base;
  EXPECT_EQ(price_of(cached, 1'000'000), parse_amount("1").value());
}

TEST(OwnFormat, ReadsPerRequestAndTieredPrices) {
  const auto [request, none] =
      json(with_price(R"("per_request":{"amount":"0.01","included_tokens":2000,"overage":"5"})"));
  EXPECT_EQ(request.prices()[0].allowance->included, 2000);
  const auto [tiered, nothing] = json(with_price(
      R"("tiered":[{"from":0,"to":1000,"input":"10","output":"30"},
                   {"from":1000,"input":"8","output":"24"}])"));
  EXPECT_EQ(tiered.prices()[0].rates[1].steps[0], (RateStep{1000, per_million("24")}));
}

TEST(OwnFormat, LeavesOutAPriceThatItCannotUnderstandAndSaysWhy) {
  struct Case {
    const char* members;
    const char* note;
  };
  for (const Case& c : std::array{
           Case{R"("rates":{"input_tokens":"-1"})", "\"input_tokens\": "},
           Case{R"("rates":{"input_token":"1"})", "unknown unit \"input_token\""},
           Case{R"("rates":{"input_tokens":true})", "\"input_tokens\" must be a decimal amount"},
           Case{R"("rates":{"input_tokens":"1"},"servce_tier":"batch")",
                "unknown key \"servce_tier\" in a price; expected one of: id, source, provider, "},
           Case{R"("per_token":{"input":"1","output":"1","cached_discount":"1.2"})",
                "cached discount \"1.2\" must be a decimal from 0 to 1"},
           Case{R"("tiered":[{"from":0,"to":9,"input":"1","output":"1"},
                 {"from":10,"input":"1","output":"1"}])",
                "gap between bands 1 and 2 from 9 to 10"},
           Case{R"("rates":{"input_tokens":"1"},"per_token":{"input":"1","output":"1"})",
                "a price needs exactly one of: rates, per_token, per_request, tiered"},
           Case{R"("note":"no rates")",
                "a price needs exactly one of: rates, per_token, per_request, tiered"},
           Case{R"("rates":{"input_tokens":"1"},"from":"2026-02-01","until":"2026-01-01")",
                "price \"custom:openai/m@2026-02-01\": it ends at 2026-01-01T00:00:00Z, expected "
                "after "
                "its start 2026-02-01T00:00:00Z"},
           Case{R"("rates":{"input_tokens":"1"},"from":"soon")", "\"from\": "},
           Case{R"("rates":{"input_tokens":"1"},"windows":[{"from":"25:00","to":"26:00"}])",
                "a window needs \"from\" and \"to\" like \"09:30\""},
           Case{R"("rates":{"input_tokens":"1"},"windows":[{"from":"01:00","to":"02:00",
                 "weekdays":["monday"]}])",
                "\"weekdays\" must be a list of: mon, tue, wed, thu, fri, sat, sun"},
           Case{R"("rates":{"input_tokens":"1"},"currency":"dollars")", "\"currency\": "},
           Case{R"("rates":{"input_tokens":"1"},"steps":{"kind":"slope"})",
                "\"kind\" is \"slope\", expected one of: cliff, graduated"},
           Case{R"("rates":{"input_tokens":"1"},"multipliers":[{"factor":"-2"}])", "\"factor\": "},
           Case{R"("rates":{"input_tokens":"1"},"source":"who")",
                "source \"who\" is not declared in \"sources\""}}) {
    EXPECT_TRUE(
        note_on(c.members).starts_with("price 1 (openai/m): left out: " + std::string(c.note)))
        << note_on(c.members);
  }
}

TEST(OwnFormat, AModelWithoutAPriceIsUnpricedNotFree) {
  const auto [book, notes] = json(with_price(R"("rates":{"input_tokens":"x"})"));
  EXPECT_EQ(notes.skipped, 1U);
  EXPECT_EQ(book.prices().size(), 0U);
}

TEST(OwnFormat, RefusesAnotherFile) {
  const auto refusal = [](std::string_view text) {
    PriceBookBuilder builder;
    return import_own_json(text, builder).error().message;
  };
  EXPECT_EQ(refusal("[]"), "not a price file: expected an object with \"format\"");
  EXPECT_EQ(refusal("{}"), "\"format\" is \"\", expected \"cost-ops-prices/1\"");
  EXPECT_EQ(refusal(R"({"format":"cost-ops-prices/2"})"),
            "\"format\" is \"cost-ops-prices/2\", expected \"cost-ops-prices/1\"");
  EXPECT_EQ(
      refusal(R"({"format":"cost-ops-prices/1","price":[]})"),
      "unknown key \"price\" in the file; expected one of: format, source, kind, choice, url, "
      "learned_at, currency, sources, providers, models, prices");
  EXPECT_EQ(refusal(R"({"format":"cost-ops-prices/1","prices":{}})"), "\"prices\" must be a list");
}

TEST(OwnFormat, TomlAmountsMustBeQuoted) {
  PriceBookBuilder builder;
  const auto notes = import_own_toml(
      "format = \"cost-ops-prices/1\"\n[[prices]]\nprovider = \"openai\"\nmodel = \"m\"\n"
      "rates = { input_tokens = 0.15 }\n",
      builder);
  ASSERT_FALSE(notes);
  EXPECT_EQ(
      notes.error().message,
      "line 5: input_tokens is a number with a fraction, which TOML does not keep exactly: put "
      "it in quotes");
  EXPECT_TRUE(import_own_toml("a = = 1", builder).error().message.starts_with("line 1: "));
}

TEST(OwnFormat, TomlMayHoldLettersOfAnyAlphabet) {
  const auto [book, notes] = toml(
      "format = \"cost-ops-prices/1\" # né, Ж\n[[prices]]\nprovider = \"openai\"\nmodel = "
      "\"né-Ж\"\n"
      "rates = { input_tokens = \"1\" }\n");
  EXPECT_EQ(book.prices()[0].model, "né-Ж");
  PriceBookBuilder builder;
  EXPECT_EQ(import_own_toml("n\xc3\xa9 = 1", builder).error().code, ErrorCode::invalid_input);
}

TEST(OwnFormat, DeclaresSourcesProvidersAndModels) {
  const auto [book, notes] = json(R"({"format":"cost-ops-prices/1",
    "sources":[{"id":"b","kind":"reference","choice":"first_listed","learned_at":"2026-01-01"},
               {"id":"a","kind":"contract"}],
    "providers":[{"id":"acme","name":"Acme","provider_matches":[{"contains":"acme"}],
                  "model_matches":[{"starts_with":"acme-"}],"fallbacks":["openai"]}],
    "models":[{"provider":"acme","id":"m","matches":[{"regex":"^m-\\d+$"}],"context_window":9},
              {"source":"a","provider":"acme","id":"n"}],
    "prices":[{"source":"b","provider":"acme","model":"m","rates":{"input_tokens":"1"}},
              {"source":"a","provider":"acme","model":"n","rates":{"input_tokens":"1"}}]})");
  EXPECT_THAT(notes.notes, ElementsAre());
  EXPECT_EQ(book.sources()[0].id, "a");  // Contracts first.
  EXPECT_EQ(book.sources()[1].choice, Source::Choice::first_listed);
  EXPECT_THAT(book.providers()[0].fallbacks, ElementsAre("openai"));
  EXPECT_EQ(book.models()[0].source, "");
  EXPECT_EQ(book.models()[0].context_window, 9);
  EXPECT_EQ(book.models()[1].source, "a");
  EXPECT_TRUE(book.find({.provider = "acme-proxy", .model = "m-17"}));
}

// A book with every condition in many combinations.
PriceBook random_book(unsigned seed) {
  std::mt19937 random(seed);
  const auto roll = [&random](unsigned sides) { return static_cast<int>(random() % sides); };
  PriceBookBuilder builder;
  builder.add(Source{.id = "x", .kind = Source::Kind::custom, .learned_at = at("2026-02-03")});
  for (int i = 0; i < 40; ++i) {
    Price price;
    price.provider = roll(2) != 0 ? "openai" : "anthropic";
    price.model = "model \"" + std::to_string(i) + "\"\n";
    price.currency = Currency::parse(roll(2) != 0 ? "USD" : "CNY").value();
    price.conditions.effective.from = at("2026-01-01") + Microseconds{roll(1'000'000)};
    if (roll(2) != 0) price.conditions.effective.to = at("2027-01-01");
    if (roll(2) != 0) price.conditions.service_tier = "batch";
    if (roll(3) == 0) price.conditions.region = "eu";
    if (roll(3) == 0) price.conditions.speed = "fast";
    if (roll(3) == 0) {
      price.conditions.windows = {
          {std::chrono::seconds{roll(86400)}, std::chrono::seconds{1 + roll(86400)},
           static_cast<std::uint8_t>(1 + roll(127)), roll(2) != 0 ? "UTC" : "Asia/Tokyo"}};
    }
    for (std::size_t m = 0; m < kMeterCount; ++m) {
      if (roll(6) != 0) continue;
      MeterRate rate{static_cast<Meter>(m), {static_cast<std::int64_t>(random()), 1 + roll(9)}, {}};
      if (roll(2) != 0) rate.steps = {{1 + roll(99), {static_cast<std::int64_t>(random()), 7}}};
      price.rates.push_back(rate);
    }
    if (price.rates.empty()) price.rates = {{Meter::requests, {1, 1000}, {}}};
    if (roll(2) != 0) price.steps.kind = StepRule::Kind::graduated;
    if (roll(3) == 0) price.steps.counted = MeterSet{}.set(3);
    if (roll(3) == 0) price.multipliers = {{Multiplier::On::region, "us", {1, 3}, {}}};
    if (roll(3) == 0) price.allowance = Allowance{roll(9999), {17, 1000}, {}};
    if (!price.multipliers.empty()) price.multipliers[0].meters.set(1);
    if (price.allowance) price.allowance->meters.set(0);
    price.minimum_charge = Amount::pico(roll(3));
    price.provenance = {"x", roll(2) != 0 ? "https://x.test/?a=\"b\"" : "", "né", at("2026-02-03")};
    EXPECT_TRUE(builder.add(std::move(price)));
  }
  return PriceBook::build(std::move(builder)).value();
}

TEST(OwnFormat, WhatIsWrittenIsReadBackEqual) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const PriceBook book = random_book(seed);
    const std::string text = export_own_json(book);
    const auto [copy, notes] = json(text);
    EXPECT_THAT(notes.notes, ElementsAre()) << "seed " << seed;
    EXPECT_TRUE(std::ranges::equal(copy.prices(), book.prices())) << "seed " << seed;
    EXPECT_TRUE(std::ranges::equal(copy.sources(), book.sources())) << "seed " << seed;
    EXPECT_TRUE(std::ranges::equal(copy.providers(), book.providers())) << "seed " << seed;
    EXPECT_EQ(export_own_json(copy), text) << "seed " << seed;
  }
}

}  // namespace
}  // namespace costops::pricing
