// forecasts_test.cc - forecasts that add up, and prices that are known to change.
#include "costops/accounting/forecasts.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <random>

#include "accounting/ledger_fixture.h"
#include "costops/accounting/ingest.h"

namespace costops::accounting {
namespace {

Instant time(std::string_view text) { return parse_instant(text).value(); }

/// 60 days of three leaves: (a, x), (a, y), (b, x).
UsageSeries three_leaves(unsigned seed) {
  const TimeRange days{time("2026-01-01"), time("2026-03-02")};
  UsageSeries series{{"project", "model"},
                     {{"a", "x"}, {"a", "y"}, {"b", "x"}},
                     {Currency::usd(), Currency::usd(), Currency::usd()},
                     forecasting::SeriesTable({days, Grain::day, TimeZone()}),
                     60};
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> noise(0.5, 1.5);
  for (const double level : {10.0, 0.3, 2000.0}) {
    const auto values = series.table.add("");
    for (std::size_t t = 0; t < 60; ++t) values[t] = t % 7 < 5 ? level * noise(random) : 0.0;
  }
  return series;
}

class AddsUp : public testing::TestWithParam<AddingUp> {};

TEST_P(AddsUp, EverySumIsThatOfItsPartsInEveryPeriod) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    const UsageSeries series = three_leaves(seed);
    const auto made = forecast_usage(series, {.horizon = 20, .adding_up = GetParam()}).value();
    const auto& g = made.groups;  // All, a, (a, x), (a, y), b, (b, x).
    ASSERT_EQ(g.size(), 6U);
    EXPECT_EQ(g[3].keys, (std::vector<std::string>{"a", "y"}));
    EXPECT_TRUE(g[4].is_sum);
    for (std::size_t i = 0; i < 20; ++i) {
      const auto mean = [&](std::size_t group) { return g[group].forecast.mean[i]; };
      EXPECT_NEAR(mean(0), mean(1) + mean(4), 1e-9);
      EXPECT_NEAR(mean(1), mean(2) + mean(3), 1e-9);
      EXPECT_NEAR(mean(4), mean(5), 1e-9);
      for (std::size_t group = 0; group < 6; ++group) {
        const auto& band = g[group].forecast.bands[1];
        EXPECT_GE(mean(group), 0.0);
        EXPECT_LE(band.lower[i], mean(group));
        EXPECT_GE(band.upper[i], mean(group));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Both, AddsUp, testing::Values(AddingUp::wls, AddingUp::bottom_up));

TEST(ForecastUsage, CurrenciesHaveTreesOfTheirOwn) {
  UsageSeries series = three_leaves(1);
  series.currencies = {Currency::usd(), Currency::usd(), *Currency::parse("EUR")};
  const auto made = forecast_usage(series, {.horizon = 1}).value();
  ASSERT_EQ(made.groups.size(), 7U);  // EUR: all, b, (b, x); USD: all, a, (a, x), (a, y).
  EXPECT_EQ(made.groups[0].currency.code(), "EUR");
  EXPECT_EQ(made.groups[3].currency.code(), "USD");
}

TEST(ForecastUsage, AGroupOfWhichNothingIsKnownIsLeftOut) {
  UsageSeries series = three_leaves(1);
  for (double& value : series.table.values(1)) value = forecasting::kMissing;
  const auto made = forecast_usage(series, {.horizon = 1}).value();
  EXPECT_EQ(made.groups.size(), 5U);
  EXPECT_EQ(made.unknown, std::vector<std::size_t>{1});
}

TEST(ForecastUsage, SaysWhatAModelNeeds) {
  UsageSeries series = three_leaves(1);
  series.complete = 2;
  EXPECT_EQ(forecast_usage(series, {.horizon = 1, .model = "ets"}).error().message,
            "ets needs at least 4 values, the history has 2");
}

/// A call of a million tokens a day; 4 USD each, half of that from `cut` on.
class PriceCut : public LedgerFixture {
 protected:
  static pricing::PriceBook book(std::string_view cut) {
    pricing::PriceBookBuilder builder;
    for (const bool after : {false, true}) {
      pricing::Price price =
          pricing::per_token_price(after ? "2" : "4", after ? "2" : "4", std::nullopt).value();
      price.provider = "acme";
      price.model = "a";
      price.conditions.effective = {after ? time(cut) : min_instant(),
                                    after ? max_instant() : time(cut)};
      price.provenance = {"custom", "https://example.com/prices", "", time("2026-01-01")};
      EXPECT_TRUE(builder.add(std::move(price)));
    }
    return pricing::PriceBook::build(std::move(builder)).value();
  }

  /// The forecast of 10 days after June, with the changes that the book knows.
  UsageForecast june(std::string_view cut) {
    std::ofstream file(folder_ + "/usage.ndjson", std::ios::binary);
    for (int day = 1; day <= 30; ++day) {
      file << R"({"id":"c)" << day << R"(","timestamp":"2026-06-)" << (day < 10 ? "0" : "") << day
           << R"(T12:00:00Z","provider":"acme","model":{"name":"a"},"organization_id":"o",)"
           << R"("project_id":"p","prompt_tokens":1000000,"completion_tokens":0,)"
           << R"("total_tokens":1000000})"
           << "\n";
    }
    file.close();
    const pricing::PriceBook prices = book(cut);
    IngestOptions options;
    options.read.now = options.default_at = time("2027-01-01");
    EXPECT_TRUE(ingest({folder_ + "/usage.ndjson"}, options, prices, *ledger_, nullptr));
    const SeriesRequest request{.range = {min_instant(), max_instant()}, .now = time("2026-07-01")};
    const UsageSeries series = usage_series(*ledger_, request).value();
    changes_ = price_changes(*ledger_, prices, request, series, 10).value();
    return forecast_usage(series, {.horizon = 10, .prices = &changes_}).value();
  }

  PriceChanges changes_;
};

TEST_F(PriceCut, AheadIsAppliedFromItsDay) {
  const auto forecast = june("2026-07-04").groups.at(0).forecast;
  const std::vector<double> expected = {4, 4, 4, 2, 2, 2, 2, 2, 2, 2};
  for (std::size_t i = 0; i < 10; ++i) EXPECT_NEAR(forecast.mean[i], expected[i], 1e-9) << i;
  EXPECT_NEAR(forecast.total.back(), 26.0, 1e-9);
  ASSERT_EQ(changes_.told.size(), 1U);
  EXPECT_EQ(changes_.told[0].at, time("2026-07-04"));
  EXPECT_EQ(changes_.told[0].factor, 0.5);
}

TEST_F(PriceCut, WithinADayCountsByItsHours) {
  EXPECT_NEAR(june("2026-07-04T06:00:00Z").groups.at(0).forecast.mean[3], 2.5, 1e-9);
}

// Spend fell on the last two days, usage did not.
TEST_F(PriceCut, BehindIsNoTrend) {
  const GroupForecast group = june("2026-06-29").groups.at(0);
  EXPECT_EQ(group.history[27], 4.0);
  EXPECT_EQ(group.history[28], 2.0);
  for (const double mean : group.forecast.mean) EXPECT_NEAR(mean, 2.0, 1e-9);
}

TEST_F(PriceCut, BeyondTheHorizonIsNotTold) {
  june("2026-08-01");
  EXPECT_TRUE(changes_.empty());
}

}  // namespace
}  // namespace costops::accounting
