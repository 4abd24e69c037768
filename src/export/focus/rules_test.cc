#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "costops/export/focus_rules.h"
#include "export/focus/expression.h"

namespace costops::focus {
namespace {

const Rule& rule(std::string_view id) {
  const auto& rules = rules_1_2().rules;
  return *std::find_if(rules.begin(), rules.end(), [&](const Rule& r) { return r.id == id; });
}

TEST(BuiltInRules, AreTheCheckableOnesOfTheModel) {
  EXPECT_EQ(rules_1_2().version, "1.2");
  EXPECT_EQ(rules_1_2().rules.size(), 268u);
  EXPECT_EQ(rules_1_2().uncheckable, 201u);
  EXPECT_EQ(rules_1_2().permissions, 9u);
  for (const Rule& each : rules_1_2().rules) {
    EXPECT_NE(each.check.kind, Check::Kind::always) << each.id;
  }
}

TEST(BuiltInRules, SayInWordsWhatTheyDemand) {
  EXPECT_EQ(in_words(rule("BilledCost-C-003-M")), "BilledCost must not be null");
  EXPECT_EQ(in_words(rule("ListCost-C-009-C")),
            "ListCost must be ListUnitPrice x PricingQuantity where ListUnitPrice is not null and "
            "PricingQuantity is not null and ChargeClass is not Correction");
  EXPECT_EQ(in_words(rule("CostAndUsage-D-006-M")), "column BilledCost must be there");
  EXPECT_EQ(in_words(rule("PricingUnit-C-003-O")),
            "PricingUnit should be a unit like Tokens, 1000000 Tokens or GB-Hours");
}

TEST(BuiltInRules, NameTheReasonOfEachThatCannotHold) {
  std::size_t known = 0;
  for (const Rule& each : rules_1_2().rules) known += each.known.empty() ? 0U : 1U;
  EXPECT_EQ(known, 3u);
  EXPECT_EQ(rule("InvoiceId-C-004-C").known,
            "whether an invoice exists is not in the data; the model demands null always, and "
            "InvoiceId-C-005-C the opposite");
}

// The script that made the table and the reader of official models are two programs: they agree.
TEST(OfficialModel, GivesTheBuiltInRules) {
  std::ifstream file(COSTOPS_SHARED_DATA "/data/focus/requirements-model-1.2.json");
  if (!file) GTEST_SKIP() << "the official model is not here";
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto model = read_rule_model(text);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->version, "1.2");
  EXPECT_EQ(model->uncheckable, rules_1_2().uncheckable);
  EXPECT_EQ(model->permissions, rules_1_2().permissions);
  ASSERT_EQ(model->rules.size(), rules_1_2().rules.size());
  for (std::size_t i = 0; i < model->rules.size(); ++i) {
    EXPECT_EQ(model->rules[i], rules_1_2().rules[i]) << rules_1_2().rules[i].id;
  }
}

std::string complaint(std::string_view model) {
  const auto read = read_rule_model(model);
  return read ? "" : read.error().message;
}

TEST(OfficialModel, IsRefusedWithTheReason) {
  EXPECT_EQ(complaint("{}"),
            "this is no FOCUS requirements model: it has no Details.FOCUSVersion or no ModelRules "
            "that a program can check");
  EXPECT_EQ(complaint(R"({"Details":{"FOCUSVersion":"9"},"ModelRules":{"X-1":{"Type":"Static",
      "ValidationCriteria":{"Keyword":"MUST","Requirement":{"CheckFunction":"Dream",
      "ColumnName":"A"}}}}})"),
            "X-1: cannot read the check \"{\\\"CheckFunction\\\":\\\"Dream\\\",\\n      "
            "\\\"ColumnName\\\":\\\"A\\\"}\"");
  EXPECT_EQ(
      complaint(R"({"Details":{"FOCUSVersion":"9"},"ModelRules":{"X-1":{"Type":"Static",
      "ValidationCriteria":{"Keyword":"MUST","Requirement":{"CheckFunction":"AND","Items":[
      {"CheckFunction":"CheckModelRule","ModelRuleId":"X-1"}]}}},
      "X-2":{"Type":"Static","ValidationCriteria":{"Keyword":"MUST","Requirement":{
      "CheckFunction":"CheckValue","ColumnName":"A","Value":[]}}}}})"),
      "X-2: cannot read the check \"{\\n      "
      "\\\"CheckFunction\\\":\\\"CheckValue\\\",\\\"ColumnName\\\":\\\"A\\\",\\\"Value\\\":[]}\"");
}

TEST(Expression, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(parse_check("(dream A)").error().message, "no rule expression: \" A)\"");
  EXPECT_FALSE(parse_check("(null A"));
  EXPECT_FALSE(parse_check("(is A)"));
  EXPECT_FALSE(parse_check("(null A) "));
  EXPECT_FALSE(parse_check(""));
}

}  // namespace
}  // namespace costops::focus
