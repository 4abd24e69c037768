#include "forecasting/unit_root.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "forecasting/golden.h"

namespace costops::forecasting {
namespace {

TEST(DifferencesNeeded, AreThoseOfR) {
  COSTOPS_NEEDS_GOLDEN_DATA();
  const GoldenTable tests = GoldenTable::read("series_tests");
  for (const auto& row : tests.rows) {
    std::vector<double> values = golden_series(row[0]);
    if (std::ranges::any_of(values, [](double v) { return std::isnan(v); })) continue;
    EXPECT_EQ(differences_needed(values, 2), std::stoul(row[1])) << row[0];
  }
}

TEST(NeedsSeasonalDifference, AsR) {
  COSTOPS_NEEDS_GOLDEN_DATA();
  const GoldenTable tests = GoldenTable::read("series_tests");
  const GoldenTable meta = GoldenTable::read("series_meta");
  for (std::size_t i = 0; i < tests.rows.size(); ++i) {
    const auto& row = tests.rows[i];
    if (row[4] == "NA" || row[0] == "taylor") continue;
    std::size_t season = 1;
    for (const auto& m : meta.rows) {
      if (m[0] == row[0]) season = std::stoul(m[2]);
    }
    std::vector<double> values = golden_series(row[0]);
    if (std::ranges::any_of(values, [](double v) { return std::isnan(v); })) continue;
    EXPECT_EQ(needs_seasonal_difference(values, season), row[4] == "1") << row[0];
  }
}

TEST(KpssStatistic, OfAShortSeriesByHand) {
  // 1, 2, 3: no lags (3 sqrt 3 / 13 < 1), rests -1, 0, 1, partial sums -1, -1, 0: 2 / (3 x 2).
  EXPECT_NEAR(kpss_statistic(std::vector{1.0, 2.0, 3.0}), 1.0 / 3, 1e-15);
}

}  // namespace
}  // namespace costops::forecasting
