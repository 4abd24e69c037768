#include "ingestion/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace costops::ingestion {
namespace {

using testing::ElementsAre;

/// "line: cell|cell" of each row, "line! reason" of each bad one.
std::vector<std::string> rows_of(std::string_view bytes) {
  Input input = Input::from_memory("test.csv", bytes);
  CsvReader csv(input);
  std::vector<std::string> rows;
  if (const auto header = csv.read_header(); !header) return {header.error().message};
  for (;;) {
    const CsvReader::Step step = csv.next();
    if (step == CsvReader::Step::end) return rows;
    std::string text = std::to_string(csv.line());
    if (step == CsvReader::Step::bad) {
      rows.push_back(text + "! " + csv.reason());
      continue;
    }
    for (std::size_t i = 0; i < csv.header().size(); ++i) {
      text += (i == 0 ? ": " : "|") + std::string(csv.cell(i));
    }
    rows.push_back(text);
  }
}

TEST(Csv, CellsAreFoundByTheNamesInTheFirstRow) {
  Input input = Input::from_memory("test.csv", "\xEF\xBB\xBFid,\"total, all\"\n1,2\n");
  CsvReader csv(input);
  ASSERT_TRUE(csv.read_header());
  EXPECT_THAT(csv.header(), ElementsAre("id", "total, all"));
}

TEST(Csv, QuotedCellsHoldCommasQuotesAndNewlines) {
  EXPECT_THAT(rows_of("a,b\n\"x,y\",\"say \"\"hi\"\"\"\n\"two\r\nlines\",z\n,\"\"\n"),
              ElementsAre("2: x,y|say \"hi\"", "3: two\nlines|z", "5: |"));
}

TEST(Csv, ALineBreakInACellIsOneLineFeedHoweverManyCarriageReturnsPrecedeIt) {
  EXPECT_THAT(rows_of("a,b\n\"x\r\r\ny\",\"\r\n\r\r\r\n\"\n"), ElementsAre("2: x\ny|\n\n"));
  EXPECT_THAT(rows_of("a,b\n\"x\r\",\"\r\ny\"\n"), ElementsAre("2: x\r|\ny"));
}

TEST(Csv, TheLastRowNeedsNoNewlineAndBlankLinesAreSkipped) {
  EXPECT_THAT(rows_of("a,b\r\n\r\n1,2\r\n\n3,4"), ElementsAre("3: 1|2", "5: 3|4"));
}

TEST(Csv, ABadRowCostsItselfOnly) {
  EXPECT_THAT(rows_of("a,b\n1\n1,2,3\nx\"y,2\n\"x\"y,2\n5,6\n"),
              ElementsAre("2! row has 1 cells, the header names 2",
                          "3! row has 3 cells, the header names 2",
                          "4! column 1: a quote inside a cell that is not quoted",
                          "5! column 1: text after the closing quote", "6: 5|6"));
}

TEST(Csv, AQuoteThatIsNeverClosedCostsItsLineOnly) {
  EXPECT_THAT(rows_of("a,b\n1,\"open\n3,4\n5,6\n"),
              ElementsAre("2! a quote is opened and never closed", "3: 3|4", "4: 5|6"));
  // The next quote ends it in the middle of a row.
  EXPECT_THAT(rows_of("a,b\n1,\"open\n3,\"4\"\n5,6\n"),
              ElementsAre("2! column 2: text after the closing quote", "3: 3|4", "4: 5|6"));
}

TEST(Csv, AHeaderMustBeThereAndNameEachColumnOnce) {
  EXPECT_THAT(rows_of(""), ElementsAre("the CSV file is empty"));
  EXPECT_THAT(rows_of("a,b,a\n"), ElementsAre("CSV header: column \"a\" is named twice"));
  EXPECT_THAT(rows_of("a,\"b\n"), ElementsAre("CSV header: a quote is opened and never closed"));
}

TEST(Csv, TheTextOfARowIsAsWritten) {
  Input input = Input::from_memory("test.csv", "a,b\n\"x\n\"\"y\",2\n3,4\n");
  CsvReader csv(input);
  ASSERT_TRUE(csv.read_header());
  ASSERT_EQ(csv.next(), CsvReader::Step::row);
  EXPECT_EQ(csv.text(), "\"x\n\"\"y\",2");
  ASSERT_EQ(csv.next(), CsvReader::Step::row);
  EXPECT_EQ(csv.text(), "3,4");
}

/// Whatever cells hold, writing them quoted and reading them gives them back.
TEST(Csv, QuotingIsUndoneForAnyCells) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    std::string text = "a,b,c\n";
    std::vector<std::string> expected;
    std::uint64_t line = 2;
    for (int row = 0; row < 5; ++row) {
      std::string joined = std::to_string(line) + ": ";
      for (int column = 0; column < 3; ++column) {
        std::string cell;
        for (std::uint64_t length = random() % 6; length > 0; --length) {
          cell += "ab,\"\n "[random() % 6];
        }
        joined += (column == 0 ? "" : "|") + cell;
        text += column == 0 ? "\"" : ",\"";
        for (const char c : cell) text += c == '"' ? "\"\"" : std::string(1, c);
        text += '"';
        line += static_cast<std::uint64_t>(std::ranges::count(cell, '\n'));
      }
      text += '\n';
      ++line;
      expected.push_back(joined);
    }
    ASSERT_EQ(rows_of(text), expected) << text;
  }
}

}  // namespace
}  // namespace costops::ingestion
