#include "engine/flat_rate.h"

#include <gtest/gtest.h>

#include <random>

namespace costops::engine {
namespace {

/// quantity x pico / per, half to even, by long division.
std::uint64_t by_long_division(Rate rate, std::uint64_t quantity) {
  const UInt128 product = UInt128{static_cast<std::uint64_t>(rate.pico)} * quantity;
  const auto per = static_cast<std::uint64_t>(rate.per);
  const UInt128 floor = product / per;
  const UInt128 twice_rest = 2 * (product % per);
  const bool up = twice_rest > per || (twice_rest == per && (floor & 1) == 1);
  return static_cast<std::uint64_t>(floor + (up ? 1 : 0));
}

TEST(FlatRate, RoundsHalfToEven) {
  const FlatRate half = flat_rate({1, 2});
  EXPECT_EQ(charge_of(half, 1), 0U);  // 0.5
  EXPECT_EQ(charge_of(half, 2), 1U);
  EXPECT_EQ(charge_of(half, 3), 2U);  // 1.5
  EXPECT_EQ(charge_of(half, 5), 2U);  // 2.5
  const FlatRate third = flat_rate({1, 3});
  EXPECT_EQ(charge_of(third, 1), 0U);
  EXPECT_EQ(charge_of(third, 2), 1U);
  EXPECT_EQ(charge_of(third, 4), 1U);
}

TEST(FlatRate, IsWholeWhereTheRateInLowestTermsIs) {
  EXPECT_TRUE(flat_rate({150'000'000'000, 1'000'000}).is_whole());  // 0.15 per million
  EXPECT_FALSE(flat_rate({17'000'000'000, 60'000}).is_whole());     // 0.017 per 60 s, in ms
}

TEST(FlatRate, OfAFreeMeterChargesNothing) {
  const FlatRate free = flat_rate({0, 1'000'000});
  EXPECT_EQ(charge_of(free, free.quantity_max), 0U);
  EXPECT_EQ(free.quantity_max, kFlatChargeMax);
}

TEST(FlatRate, KeepsChargesBelowItsLimit) {
  // 1 pico-unit per unit: 2^57 units at most. 2^40 per unit: 2^17. More than 2^57: none.
  EXPECT_EQ(flat_rate({1, 1}).quantity_max, std::uint64_t{1} << 57);
  EXPECT_EQ(flat_rate({std::int64_t{1} << 40, 1}).quantity_max, std::uint64_t{1} << 17);
  EXPECT_EQ(flat_rate({INT64_MAX, 1}).quantity_max, 0U);
  EXPECT_EQ(flat_rate({1, INT64_MAX}).quantity_max, 0U);  // denominator beyond 2^62
}

TEST(FlatRate, EqualsLongDivisionWhereverItApplies) {
  std::mt19937_64 random(20260821);
  const auto number_of_some_size = [&random] {
    return static_cast<std::int64_t>((random() >> (1 + random() % 63))) + 1;
  };
  for (int i = 0; i < 200'000; ++i) {
    const Rate rate{number_of_some_size(), number_of_some_size()};
    const FlatRate flat = flat_rate(rate);
    if (flat.quantity_max == 0) continue;
    for (const std::uint64_t quantity :
         {std::uint64_t{1}, flat.quantity_max, flat.quantity_max - 1,
          random() % (flat.quantity_max + 1), (flat.quantity_max + 1) / 2}) {
      ASSERT_EQ(charge_of(flat, quantity), by_long_division(rate, quantity))
          << to_string(rate) << " x " << quantity;
    }
  }
}

TEST(FlatRate, EqualsLongDivisionAtEveryTie) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 100'000; ++i) {
    // n / 2k with n odd: quantity k, 3k, 5k ... fall on halves, and their neighbours beside them.
    const auto k = static_cast<std::int64_t>(random() % 1'000'000 + 1);
    const auto n = static_cast<std::int64_t>(random() % 10'000) * 2 + 1;
    const FlatRate flat = flat_rate({n, 2 * k});
    const std::uint64_t odd = 2 * (random() % 1000) + 1;
    for (const std::uint64_t offset : {0U, 1U, 2U}) {
      const std::uint64_t quantity = odd * static_cast<std::uint64_t>(k) + offset - 1;
      ASSERT_LE(quantity, flat.quantity_max);
      ASSERT_EQ(charge_of(flat, quantity), by_long_division({n, 2 * k}, quantity))
          << n << " per " << 2 * k << " x " << quantity;
    }
  }
}

}  // namespace
}  // namespace costops::engine
