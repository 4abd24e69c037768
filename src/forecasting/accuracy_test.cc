#include "costops/forecasting/accuracy.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "costops/forecasting/series.h"

namespace costops::forecasting {
namespace {

// By hand: errors 1, -2, 0 of actuals 2, 4, 6 (mean 4, SST 8, SSE 5).
TEST(Accuracy, FollowsThePublishedFormulas) {
  const std::array actual = {2.0, 4.0, 6.0};
  const std::array forecast = {1.0, 6.0, 6.0};
  const Accuracy a = accuracy(actual, forecast, 0.5);
  EXPECT_DOUBLE_EQ(a.mae, 1.0);
  EXPECT_DOUBLE_EQ(a.rmse, std::sqrt(5.0 / 3.0));
  EXPECT_DOUBLE_EQ(a.mape, 100.0 / 3.0);
  EXPECT_DOUBLE_EQ(a.smape, (200.0 / 3.0 + 40.0) / 3.0);
  EXPECT_DOUBLE_EQ(a.mase, 2.0);
  EXPECT_DOUBLE_EQ(a.r2, 0.375);
}

TEST(Accuracy, LeavesOutWhatIsMissingAndWhatIsUndefined) {
  const std::array actual = {kMissing, 0.0, 0.0};
  const std::array forecast = {9.0, 0.0, 3.0};
  const Accuracy a = accuracy(actual, forecast, 0.0);
  EXPECT_DOUBLE_EQ(a.mae, 1.5);
  EXPECT_DOUBLE_EQ(a.smape, 100.0);
  EXPECT_TRUE(std::isnan(a.mape));
  EXPECT_TRUE(std::isnan(a.mase));
  EXPECT_TRUE(std::isnan(a.r2));
}

TEST(NaiveScale, IsTheMeanSeasonalStep) {
  const std::array history = {1.0, 2.0, 4.0, kMissing, 10.0};
  EXPECT_DOUBLE_EQ(naive_scale(history, 1), 1.5);
  EXPECT_DOUBLE_EQ(naive_scale(history, 2), 4.5);
  EXPECT_TRUE(std::isnan(naive_scale(history, 5)));
}

TEST(PinballLoss, WeighsTheSideThatIsLessLikely) {
  EXPECT_DOUBLE_EQ(pinball_loss(10.0, 8.0, 0.9), 1.8);
  EXPECT_DOUBLE_EQ(pinball_loss(8.0, 10.0, 0.9), 0.2);
}

TEST(IntervalScore, AddsFortyTimesWhatLiesOutsideAt95) {
  EXPECT_DOUBLE_EQ(interval_score(5.0, 0.0, 10.0, 95.0), 10.0);
  EXPECT_NEAR(interval_score(11.0, 0.0, 10.0, 95.0), 50.0, 1e-9);
  EXPECT_NEAR(interval_score(-1.0, 0.0, 10.0, 80.0), 20.0, 1e-9);
}

// By hand: mean |y - 3| = (2 + 0 + 2) / 3; half the mean |y - y'| = (2 + 4 + 2) / 9.
TEST(Crps, OfASampleCountsDistanceAndSpread) {
  EXPECT_NEAR(crps_of_sample(3.0, std::array{1.0, 3.0, 5.0}), 4.0 / 3.0 - 8.0 / 9.0, 1e-15);
  EXPECT_DOUBLE_EQ(crps_of_sample(3.0, std::array{1.0}), 2.0);
}

}  // namespace
}  // namespace costops::forecasting
