#include "costops/forecasting/budget.h"

#include <gtest/gtest.h>

#include <vector>

namespace costops::forecasting {
namespace {

// Ten a day for 60 days; the budget's period has had 10 days and has 20 left.
class TenADay : public testing::Test {
 protected:
  BudgetOutlook outlook(double limit) {
    BudgetQuestion question{.history = history_, .spent = 100.0, .spent_now = 104.0, .left = 20};
    question.limit = limit;
    return budget_outlook(engine_, question).value();
  }
  std::vector<double> history_ = std::vector<double>(60, 10.0);
  ForecastEngine engine_;
};

TEST_F(TenADay, GoesOnToThreeHundred) {
  EXPECT_NEAR(outlook(500.0).projected, 300.0, 1e-6);
  EXPECT_FALSE(outlook(500.0).passes_in);
  EXPECT_LT(outlook(500.0).probability, 0.01);
}

TEST_F(TenADay, PassesALimitOnTheDayOfItsTotal) {
  EXPECT_EQ(outlook(155.0).passes_in, 5u);  // 100 + 6 x 10 = 160 is the first above it.
  EXPECT_GT(outlook(155.0).probability, 0.99);
}

TEST_F(TenADay, WhatIsSpentStays) {
  BudgetQuestion question{.history = history_, .spent = 100.0, .spent_now = 900.0, .left = 20};
  question.limit = 800.0;
  const BudgetOutlook spent = budget_outlook(engine_, question).value();
  EXPECT_EQ(spent.projected, 900.0);
  EXPECT_EQ(spent.lower, 900.0);
  EXPECT_EQ(spent.probability, 1.0);
}

TEST_F(TenADay, DaysBeforeThePeriodAreNotItsOwn) {
  BudgetQuestion question{.history = history_, .before = 5, .left = 30};
  question.limit = 1000.0;
  EXPECT_NEAR(budget_outlook(engine_, question).value().projected, 300.0, 1e-6);
}

TEST(BudgetOutlook, WithoutHistoryIsWhatIsSpent) {
  ForecastEngine engine;
  BudgetQuestion question{.history = {}, .spent_now = 7.0, .left = 20};
  question.limit = 5.0;
  const BudgetOutlook known = budget_outlook(engine, question).value();
  EXPECT_EQ(known.projected, 7.0);
  EXPECT_EQ(known.probability, 1.0);
}

}  // namespace
}  // namespace costops::forecasting
