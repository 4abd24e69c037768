#include "ingestion/elements.h"

#include <gtest/gtest.h>

#include <array>

namespace costops::ingestion {
namespace {

using Texts = std::vector<std::string>;
constexpr std::array<std::string_view, 1> kRecords{"records"};

/// "line:text" of each element, "line!reason" of what is broken.
Texts elements_of(std::string_view bytes) {
  Input input = Input::from_memory("m", bytes);
  Elements elements(input, kRecords);
  Texts all;
  Element element;
  while (true) {
    const Elements::Step step = elements.next(element);
    if (step == Elements::Step::end) return all;
    const bool broken = step == Elements::Step::broken;
    all.push_back(std::to_string(element.line) + (broken ? "!" : ":") +
                  (broken ? elements.reason() : std::string(element.text)));
  }
}

TEST(Elements, OneValuePerLine) {
  EXPECT_EQ(elements_of("{\"a\":1}\n\n  \n{\"b\":2}\r\n{\"c\":3}"),
            (Texts{"1:{\"a\":1}", "4:{\"b\":2}", "5:{\"c\":3}"}));
}

TEST(Elements, ABrokenLineCostsThatLineOnly) {
  EXPECT_EQ(elements_of("{\"a\":1,\n{\"b\":2}\n"), (Texts{"1:{\"a\":1,", "2:{\"b\":2}"}));
  EXPECT_EQ(elements_of("{\"a\":\"x\n{\"b\":2}\n"), (Texts{"1:{\"a\":\"x", "2:{\"b\":2}"}));
  EXPECT_EQ(elements_of("{\"a\":1\n{\"b\":2}\n"), (Texts{"1:{\"a\":1", "2:{\"b\":2}"}));
  EXPECT_EQ(elements_of("oops\n{\"b\":2}\n"), (Texts{"1:oops", "2:{\"b\":2}"}));
  EXPECT_EQ(elements_of("{\"a\":1}}\n{\"b\":2}\n"), (Texts{"1:{\"a\":1}}", "2:{\"b\":2}"}));
}

TEST(Elements, AnArrayIsItsElements) {
  EXPECT_EQ(
      elements_of("[{\"a\":[1,{\"x\":\"]}\"}]},\n {\"b\":\"\\\"}\"}, 3, \"s]\",[4] ]"),
      (Texts{"1:{\"a\":[1,{\"x\":\"]}\"}]}", "2:{\"b\":\"\\\"}\"}", "2:3", "2:\"s]\"", "2:[4]"}));
  EXPECT_EQ(elements_of("[]"), Texts{});
  EXPECT_EQ(elements_of("[\n1\n]\n[2]"), (Texts{"2:1", "4:2"}));
}

TEST(Elements, AContainerIsTheElementsOfItsArray) {
  EXPECT_EQ(elements_of("{\"source\":{\"records\":[9]},\n\"records\":[\n{\"a\":1},\n{\"b\":2}\n],\n"
                        "\"count\":2, \"x\":[{}]}"),
            (Texts{"3:{\"a\":1}", "4:{\"b\":2}"}));
}

TEST(Elements, AContainerOnOneLineIsOneElement) {
  EXPECT_EQ(elements_of("{\"records\":[{\"a\":1}]}\n"), (Texts{"1:{\"records\":[{\"a\":1}]}"}));
}

TEST(Elements, APrettyPrintedObjectIsOneElement) {
  EXPECT_EQ(elements_of("{\n \"a\": 1,\n \"records\": \"no list\"\n}\n{\n \"b\": 2\n}"),
            (Texts{"1:{\n \"a\": 1,\n \"records\": \"no list\"\n}", "5:{\n \"b\": 2\n}"}));
}

TEST(Elements, WhatIsCutOffIsBroken) {
  EXPECT_EQ(elements_of("[{\"a\":1},{\"b\":"),
            (Texts{"1:{\"a\":1}", "1!the file is cut off: it ends inside a record"}));
  EXPECT_EQ(elements_of("[{\"a\":1},\n"),
            (Texts{"1:{\"a\":1}", "2!the file is cut off: it ends before its closing bracket"}));
  EXPECT_EQ(elements_of("{\n\"records\":[1]"),
            (Texts{"2:1", "2!the file is cut off: it ends before its closing bracket"}));
  EXPECT_EQ(elements_of("[1,\"x"), (Texts{"1:1", "1:\"x"}));
}

TEST(Elements, ALoneClosingBracketIsAnElementOfItsOwn) {
  EXPECT_EQ(elements_of("[1]]\n[2]"), (Texts{"1:1", "1:]", "2:2"}));
  EXPECT_EQ(elements_of("[1}2]"), (Texts{"1:1", "1:}", "1:2"}));
}

TEST(Elements, ValuesAcrossBlocksComeWhole) {
  std::string text = "[";
  Texts expected;
  for (int i = 0; i < 3000; ++i) {
    const std::string value = "{\"i\":" + std::to_string(i) + ",\"s\":\"" +
                              std::string(static_cast<std::size_t>(i), 'y') + "\"}";
    text += value + (i < 2999 ? ",\n" : "]");
    expected.push_back(std::to_string(i + 1) + ":" + value);
  }
  EXPECT_TRUE(elements_of(text) == expected);
}

TEST(Elements, EscapesMayCrossBlocks) {
  // Whatever the block's size, some element's backslash ends one and its quote begins the next.
  std::string text = "[";
  Texts expected;
  for (int i = 0; i < 40'000; ++i) {
    const std::string value =
        "{\"s\":\"" + std::string(static_cast<std::size_t>(i % 7), 'y') + "\\\"}\\\\\"}";
    text += value + ",";
    expected.push_back("1:" + value);
  }
  text.back() = ']';
  EXPECT_TRUE(elements_of(text) == expected);
}

TEST(Elements, ATooLongValueIsSkipped) {
  const std::string text = "[\"" + std::string(kLineBytesMax + 10, 'x') + "\",{\"a\":1}]";
  EXPECT_EQ(elements_of(text), (Texts{"1!the record is longer than 64 MiB", "1:{\"a\":1}"}));
}

}  // namespace
}  // namespace costops::ingestion
