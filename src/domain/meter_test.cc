#include "costops/domain/meter.h"

#include <gtest/gtest.h>

namespace costops {
namespace {

TEST(UsageCounts, TakesCachedTokensOutOfTheInput) {
  UsageCounts counts;
  counts.add(Unit::input_tokens, 2006);
  counts.add(Unit::cache_read_tokens, 1920);
  counts.add(Unit::output_tokens, 300);
  const Quantities quantities = counts.disjoint().value();
  EXPECT_EQ(at(quantities, Meter::input_tokens_uncached), 86);
  EXPECT_EQ(at(quantities, Meter::cache_read_tokens), 1920);
  EXPECT_EQ(at(quantities, Meter::output_tokens), 300);
}

TEST(UsageCounts, RefusesAPartAboveItsWhole) {
  UsageCounts counts;
  counts.add(Unit::input_tokens, 100);
  counts.add(Unit::cache_read_tokens, 500);
  EXPECT_EQ(counts.disjoint().error().message,
            "cache_read_tokens (500) exceed input_tokens (100)");
}

}  // namespace
}  // namespace costops
