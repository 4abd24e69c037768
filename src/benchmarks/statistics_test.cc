#include "costops/benchmarks/statistics.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace costops::benchmarks {
namespace {

// Type 7 quantiles: numpy.quantile([1, 2, 3, 4, 10], [0, .25, .5, .9, 1]) = 1, 2, 3, 7.6, 10.
TEST(Quantile, InterpolatesBetweenOrderStatistics) {
  const std::vector<double> values = {10, 2, 4, 1, 3};
  EXPECT_DOUBLE_EQ(quantile(values, 0), 1);
  EXPECT_DOUBLE_EQ(quantile(values, 0.25), 2);
  EXPECT_DOUBLE_EQ(median(values), 3);
  EXPECT_DOUBLE_EQ(quantile(values, 0.9), 7.6);
  EXPECT_DOUBLE_EQ(quantile(values, 1), 10);
}

// By hand: median 3, deviations 7 1 1 2 0, their median 1.
TEST(Mad, IsTheMedianOfDeviations) {
  EXPECT_DOUBLE_EQ(median_absolute_deviation(std::vector<double>{10, 2, 4, 1, 3}), 1);
}

// Conover's table: n = 10, [x(2), x(9)] has coverage 0.9785, so 95 % takes it and 99 % the whole
// range (0.9980).
TEST(MedianInterval, TakesTheBinomialRanks) {
  std::vector<double> ten(10);
  std::iota(ten.begin(), ten.end(), 1.0);
  EXPECT_DOUBLE_EQ(median_interval(ten, 0.95).low, 2);
  EXPECT_DOUBLE_EQ(median_interval(ten, 0.95).high, 9);
  EXPECT_DOUBLE_EQ(median_interval(ten, 0.99).low, 1);
  EXPECT_DOUBLE_EQ(median_interval(ten, 0.99).high, 10);
}

TEST(MedianInterval, OfOneValueIsThatValue) {
  EXPECT_DOUBLE_EQ(median_interval(std::vector<double>{7}, 0.99).low, 7);
  EXPECT_DOUBLE_EQ(median_interval(std::vector<double>{7}, 0.99).high, 7);
}

TEST(MedianInterval, CoversTheMedianAsOftenAsItSays) {
  std::mt19937_64 random(20260701);
  std::lognormal_distribution<double> draw(0, 1);  // its median is 1
  constexpr int kTrials = 4000;
  int covered = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> sample(101);
    for (double& value : sample) value = draw(random);
    const Interval interval = median_interval(sample, 0.99);
    covered += interval.low <= 1 && 1 <= interval.high ? 1 : 0;
  }
  const double share = static_cast<double>(covered) / kTrials;
  EXPECT_GE(share, 0.985);
  EXPECT_LE(share, 0.999);
}

// By hand: of 1..7 and 100, one at each end is left out: (2+...+7)/6 = 4.5. Winsorised 2,2,...,7,7:
// mean 4.5, squares 2 x (2.5^2 + 2.5^2 + 1.5^2 + 0.5^2) = 30; error = sqrt(30 / (6 x 5)) = 1.
TEST(TrimmedMean, LeavesOutAnEighthAtEachEnd) {
  const std::vector<double> values = {100, 1, 2, 3, 4, 5, 6, 7};
  const TrimmedMean trimmed = trimmed_mean(values);
  EXPECT_DOUBLE_EQ(trimmed.mean, 4.5);
  EXPECT_DOUBLE_EQ(trimmed.error, 1);
  EXPECT_EQ(trimmed.freedom, 5);
}

TEST(TrimmedMean, IsTheMeanOfFewValues) {
  const std::vector<double> values = {1, 2, 6};
  EXPECT_DOUBLE_EQ(trimmed_mean(values).mean, 3);
  EXPECT_DOUBLE_EQ(trimmed_mean(values).error, std::sqrt(14.0 / 6));
  EXPECT_EQ(trimmed_mean(std::vector<double>{4}).mean, 4);
}

}  // namespace
}  // namespace costops::benchmarks
