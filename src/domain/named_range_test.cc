#include <gtest/gtest.h>

#include "costops/domain/time.h"

namespace costops {
namespace {

struct RangeCase {
  std::string_view name;
  std::string_view expected;
};

std::string range_text(std::string_view name, const TimeZone& zone) {
  // A Wednesday; in Berlin already Thursday, July 2nd.
  const Instant now = parse_instant("2026-07-01T22:30:00.000001Z").value();
  const Result<TimeRange> range = named_range(name, now, zone);
  return range ? to_string(range->from) + " " + to_string(range->to) : range.error().message;
}

TEST(NamedRange, IsSeenFromNow) {
  const RangeCase cases[] = {
      {"today", "2026-07-01T00:00:00Z 2026-07-02T00:00:00Z"},
      {"yesterday", "2026-06-30T00:00:00Z 2026-07-01T00:00:00Z"},
      {"this-week", "2026-06-29T00:00:00Z 2026-07-06T00:00:00Z"},
      {"last-week", "2026-06-22T00:00:00Z 2026-06-29T00:00:00Z"},
      {"this-month", "2026-07-01T00:00:00Z 2026-08-01T00:00:00Z"},
      {"last-month", "2026-06-01T00:00:00Z 2026-07-01T00:00:00Z"},
      {"this-quarter", "2026-07-01T00:00:00Z 2026-10-01T00:00:00Z"},
      {"last-quarter", "2026-04-01T00:00:00Z 2026-07-01T00:00:00Z"},
      {"this-year", "2026-01-01T00:00:00Z 2027-01-01T00:00:00Z"},
      {"last-year", "2025-01-01T00:00:00Z 2026-01-01T00:00:00Z"},
      {"last-24h", "2026-06-30T22:30:00.000001Z 2026-07-01T22:30:00.000001Z"},
      {"last-7d", "2026-06-24T22:30:00.000001Z 2026-07-01T22:30:00.000001Z"},
      {"last-30d", "2026-06-01T22:30:00.000001Z 2026-07-01T22:30:00.000001Z"},
      {"last-90d", "2026-04-02T22:30:00.000001Z 2026-07-01T22:30:00.000001Z"},
      {"all", "0001-01-01T00:00:00Z 9999-12-31T23:59:59.999999Z"},
  };
  for (const RangeCase& c : cases) EXPECT_EQ(range_text(c.name, TimeZone()), c.expected) << c.name;
}

TEST(NamedRange, FollowsTheZone) {
  const TimeZone berlin = TimeZone::find("Europe/Berlin").value();
  EXPECT_EQ(range_text("today", berlin), "2026-07-01T22:00:00Z 2026-07-02T22:00:00Z");
  EXPECT_EQ(range_text("yesterday", berlin), "2026-06-30T22:00:00Z 2026-07-01T22:00:00Z");
  EXPECT_EQ(range_text("this-year", berlin), "2025-12-31T23:00:00Z 2026-12-31T23:00:00Z");
  EXPECT_EQ(range_text("2026-03-29", berlin), "2026-03-28T23:00:00Z 2026-03-29T22:00:00Z");
}

TEST(NamedRange, ReadsCalendarPeriods) {
  const RangeCase cases[] = {
      {"2026", "2026-01-01T00:00:00Z 2027-01-01T00:00:00Z"},
      {"2026-02", "2026-02-01T00:00:00Z 2026-03-01T00:00:00Z"},
      {"2026-12", "2026-12-01T00:00:00Z 2027-01-01T00:00:00Z"},
      {"2026-07-01", "2026-07-01T00:00:00Z 2026-07-02T00:00:00Z"},
      {"2026-W27", "2026-06-29T00:00:00Z 2026-07-06T00:00:00Z"},
      {"2026-W01", "2025-12-29T00:00:00Z 2026-01-05T00:00:00Z"},
      {"2020-W53", "2020-12-28T00:00:00Z 2021-01-04T00:00:00Z"},
      {"2026-Q3", "2026-07-01T00:00:00Z 2026-10-01T00:00:00Z"},
      {"2026-Q4", "2026-10-01T00:00:00Z 2027-01-01T00:00:00Z"},
      {"9999", "9999-01-01T00:00:00Z 9999-12-31T23:59:59.999999Z"},
  };
  for (const RangeCase& c : cases) EXPECT_EQ(range_text(c.name, TimeZone()), c.expected) << c.name;
}

TEST(NamedRange, RefusesWhatIsNone) {
  for (const std::string_view name :
       {"",           "tomorrow",   "Today",    "last-8d",  "this-day",
        "last-",      "week",       "0000",     "2026-13",  "2026-00",
        "2026-02-30", "2026-02-00", "2026-W00", "2026-W54", "2025-W53",
        "2026-Q0",    "2026-Q5",    "2026-7",   "26",       "2026-07-01T00:00:00Z",
        "2026/07",    "20267",      "2026-W+1"}) {
    EXPECT_EQ(range_text(name, TimeZone()),
              "no range \"" + std::string(name) +
                  "\"; expected today, yesterday, this-week, last-week, this-month, last-month, "
                  "this-quarter, last-quarter, this-year, last-year, last-24h, last-7d, last-30d, "
                  "last-90d, all, or a period such as 2026, 2026-07, 2026-07-01, 2026-W27, "
                  "2026-Q3");
  }
}

}  // namespace
}  // namespace costops
