#include <gtest/gtest.h>

#include <random>
#include <utility>

#include "costops/domain/meter.h"

namespace costops {
namespace {

using Count = std::pair<Unit, std::int64_t>;

UsageCounts counts_of(std::initializer_list<Count> counts) {
  UsageCounts all;
  for (const auto& [unit, count] : counts) all.add(unit, count);
  return all;
}

/// "meter 1, meter 2" for the meters that are not zero, or the error.
std::string text_of(const UsageCounts& counts) {
  const Result<Quantities> quantities = counts.disjoint();
  if (!quantities) return quantities.error().message;
  std::string text;
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    const std::int64_t quantity = (*quantities)[i];
    if (quantity == 0) continue;
    if (!text.empty()) text += ", ";
    text += std::string(to_string(static_cast<Meter>(i))) + " " + std::to_string(quantity);
  }
  return text;
}

std::string disjoint_text(std::initializer_list<Count> counts) {
  return text_of(counts_of(counts));
}

TEST(Disjoint, TakesPartsOutOfTheirWhole) {
  EXPECT_EQ(disjoint_text({{Unit::input_tokens, 2006},
                           {Unit::cache_read_tokens, 1920},
                           {Unit::output_tokens, 300},
                           {Unit::output_reasoning_tokens, 128}}),
            "input_tokens_uncached 86, output_tokens 172, cache_read_tokens 1920, "
            "output_reasoning_tokens 128");
  EXPECT_EQ(disjoint_text({{Unit::input_tokens, 500}, {Unit::input_tool_tokens, 119}}),
            "input_tokens_uncached 381, input_tool_tokens 119");
  EXPECT_EQ(disjoint_text({}), "");
  EXPECT_EQ(disjoint_text({{Unit::requests, 3}, {Unit::web_searches, 2}}),
            "web_searches 2, requests 3");
}

// A cache-creation total with an all-zero breakdown was once counted as nothing.
TEST(Disjoint, KeepsACacheWriteTotalWithoutBreakdown) {
  EXPECT_EQ(disjoint_text({{Unit::input_tokens, 1'000'000},
                           {Unit::cache_write_tokens, 1'000'000},
                           {Unit::cache_write_5m_tokens, 0},
                           {Unit::cache_write_1h_tokens, 0}}),
            "cache_write_tokens 1000000");
}

TEST(Disjoint, DividesCacheWritesByTimeToLive) {
  EXPECT_EQ(disjoint_text({{Unit::input_tokens, 627},
                           {Unit::cache_write_tokens, 123},
                           {Unit::cache_write_5m_tokens, 100},
                           {Unit::cache_write_1h_tokens, 23}}),
            "input_tokens_uncached 504, cache_write_5m_tokens 100, cache_write_1h_tokens 23");
  EXPECT_EQ(disjoint_text({{Unit::input_tokens, 627},
                           {Unit::cache_write_5m_tokens, 100},
                           {Unit::cache_write_1h_tokens, 23}}),
            "input_tokens_uncached 504, cache_write_5m_tokens 100, cache_write_1h_tokens 23");
  EXPECT_EQ(disjoint_text({{Unit::input_tokens, 200},
                           {Unit::cache_write_tokens, 150},
                           {Unit::cache_write_1h_tokens, 23}}),
            "input_tokens_uncached 50, cache_write_tokens 127, cache_write_1h_tokens 23");
}

// By hand: cached tokens are text first. 100 input of which 30 are audio leave 70 text.
TEST(Disjoint, TakesCachedTokensForTextFirst) {
  EXPECT_EQ(disjoint_text({{Unit::input_tokens, 100},
                           {Unit::input_audio_tokens, 30},
                           {Unit::cache_read_tokens, 60}}),
            "input_tokens_uncached 10, cache_read_tokens 60, input_audio_tokens 30");
  EXPECT_EQ(disjoint_text({{Unit::input_tokens, 100},
                           {Unit::input_audio_tokens, 30},
                           {Unit::cache_read_tokens, 80}}),
            "cache_read_tokens 70, input_audio_tokens 20, cache_audio_read_tokens 10");
  EXPECT_EQ(disjoint_text({{Unit::input_tokens, 100},
                           {Unit::input_audio_tokens, 5},
                           {Unit::input_image_tokens, 10},
                           {Unit::input_video_tokens, 20},
                           {Unit::cache_read_tokens, 82}}),
            "cache_read_tokens 65, cache_audio_read_tokens 5, cache_image_read_tokens 10, "
            "input_video_tokens 18, cache_video_read_tokens 2");
  EXPECT_EQ(disjoint_text({{Unit::output_tokens, 100},
                           {Unit::output_image_tokens, 90},
                           {Unit::output_reasoning_tokens, 10}}),
            "output_image_tokens 90, output_reasoning_tokens 10");
}

TEST(Disjoint, HonoursReportedCellsOfTypeAndModality) {
  EXPECT_EQ(disjoint_text({{Unit::input_tokens, 100},
                           {Unit::input_audio_tokens, 30},
                           {Unit::cache_read_tokens, 50},
                           {Unit::cache_audio_read_tokens, 20}}),
            "input_tokens_uncached 40, cache_read_tokens 30, input_audio_tokens 10, "
            "cache_audio_read_tokens 20");
  EXPECT_EQ(disjoint_text({{Unit::input_tokens, 100},
                           {Unit::input_audio_tokens, 30},
                           {Unit::input_image_tokens, 40},
                           {Unit::cache_read_tokens, 50},
                           {Unit::cache_audio_read_tokens, 0}}),
            "cache_read_tokens 30, input_audio_tokens 30, input_image_tokens 20, "
            "cache_image_read_tokens 20");
}

TEST(Disjoint, SpreadsACacheWriteTotalOfAModality) {
  EXPECT_EQ(disjoint_text({{Unit::input_tokens, 100},
                           {Unit::input_audio_tokens, 60},
                           {Unit::cache_write_tokens, 50},
                           {Unit::cache_write_5m_tokens, 30},
                           {Unit::cache_write_1h_tokens, 10},
                           {Unit::cache_audio_write_tokens, 45},
                           {Unit::cache_audio_write_1h_tokens, 8}}),
            // Of 45 written audio tokens 8 are for an hour, 10 of no stated time, so 27 for 5 min.
            "input_tokens_uncached 35, cache_write_5m_tokens 3, cache_write_1h_tokens 2, "
            "input_audio_tokens 15, cache_audio_write_tokens 10, cache_audio_write_5m_tokens 27, "
            "cache_audio_write_1h_tokens 8");
}

// Cache reads come first and would take all the text, which the writes need.
TEST(Disjoint, MovesEarlierTypesAsideForLaterOnes) {
  EXPECT_EQ(disjoint_text({{Unit::input_tokens, 100},
                           {Unit::input_audio_tokens, 50},
                           {Unit::cache_read_tokens, 50},
                           {Unit::cache_write_tokens, 50},
                           {Unit::cache_audio_write_tokens, 0}}),
            "cache_write_tokens 50, cache_audio_read_tokens 50");
}

TEST(Disjoint, TakesSecondsAndPagesOutOfTheirWholeWhereItIsReported) {
  EXPECT_EQ(disjoint_text({{Unit::audio_seconds, 10'000}, {Unit::input_audio_seconds, 4'000}}),
            "audio_seconds 6000, input_audio_seconds 4000");
  EXPECT_EQ(disjoint_text({{Unit::input_audio_seconds, 4'000}}), "input_audio_seconds 4000");
  EXPECT_EQ(
      disjoint_text({{Unit::input_document_pages, 10}, {Unit::input_annotated_document_pages, 3}}),
      "input_document_pages 7, input_annotated_document_pages 3");
  EXPECT_EQ(disjoint_text({{Unit::audio_seconds, 10}, {Unit::input_audio_seconds, 11}}),
            "input_audio_seconds (11) exceed audio_seconds (10)");
}

struct Refusal {
  std::initializer_list<Count> counts;
  std::string_view message;
};

// 100 prompt and 500 cached tokens once cost -0.0035.
TEST(Disjoint, RefusesCountsThatCannotBe) {
  const Refusal cases[] = {
      {{{Unit::input_tokens, 100}, {Unit::cache_read_tokens, 500}},
       "cache_read_tokens (500) exceed input_tokens (100)"},
      {{{Unit::cache_read_tokens, 500}},
       "cache_read_tokens (500) are reported without input_tokens"},
      {{{Unit::input_text_tokens, 5}}, "input_text_tokens (5) are reported without input_tokens"},
      {{{Unit::output_reasoning_tokens, 5}, {Unit::input_tokens, 9}},
       "output_reasoning_tokens (5) are reported without output_tokens"},
      {{{Unit::output_tokens, 4}, {Unit::output_reasoning_tokens, 5}},
       "output_reasoning_tokens (5) exceed output_tokens (4)"},
      {{{Unit::input_tokens, 100}, {Unit::cache_read_tokens, 60}, {Unit::cache_write_tokens, 50}},
       "cache_read_tokens (60) and cache_write_tokens (50) together exceed input_tokens (100)"},
      {{{Unit::input_tokens, 100},
        {Unit::cache_read_tokens, 60},
        {Unit::cache_write_5m_tokens, 30},
        {Unit::input_tool_tokens, 20}},
       "cache_read_tokens (60), cache_write_tokens (30) and input_tool_tokens (20) together "
       "exceed input_tokens (100)"},
      {{{Unit::input_tokens, 100}, {Unit::input_audio_tokens, 101}},
       "input_audio_tokens (101) exceed input_tokens (100)"},
      {{{Unit::input_tokens, 100}, {Unit::input_audio_tokens, 60}, {Unit::input_image_tokens, 60}},
       "input_audio_tokens (60) and input_image_tokens (60) together exceed input_tokens (100)"},
      {{{Unit::input_audio_tokens, 7}}, "input_audio_tokens (7) are reported without input_tokens"},
      {{{Unit::input_tokens, 1000},
        {Unit::cache_write_tokens, 100},
        {Unit::cache_write_1h_tokens, 500}},
       "cache_write_1h_tokens (500) exceed cache_write_tokens (100)"},
      {{{Unit::input_tokens, 1000},
        {Unit::cache_write_tokens, 100},
        {Unit::cache_write_5m_tokens, 60},
        {Unit::cache_write_1h_tokens, 50}},
       "cache_write_5m_tokens (60) and cache_write_1h_tokens (50) together exceed "
       "cache_write_tokens (100)"},
      {{{Unit::input_tokens, 100},
        {Unit::input_audio_tokens, 50},
        {Unit::cache_read_tokens, 20},
        {Unit::cache_audio_read_tokens, 21}},
       "cache_audio_read_tokens (21) exceed cache_read_tokens (20)"},
      {{{Unit::input_tokens, 100},
        {Unit::input_audio_tokens, 50},
        {Unit::cache_audio_read_tokens, 1}},
       "cache_audio_read_tokens (1) are reported without cache_read_tokens"},
      {{{Unit::input_tokens, 100},
        {Unit::cache_read_tokens, 20},
        {Unit::cache_audio_read_tokens, 1}},
       "cache_audio_read_tokens (1) are reported without input_audio_tokens"},
      {{{Unit::input_tokens, 100},
        {Unit::input_audio_tokens, 5},
        {Unit::cache_read_tokens, 20},
        {Unit::cache_audio_read_tokens, 6}},
       "cache_audio_read_tokens (6) exceed input_audio_tokens (5)"},
      {{{Unit::input_tokens, 100},
        {Unit::input_audio_tokens, 50},
        {Unit::cache_write_tokens, 40},
        {Unit::cache_write_5m_tokens, 40},
        {Unit::cache_audio_write_tokens, 9},
        {Unit::cache_audio_write_5m_tokens, 10}},
       "cache_audio_write_5m_tokens (10) exceed cache_audio_write_tokens (9)"},
      {{{Unit::input_tokens, 100},
        {Unit::input_audio_tokens, 50},
        {Unit::cache_audio_write_tokens, 9}},
       "cache_audio_write_tokens (9) are reported without cache_write_tokens"},
      // All 100 are audio, 50 are cached, yet no cached audio.
      {{{Unit::input_tokens, 100},
        {Unit::input_audio_tokens, 100},
        {Unit::cache_read_tokens, 50},
        {Unit::cache_audio_read_tokens, 0}},
       "the counts by token type and by modality contradict each other within input_tokens (100)"},
      {{{Unit::input_tokens, 1'000'000'000'000'001}},
       "input_tokens (1000000000000001) are more than 1000000000000000, the most that one record "
       "can count"},
      {{{Unit::output_tokens, INT64_MAX}, {Unit::output_tokens, 1}},
       "output_tokens (9223372036854775807) are more than 1000000000000000, the most that one "
       "record can count"},
  };
  for (const Refusal& c : cases) EXPECT_EQ(disjoint_text(c.counts), c.message);
}

TEST(UsageCounts, AddsUpTheSameUnit) {
  UsageCounts counts;
  EXPECT_TRUE(counts.empty());
  counts.add(Unit::input_tokens, 3);
  counts.add(Unit::input_tokens, 4);
  counts.add(Unit::web_searches, 0);
  EXPECT_EQ(counts.count(Unit::input_tokens), 7);
  EXPECT_TRUE(counts.has(Unit::web_searches));
  EXPECT_FALSE(counts.has(Unit::output_tokens));
  EXPECT_FALSE(counts.empty());
  counts.clear();
  EXPECT_TRUE(counts.empty());
  EXPECT_EQ(counts.count(Unit::input_tokens), 0);
}

/// A whole table of input tokens: plain, read, write (rest, 5m, 1h), tool by text, audio, image,
/// video.
class Table {
 public:
  static constexpr std::size_t kRows = 6;
  static constexpr Meter kMeters[kRows][4] = {
      {Meter::input_tokens_uncached, Meter::input_audio_tokens, Meter::input_image_tokens,
       Meter::input_video_tokens},
      {Meter::cache_read_tokens, Meter::cache_audio_read_tokens, Meter::cache_image_read_tokens,
       Meter::cache_video_read_tokens},
      {Meter::cache_write_tokens, Meter::cache_audio_write_tokens, Meter::cache_image_write_tokens,
       Meter::cache_video_write_tokens},
      {Meter::cache_write_5m_tokens, Meter::cache_audio_write_5m_tokens,
       Meter::cache_image_write_5m_tokens, Meter::cache_video_write_5m_tokens},
      {Meter::cache_write_1h_tokens, Meter::cache_audio_write_1h_tokens,
       Meter::cache_image_write_1h_tokens, Meter::cache_video_write_1h_tokens},
      {Meter::input_tool_tokens, Meter::input_audio_tool_tokens, Meter::input_image_tool_tokens,
       Meter::input_video_tool_tokens}};
  static constexpr Unit kUnits[kRows][4] = {
      {Unit::input_tokens, Unit::input_audio_tokens, Unit::input_image_tokens,
       Unit::input_video_tokens},
      {Unit::cache_read_tokens, Unit::cache_audio_read_tokens, Unit::cache_image_read_tokens,
       Unit::cache_video_read_tokens},
      {Unit::cache_write_tokens, Unit::cache_audio_write_tokens, Unit::cache_image_write_tokens,
       Unit::cache_video_write_tokens},
      {Unit::cache_write_5m_tokens, Unit::cache_audio_write_5m_tokens,
       Unit::cache_image_write_5m_tokens, Unit::cache_video_write_5m_tokens},
      {Unit::cache_write_1h_tokens, Unit::cache_audio_write_1h_tokens,
       Unit::cache_image_write_1h_tokens, Unit::cache_video_write_1h_tokens},
      {Unit::input_tool_tokens, Unit::input_audio_tool_tokens, Unit::input_image_tool_tokens,
       Unit::input_video_tool_tokens}};

  explicit Table(std::mt19937_64& random) {
    for (auto& row : cells) {
      for (std::int64_t& cell : row) {
        cell = random() % 3 == 0 ? 0 : static_cast<std::int64_t>(random() % 20);
      }
    }
  }
  explicit Table(const Quantities& quantities) {
    for (std::size_t row = 0; row < kRows; ++row) {
      for (std::size_t column = 0; column < 4; ++column) {
        cells[row][column] = at(quantities, kMeters[row][column]);
      }
    }
  }

  [[nodiscard]] std::int64_t row_sum(std::size_t row) const {
    return cells[row][0] + cells[row][1] + cells[row][2] + cells[row][3];
  }
  [[nodiscard]] std::int64_t column_sum(std::size_t column) const {
    std::int64_t sum = 0;
    for (const auto& row : cells) sum += row[column];
    return sum;
  }
  [[nodiscard]] std::int64_t writes(std::size_t column) const {
    return cells[2][column] + cells[3][column] + cells[4][column];
  }
  [[nodiscard]] std::int64_t total() const {
    return column_sum(0) + column_sum(1) + column_sum(2) + column_sum(3);
  }

  std::int64_t cells[kRows][4] = {};
};

/// The table's margins, and each of its inner cells with probability `cell_percent`.
UsageCounts report(const Table& table, std::uint64_t cell_percent, std::mt19937_64& random) {
  UsageCounts counts;
  const auto chance = [&] { return random() % 100 < cell_percent; };
  counts.add(Unit::input_tokens, table.total());
  for (const std::size_t row : {1U, 3U, 4U, 5U})
    counts.add(Table::kUnits[row][0], table.row_sum(row));
  counts.add(Unit::cache_write_tokens, table.row_sum(2) + table.row_sum(3) + table.row_sum(4));
  for (std::size_t column = 1; column < 4; ++column) {
    counts.add(Table::kUnits[0][column], table.column_sum(column));
    for (const std::size_t row : {1U, 3U, 4U, 5U}) {
      if (chance()) counts.add(Table::kUnits[row][column], table.cells[row][column]);
    }
    if (chance()) counts.add(Table::kUnits[2][column], table.writes(column));
  }
  return counts;
}

// What is reported stays as reported; nothing is negative.
TEST(Disjoint, KeepsEveryReportedSum) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 20'000; ++round) {
    const Table source(random);
    const UsageCounts counts = report(source, random() % 101, random);
    const Result<Quantities> quantities = counts.disjoint();
    ASSERT_TRUE(quantities.has_value()) << quantities.error().message;
    const Table table(*quantities);
    ASSERT_EQ(table.total(), source.total());
    for (std::size_t row = 0; row < Table::kRows; ++row) {
      ASSERT_EQ(table.row_sum(row), source.row_sum(row));
      for (std::size_t column = 0; column < 4; ++column) {
        ASSERT_GE(table.cells[row][column], 0);
        const Unit cell = Table::kUnits[row][column];
        if (row > 0 && row != 2 && column > 0 && counts.has(cell)) {
          ASSERT_EQ(table.cells[row][column], source.cells[row][column]);
        }
      }
    }
    for (std::size_t column = 0; column < 4; ++column) {
      ASSERT_EQ(table.column_sum(column), source.column_sum(column));
      if (column > 0 && counts.has(Table::kUnits[2][column])) {
        ASSERT_EQ(table.writes(column), source.writes(column));
      }
    }
  }
}

// With every cell reported the table is the source's: inclusion and exclusion leave no choice.
TEST(Disjoint, IsExactWhereEveryCellIsReported) {
  std::mt19937_64 random(6);
  for (int round = 0; round < 5'000; ++round) {
    const Table source(random);
    const Result<Quantities> quantities = report(source, 100, random).disjoint();
    ASSERT_TRUE(quantities.has_value()) << quantities.error().message;
    const Table table(*quantities);
    for (std::size_t row = 0; row < Table::kRows; ++row) {
      for (std::size_t column = 0; column < 4; ++column) {
        ASSERT_EQ(table.cells[row][column], source.cells[row][column]);
      }
    }
  }
}

// Any counts at all: either a refusal, or meters whose sums are what was reported.
TEST(Disjoint, NeverInventsOrLosesTokens) {
  std::mt19937_64 random(7);
  int accepted = 0;
  for (int round = 0; round < 50'000; ++round) {
    UsageCounts counts;
    counts.add(Unit::input_tokens, static_cast<std::int64_t>(random() % 200));
    for (const Unit margin : {Unit::input_audio_tokens, Unit::input_image_tokens,
                              Unit::cache_read_tokens, Unit::cache_write_tokens}) {
      counts.add(margin, static_cast<std::int64_t>(random() % 60));
    }
    for (int i = 0; i < 2; ++i) {
      const Unit unit = Table::kUnits[random() % Table::kRows][random() % 4];
      if (unit != Unit::input_tokens) counts.add(unit, static_cast<std::int64_t>(random() % 20));
    }
    const Result<Quantities> quantities = counts.disjoint();
    if (!quantities) continue;
    ++accepted;
    const Table table(*quantities);
    ASSERT_EQ(table.total(), counts.count(Unit::input_tokens));
    for (const auto& row : table.cells) {
      for (const std::int64_t cell : row) ASSERT_GE(cell, 0);
    }
    ASSERT_EQ(table.row_sum(1), counts.count(Unit::cache_read_tokens));
    ASSERT_EQ(table.row_sum(5), counts.count(Unit::input_tool_tokens));
    for (std::size_t column = 1; column < 4; ++column) {
      ASSERT_EQ(table.column_sum(column), counts.count(Table::kUnits[0][column]));
    }
  }
  EXPECT_GT(accepted, 1'000);
}

}  // namespace
}  // namespace costops
