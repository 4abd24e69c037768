#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "costops/json/json.h"

namespace costops::json {
namespace {

using namespace std::string_view_literals;

std::string error_of(std::string_view text) {
  Document document;
  const Result<Value> value = document.parse_copy(text);
  return value ? "" : value.error().message;
}

/// The unescaped string of a text that is one.
std::string string_of(std::string_view text) {
  Document document;
  const Result<Value> value = document.parse_copy(text);
  return value ? std::string(value->string().value_or("no string")) : value.error().message;
}

/// The text again, without white space, from the values alone.
void write(Writer& writer, Value value) {
  switch (value.kind()) {
    case Value::Kind::object:
      writer.object();
      for (Value v = value.first(); v.exists(); v = v.next()) {
        writer.key(v.name());
        write(writer, v);
      }
      writer.end_object();
      break;
    case Value::Kind::array:
      writer.array();
      for (Value v = value.first(); v.exists(); v = v.next()) write(writer, v);
      writer.end_array();
      break;
    case Value::Kind::string:
      writer.value(*value.string());
      break;
    default:
      writer.raw(value.raw());
  }
}

std::string rewritten(Value value) {
  std::string out;
  Writer writer(out);
  write(writer, value);
  return out;
}

TEST(Document, ReadsMembersAndElements) {
  Document document;
  const Value root =
      document.parse_copy(R"({"a":{"b":[1, 2.50 ,"x\ny\u00e9"]},"c":null,"d":true})").value();
  EXPECT_EQ(root.size(), 3U);
  EXPECT_TRUE(root.is_object());
  const Value list = root.at({"a", "b"});
  EXPECT_TRUE(list.is_array());
  EXPECT_EQ(list.size(), 3U);
  EXPECT_EQ(list.first().integer(), 1);
  EXPECT_EQ(list.first().name(), "");
  EXPECT_EQ(list.first().next().number_text(), "2.50");
  EXPECT_EQ(list.first().next().next().string(), "x\ny\xC3\xA9");
  EXPECT_FALSE(list.first().next().next().next().exists());
  EXPECT_EQ(root["c"].kind(), Value::Kind::null);
  EXPECT_EQ(root["d"].boolean(), true);
  EXPECT_EQ(root.first().name(), "a");
  EXPECT_EQ(root.first().next().name(), "c");
  EXPECT_FALSE(root.next().exists());
}

TEST(Document, GivesEveryValueItsOwnText) {
  Document document;
  const Value root =
      document.parse_copy(" {\"s\" : \"a\\n\" , \"n\":-1.50e3 ,\"l\":[ 1,{ } ] ,\"o\": { }} ")
          .value();
  EXPECT_EQ(root.raw(), "{\"s\" : \"a\\n\" , \"n\":-1.50e3 ,\"l\":[ 1,{ } ] ,\"o\": { }}");
  EXPECT_EQ(root["s"].raw(), "\"a\\n\"");
  EXPECT_EQ(root["n"].raw(), "-1.50e3");
  EXPECT_EQ(root["l"].raw(), "[ 1,{ } ]");
  EXPECT_EQ(root["o"].raw(), "{ }");
  EXPECT_EQ(root["o"].size(), 0U);
  EXPECT_FALSE(root["o"].first().exists());
}

TEST(Value, AnswersNoneWhereItIsOfAnotherType) {
  Document document;
  const Value root = document.parse_copy(R"({"s":"12","n":12,"l":[1]})").value();
  EXPECT_EQ(root["s"].integer(), std::nullopt);
  EXPECT_EQ(root["s"].number_text(), std::nullopt);
  EXPECT_EQ(root["n"].string(), std::nullopt);
  EXPECT_EQ(root["n"].boolean(), std::nullopt);
  EXPECT_FALSE(root["n"]["x"].exists());
  EXPECT_FALSE(root["l"]["1"].exists());
  EXPECT_FALSE(root.at({"a", "b", "c"}).exists());
  EXPECT_FALSE(root[""].exists());
  const Value missing;
  EXPECT_EQ(missing.kind(), Value::Kind::missing);
  EXPECT_EQ(missing.raw(), "");
  EXPECT_EQ(missing.name(), "");
  EXPECT_EQ(missing.size(), 0U);
  EXPECT_FALSE(missing.first().exists());
  EXPECT_FALSE(missing.next().exists());
}

TEST(Value, KeepsTheDigitsOfANumber) {
  for (const std::string_view text :
       {"0", "-0", "3.625e-09", "0.08333333333333334", "1E+2", "-12.50",
        "123456789012345678901234567890.123456789012345678901234567890"}) {
    Document document;
    EXPECT_EQ(document.parse_copy(text)->number_text(), text);
  }
}

struct IntegerCase {
  std::string_view text;
  std::optional<std::int64_t> expected;
};

TEST(Value, IsAnIntegerExactlyOrNotAtAll) {
  const IntegerCase cases[] = {
      {"0", 0},
      {"-0", 0},
      {"12", 12},
      {"-12", -12},
      {"12.0", 12},
      {"12.000000000000000000000", 12},
      {"1.2e1", 12},
      {"120e-1", 12},
      {"1.5e1", 15},
      {"1e18", 1'000'000'000'000'000'000},
      {"0e99999999999999999999", 0},
      {"0.0e-99999999999999999999", 0},
      {"999999999999999999", 999'999'999'999'999'999},
      {"9223372036854775807", INT64_MAX},
      {"-9223372036854775808", INT64_MIN},
      {"9223372036854775807.00", INT64_MAX},
      {"92233720368547758.07e2", INT64_MAX},
      {"9007199254740993", 9'007'199'254'740'993},  // no double is equal to it
      {"9223372036854775808", std::nullopt},
      {"-9223372036854775809", std::nullopt},
      {"12.5", std::nullopt},
      {"1e-1", std::nullopt},
      {"12.0000000000000000000001", std::nullopt},
      {"1e19", std::nullopt},
      {"1e99999999999999999999", std::nullopt},
      {"1e-99999999999999999999", std::nullopt},
      {"99999999999999999999999999", std::nullopt},
  };
  for (const IntegerCase& c : cases) {
    Document document;
    EXPECT_EQ(document.parse_copy(c.text)->integer(), c.expected) << c.text;
  }
}

TEST(Document, Unescapes) {
  EXPECT_EQ(string_of(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(string_of(R"("\u0041\u00e9\u20AC")"), "A\xC3\xA9\xE2\x82\xAC");
  EXPECT_EQ(string_of(R"("\ud83d\ude00!")"), "\xF0\x9F\x98\x80!");
  EXPECT_EQ(string_of(R"("a\u0000b")"), "a\0b"sv);
  EXPECT_EQ(string_of(R"("")"), "");
  EXPECT_EQ(string_of("\"\xF0\x9F\x98\x80\""), "\xF0\x9F\x98\x80");
  EXPECT_EQ(string_of("\"/\x7F\""), "/\x7F");
}

struct ErrorCase {
  std::string_view text;
  std::string_view message;
};

TEST(Document, SaysWhatIsWrongAndWhere) {
  const ErrorCase cases[] = {
      {"", "the text holds no JSON value"},
      {" \n\t ", "the text holds no JSON value"},
      {R"({"a":1} x)", "content after the JSON value at byte 8"},
      {"1 2", "content after the JSON value at byte 2"},
      {"{}{}", "content after the JSON value at byte 2"},
      {R"({"a":01})", R"("01" at byte 5 is no JSON value)"},
      {R"({"a":+1})", R"("+1" at byte 5 is no JSON value)"},
      {R"({"a":.5})", R"(".5" at byte 5 is no JSON value)"},
      {R"({"a":1.})", R"("1." at byte 5 is no JSON value)"},
      {R"({"a":1e})", R"("1e" at byte 5 is no JSON value)"},
      {R"({"a":-})", R"("-" at byte 5 is no JSON value)"},
      {R"({"a":0x1F})", R"("0x1F" at byte 5 is no JSON value)"},
      {R"({"a":NaN})", R"("NaN" at byte 5 is no JSON value)"},
      {R"({"a":Infinity})", R"("Infinity" at byte 5 is no JSON value)"},
      {R"({"a":truee})", R"("truee" at byte 5 is no JSON value)"},
      {R"({"a":nul})", R"("nul" at byte 5 is no JSON value)"},
      {R"({'a':1})", "expected a member's name in quotes at byte 1"},
      {R"({a:1})", "expected a member's name in quotes at byte 1"},
      {R"({1:1})", "expected a member's name in quotes at byte 1"},
      {R"({"a" 1})", "expected \":\" at byte 5"},
      {R"({"a":1 "b":2})", "expected \",\" or \"}\" at byte 7"},
      {R"([1 2])", "expected \",\" or \"]\" at byte 3"},
      {R"([1}])", "expected \",\" or \"]\" at byte 2"},
      {R"({"a":1])", "expected \",\" or \"}\" at byte 6"},
      {R"([1,])", "expected a value at byte 3"},
      {R"([,1])", "expected a value at byte 1"},
      {R"({"a":})", "expected a value at byte 5"},
      {R"({"a":1,})", "expected a member's name in quotes at byte 7"},
      {R"({,})", "expected a member's name in quotes at byte 1"},
      {":", "expected a value at byte 0"},
      {"{", "the text ends before the JSON value does"},
      {R"({"a")", "the text ends before the JSON value does"},
      {R"({"a":)", "the text ends before the JSON value does"},
      {R"({"a":1)", "the text ends before the JSON value does"},
      {R"({"a":1,)", "the text ends before the JSON value does"},
      {R"([[1])", "the text ends before the JSON value does"},
      {R"({"a":"b)", "a string is not closed"},
      {R"("a\")", "a string is not closed"},
      {"\"a\nb\"", "a string holds a control character that is not escaped"},
      {"\"a\0b\""sv, "a string holds a control character that is not escaped"},
      {"{\0}"sv, "expected a member's name in quotes at byte 1"},
      {"[1]\0"sv, "content after the JSON value at byte 3"},
      {R"(["\x"])", "a string holds a wrong escape at byte 1"},
      {R"(["\u12g4"])", "a string holds a wrong escape at byte 1"},
      {R"(["\u123"])", "a string holds a wrong escape at byte 1"},
      {R"(["\ud83d"])", "a string holds a wrong escape at byte 1"},
      {R"(["\ud83dx"])", "a string holds a wrong escape at byte 1"},
      {R"(["\ud83d\n"])", "a string holds a wrong escape at byte 1"},
      {R"(["\ud83d\ud83d"])", "a string holds a wrong escape at byte 1"},
      {R"(["\ude00"])", "a string holds a wrong escape at byte 1"},
      {"\"\xFF\"", "invalid UTF-8 at byte 1"},
      {"\"ab\xC0\xAF\"", "invalid UTF-8 at byte 3"},
      {"\"\xED\xA0\x80\"", "invalid UTF-8 at byte 1"},
      {"\"\xF4\x90\x80\x80\"", "invalid UTF-8 at byte 1"},
      {"\"\xE2\x82\"", "invalid UTF-8 at byte 1"},
      {"[1 /* one */]", "expected \",\" or \"]\" at byte 3"},
  };
  for (const ErrorCase& c : cases) EXPECT_EQ(error_of(c.text), c.message) << c.text;
}

TEST(Document, TakesAViewOfNothingForAnEmptyText) {
  Document document;
  EXPECT_EQ(document.parse({}).error().message, "the text holds no JSON value");
  EXPECT_EQ(document.parse_copy({}).error().message, "the text holds no JSON value");
}

TEST(Document, SkipsAByteOrderMark) {
  Document document;
  EXPECT_EQ(document.parse_copy("\xEF\xBB\xBF[7]")->first().integer(), 7);
  EXPECT_EQ(error_of("\xEF\xBB\xBF"), "the text holds no JSON value");
}

TEST(Document, RefusesRepeatedNames) {
  EXPECT_EQ(error_of(R"({"a":1,"b":2,"a":3})"), "object repeats the name \"a\"");
  EXPECT_EQ(error_of(R"({"a":1,"\u0061":3})"), "object repeats the name \"a\"");
  EXPECT_EQ(error_of(R"([{"x":{"":1,"":2}}])"), "object repeats the name \"\"");
  EXPECT_EQ(error_of(R"({"a":{"a":1},"b":{"a":1}})"), "");
  // Names that only differ where the keys do not look.
  EXPECT_EQ(error_of(R"({"abcdefgh_1_ijklmnop":1,"abcdefgh_2_ijklmnop":2})"), "");
}

TEST(Document, RefusesRepeatedNamesAmongMany) {
  for (const int count : {16, 17, 64, 65, 66, 1000}) {
    std::string text = "{";
    for (int i = 0; i < count; ++i)
      text += "\"name" + std::to_string(i) + "\":" + std::to_string(i) + ",";
    EXPECT_EQ(error_of(text + R"("last":0})"), "") << count;
    EXPECT_EQ(error_of(text + R"("name7":0})"), "object repeats the name \"name7\"") << count;
  }
}

TEST(Document, BoundsDepth) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_EQ(error_of(nested(128)), "");
  EXPECT_EQ(error_of(nested(129)), "nested deeper than 128 levels at byte 128");
  EXPECT_EQ(error_of(std::string(1'000'000, '[')), "nested deeper than 128 levels at byte 128");
  std::string objects;
  for (int i = 0; i < 200; ++i) objects += "{\"a\":";
  EXPECT_EQ(error_of(objects), "nested deeper than 128 levels at byte 640");
}

TEST(Document, ParsesOneTextAfterTheOther) {
  Document document;
  for (int size = 1; size < 3'000; size += 7) {
    std::string text = "[";
    for (int i = 0; i < size; ++i) text += "\"\\n" + std::to_string(i) + "\",";
    text += "0]";
    const Result<Value> value = document.parse_copy(text);
    ASSERT_TRUE(value.has_value()) << value.error().message;
    ASSERT_EQ(value->size(), static_cast<std::size_t>(size) + 1);
    ASSERT_EQ(value->first().string(), "\n0");
    ASSERT_FALSE(document.parse_copy("[").has_value());
  }
  Document moved = std::move(document);
  EXPECT_EQ(moved.parse_copy("3")->integer(), 3);
}

/// Random JSON text with white space, escapes and every kind of value.
class TextSource {
 public:
  explicit TextSource(std::uint64_t seed) : random_(seed) {}

  std::string next(int depth = 0) {
    switch (random_() % (depth > 4 ? 5 : 7)) {
      case 0:
        return pick({"true", "false", "null"});
      case 1:
        return pick({"0", "-1", "12.50", "1e5", "-0.0E-7", "123456789012345678901"});
      case 2:
      case 3:
      case 4:
        return string();
      case 5:
        return list(depth, '[', ']');
      default:
        return list(depth, '{', '}');
    }
  }
  /// The text with one byte changed, added or left out.
  std::string broken(std::string text) {
    const std::size_t place = random_() % text.size();
    constexpr std::string_view kBytes =
        "{}[]:,\"\\ \n\t0129-+.eEtfnu\0\x01\x1F\x7F\x80\xC3\xA9\xED\xF4\xFF"sv;
    const char byte = kBytes[random_() % kBytes.size()];
    switch (random_() % 3) {
      case 0:
        text[place] = byte;
        break;
      case 1:
        text.insert(place, 1, byte);
        break;
      default:
        text.erase(place, 1);
    }
    return text;
  }

 private:
  std::string pick(std::initializer_list<const char*> texts) {
    return texts.begin()[random_() % texts.size()];
  }
  std::string space() { return pick({"", "", "", " ", "\n", "\t \r\n"}); }
  std::string string() {
    std::string text = "\"";
    for (std::uint64_t left = random_() % 12; left > 0; --left) {
      text += pick({"a", "b", "name", "é", "\xF0\x9F\x98\x80", "\\n", "\\\"", "\\\\", "\\/",
                    "\\u00e9", "\\ud83d\\ude00", "{", "]", ":", ",", " "});
    }
    return text + "\"";
  }
  std::string list(int depth, char open, char close) {
    std::string text(1, open);
    const std::uint64_t count = random_() % 6;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (i > 0) text += ',';
      text += space();
      if (open == '{') text += "\"" + std::to_string(i) + string().substr(1) + space() + ":";
      text += space() + next(depth + 1) + space();
    }
    return text + space() + close;
  }
  std::mt19937_64 random_;
};

/// Whether a number may be too large for a double, which the other parser refuses.
bool has_large_exponent(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != 'e' && text[i] != 'E') continue;
    std::size_t digits = i + 1;
    if (digits < text.size() && (text[digits] == '+' || text[digits] == '-')) ++digits;
    const std::size_t end = std::min(text.find_first_not_of("0123456789", digits), text.size());
    if (end - digits > 2) return true;
  }
  return false;
}

TEST(Document, ReadsWhatAnotherParserReads) {
  TextSource source(1);
  Document document;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = source.next();
    const Result<Value> value = document.parse_copy(text);
    ASSERT_TRUE(value.has_value()) << text << "\n" << value.error().message;
    ASSERT_EQ(nlohmann::json::parse(rewritten(*value)), nlohmann::json::parse(text)) << text;
  }
}

TEST(Document, RefusesWhatAnotherParserRefuses) {
  TextSource source(2);
  Document document;
  int refused = 0;
  for (int i = 0; i < 60'000; ++i) {
    const std::string text = source.broken(source.next());
    // The other parser takes a NUL for the end of the text.
    if (has_large_exponent(text) || text.find('\0') != std::string::npos) continue;
    const Result<Value> value = document.parse_copy(text);
    if (!value && value.error().message.starts_with("object repeats")) continue;
    refused += value ? 0 : 1;
    ASSERT_EQ(value.has_value(), nlohmann::json::accept(text))
        << text << "\n"
        << (value ? "" : value.error().message);
  }
  EXPECT_GT(refused, 10'000);
}

// Every prefix of a text, so that nothing is read behind its end.
TEST(Document, SurvivesBeingCutOff) {
  TextSource source(3);
  Document document;
  for (int i = 0; i < 200; ++i) {
    const std::string text = source.next();
    for (std::size_t length = 0; length < text.size(); ++length) {
      const std::string prefix = text.substr(0, length);
      const Result<Value> value = document.parse_copy(prefix);
      ASSERT_EQ(value.has_value(), nlohmann::json::accept(prefix)) << prefix;
    }
  }
}

}  // namespace
}  // namespace costops::json
