#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "costops/forecasting/decomposition.h"
#include "forecasting/golden.h"

namespace costops::forecasting {
namespace {

void expect_close(const std::vector<double>& actual, const std::vector<double>& expected,
                  double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    worst = std::max(worst, std::abs(actual[i] - expected[i]));
  }
  EXPECT_LE(worst, tolerance);
}

double range_of(const std::vector<double>& values) {
  const auto [low, high] = std::ranges::minmax(values);
  return high - low;
}

struct StlCase {
  const char* series;
  std::size_t period;
};

TEST(Stl, AgreesWithR) {
  COSTOPS_NEEDS_GOLDEN_DATA();
  const std::pair<std::string, StlOptions> options[] = {
      {"periodic", {}},
      {"sw7", {.window = 7}},
      {"sw13_robust", {.window = 13, .fitting = StlOptions::Fitting::robust}}};
  for (const StlCase& c : {StlCase{"AirPassengers", 12}, StlCase{"UKgas", 4},
                           StlCase{"USAccDeaths", 12}, StlCase{"co2", 12}, StlCase{"nottem", 12}}) {
    for (const auto& [name, option] : options) {
      SCOPED_TRACE(name + " " + c.series);
      const GoldenTable golden = GoldenTable::read("stl_" + name + "_" + c.series);
      const auto values = golden.numbers("y");
      const auto fitted = stl(values, c.period, option).value();
      const double tolerance = 1e-8 * range_of(values);
      expect_close(fitted.seasonal[0], golden.numbers("seasonal"), tolerance);
      expect_close(fitted.trend, golden.numbers("trend"), tolerance);
      expect_close(fitted.remainder, golden.numbers("remainder"), tolerance);
    }
  }
}

TEST(Mstl, AgreesWithR) {
  COSTOPS_NEEDS_GOLDEN_DATA();
  const GoldenTable golden = GoldenTable::read("mstl_taylor");
  const auto values = golden.numbers("Data");
  const auto fitted = mstl(values, std::array<std::size_t, 2>{48, 336}).value();
  const double tolerance = 1e-8 * range_of(values);
  expect_close(fitted.seasonal[0], golden.numbers("Seasonal48"), tolerance);
  expect_close(fitted.seasonal[1], golden.numbers("Seasonal336"), tolerance);
  expect_close(fitted.trend, golden.numbers("Trend"), tolerance);
}

TEST(Stl, NeedsTwoCycles) {
  EXPECT_EQ(stl(std::vector<double>(13, 1.0), 7, {}).error().message,
            "13 values are no two cycles of period 7; expected a period of at least 2 and twice as "
            "many values");
}

}  // namespace
}  // namespace costops::forecasting
