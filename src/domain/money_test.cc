#include "costops/domain/money.h"

#include <gtest/gtest.h>

namespace costops {
namespace {

std::string text_of(std::string_view text) {
  const Result<Amount> amount = parse_amount(text);
  return amount ? to_string(*amount) : amount.error().message;
}

TEST(Amount, IsReadExactly) {
  EXPECT_EQ(text_of("0.15"), "0.15");
  EXPECT_EQ(text_of("-3"), "-3");
  EXPECT_EQ(text_of("1.5e-07"), "0.00000015");
  EXPECT_EQ(text_of("0.000000000001"), "0.000000000001");
  EXPECT_EQ(text_of("100"), "100");
  EXPECT_EQ(text_of("120.50"), "120.5");
  EXPECT_EQ(text_of("1e15"), "1000000000000000");
  EXPECT_EQ(text_of("12.5E+3"), "12500");
  EXPECT_EQ(text_of("-0"), "0");
  EXPECT_EQ(text_of("0e999999999999999999999"), "0");
}

TEST(Amount, RefusesWhatItCannotHold) {
  EXPECT_EQ(text_of("0.0000000000001"), "amount \"0.0000000000001\" has more than 12 decimal places");
  EXPECT_EQ(text_of("1e16"), "amount \"1e16\" is beyond 1000000000000000 units");
  EXPECT_EQ(text_of("abc"), "amount \"abc\" is not a decimal number");
}

}  // namespace
}  // namespace costops
