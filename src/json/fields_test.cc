#include <gtest/gtest.h>

#include "costops/json/json.h"

namespace costops::json {
namespace {

/// Fields over a text that lives as long as they do.
class FieldsOf {
 public:
  explicit FieldsOf(std::string_view text) : fields(document_.parse_copy(text).value()) {}

 private:
  Document document_;

 public:
  Fields fields;
};

TEST(Fields, ReadCountsTextsAndAmounts) {
  FieldsOf f(R"({"n":12,"z":12.0,"s":"x","u":null,"a":"1.50","b":3.625e-09})");
  EXPECT_EQ(f.fields.count("n"), 12);
  EXPECT_EQ(f.fields.count("z"), 12);
  EXPECT_EQ(f.fields.count("u"), 0);
  EXPECT_EQ(f.fields.count("absent", 7), 7);
  EXPECT_EQ(f.fields.require_count("n"), 12);
  EXPECT_EQ(f.fields.optional_count("n"), 12);
  EXPECT_EQ(f.fields.optional_count("u"), std::nullopt);
  EXPECT_EQ(f.fields.text("s"), "x");
  EXPECT_EQ(f.fields.text("u", "none"), "none");
  EXPECT_EQ(f.fields.require_text("s"), "x");
  EXPECT_EQ(to_string(*f.fields.amount("a")), "1.5");
  EXPECT_EQ(to_string(*f.fields.amount("b")), "0.000000003625");
  EXPECT_EQ(f.fields.amount("u"), std::nullopt);
  EXPECT_EQ(f.fields.value("n").integer(), 12);
  EXPECT_FALSE(f.fields.failed());
}

TEST(Fields, KeepTheFirstFailure) {
  FieldsOf f(R"({"prompt_tokens":"12","model":5})");
  EXPECT_EQ(f.fields.count("prompt_tokens"), 0);
  EXPECT_EQ(f.fields.text("model"), "");
  f.fields.fail("later");
  EXPECT_EQ(f.fields.error().message, R"("prompt_tokens" must be a count, found "12")");
  EXPECT_EQ(f.fields.error().code, ErrorCode::invalid_input);
}

struct FailureCase {
  std::string_view text;
  std::string_view message;
};

TEST(Fields, RefuseCountsThatAreNone) {
  const FailureCase cases[] = {
      {R"({"n":-1})", R"("n" must be a count, found -1)"},
      {R"({"n":1.5})", R"("n" must be a count, found 1.5)"},
      {R"({"n":true})", R"("n" must be a count, found true)"},
      {R"({"n":{"a":1}})", R"("n" must be a count, found an object)"},
      {R"({"n":[1]})", R"("n" must be a count, found an array)"},
      {R"({"n":99999999999999999999})", R"("n" must be a count, found 99999999999999999999)"},
      {R"({"n":"a\nb"})", R"("n" must be a count, found "a\nb")"},
      {R"({})", R"("n" is missing)"},
      {R"({"n":null})", R"("n" is missing)"},
      {R"([1])", R"("n" is missing)"},
  };
  for (const FailureCase& c : cases) {
    FieldsOf f(c.text);
    EXPECT_EQ(f.fields.require_count("n"), 0);
    EXPECT_EQ(f.fields.error().message, c.message);
  }
}

TEST(Fields, RefuseTextsThatAreNone) {
  FieldsOf number(R"({"s":12})");
  EXPECT_EQ(number.fields.text("s", "other"), "other");
  EXPECT_EQ(number.fields.error().message, R"("s" must be a text, found 12)");
  FieldsOf absent("{}");
  EXPECT_EQ(absent.fields.require_text("s"), "");
  EXPECT_EQ(absent.fields.error().message, R"("s" is missing)");
}

// Corrupt amounts were once read as zero.
TEST(Fields, RefuseAmountsThatAreNone) {
  const FailureCase cases[] = {
      {R"({"a":true})", R"("a" must be an amount, found true)"},
      {R"({"a":"$5"})", R"("a": amount "$5" is not a decimal number)"},
      {R"({"a":""})", R"("a": amount "" is not a decimal number)"},
      {R"({"a":0.0000000000001})",
       R"("a": amount "0.0000000000001" has more than 12 decimal places)"},
      {R"({"a":{"value":1}})", R"("a" must be an amount, found an object)"},
  };
  for (const FailureCase& c : cases) {
    FieldsOf f(c.text);
    EXPECT_EQ(f.fields.amount("a"), std::nullopt);
    EXPECT_EQ(f.fields.error().message, c.message);
  }
}

TEST(Fields, OfAMissingObjectAreAllAbsent) {
  Fields fields{Value{}};
  EXPECT_EQ(fields.count("n", 3), 3);
  EXPECT_EQ(fields.text("s", "x"), "x");
  EXPECT_FALSE(fields.failed());
}

}  // namespace
}  // namespace costops::json
