#include "ingestion/containment.h"

#include <gtest/gtest.h>

namespace costops::ingestion {
namespace {

constexpr Containment kInside{Parts::inside, Parts::inside};
constexpr Containment kBeside{Parts::beside, Parts::beside};

TEST(Containment, TheTotalDecides) {
  // 100 input, 40 cached, 20 output, 5 reasoning.
  EXPECT_EQ(*containment_of({100, 40, 20, 5, 120}, kBeside), kInside);
  EXPECT_EQ(*containment_of({100, 40, 20, 5, 165}, kInside), kBeside);
  EXPECT_EQ(*containment_of({100, 40, 20, 5, 160}, kInside),
            (Containment{Parts::beside, Parts::inside}));
  EXPECT_EQ(*containment_of({100, 40, 20, 5, 125}, kInside),
            (Containment{Parts::inside, Parts::beside}));
}

TEST(Containment, WithoutATotalTheUsualReadingHolds) {
  EXPECT_EQ(*containment_of({100, 40, 20, 5, {}}, kBeside), kBeside);
  EXPECT_EQ(*containment_of({100, 40, 20, 5, 0}, kInside), kInside);
}

TEST(Containment, WhereSeveralReadingsFitTheUsualOneHolds) {
  EXPECT_EQ(*containment_of({100, 0, 20, 0, 120}, kBeside), kBeside);
  EXPECT_EQ(*containment_of({100, 5, 20, 5, 125}, kInside),
            (Containment{Parts::beside, Parts::inside}));
}

TEST(Containment, ATotalThatNoReadingGivesIsInDoubt) {
  const auto reading = containment_of({100, 40, 20, 5, 999}, kInside);
  ASSERT_FALSE(reading);
  EXPECT_EQ(reading.error().message,
            "the total (999) is not the sum of input (100) and output (20), with or without cached "
            "and written input (40) and parts of output (5)");
}

TEST(Containment, PartsAboveTheirWholeAreNotInsideIt) {
  EXPECT_EQ(*containment_of({100, 500, 20, 0, 620}, kInside),
            (Containment{Parts::beside, Parts::inside}));
  EXPECT_FALSE(containment_of({100, 500, 20, 0, 120}, kInside));
}

TEST(Containment, SumsBeyond64BitsAreCompared) {
  EXPECT_FALSE(containment_of({INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, 120}, kInside));
}

}  // namespace
}  // namespace costops::ingestion
