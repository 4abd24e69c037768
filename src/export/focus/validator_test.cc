#include <gtest/gtest.h>

#include <algorithm>

#include "costops/export/focus_validation.h"

namespace costops::focus {
namespace {

constexpr std::string_view kHeader = "ChargeCategory,PricingQuantity,ListUnitPrice,ListCost\n";

const Outcome& outcome(const Validation& validation, std::string_view id) {
  return *std::find_if(validation.outcomes.begin(), validation.outcomes.end(),
                       [&](const Outcome& o) { return o.rule->id == id; });
}

Validation validated(std::string_view rows, const ValidationOptions& options = {}) {
  return validate_csv(std::string(kHeader) + std::string(rows), options).value();
}

// By hand: 0.1 x 3 = 0.3, which binary floating point denies.
TEST(Validator, ComparesProductsExactly) {
  const auto sound = validated("Usage,3.0,0.1,0.3\n");
  EXPECT_EQ(outcome(sound, "ListCost-C-009-C").verdict, Verdict::passed);
  const auto off = validated("Usage,3.0,0.1,0.30000000000000000000001\nUsage,3,0.1,0.3\n");
  EXPECT_EQ(outcome(off, "ListCost-C-009-C").verdict, Verdict::failed);
  EXPECT_EQ(outcome(off, "ListCost-C-009-C").violations, 1u);
  EXPECT_EQ(outcome(off, "ListCost-C-009-C").examples[0].line, 2u);
  EXPECT_EQ(outcome(off, "ListCost-C-009-C").examples[0].text,
            "ListUnitPrice is \"0.1\", PricingQuantity is \"3.0\", ListCost is "
            "\"0.30000000000000000000001\"");
}

TEST(Validator, LeavesRulesOnAbsentColumnsAlone) {
  const auto result = validated("Usage,1,1,1\n");
  EXPECT_EQ(outcome(result, "SkuId-C-005-C").verdict, Verdict::not_checked);
  EXPECT_EQ(outcome(result, "CostAndUsage-D-006-M").verdict, Verdict::failed);  // BilledCost
  EXPECT_EQ(outcome(result, "CostAndUsage-D-003-C").verdict, Verdict::not_checked);
}

TEST(Validator, AsksForOptionalColumnsWhereTheCriteriaHold) {
  const auto result = validated("Usage,1,1,1\n", {.criteria = {"ALL"}});
  EXPECT_EQ(outcome(result, "CostAndUsage-D-003-C").verdict, Verdict::advice);
  const auto unknown = validate_csv(kHeader, {.criteria = {"MAGIC"}});
  ASSERT_FALSE(unknown);
  EXPECT_TRUE(unknown.error().message.starts_with(
      "no rule of FOCUS 1.2 asks for the criterion \"MAGIC\"; known are ACCOUNT_NAMING_SUPPORTED, "
      "ALL, AVAILABILITY_ZONE_SUPPORTED, "))
      << unknown.error().message;
}

TEST(Validator, HoldsExceptionsToTheirExactCount) {
  constexpr std::string_view kOff = "Usage,3,0.1,0.4\n";
  const auto allowed = validated(kOff, {.exceptions = {{"ListCost-C-009-C", 1}}});
  EXPECT_EQ(outcome(allowed, "ListCost-C-009-C").verdict, Verdict::allowed);
  EXPECT_TRUE(allowed.stale.empty());
  const auto stale = validated("Usage,3,0.1,0.3\n", {.exceptions = {{"ListCost-C-009-C", 1}}});
  EXPECT_EQ(stale.stale,
            (std::vector<std::string>{"ListCost-C-009-C: 1 violations were allowed, 0 found"}));
  EXPECT_FALSE(stale.passed());
  EXPECT_EQ(validate_csv(kHeader, {.exceptions = {{"Nonsense", 1}}}).error().message,
            "FOCUS 1.2 has no checkable rule \"Nonsense\"");
}

TEST(Validator, CountsRowsThatAreNone) {
  const auto result = validated("Usage,1,1,1\nUsage,1\n\"Usage,1,1,1\n");
  EXPECT_EQ(result.rows, 1u);
  EXPECT_EQ(result.problem_count, 2u);
  EXPECT_FALSE(result.passed());
}

}  // namespace
}  // namespace costops::focus
