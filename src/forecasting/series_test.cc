#include "costops/forecasting/series.h"

#include <gtest/gtest.h>

namespace costops::forecasting {
namespace {

Instant at(std::string_view text) { return parse_instant(text).value(); }

TEST(Grid, DaysFollowTheZoneThroughAChangeOfClocks) {
  const TimeZone berlin = TimeZone::find("Europe/Berlin").value();
  const Grid days({at("2026-03-28T12:00:00Z"), at("2026-03-30T12:00:00Z")}, Grain::day, berlin);
  ASSERT_EQ(days.size(), 3u);
  EXPECT_EQ(days.period(1).from, at("2026-03-28T23:00:00Z"));
  EXPECT_EQ(days.period(1).to, at("2026-03-29T22:00:00Z"));  // 23 hours
  EXPECT_EQ(days.label(1), "2026-03-29");
  EXPECT_EQ(days.index_of(at("2026-03-29T22:00:00Z")), 2u);
  EXPECT_EQ(days.index_of(at("2026-04-02T00:00:00Z")), 3u);
}

TEST(Grid, TheFollowingPeriodsBeginWhereTheLastOneEnds) {
  const Grid months({at("2026-01-31T00:00:00Z"), at("2026-02-01T00:00:00Z")}, Grain::month,
                    TimeZone());
  const Grid next = months.following(2);
  ASSERT_EQ(next.size(), 2u);
  EXPECT_EQ(next.label(0), "2026-02");
  EXPECT_EQ(next.period(1).to, at("2026-04-01T00:00:00Z"));
}

TEST(Grid, AnEmptyRangeHasNoPeriods) {
  const Grid none({at("2026-01-01"), at("2026-01-01")}, Grain::hour, TimeZone());
  EXPECT_EQ(none.size(), 0u);
  EXPECT_EQ(none.index_of(at("2026-01-01")), 0u);
}

TEST(SeriesTable, KeepsEachSeriesApart) {
  SeriesTable table(Grid({at("2026-01-01"), at("2026-01-04")}, Grain::day, TimeZone()));
  table.add("a")[2] = 5.0;
  table.add("b", 1.0)[0] = 7.0;
  EXPECT_EQ(table.values(0)[2], 5.0);
  EXPECT_EQ(table.values(1)[0], 7.0);
  EXPECT_EQ(table.values(1)[2], 1.0);
  EXPECT_EQ(table.name(1), "b");
}

TEST(SeriesTable, APeriodIsCompleteOnceItHasEnded) {
  const SeriesTable table(Grid({at("2026-01-01"), at("2026-01-04")}, Grain::day, TimeZone()));
  EXPECT_EQ(table.complete_periods(at("2026-01-03T23:59:59Z")), 2u);
  EXPECT_EQ(table.complete_periods(at("2026-01-04T00:00:00Z")), 3u);
  EXPECT_EQ(table.complete_periods(at("2025-12-31T00:00:00Z")), 0u);
}

}  // namespace
}  // namespace costops::forecasting
