#include <gtest/gtest.h>

#include "costops/forecasting/model.h"
#include "forecasting/golden.h"

namespace costops::forecasting {
namespace {

std::vector<double> path_of(std::string_view model, const std::vector<double>& values,
                            std::size_t season, std::size_t horizon) {
  const auto fitted = make_model(model).value();
  const auto fit = fitted->fit({values, season});
  EXPECT_TRUE(fit) << fit.error().message;
  std::vector<double> path(horizon);
  fitted->forecast(path);
  return path;
}

void expect_relative(const std::vector<double>& actual, const std::vector<double>& expected,
                     double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    EXPECT_NEAR(actual[i], expected[i], tolerance * std::abs(expected[i])) << "step " << i + 1;
  }
}

struct GoldenCase {
  std::string_view model;
  std::string series;
  std::size_t season;
  std::string file;
};

TEST(SimpleModels, AgreeWithR) {
  COSTOPS_NEEDS_GOLDEN_DATA();
  const GoldenCase cases[] = {
      {"naive", "Nile", 1, "fc_naive_Nile"},
      {"drift", "WWWusage", 1, "fc_rwdrift_WWWusage"},
      {"seasonal_naive", "AirPassengers", 12, "fc_snaive_AirPassengers"},
      {"mean", "Nile", 1, "fc_meanf_Nile"},
  };
  for (const GoldenCase& c : cases) {
    SCOPED_TRACE(c.file);
    const auto expected = GoldenTable::read(c.file).numbers("mean");
    expect_relative(path_of(c.model, golden_series(c.series), c.season, expected.size()), expected,
                    1e-12);
  }
}

TEST(Intermittent, CrostonAgreesWithR) {
  COSTOPS_NEEDS_GOLDEN_DATA();
  const auto values = golden_series("intermittent60");
  const GoldenTable golden = GoldenTable::read("croston");  // first row: alpha 0.1
  expect_relative(path_of("croston", values, 1, 1), {golden.numbers("forecast")[0]}, 1e-12);
  expect_relative(path_of("sba", values, 1, 1), {golden.numbers("sba")[0]}, 1e-12);
}

TEST(LinearTrend, GoesOnFromTheLastIndex) {
  expect_relative(path_of("linear_trend", {10, 20, 30, 40, 50}, 1, 3), {60, 70, 80}, 1e-12);
}

TEST(MovingAverage, CoversTheLastCycle) {
  expect_relative(path_of("moving_average", {100, 1, 2, 3}, 3, 2), {2, 2}, 1e-12);
  expect_relative(path_of("moving_average", {100, 1, 2, 3, 4, 5, 6, 7}, 1, 1), {4}, 1e-12);
}

TEST(SeasonalWindows, TakeTheSamePhaseOfUpToEightCycles) {
  const std::vector<double> values = {9, 1, 10, 2, 11, 3, 100, 4};
  expect_relative(path_of("seasonal_mean", values, 2, 3), {32.5, 2.5, 32.5}, 1e-12);
  expect_relative(path_of("seasonal_median", values, 2, 3), {10.5, 2.5, 10.5}, 1e-12);
}

TEST(Median, IsTheMiddleValue) {
  expect_relative(path_of("median", {5, 1, 100}, 1, 2), {5, 5}, 1e-12);
  expect_relative(path_of("median", {5, 1, 100, 7}, 1, 1), {6}, 1e-12);
}

// By hand with alpha 0.1: size 4 then 4 + 0.1 (2 - 4) = 3.8; probability 0, 0.1, 0.09, 0.181.
TEST(Tsb, SmoothsTheProbabilityInEveryPeriod) {
  expect_relative(path_of("tsb", {0, 4, 0, 2}, 1, 1), {0.181 * 3.8}, 1e-12);
}

TEST(Intermittent, ADemandInEveryPeriodIsItsLevel) {
  const std::vector<double> values(20, 3.0);
  for (const std::string_view model : {"croston", "tsb", "adida", "imapa"}) {
    expect_relative(path_of(model, values, 1, 2), {3.0, 3.0}, 1e-12);
  }
  EXPECT_EQ(path_of("croston", std::vector<double>(20, 0.0), 1, 1)[0], 0.0);
}

TEST(Models, SayWhatIsMissing) {
  const auto drift = make_model("drift").value();
  EXPECT_EQ(drift->fit({std::vector<double>{1.0}, 1}).error().message,
            "drift needs at least 2 values, the history has 1");
  EXPECT_EQ(make_model("oracle").error().message.substr(0, 44),
            "no model \"oracle\"; known: auto, naive, drift");
}

}  // namespace
}  // namespace costops::forecasting
