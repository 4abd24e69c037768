#include "costops/domain/money.h"

#include <gtest/gtest.h>

#include <random>

namespace costops {
namespace {

std::string text_of(std::string_view text) {
  const Result<Amount> amount = parse_amount(text);
  return amount ? to_string(*amount) : amount.error().message;
}

struct AmountCase {
  std::string_view text;
  std::string_view expected;
};

TEST(Amount, IsReadExactlyAndWrittenInShortestForm) {
  const AmountCase cases[] = {
      {"0", "0"},
      {"-0", "0"},
      {"-0.000", "0"},
      {"+7", "7"},
      {"-3", "-3"},
      {"0.15", "0.15"},
      {".5", "0.5"},
      {"5.", "5"},
      {"007", "7"},
      {"120.50", "120.5"},
      {"100", "100"},
      {"1000000", "1000000"},
      {"1.5e-07", "0.00000015"},
      {"3.625e-09", "0.000000003625"},
      {"12.5E+3", "12500"},
      {"1e2", "100"},
      {"0.001e3", "1"},
      {"123456789e-9", "0.123456789"},
      {"0.000000000001", "0.000000000001"},
      {"-0.000000000001", "-0.000000000001"},
      {"0.1000000000000000000000000", "0.1"},
      {"10000000000000000000000000e-25", "1"},
      {"0e999999999999999999999", "0"},
      {"0e-999999999999999999999", "0"},
      {"1e15", "1000000000000000"},
      {"-1e15", "-1000000000000000"},
      {"999999999999999.999999999999", "999999999999999.999999999999"},
      {"490.0688800000003", "amount \"490.0688800000003\" has more than 12 decimal places"},
      {"0.0000000000001", "amount \"0.0000000000001\" has more than 12 decimal places"},
      {"1e-13", "amount \"1e-13\" has more than 12 decimal places"},
      {"1e-99999999999999999999",
       "amount \"1e-99999999999999999999\" has more than 12 decimal "
       "places"},
      {"1000000000000000.000000000001",
       "amount \"1000000000000000.000000000001\" is beyond 1000000000000000 units"},
      {"1e16", "amount \"1e16\" is beyond 1000000000000000 units"},
      {"-1e16", "amount \"-1e16\" is beyond 1000000000000000 units"},
      {"1e99999999999999999999",
       "amount \"1e99999999999999999999\" is beyond 1000000000000000 units"},
      {"170141183460469231731687303715884105728",
       "amount \"170141183460469231731687303715884105728\" is beyond 1000000000000000 units"},
      {"", "amount \"\" is not a decimal number"},
      {"abc", "amount \"abc\" is not a decimal number"},
      {"-", "amount \"-\" is not a decimal number"},
      {".", "amount \".\" is not a decimal number"},
      {"1e", "amount \"1e\" is not a decimal number"},
      {"1e+", "amount \"1e+\" is not a decimal number"},
      {"1.2.3", "amount \"1.2.3\" is not a decimal number"},
      {"1,5", "amount \"1,5\" is not a decimal number"},
      {" 1", "amount \" 1\" is not a decimal number"},
      {"$1", "amount \"$1\" is not a decimal number"},
      {"0x10", "amount \"0x10\" is not a decimal number"},
      {"NaN", "amount \"NaN\" is not a decimal number"},
      {"inf", "amount \"inf\" is not a decimal number"},
      {"--1", "amount \"--1\" is not a decimal number"},
  };
  for (const AmountCase& c : cases) EXPECT_EQ(text_of(c.text), c.expected) << c.text;
}

TEST(Amount, OfAMillionDigitsIsRefusedWithAShortMessage) {
  const std::string digits(1'000'000, '9');
  EXPECT_EQ(text_of(digits),
            "amount \"" + std::string(80, '9') + "...\" is beyond 1000000000000000 units");
  EXPECT_EQ(text_of("0." + digits),
            "amount \"0." + std::string(78, '9') + "...\" has more than 12 decimal places");
}

TEST(Amount, ReadsBackWhatItWrites) {
  std::mt19937_64 random(20260821);
  for (int i = 0; i < 20'000; ++i) {
    const auto bits = static_cast<unsigned>(random() % 63);
    const auto pico = static_cast<std::int64_t>(random() >> (63 - bits)) *
                      static_cast<std::int64_t>(random() % 2 == 0 ? 1 : -1);
    const Amount amount = Amount::pico(static_cast<Int128>(pico) * 97);
    ASSERT_EQ(parse_amount(to_string(amount)), amount) << to_string(amount);
  }
}

TEST(Amount, SumsOfManySmallOnesAreExact) {
  Amount sum;
  for (int i = 0; i < 100'000; ++i) sum += parse_amount("0.1").value();
  EXPECT_EQ(to_string(sum), "10000");
}

TEST(Amount, FitsAnEntryUpToSixtyFourBits) {
  EXPECT_TRUE(parse_amount("9223372.036854775807").value().fits_entry());
  EXPECT_FALSE(parse_amount("9223372.036854775808").value().fits_entry());
  EXPECT_TRUE(parse_amount("-9223372.036854775808").value().fits_entry());
  EXPECT_FALSE(parse_amount("-9223372.036854775809").value().fits_entry());
}

TEST(Int128, IsWrittenToItsEnds) {
  const Int128 max = static_cast<Int128>(~UInt128{0} >> 1U);
  EXPECT_EQ(to_string(max), "170141183460469231731687303715884105727");
  EXPECT_EQ(to_string(-max - 1), "-170141183460469231731687303715884105728");
  EXPECT_EQ(to_string(Int128{0}), "0");
}

TEST(Currency, IsThreeLetters) {
  EXPECT_EQ(Currency::parse("usd").value(), Currency::usd());
  EXPECT_EQ(Currency::parse("CNY").value().code(), "CNY");
  EXPECT_EQ(Currency().code(), "");
  EXPECT_TRUE(Currency().is_none());
  EXPECT_EQ(Currency::parse("US").error().message,
            "currency \"US\" is not a code of three letters, such as USD");
  EXPECT_EQ(Currency::parse("$US").error().message,
            "currency \"$US\" is not a code of three letters, such as USD");
}

// Currencies were once summed together and printed with "$".
TEST(CurrencyTotals, NeverMixCurrencies) {
  const Currency cny = Currency::parse("CNY").value();
  const Currency eur = Currency::parse("EUR").value();
  CurrencyTotals totals;
  totals.add({parse_amount("2").value(), Currency::usd()});
  totals.add({parse_amount("7.1").value(), cny});
  totals.add({parse_amount("0.5").value(), Currency::usd()});
  EXPECT_EQ(to_string(totals.in(Currency::usd())), "2.5");
  EXPECT_EQ(to_string(totals.in(cny)), "7.1");
  EXPECT_EQ(to_string(totals.in(eur)), "0");
  ASSERT_EQ(totals.all().size(), 2U);
  EXPECT_EQ(totals.all()[0].currency, cny);
  totals.add(totals);
  EXPECT_EQ(to_string(totals.in(cny)), "14.2");
}

}  // namespace
}  // namespace costops
