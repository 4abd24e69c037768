#include "costops/benchmarks/change_points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace costops::benchmarks {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

/// `points` around 100 with a standard deviation of 2, from a fixed seed.
std::vector<double> noise(std::size_t points, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(100, 2);
  std::vector<double> values(points);
  for (double& value : values) value = normal(random);
  return values;
}

void multiply(std::vector<double>& values, std::size_t from, std::size_t to, double by) {
  for (std::size_t i = from; i < to; ++i) values[i] *= by;
}

TEST(ChangePoints, AreNoneInNoise) {
  // The whole rate is measured by bench/history_simulation.cc; here, a hundred fixed series: at
  // 1 %, more than five alarms have a probability of 0.0005.
  int alarms = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    alarms += change_points(noise(100, seed)).empty() ? 0 : 1;
  }
  EXPECT_LE(alarms, 5);
}

TEST(ChangePoints, FindAStepTenRunsAfterIt) {
  std::vector<double> values = noise(60);
  multiply(values, 50, 60, 1.10);
  const auto changes = change_points(values);
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].index, 50u);
  EXPECT_LE(changes[0].p_value, 0.001);
}

TEST(ChangePoints, FindARiseThatFallsBack) {
  std::vector<double> values = noise(100);
  multiply(values, 40, 60, 1.10);
  const auto changes = change_points(values);
  ASSERT_THAT(changes, SizeIs(2));
  EXPECT_EQ(changes[0].index, 40u);
  EXPECT_EQ(changes[1].index, 60u);
}

TEST(ChangePoints, FindEveryStepOfAStaircase) {
  std::vector<double> values = noise(200);
  for (const std::size_t at : {50u, 100u, 150u}) multiply(values, at, 200, 1.10);
  const auto changes = change_points(values);
  ASSERT_THAT(changes, SizeIs(3));
  EXPECT_EQ(changes[0].index, 50u);
  EXPECT_EQ(changes[1].index, 100u);
  EXPECT_EQ(changes[2].index, 150u);
}

TEST(ChangePoints, OutliersAreNoLevel) {
  std::vector<double> values = noise(100);
  for (const std::size_t at : {10u, 47u, 48u, 90u}) values[at] *= 100;
  EXPECT_THAT(change_points(values), IsEmpty());
}

TEST(ChangePoints, DependOnTheOrderOfValues) {
  std::vector<double> values = noise(80);
  multiply(values, 30, 80, 1.2);
  std::vector<double> curved;
  for (const double value : values) curved.push_back(std::exp(value / 50));
  const auto straight = change_points(values);
  const auto bent = change_points(curved);
  ASSERT_EQ(straight.size(), bent.size());
  for (std::size_t i = 0; i < straight.size(); ++i) EXPECT_EQ(straight[i].index, bent[i].index);
}

TEST(ChangePoints, EqualValuesHaveNone) {
  EXPECT_THAT(change_points(std::vector<double>(50, 7.0)), IsEmpty());
  EXPECT_THAT(change_points({}), IsEmpty());
}

TEST(ChangePoints, NineRunsAreTooFewForTwoLevels) {
  EXPECT_THAT(change_points(std::vector<double>{1, 1, 1, 1, 2, 2, 2, 2, 2}), IsEmpty());
}

// 5 of 10 lowest first: 1 of 252 orders each way, p = 0.0079, not below the 0.7 % asked for.
TEST(ChangePoints, TenRunsCannotBeSureEnough) {
  EXPECT_THAT(change_points(std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}), IsEmpty());
}

// Twelve distinct ranks, the six lowest first: 36 of sum 21, expected 39, variance 39:
// (39 - 21) / sqrt(39) = 2.882. Neighbours inside the halves rise, so that some is taken off.
TEST(ScanStatistics, IsTheStandardisedSumOfRanks) {
  const std::vector<double> values = {3, 1, 5, 2, 6, 4, 9, 7, 11, 8, 12, 10};
  EXPECT_NEAR(scan_statistics(values).split, 2.882, 0.001);
  EXPECT_EQ(scan_statistics(std::vector<double>{1, 2, 3}).split, 0);
}

TEST(Shift, IsTheMedianOfAllRatios) {
  // Ratios 2/1, 4/1, 2/2, 4/2: median of 1, 2, 2, 4.
  const Shift shift = shift_of(std::vector<double>{1, 2}, std::vector<double>{2, 4});
  EXPECT_NEAR(shift.log_ratio, std::log(2), 1e-12);
  EXPECT_NEAR(shift.interval.low, 0, 1e-12);
  EXPECT_NEAR(shift.interval.high, std::log(4), 1e-12);
}

TEST(Shift, IntervalHoldsTheTruth) {
  std::vector<double> before = noise(60, 3);
  std::vector<double> after = noise(60, 4);
  multiply(after, 0, after.size(), 1.05);
  const Shift shift = shift_of(before, after);
  EXPECT_LT(shift.interval.low, std::log(1.05));
  EXPECT_GT(shift.interval.high, std::log(1.05));
  EXPECT_LT(shift.interval.high - shift.interval.low, 0.03);
}

TEST(Drift, OfASteadyRiseIsItsWhole) {
  std::vector<double> values;
  for (int i = 0; i <= 40; ++i) values.push_back(100 * std::pow(1.001, i));
  const Drift drift = drift_of(values);
  EXPECT_NEAR(drift.relative, std::pow(1.001, 40) - 1, 1e-9);
  EXPECT_LT(drift.p_value, 1e-5);
}

// Up and down by turns: as many pairs rise as fall.
TEST(Drift, OfNoiseIsUncertain) {
  std::vector<double> values;
  for (int i = 0; i < 41; ++i) values.push_back(i % 4 < 2 ? 100 : 101);
  EXPECT_GT(drift_of(values).p_value, 0.5);
}

}  // namespace
}  // namespace costops::benchmarks
