#include "costops/forecasting/forecast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "costops/forecasting/series.h"

namespace costops::forecasting {
namespace {

using Values = std::vector<double>;

Forecast forecast_of(const Values& history, std::size_t season = 7, std::size_t horizon = 10,
                     std::string_view model = "auto") {
  auto forecast = ForecastEngine().forecast(
      {.history = history, .season = season, .horizon = horizon, .model = model});
  EXPECT_TRUE(forecast) << forecast.error().message;
  return forecast ? *std::move(forecast) : Forecast();
}

/// Weekly pattern, slow growth, noise: daily spend as it looks.
Values spend(std::size_t days, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> noise(0.0, 0.1);
  Values values;
  for (std::size_t t = 0; t < days; ++t) {
    const double weekday = t % 7 < 5 ? 1.0 : 0.4;
    values.push_back(100 * weekday * (1 + 0.002 * static_cast<double>(t)) *
                     std::exp(noise(random)));
  }
  return values;
}

struct Degenerate {
  const char* name;
  Values values;
};

std::vector<Degenerate> degenerate_series() {
  std::vector<Degenerate> all = {
      {"one value", {5}},
      {"two values", {5, 7}},
      {"constant", Values(60, 3.5)},
      {"zeros", Values(60, 0.0)},
      {"huge", spend(90, 1)},
      {"tiny", spend(90, 2)},
      {"gappy", spend(90, 3)},
      {"gap at the end", spend(90, 4)},
      {"single spike", Values(60, 0.0)},
      {"spike on a level", Values(60, 2.0)},
      {"exponential growth", {}},
      {"alternating", {}},
      {"leading zeros", Values(50, 0.0)},
  };
  for (double& v : all[4].values) v *= 1e15;
  for (double& v : all[5].values) v *= 1e-12;
  for (std::size_t i = 0; i < 90; i += 3) all[6].values[i] = kMissing;
  all[7].values[88] = all[7].values[89] = kMissing;
  all[8].values[30] = 1e6;
  all[9].values[59] = 1e6;
  for (int i = 0; i < 40; ++i) all[10].values.push_back(std::exp2(i));
  for (int i = 0; i < 40; ++i) all[11].values.push_back(i % 2 == 0 ? 0.0 : 10.0);
  for (int i = 0; i < 10; ++i) all[12].values.push_back(10.0 + i);
  for (std::size_t n = 3; n <= 12; ++n) all.push_back({"short", spend(n, n)});
  return all;
}

TEST(Auto, IsFiniteOrderedAndNotNegativeOnDegenerateSeries) {
  for (const Degenerate& d : degenerate_series()) {
    SCOPED_TRACE(d.name);
    double largest = 0;
    for (const double v : d.values) largest = std::isnan(v) ? largest : std::max(largest, v);
    for (const std::size_t season : {1u, 7u, 12u, 24u, 52u, 168u}) {
      const Forecast f = forecast_of(d.values, season, 30);
      ASSERT_EQ(f.mean.size(), 30u);
      for (std::size_t i = 0; i < 30; ++i) {
        EXPECT_GE(f.mean[i], 0.0);
        EXPECT_LE(f.mean[i], 10 * largest);
        EXPECT_TRUE(std::isfinite(f.bands[1].upper[i]));
        EXPECT_GE(f.bands[1].lower[i], 0.0);
        EXPECT_LE(f.bands[1].lower[i], f.bands[0].lower[i]);
        EXPECT_LE(f.bands[0].lower[i], f.bands[0].upper[i]);
        EXPECT_LE(f.bands[0].upper[i], f.bands[1].upper[i]);
        EXPECT_TRUE(std::isfinite(f.total_bands[1].upper[i]));
        EXPECT_LE(f.total_bands[1].lower[i], f.total_bands[0].lower[i]);
      }
    }
  }
}

TEST(Auto, ContinuesWhatNeverChanges) {
  EXPECT_THAT(forecast_of(Values(60, 3.5)).mean, testing::Each(testing::DoubleNear(3.5, 1e-12)));
  EXPECT_THAT(forecast_of(Values(60, 0.0)).mean, testing::Each(0.0));
  EXPECT_THAT(forecast_of({5}).mean, testing::Each(5.0));
}

TEST(Arima, AnswersForEveryKindOfGap) {
  for (const std::size_t cycle : {1u, 7u}) {
    Values history = spend(120, 8);
    for (std::size_t i = 2; i < 60; i += 3) history[i] = kMissing;
    for (std::size_t i = 70; i < 75; ++i) history[i] = kMissing;
    if (cycle == 7) {  // nothing is known of one weekday
      for (std::size_t i = 3; i < 120; i += 7) history[i] = kMissing;
    }
    history[119] = kMissing;
    for (const char* model : {"arima", "arima(0,1,1)", "arima(1,0,0)(0,1,1)"}) {
      const Forecast f = forecast_of(history, 7, 14, model);
      ASSERT_EQ(f.mean.size(), 14u) << model;
      for (const double v : f.mean) EXPECT_TRUE(v > 5 && v < 300) << model << ' ' << v;
    }
  }
}

TEST(Auto, NeverTakesATrendFromAFewValues) {
  const struct {
    std::size_t season;
    Values history;
  } cases[] = {
      {7, {0.115, 0.216, 0.156, 4.417, 0.004}},
      {7, {1, 2, 3, 4, 5, 6, 7, 8, 9}},
      {1, {1, 1, 1, 50}},
      {24, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}},
  };
  for (const auto& c : cases) {
    const Forecast f = forecast_of(c.history, c.season, 60);
    EXPECT_THAT(f.mean, testing::Each(testing::DoubleNear(f.mean[0], 1e-9 * f.mean[0])));
    EXPECT_LE(f.mean[0], *std::ranges::max_element(c.history));
    EXPECT_EQ(f.trend.direction, Direction::flat);
  }
  // A day of 4.417 among days of 0.12 on average: neither is what comes next every day.
  const Forecast spike = forecast_of(cases[0].history, 7, 30);
  EXPECT_GT(spike.total.back(), 30 * 0.12);
  EXPECT_LT(spike.total.back(), 30 * 0.982);  // the mean
}

TEST(Auto, GoesOnWithATrendOfMoreValues) {
  Values line;
  for (int t = 1; t <= 20; ++t) line.push_back(t);
  const Forecast f = forecast_of(line, 7, 30);
  EXPECT_GT(f.mean.back(), 30);
  EXPECT_EQ(f.trend.direction, Direction::rising);
}

TEST(Trend, IsFlatWhereThePathIsEvenIfItIsShort) {
  Values hours;
  for (int t = 1; t <= 20; ++t) hours.push_back(t);
  EXPECT_EQ(forecast_of(hours, 24, 30).trend.direction, Direction::flat);
}

TEST(Auto, IsNotCertainAfterAFewPerfectReplays) {
  const Forecast f = forecast_of({50, 1, 1, 1, 1}, 7, 30);
  EXPECT_GT(f.bands[0].upper[0], 2.0);
}

TEST(Trend, IsThatOfThePathDrawn) {
  std::mt19937_64 random(11);
  std::lognormal_distribution<double> noise(0.0, 0.8);
  for (int series = 0; series < 60; ++series) {
    Values history;
    const double growth = series % 3 == 0 ? 0.0 : series % 3 == 1 ? 0.03 : -0.03;
    for (int t = 0; t < 5 + series; ++t) history.push_back(std::exp(growth * t) * noise(random));
    const Forecast f = forecast_of(history, 7, 28);
    double first = 0, last = 0;
    for (std::size_t i = 0; i < 7; ++i) {
      first += f.mean[i];
      last += f.mean[21 + i];
    }
    const Direction drawn = last > 1.06 * first   ? Direction::rising
                            : last < 0.94 * first ? Direction::falling
                                                  : Direction::flat;
    if (drawn == Direction::flat && last != first) continue;
    EXPECT_EQ(f.trend.direction, drawn) << series;
  }
}

TEST(Auto, FollowsTheWeek) {
  const Forecast f = forecast_of(spend(140, 5), 7, 7);  // 140 is a multiple of 7
  for (std::size_t i = 0; i < 7; ++i) {
    const double expected = (i < 5 ? 100 : 40) * 1.28;
    EXPECT_NEAR(f.mean[i], expected, 0.15 * expected) << i;
  }
  EXPECT_EQ(f.trend.direction, Direction::rising);
  EXPECT_EQ(f.seasonality.period, 7u);
  EXPECT_GT(f.seasonality.strength, 0.8);
  EXPECT_EQ(f.backtest.origins, 3u);
  EXPECT_LT(f.backtest.accuracy.mape, 15.0);
  EXPECT_GT(f.bands[1].backtest_coverage, 0.8);
}

TEST(Auto, FindsTheWeekByItself) {
  EXPECT_EQ(forecast_of(spend(140, 5), 1, 7).seasonality.period, 7u);
}

TEST(ForecastAll, IsTheSameOnAnyNumberOfThreads) {
  std::vector<Values> series;
  for (std::uint64_t seed = 0; seed < 300; ++seed) series.push_back(spend(60 + seed % 50, seed));
  std::vector<ForecastRequest> requests;
  for (const Values& values : series)
    requests.push_back({.history = values, .season = 7, .horizon = 9});
  ForecastEngine engine;
  const auto upper_ends = [&](std::size_t threads) {
    Values ends;
    EXPECT_TRUE(engine.forecast_all(
        requests,
        [&](std::size_t i, const Forecast& f) {
          EXPECT_EQ(i, ends.size());
          ends.push_back(f.total_bands[1].upper.back());
        },
        threads));
    return ends;
  };
  const Values one = upper_ends(1);
  EXPECT_EQ(one.size(), 300u);
  EXPECT_EQ(upper_ends(4), one);
  series[70][3] = series[250][3] = std::numeric_limits<double>::infinity();
  for (const std::size_t threads : {1u, 4u}) {
    EXPECT_EQ(engine.forecast_all(requests, nullptr, threads).error().message,
              "series 71: value 4 of the history is inf; expected a number below 1e300 or missing");
  }
}

TEST(Auto, DoesNotSeeTheFuture) {
  const Values all = spend(120, 6);
  Values changed = all;
  for (std::size_t i = 100; i < 120; ++i) changed[i] = 1e6;
  EXPECT_EQ(forecast_of({all.begin(), all.begin() + 100}).mean,
            forecast_of({changed.begin(), changed.begin() + 100}).mean);
}

TEST(Auto, ScalesWithItsHistory) {
  const Values once = spend(120, 7);
  Values thousandfold = once;
  for (double& v : thousandfold) v *= 1000;
  const Forecast a = forecast_of(once), b = forecast_of(thousandfold);
  for (std::size_t i = 0; i < a.mean.size(); ++i) {
    EXPECT_NEAR(b.mean[i], 1000 * a.mean[i], 1e-6 * b.mean[i]);
    EXPECT_NEAR(b.bands[1].upper[i], 1000 * a.bands[1].upper[i], 1e-6 * b.bands[1].upper[i]);
  }
}

TEST(ForecastAll, DoesNotDependOnTheOrderOfTheSeries) {
  std::vector<Values> histories;
  for (std::uint64_t s = 0; s < 30; ++s) histories.push_back(spend(100, s));
  const auto uppers = [&](bool reversed) {
    std::vector<ForecastRequest> requests;
    for (const Values& h : histories) requests.push_back({.history = h, .season = 7, .horizon = 5});
    if (reversed) std::reverse(requests.begin(), requests.end());
    Values out;
    EXPECT_TRUE(ForecastEngine().forecast_all(
        requests, [&](std::size_t, const Forecast& f) { out.push_back(f.bands[1].upper[4]); }));
    if (reversed) std::reverse(out.begin(), out.end());
    return out;
  };
  const Values forwards = uppers(false), backwards = uppers(true);
  ASSERT_EQ(forwards.size(), 30u);
  for (std::size_t i = 0; i < 30; ++i) EXPECT_NEAR(forwards[i], backwards[i], 1e-9 * forwards[i]);
}

TEST(Spread, ItsProbabilitiesAreTheInverseOfItsQuantiles) {
  const Forecast f = forecast_of(spend(120, 8));
  for (const double p : {0.025, 0.1, 0.5, 0.77, 0.975}) {
    EXPECT_NEAR(f.total_spread.probability_above(9, f.total_spread.quantile(9, p)), 1 - p, 1e-9);
  }
  EXPECT_DOUBLE_EQ(f.total[9], f.total[8] + f.mean[9]);
  EXPECT_EQ(f.total_spread.probability_above(9, -1.0), 1.0);
}

TEST(Forecast, NegativeHistoriesMayGoOnNegative) {
  Values refunds;
  for (int i = 0; i < 60; ++i) refunds.push_back(-10.0 - i % 7);
  EXPECT_THAT(forecast_of(refunds).mean, testing::Each(testing::Lt(0.0)));
}

std::string error_of(const ForecastRequest& request) {
  const auto forecast = ForecastEngine().forecast(request);
  return forecast ? "no error" : forecast.error().message;
}

TEST(Forecast, SaysWhatIsWrong) {
  const Values fine = {1, 2, 3};
  const Values infinite = {1, std::numeric_limits<double>::infinity()};
  const Values missing = {kMissing, kMissing};
  const std::array levels = {100.0};
  EXPECT_EQ(error_of({}), "the history is empty; a forecast needs at least a value");
  EXPECT_EQ(error_of({.history = missing}), "every value of the history is missing");
  EXPECT_EQ(error_of({.history = infinite}),
            "value 2 of the history is inf; expected a number below 1e300 or missing");
  EXPECT_EQ(error_of({.history = fine, .horizon = 0}), "horizon 0; expected 1 to 10000 periods");
  EXPECT_EQ(error_of({.history = fine, .levels = levels}),
            "interval level 100; expected percent between 0 and 100");
  EXPECT_THAT(error_of({.history = fine, .model = "oracle"}),
              testing::StartsWith("no model \"oracle\"; known: auto, naive"));
}

TEST(Forecast, ANamedModelIsReplayedToo) {
  const Forecast f = forecast_of({10, 20, 30, 40, 50}, 1, 3, "linear_trend");
  EXPECT_EQ(f.model, "linear_trend");
  EXPECT_NEAR(f.mean[2], 80.0, 1e-9);
  EXPECT_EQ(f.parameters[1].name, "slope");
  EXPECT_GT(f.backtest.origins, 0u);
  EXPECT_NEAR(f.backtest.accuracy.mae, 0.0, 1e-9);
}

// Least squares on a level that has doubled lets it double again; it must not.
TEST(Auto, AJumpOfTheLevelDoesNotGoOn) {
  std::vector<double> history(120);
  for (std::size_t t = 0; t < history.size(); ++t) {
    const double week = t % 7 < 5 ? 10.0 : 4.0;
    history[t] = week * (t < 100 ? 1.0 : 2.0) * (1 + 0.1 * std::sin(1.7 * static_cast<double>(t)));
  }
  const Forecast forecast =
      ForecastEngine().forecast({.history = history, .season = 7, .horizon = 30}).value();
  for (const double mean : forecast.mean) EXPECT_LT(mean, 30.0);
}

}  // namespace
}  // namespace costops::forecasting
