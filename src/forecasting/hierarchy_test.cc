#include "costops/forecasting/hierarchy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace costops::forecasting {
namespace {

TEST(Hierarchy, AddsUpFromTheLeaves) {
  const Hierarchy tree = Hierarchy::of({0, 0, 1, 1}).value();
  std::vector values = {0.0, 0.0, 3.0, 1.0, 2.0};
  tree.add_up(values);
  EXPECT_EQ(values, (std::vector{6.0, 3.0, 3.0, 1.0, 2.0}));
}

TEST(Hierarchy, AParentComesBeforeItsChildren) {
  EXPECT_EQ(Hierarchy::of({0, 2}).error().message,
            "node 2 has parent 2; a parent must come before its children");
}

// By hand, weights 1/2, 1, 1: minimise (t-12)^2/2 + (a-4)^2 + (b-6)^2 with t = a + b: the gap of 2
// is shared in proportion to the variances 2, 1, 1.
TEST(Reconcile, SharesTheGapByVariance) {
  const Hierarchy tree = Hierarchy::of({0, 0}).value();
  std::vector values = {12.0, 4.0, 6.0};
  tree.reconcile(values);
  EXPECT_NEAR(values[0], 11.0, 1e-12);
  EXPECT_NEAR(values[1], 4.5, 1e-12);
  EXPECT_NEAR(values[2], 6.5, 1e-12);
}

TEST(Reconcile, WhatAddsUpAlreadyStays) {
  const Hierarchy tree = Hierarchy::of({0, 0, 1, 1, 2}).value();
  std::vector values = {6.0, 3.0, 3.0, 1.0, 2.0, 3.0};
  const std::vector before = values;
  tree.reconcile(values);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], before[i], 1e-12) << i;
}

TEST(Reconcile, SumsAgreeAndNoCoherentPointIsCloser) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> uniform(0.1, 1.0);
  const Hierarchy tree = Hierarchy::of({0, 0, 0, 1, 1, 2, 2, 2}).value();
  std::vector<double> base(tree.size()), variances(tree.size());
  for (double& value : base) value = 1e6 * uniform(random);
  for (double& value : variances) value = uniform(random);
  std::vector values = base;
  tree.reconcile(values, variances);
  EXPECT_NEAR(values[0], values[1] + values[2] + values[3], 1e-9 * values[0]);
  EXPECT_NEAR(values[1], values[4] + values[5], 1e-9 * values[0]);
  EXPECT_NEAR(values[2], values[6] + values[7] + values[8], 1e-9 * values[0]);
  const auto distance = [&](const std::vector<double>& point) {
    double sum = 0;
    for (std::size_t i = 0; i < point.size(); ++i) {
      sum += (point[i] - base[i]) * (point[i] - base[i]) / variances[i];
    }
    return sum;
  };
  for (const std::size_t leaf : {3u, 4u, 5u, 6u, 7u, 8u}) {
    for (const double nudge : {-1.0, 1.0}) {
      std::vector other = values;
      other[leaf] += nudge;
      tree.add_up(other);
      EXPECT_LT(distance(values), distance(other)) << leaf;
    }
  }
}

}  // namespace
}  // namespace costops::forecasting
