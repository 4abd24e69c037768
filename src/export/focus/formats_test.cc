#include "export/focus/formats.h"

#include <gtest/gtest.h>

#include "export/focus/exact_decimal.h"

namespace costops::focus {
namespace {

struct Form {
  std::string_view text;
  bool right;
};

TEST(NumericFormat, HasNoPlusAndNoSeparators) {
  for (const Form& form :
       {Form{"35.2", true}, Form{"-3", true}, Form{"35.2E-7", true}, Form{"1e5", true},
        Form{".5", true}, Form{"0", true}, Form{"35.2E+7", false}, Form{"+3", false},
        Form{"1,000", false}, Form{"5.", false}, Form{"$5", false}, Form{"", false},
        Form{"-", false}, Form{"1e", false}, Form{"NaN", false}, Form{"1e9999999", false}}) {
    EXPECT_EQ(is_numeric_format(form.text), form.right) << form.text;
  }
}

TEST(DateTimeFormat, IsSecondsInUtc) {
  for (const Form& form :
       {Form{"2026-07-01T00:00:00Z", true}, Form{"2028-02-29T23:59:59Z", true},
        Form{"2026-02-29T00:00:00Z", false}, Form{"2026-07-01T24:00:00Z", false},
        Form{"2026-07-01T00:00:00.5Z", false}, Form{"2026-07-01T00:00:00+00:00", false},
        Form{"2026-07-01 00:00:00Z", false}, Form{"2026-07-01", false}, Form{"4/1/25", false}}) {
    EXPECT_EQ(is_datetime_format(form.text), form.right) << form.text;
  }
}

TEST(DateTimeType, IsWhatSomeProgramReadsAsOne) {
  for (const Form& form : {Form{"2026-07-01", true}, Form{"2026-07-01 10:30", true},
                           Form{"2026-07-01T10:30:00.25+0200", true}, Form{"4/1/25", false},
                           Form{"yesterday", false}, Form{"2026-13-01", false}}) {
    EXPECT_EQ(is_datetime(form.text), form.right) << form.text;
  }
}

TEST(UnitFormat, IsCapitalisedWithAWholeQuantity) {
  for (const Form& form :
       {Form{"Tokens", true}, Form{"1000000 Tokens", true}, Form{"GB-Hours", true},
        Form{"Requests/Day", true}, Form{"GB/3 Months", true}, Form{"API Calls", true},
        Form{"tokens", false}, Form{"1M Tokens", false}, Form{"1.5 Hours", false},
        Form{"0 Hours", false}, Form{"1000", false}, Form{"Tokens ", false}, Form{"", false},
        Form{"/Day", false}, Form{"GB-", false}}) {
    EXPECT_EQ(is_unit_format(form.text), form.right) << form.text;
  }
}

TEST(CurrencyFormat, IsACodeOrAVirtualName) {
  for (const Form& form :
       {Form{"USD", true}, Form{"EUR", true}, Form{"Acme Credits", true}, Form{"Token", true},
        Form{"usd", false}, Form{"", false}, Form{" USD", false}}) {
    EXPECT_EQ(is_currency_format(form.text), form.right) << form.text;
  }
  EXPECT_TRUE(is_national_currency("CHF"));
  EXPECT_FALSE(is_national_currency("ED "));
  EXPECT_FALSE(is_national_currency("DAF"));  // Inside "AED AFN".
  EXPECT_FALSE(is_national_currency("XTS"));
}

TEST(KeyValueFormat, IsAFlatObject) {
  for (const Form& form :
       {Form{R"({"a":"b","c":1,"d":true,"e":null})", true}, Form{"{}", true},
        Form{R"({"a":{}})", false}, Form{R"({"a":[1]})", false}, Form{R"({"a":1,"a":2})", false},
        Form{"[1]", false}, Form{"a=b", false}, Form{R"({"a":1)", false}}) {
    EXPECT_EQ(is_key_value_format(form.text), form.right) << form.text;
  }
}

TEST(ExactDecimal, MultipliesBeyondEveryMachineNumber) {
  const auto a = parse_exact_decimal("99999999999999999999.999999999999");
  const auto b = parse_exact_decimal("0.000001");
  EXPECT_EQ(multiply(*a, *b), parse_exact_decimal("99999999999999.999999999999999999"));
  // 0.1 x 3 is not 0.3 in binary; it is here.
  EXPECT_EQ(multiply(*parse_exact_decimal("0.1"), *parse_exact_decimal("3.0")),
            parse_exact_decimal("0.3"));
  EXPECT_EQ(parse_exact_decimal("1200.0"), parse_exact_decimal("12e2"));
  EXPECT_EQ(parse_exact_decimal("-0.00"), parse_exact_decimal("0"));
}

TEST(ExactDecimal, ComparesAcrossSignsAndLengths) {
  const char* const ascending[] = {"-12", "-2.5", "-0.1", "0", "0.09", "0.1", "2", "2.01", "1e3"};
  for (std::size_t i = 0; i < std::size(ascending); ++i) {
    for (std::size_t j = 0; j < std::size(ascending); ++j) {
      EXPECT_EQ(compare(*parse_exact_decimal(ascending[i]), *parse_exact_decimal(ascending[j])),
                i <=> j)
          << ascending[i] << " and " << ascending[j];
    }
  }
}

}  // namespace
}  // namespace costops::focus
