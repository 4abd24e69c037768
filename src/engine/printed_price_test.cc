#include "costops/engine/printed_price.h"

#include <gtest/gtest.h>

namespace costops::engine {
namespace {

Amount amount(std::string_view text) { return parse_amount(text).value(); }

TEST(PrintedPrice, IsExactPerMillion) {
  // USD 0.15 per million tokens, for a million, in 12 places: 0.15.
  EXPECT_EQ(printed_price({150'000'000'000, 1'000'000}, 1'000'000, 12), 150'000'000'000);
  // 0.017 per 60 seconds, for one, in 18 places: 0.000283333333333333|3.
  EXPECT_EQ(printed_price({17'000'000'000, 60}, 1, 18), 283'333'333'333'333);
}

TEST(PrintedPrice, IsRoundedHalfAwayFromZero) {
  EXPECT_EQ(printed_price({1'500'000, 1}, 1, 6), 2);  // 0.0000015 in millionths
  EXPECT_EQ(printed_price({1'499'999, 1}, 1, 6), 1);
  EXPECT_EQ(printed_price({2'000'000, 3}, 1, 6), 1);  // 0.000000666...
}

TEST(PrintedPrice, TimesAQuantityIsExactInBothSigns) {
  EXPECT_EQ(printed_cost(150'000'000'000, 3), 450'000'000'000);
  EXPECT_EQ(printed_cost(150'000'000'000, -3), -450'000'000'000);
}

TEST(Converted, MultipliesByWhatOneUnitIs) {
  const Int128 three_and_half = Int128{3'500'000'000'000'000'000};  // 3.5 in 18 places
  EXPECT_EQ(converted(three_and_half, 18, amount("100")), three_and_half * 100);
  EXPECT_EQ(converted(-three_and_half, 18, amount("100")), -three_and_half * 100);
  EXPECT_EQ(converted(1, 18, amount("0.5")), 1);  // Half of the last place, away from zero.
  EXPECT_EQ(converted(three_and_half, 18, amount("1")), three_and_half);
}

TEST(UnitPrice, IsExactOrRefused) {
  EXPECT_EQ(unit_price(amount("250"), amount("25000")).value(), amount("0.01"));
  EXPECT_EQ(unit_price(amount("-7.5"), amount("2.5")).value(), amount("-3"));
  EXPECT_EQ(unit_price(amount("1"), amount("3")).error().message,
            "1 / 3 has more than 12 decimal places");
  EXPECT_EQ(unit_price(amount("100000000000001"), amount("1")).error().message,
            "100000000000001 is too large for a unit price: expected at most 10^14");
}

}  // namespace
}  // namespace costops::engine
