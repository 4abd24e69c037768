#include <gtest/gtest.h>

#include <random>

#include "costops/json/json.h"

namespace costops::json {
namespace {

using namespace std::string_view_literals;

std::string quoted_json(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

TEST(Writer, PutsCommasBetweenMembersAndElements) {
  std::string out;
  Writer writer(out);
  writer.object().key("a").value(1).key("b").array().value("x\n").null().value(true);
  writer.array().end_array().object().end_object().end_array();
  writer.key("c").object().key("d").value(false).end_object().key("e").raw("[1, 2]").end_object();
  EXPECT_EQ(out, R"({"a":1,"b":["x\n",null,true,[],{}],"c":{"d":false},"e":[1, 2]})");
}

TEST(Writer, WritesNumbersToTheirEndsAndMoneyAsText) {
  std::string out;
  Writer writer(out);
  writer.array().value(INT64_MIN).value(INT64_MAX).value(UINT64_MAX).value(-7);
  writer.value(parse_amount("0.000000003625").value()).value(Amount{}).end_array();
  EXPECT_EQ(out,
            "[-9223372036854775808,9223372036854775807,18446744073709551615,-7,"
            "\"0.000000003625\",\"0\"]");
}

TEST(AppendQuoted, EscapesWhatJsonForbids) {
  EXPECT_EQ(quoted_json(""), R"("")");
  EXPECT_EQ(quoted_json("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(quoted_json("\n\r\t\b\f\0\x1F\x7F"sv), "\"\\n\\r\\t\\u0008\\u000c\\u0000\\u001f\x7F\"");
  EXPECT_EQ(quoted_json("é\xF0\x9F\x98\x80"), "\"é\xF0\x9F\x98\x80\"");
}

TEST(AppendQuoted, ReplacesInvalidUtf8) {
  EXPECT_EQ(quoted_json("a\xFF\"b"), "\"a\xEF\xBF\xBD\\\"b\"");
  EXPECT_EQ(quoted_json("\xC3"), "\"\xEF\xBF\xBD\"");
}

// Examples of the Unicode Standard 15.0, tables 3-8, 3-9 and 3-10.
TEST(ValidUtf8, ReplacesEachMaximalSubpart) {
  const auto replaced = [](std::string_view text) {
    std::string shown;
    for (std::string rest = valid_utf8(text); !rest.empty();) {
      const bool is_mark = rest.starts_with("\xEF\xBF\xBD");
      shown += is_mark ? "?" : rest.substr(0, 1);
      rest.erase(0, is_mark ? 3 : 1);
    }
    return shown;
  };
  EXPECT_EQ(replaced("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"), "????????A");
  EXPECT_EQ(replaced("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"), "????????A");
  EXPECT_EQ(replaced("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"), "?????A??B");
  EXPECT_EQ(replaced("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), "????A");
  EXPECT_EQ(replaced("plain text of more than eight bytes\xFF and more"),
            "plain text of more than eight bytes? and more");
  EXPECT_EQ(valid_utf8("é\xF0\x9F\x98\x80 \xED\x9F\xBF \xEE\x80\x80 \xF4\x8F\xBF\xBF"),
            "é\xF0\x9F\x98\x80 \xED\x9F\xBF \xEE\x80\x80 \xF4\x8F\xBF\xBF");
  EXPECT_EQ(valid_utf8(""), "");
}

// Whatever the bytes, the text is valid JSON; valid UTF-8 comes back as it was.
TEST(AppendQuoted, IsReadBack) {
  std::mt19937_64 random(9);
  Document document;
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::uint64_t left = random() % 20; left > 0; --left) {
      text += static_cast<char>(random() % 4 == 0 ? random() % 256 : random() % 128);
    }
    const Result<Value> value = document.parse_copy(quoted_json(text));
    ASSERT_TRUE(value.has_value()) << value.error().message;
    ASSERT_EQ(value->string(), valid_utf8(text));
  }
}

}  // namespace
}  // namespace costops::json
