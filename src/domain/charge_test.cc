#include "costops/domain/charge.h"

#include <gtest/gtest.h>

namespace costops {
namespace {

Amount usd(std::string_view text) { return parse_amount(text).value(); }

TEST(CostClass, FollowsDirectionAndCache) {
  EXPECT_EQ(cost_class_of(Meter::input_tokens_uncached), CostClass::input);
  EXPECT_EQ(cost_class_of(Meter::input_audio_tool_tokens), CostClass::input);
  EXPECT_EQ(cost_class_of(Meter::cache_read_tokens), CostClass::cache_read);
  EXPECT_EQ(cost_class_of(Meter::cache_video_read_tokens), CostClass::cache_read);
  EXPECT_EQ(cost_class_of(Meter::cache_write_1h_tokens), CostClass::cache_write);
  EXPECT_EQ(cost_class_of(Meter::output_tokens), CostClass::output);
  EXPECT_EQ(cost_class_of(Meter::output_reasoning_tokens), CostClass::output);
  EXPECT_EQ(cost_class_of(Meter::output_images), CostClass::output);
  EXPECT_EQ(cost_class_of(Meter::input_document_pages), CostClass::input);
  EXPECT_EQ(cost_class_of(Meter::audio_seconds), CostClass::other);
  EXPECT_EQ(cost_class_of(Meter::web_searches), CostClass::other);
  EXPECT_EQ(cost_class_of(Meter::requests), CostClass::other);
  EXPECT_EQ(to_string(CostClass::cache_write), "cache_write");
}

TEST(ClassCosts, AddUpByDirection) {
  ClassCosts costs;
  costs[CostClass::input] = usd("1");
  costs[CostClass::cache_read] = usd("0.2");
  costs[CostClass::cache_write] = usd("0.03");
  costs[CostClass::output] = usd("0.004");
  costs[CostClass::other] = usd("0.0005");
  EXPECT_EQ(to_string(costs.input_cost()), "1.23");
  EXPECT_EQ(to_string(costs.output_cost()), "0.004");
  EXPECT_EQ(to_string(costs.other_cost()), "0.0005");
  EXPECT_EQ(to_string(costs.total()), "1.2345");
  costs += costs;
  EXPECT_EQ(to_string(costs.total()), "2.469");
  EXPECT_EQ(to_string(costs[CostClass::cache_read]), "0.4");
}

TEST(PricingStatus, HasItsWord) {
  EXPECT_EQ(to_string(PricingStatus::priced), "priced");
  EXPECT_EQ(to_string(PricingStatus::unpriced), "unpriced");
  EXPECT_EQ(to_string(PricingStatus::quarantined), "quarantined");
}

}  // namespace
}  // namespace costops
