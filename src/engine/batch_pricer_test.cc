#include <gtest/gtest.h>

#include "costops/engine/calculator.h"
#include "engine/test_prices.h"

namespace costops::engine {
namespace {

using pricing::Multiplier;
using pricing::Price;
using pricing::PriceBook;

constexpr Meter kIn = Meter::input_tokens_uncached;
constexpr Meter kOut = Meter::output_tokens;
constexpr Meter kRead = Meter::cache_read_tokens;
constexpr Instant kDefaultAt = std::chrono::sys_days(std::chrono::year(2026) / 7 / 1);

UsageBatch batch_of(std::initializer_list<UsageRecord> records) {
  UsageBatch batch;
  for (const UsageRecord& record : records) batch.append(record);
  return batch;
}

/// "status total reason" of each row.
std::vector<std::string> rows_of(const BatchCosts& costs) {
  std::vector<std::string> rows;
  for (std::size_t i = 0; i < costs.size(); ++i) {
    Amount total;
    for (const auto& pico : costs.pico) total += Amount::pico(pico[i]);
    std::string row = std::string(to_string(costs.status[i])) + " " + to_string(total);
    if (costs.currency[i] != Currency::usd()) row += " without currency";
    if (costs.reason[i] != 0) row += ": " + costs.reasons[costs.reason[i]];
    rows.push_back(row);
  }
  return rows;
}

std::vector<std::string> priced(const PriceBook& book, const UsageBatch& batch) {
  BatchPricer pricer(book);
  BatchCosts costs;
  pricer.price(batch, kDefaultAt, costs);
  return rows_of(costs);
}

using Rows = std::vector<std::string>;

UsageRecord with_model(UsageRecord usage, std::string_view model) {
  usage.model = model;
  return usage;
}

TEST(BatchPricer, PricesEachRow) {
  EXPECT_EQ(priced(book_of({sonnet_4()}),
                   batch_of({usage_of({{kIn, 250'000}, {kOut, 1000}}),
                             usage_of({{kIn, 10'000}, {kRead, 240'000}, {kOut, 1000}}),
                             usage_of({{kIn, 1000}, {kOut, 500}}), usage_of({{kIn, 200'000}}),
                             usage_of({{kIn, 200'001}}),
                             usage_of({{Meter::web_searches, 2}, {kIn, 1000}}),
                             with_model(usage_of({{kIn, 1}}), "larger")})),
            (Rows{"priced 1.5225", "priced 0.2265", "priced 0.0105", "priced 0.6",
                  "priced 1.200006", "unpriced 0.003: no price for web_searches in \"acme/large\"",
                  "unpriced 0 without currency: no price for acme model \"larger\"; did you mean "
                  "\"large\"?"}));
}

TEST(BatchPricer, KeepsClassesApart) {
  const PriceBook book = book_of({sonnet_4()});
  BatchPricer pricer(book);
  BatchCosts costs;
  pricer.price(batch_of({usage_of(
                   {{kIn, 1000}, {kOut, 100}, {kRead, 10}, {Meter::cache_write_1h_tokens, 1}})}),
               kDefaultAt, costs);
  // 1000 x 3, 10 x 0.3, 1 x 6, 100 x 15 millionths.
  EXPECT_EQ(costs.pico[0][0], 3'000'000'000);
  EXPECT_EQ(costs.pico[1][0], 3'000'000);
  EXPECT_EQ(costs.pico[2][0], 6'000'000);
  EXPECT_EQ(costs.pico[3][0], 1'500'000'000);
  EXPECT_EQ(costs.pico[4][0], 0);
  EXPECT_EQ(costs.prices.at(costs.price[0])->id, "acme/large");
}

TEST(BatchPricer, QuarantinesWhatTheCalculatorRefuses) {
  const PriceBook book = book_of({sonnet_4()});
  BatchPricer pricer(book);
  BatchCosts costs;
  pricer.price(batch_of({usage_of({{kIn, -5}, {kOut, 10}}),
                         usage_of({{kIn, 1'000'000'000'000'000}}), usage_of({{kOut, 1}})}),
               kDefaultAt, costs);
  EXPECT_EQ(
      rows_of(costs),
      (Rows{"quarantined 0 without currency: input_tokens_uncached is -5: a quantity cannot be "
            "negative",
            "quarantined 0 without currency: 1000000000000000 input_tokens_uncached would cost "
            "6000000000 USD at price \"acme/large\", more than a ledger entry holds "
            "(9223372.036854775807)",
            "priced 0.000015"}));
  EXPECT_EQ(costs.price[0], BatchCosts::kNoPrice);
}

TEST(BatchPricer, PricesRowsWithoutATimeAtTheDefault) {
  Price early = sonnet_4();
  early.id = "";
  early.conditions.effective.to = instant("2026-06-01T00:00:00Z");
  Price late = price_with({{kIn, per_million("1")}});
  late.id = "";
  late.conditions.effective.from = instant("2026-06-01T00:00:00Z");
  const PriceBook book = book_of({early, late});
  UsageRecord before = usage_of({{kIn, 1'000}});
  before.at = instant("2026-05-31T23:59:59.999999Z");
  UsageRecord from_then_on = before;
  from_then_on.at = instant("2026-06-01T00:00:00Z");
  UsageRecord timeless = before;
  timeless.at.reset();
  EXPECT_EQ(priced(book, batch_of({before, from_then_on, timeless})),
            (Rows{"priced 0.003", "priced 0.001", "priced 0.001"}));
}

TEST(BatchPricer, AsksForTheTimeOfDayWhereAPriceHasWindows) {
  // DeepSeek: double at 01:00-04:00 UTC.
  Price usual = price_with({{kIn, per_million("0.5")}});
  usual.id = "";
  Price peak = price_with({{kIn, per_million("1")}});
  peak.id = "";
  peak.conditions.windows = {{std::chrono::hours(1), std::chrono::hours(4), 0x1f, "UTC"}};
  const auto at = [](std::string_view time) {
    UsageRecord usage = usage_of({{kIn, 1'000'000}});
    usage.at = instant(time);
    return usage;
  };
  EXPECT_EQ(priced(book_of({usual, peak}),
                   batch_of({at("2026-07-01T00:59:59Z"), at("2026-07-01T01:00:00Z"),
                             at("2026-07-01T03:59:59Z"), at("2026-07-01T04:00:00Z"),
                             at("2026-07-04T02:00:00Z")})),  // a Saturday
            (Rows{"priced 0.5", "priced 1", "priced 1", "priced 0.5", "priced 0.5"}));
}

TEST(BatchPricer, SaysWhenNoPriceWasInForce) {
  Price price = sonnet_4();
  price.conditions.effective.from = instant("2027-01-01T00:00:00Z");
  EXPECT_EQ(priced(book_of({price}), batch_of({usage_of({{kIn, 1}})})),
            (Rows{"unpriced 0 without currency: no price for acme model \"large\" in force at "
                  "2026-07-01T12:00:00Z (the next one starts at 2027-01-01T00:00:00Z)"}));
}

TEST(BatchPricer, LeavesGatewayCacheHitsFree) {
  UsageRecord hit = usage_of({{kIn, 1000}, {Meter::web_searches, 1}});
  hit.status = CallStatus::gateway_cache_hit;
  EXPECT_EQ(priced(book_of({sonnet_4()}), batch_of({hit, with_model(hit, "unheard-of")})),
            (Rows{"priced 0", "priced 0 without currency"}));
}

TEST(BatchPricer, ChargesARequestWhereNoneIsCounted) {
  const Price price =
      price_with({{kIn, per_million("1")}, {Meter::requests, Rate{5 * kPicoPerUnit, 1000}}});
  EXPECT_EQ(priced(book_of({price}), batch_of({usage_of({{kIn, 1000}}), usage_of({})})),
            (Rows{"priced 0.006", "priced 0.005"}));
}

TEST(BatchPricer, AppliesMultipliersExactly) {
  Price price = price_with({{kIn, per_million("3")}});
  price.multipliers = {{Multiplier::On::region, "us", Ratio{1, 3}}};
  UsageRecord usage = usage_of({{kIn, 1}});
  UsageRecord us = usage;
  us.region = "US";
  // 3 millionths, and a third of it; 1 / 3 of 0.0000001 is rounded at the twelfth place.
  Price odd = price;
  odd.model = "odd";
  odd.id = "acme/odd";
  odd.rates[0].base = per_million("0.1");
  EXPECT_EQ(priced(book_of({price, odd}), batch_of({usage, us, with_model(us, "odd")})),
            (Rows{"priced 0.000003", "priced 0.000001", "priced 0.000000033333"}));
}

TEST(BatchPricer, FollowsTheDictionariesOfEachBatch) {
  Price other = price_with({{kIn, per_million("1")}});
  other.model = "small";
  other.id = "acme/small";
  const PriceBook book = book_of({sonnet_4(), other});
  BatchPricer pricer(book);
  BatchCosts costs;
  const UsageRecord large = usage_of({{kIn, 1000}});
  const UsageRecord small = with_model(large, "small");
  pricer.price(batch_of({large, small}), kDefaultAt, costs);
  EXPECT_EQ(rows_of(costs), (Rows{"priced 0.003", "priced 0.001"}));
  pricer.price(batch_of({small, large, small}), kDefaultAt, costs);
  EXPECT_EQ(rows_of(costs), (Rows{"priced 0.001", "priced 0.003", "priced 0.001"}));
  pricer.price(batch_of({}), kDefaultAt, costs);
  EXPECT_EQ(costs.size(), 0U);
}

TEST(BatchPricer, KeepsPriceIndexesFromBatchToBatch) {
  Price other = price_with({{kIn, per_million("1")}});
  other.model = "small";
  other.id = "acme/small";
  const PriceBook book = book_of({sonnet_4(), other});
  BatchPricer pricer(book);
  BatchCosts costs;
  const UsageRecord large = usage_of({{kIn, 1000}});
  pricer.price(batch_of({large}), kDefaultAt, costs);
  const std::uint32_t index = costs.price[0];
  pricer.price(batch_of({with_model(large, "small"), large}), kDefaultAt, costs);
  EXPECT_EQ(costs.price[1], index);
  EXPECT_EQ(costs.prices[costs.price[0]]->id, "acme/small");
}

// 1,025 models and 257 tiers need 11 + 9 bits: more than a table by address has.
TEST(BatchPricer, PricesManyDifferentCombinations) {
  const PriceBook book = book_of({sonnet_4()});
  UsageBatch batch;
  for (int i = 0; i < 3'000; ++i) {
    UsageRecord usage = usage_of({{kIn, 1000}});
    if (i % 3 != 0) usage.model = std::to_string(i % 1'024);
    if (i % 3 == 1) usage.service_tier = std::to_string(i % 256);
    batch.append(usage);
  }
  BatchPricer pricer(book);
  BatchCosts costs;
  pricer.price(batch, kDefaultAt, costs);
  EXPECT_EQ(std::count(costs.status.begin(), costs.status.end(), PricingStatus::priced), 1000);
  EXPECT_EQ(costs.pico[0][2'997], 3'000'000'000);
  EXPECT_EQ(costs.reasons[costs.reason[2'999]], "no price for acme model \"951\"");
}

}  // namespace
}  // namespace costops::engine
