#include "ingestion/reported_cost.h"

#include <gtest/gtest.h>

namespace costops::ingestion {
namespace {

std::string cost(std::string_view text) {
  const auto amount = parse_reported_cost(text);
  return amount ? to_string(*amount) : amount.error().message;
}

TEST(ReportedCost, IsExactUpToTwelveDecimals) {
  EXPECT_EQ(cost("0.12"), "0.12");
  EXPECT_EQ(cost("4.2e-05"), "0.000042");
  EXPECT_EQ(cost("0.123456789012"), "0.123456789012");
}

// Rounded by Python: Decimal(x).quantize(Decimal('1e-12'), ROUND_HALF_EVEN).
TEST(ReportedCost, MoreDecimalsAreRoundedHalfToEven) {
  EXPECT_EQ(cost("0.00012150000000000001"), "0.0001215");
  EXPECT_EQ(cost("0.18000000000000002"), "0.18");
  EXPECT_EQ(cost("0.0000000000005"), "0");
  EXPECT_EQ(cost("0.0000000000015"), "0.000000000002");
  EXPECT_EQ(cost("0.0000000000025"), "0.000000000002");
  EXPECT_EQ(cost("0.00000000000250001"), "0.000000000003");
  EXPECT_EQ(cost("-0.0000000000015"), "-0.000000000002");
  EXPECT_EQ(cost("1.9999999999999"), "2");
  EXPECT_EQ(cost("4.6875e-11"), "0.000000000047");
  EXPECT_EQ(cost("9e-14"), "0");
  EXPECT_EQ(cost("1e-400"), "0");
}

TEST(ReportedCost, WhatIsNoNumberFails) {
  EXPECT_FALSE(parse_reported_cost(""));
  EXPECT_FALSE(parse_reported_cost("abc"));
  EXPECT_FALSE(parse_reported_cost("1.2.3"));
  EXPECT_FALSE(parse_reported_cost("0.1e"));
  EXPECT_FALSE(parse_reported_cost("-"));
  EXPECT_FALSE(parse_reported_cost("1e30"));
  EXPECT_FALSE(parse_reported_cost("1234567890123456789.00000000000001"));
}

}  // namespace
}  // namespace costops::ingestion
