#include "costops/domain/rate.h"

#include <gtest/gtest.h>

#include <random>

namespace costops {
namespace {

std::string cost(std::string_view amount, std::int64_t per, std::int64_t quantity) {
  return to_string(price_of(parse_rate(amount, per).value(), quantity));
}

// By hand: 1.234567 x 0.0375 = 0.0462962625.
TEST(PriceOf, MultipliesExactly) {
  EXPECT_EQ(cost("0.0375", 1'000'000, 1'234'567), "0.0462962625");
  EXPECT_EQ(cost("2.50", 1'000'000, 1000), "0.0025");
  EXPECT_EQ(cost("0.017", 60, 60), "0.017");
  EXPECT_EQ(cost("0.017", 60, 0), "0");
}

TEST(PriceOf, RoundsHalfToEven) {
  EXPECT_EQ(price_of({1, 2}, 1).pico(), 0);
  EXPECT_EQ(price_of({3, 2}, 1).pico(), 2);
  EXPECT_EQ(price_of({5, 2}, 1).pico(), 2);
  EXPECT_EQ(price_of({7, 2}, 1).pico(), 4);
  EXPECT_EQ(price_of({1, 3}, 1).pico(), 0);
  EXPECT_EQ(price_of({2, 3}, 1).pico(), 1);
}

struct PriceCase {
  Rate rate;
  std::int64_t quantity;
  std::string_view pico;
};

// Computed with exact fractions in Python.
TEST(PriceOf, AgreesWithExactFractions) {
  const PriceCase cases[] = {
      {{INT64_MAX, 1}, INT64_MAX, "85070591730234615847396907784232501249"},
      {{INT64_MAX, INT64_MAX}, INT64_MAX, "9223372036854775807"},
      {{INT64_MAX, 2}, INT64_MAX, "42535295865117307923698453892116250624"},
      {{INT64_MAX, INT64_MAX - 1}, INT64_MAX - 2, "9223372036854775806"},
      {{17000000000, 60}, 61, "17283333333"},
      {{37500000000, 1000000}, 1234567, "46296262500"},
      {{254440671, 809}, 5, "1572563"},
      {{108524553037123628, 1000}, 922121677, "100072842842267883107684"},
      {{3553, 3600}, 142, "140"},
      {{26023681463, 3600}, 5126590789302, "37059101581095832252"},
      {{1335587104227835566, 1000000000}, 585, "781318455973"},
      {{75196459, 1000}, 702532973418, "52827991931774727"},
      {{390488, 141}, 73, "202168"},
      {{1268, 16267}, 104915710079, "8178098013"},
      {{124984050, 3600000}, 1041977, "36175140"},
      {{201471427659248027, 1000000000}, 2202834, "443808110876332"},
      {{860827743612807, 3600000}, 11665121, "2789349941500103"},
  };
  for (const PriceCase& c : cases) {
    EXPECT_EQ(to_string(price_of(c.rate, c.quantity).pico()), c.pico) << to_string(c.rate);
  }
}

// The result times `per` is within half a `per` of the exact product.
TEST(PriceOf, IsNeverFurtherThanHalfAPicoUnit) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const auto draw = [&random] {
      return static_cast<std::int64_t>(random() >> (1 + random() % 62));
    };
    const Rate rate{draw(), 1 + draw() % 1'000'000'000};
    const std::int64_t quantity = draw() >> 10U;
    const Int128 product = static_cast<Int128>(rate.pico) * quantity;
    const Int128 twice_off = 2 * (price_of(rate, quantity).pico() * rate.per - product);
    ASSERT_LE(twice_off < 0 ? -twice_off : twice_off, rate.per) << to_string(rate);
  }
}

TEST(Rate, KeepsThePublishedUnit) {
  EXPECT_EQ(parse_rate("0.15", 1'000'000).value(), (Rate{150'000'000'000, 1'000'000}));
  EXPECT_EQ(to_string(parse_rate("0.15", 1'000'000).value()), "0.15 per 1000000");
  // 4.6875e-9 a token needs 13 decimals, but 0.0046875 a million needs seven.
  EXPECT_EQ(parse_rate("0.0046875", 1'000'000).value(), (Rate{4'687'500'000, 1'000'000}));
  EXPECT_EQ(cost("0.0046875", 1'000'000, 1'000'000'000), "4.6875");
}

TEST(Rate, RefusesWhatIsNoPrice) {
  EXPECT_EQ(parse_rate("-1", 1).error().message, "rate -1 is negative");
  EXPECT_EQ(parse_rate("1", 0).error().message,
            "a rate per 0 units is no rate: expected at least 1");
  EXPECT_EQ(parse_rate("9223372.036854775808", 1).error().message,
            "rate 9223372.036854775808 is beyond 9223372.036854775807");
  EXPECT_EQ(parse_rate("free", 1).error().message, "amount \"free\" is not a decimal number");
}

TEST(Ratio, IsReadReduced) {
  EXPECT_EQ(parse_ratio("1.1").value(), (Ratio{11, 10}));
  EXPECT_EQ(parse_ratio("0.5").value(), (Ratio{1, 2}));
  EXPECT_EQ(parse_ratio("1").value(), (Ratio{1, 1}));
  EXPECT_EQ(parse_ratio("0").value(), (Ratio{0, 1}));
  EXPECT_EQ(parse_ratio("1000000").value(), (Ratio{1'000'000, 1}));
  EXPECT_EQ(parse_ratio("0.000000000001").value(), (Ratio{1, 1'000'000'000'000}));
  EXPECT_EQ(parse_ratio("-0.1").error().message, "factor \"-0.1\" is negative");
  EXPECT_EQ(parse_ratio("1000000.1").error().message, "factor \"1000000.1\" is beyond 1000000");
  EXPECT_EQ(parse_ratio("x").error().message,
            "factor \"x\" is not a decimal number with at most 12 decimals");
}

TEST(Ratio, IsWrittenAsADecimalWhereThereIsOne) {
  EXPECT_EQ(to_string(Ratio{11, 10}), "1.1");
  EXPECT_EQ(to_string(Ratio{1, 1}), "1");
  EXPECT_EQ(to_string(Ratio{0, 1}), "0");
  EXPECT_EQ(to_string(Ratio{1, 8}), "0.125");
  EXPECT_EQ(to_string(Ratio{1, 3}), "1/3");
  EXPECT_EQ(to_string(Ratio{1, 1'000'000'000'000}), "0.000000000001");
}

TEST(Ratio, IsMultipliedReduced) {
  EXPECT_EQ(multiply({11, 10}, {1, 2}).value(), (Ratio{11, 20}));
  EXPECT_EQ(multiply({INT64_MAX, 2}, {2, INT64_MAX}).value(), (Ratio{1, 1}));
  EXPECT_EQ(multiply({INT64_MAX, 1}, {2, 1}).error().message,
            "the product of the factors leaves 64 bits");
}

TEST(Scaled, PutsTheFactorIntoTheRateExactly) {
  EXPECT_EQ(scaled({150'000'000'000, 1'000'000}, {1, 2}).value(),
            (Rate{75'000'000'000, 1'000'000}));
  EXPECT_EQ(scaled({150'000'000'000, 1'000'000}, {11, 10}).value(),
            (Rate{165'000'000'000, 1'000'000}));
  EXPECT_EQ(scaled({100, 1'000}, {1, 3}).value(), (Rate{100, 3'000}));
  EXPECT_EQ(scaled({90, 1'000}, {1, 60}).value(), (Rate{3, 2'000}));
  EXPECT_EQ(scaled({0, 1'000}, {11, 10}).value(), (Rate{0, 1'000}));
  EXPECT_EQ(scaled({INT64_MAX, 1}, {11, 10}).error().message,
            "rate 9223372.036854775807 per 1 times 1.1 leaves 64 bits");
}

}  // namespace
}  // namespace costops
