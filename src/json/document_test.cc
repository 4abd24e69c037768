#include <gtest/gtest.h>

#include "costops/json/json.h"

namespace costops::json {
namespace {

std::string error_of(std::string_view text) {
  Document document;
  const Result<Value> value = document.parse_copy(text);
  return value ? "" : value.error().message;
}

TEST(Document, ReadsMembersAndElements) {
  Document document;
  const Value root =
      document.parse_copy(R"({"a":{"b":[1, 2.50 ,"x\ny\u00e9"]},"c":null,"d":true})").value();
  EXPECT_EQ(root.size(), 3U);
  const Value list = root.at({"a", "b"});
  EXPECT_EQ(list.size(), 3U);
  EXPECT_EQ(list.first().integer(), 1);
  EXPECT_EQ(list.first().next().number_text(), "2.50");
  EXPECT_EQ(list.first().next().next().string(), "x\ny\xC3\xA9");
  EXPECT_EQ(list.raw(), R"([1, 2.50 ,"x\ny\u00e9"])");
  EXPECT_EQ(root["c"].kind(), Value::Kind::null);
  EXPECT_EQ(root["d"].boolean(), true);
  EXPECT_FALSE(root["e"].exists());
  EXPECT_EQ(root.first().name(), "a");
}

TEST(Document, RefusesRepeatedNames) {
  EXPECT_EQ(error_of(R"({"a":1,"b":2,"a":3})"), "object repeats the name \"a\"");
}

TEST(Document, SaysWhereTheTextIsWrong) {
  EXPECT_EQ(error_of(""), "the text holds no JSON value");
  EXPECT_EQ(error_of(R"({"a":1} x)"), "content after the JSON value at byte 8");
  EXPECT_EQ(error_of(R"({"a":01})"), R"("01" at byte 5 is no JSON value)");
}

}  // namespace
}  // namespace costops::json
