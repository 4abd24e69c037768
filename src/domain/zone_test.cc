// Expected values were computed with Python's zoneinfo, by stepping through the wall clock.
#include <gtest/gtest.h>

#include <random>

#include "costops/domain/time.h"

namespace costops {
namespace {

TimeZone zone(std::string_view name) { return TimeZone::find(name).value(); }
Instant instant(std::string_view text) { return parse_instant(text).value(); }
std::string range_text(TimeRange range) {
  return to_string(range.from) + " " + to_string(range.to);
}

struct DayCase {
  std::string_view zone;
  std::string_view day;
  std::string_view from;
  std::string_view to;
};

constexpr DayCase kDays[] = {
    {"Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"},  // 23 h
    {"Europe/Berlin", "2026-07-01", "2026-06-30T22:00:00Z", "2026-07-01T22:00:00Z"},
    {"Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},  // 25 h
    {"America/New_York", "2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"},
    {"America/New_York", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"},
    // Midnight does not exist:
    {"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"},
    {"Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"},
    // The clock is turned back at midnight:
    {"America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00:00Z", "2018-02-18T03:00:00Z"},
    {"Asia/Kolkata", "2026-07-01", "2026-06-30T18:30:00Z", "2026-07-01T18:30:00Z"},
    {"Asia/Kathmandu", "1986-01-01", "1985-12-31T18:30:00Z", "1986-01-01T18:15:00Z"},  // 23.75 h
    {"Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00Z", "2026-04-05T13:30:00Z"},
    {"Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30:00Z", "2026-10-04T13:00:00Z"},
    // December 30th was left out:
    {"Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"},
    {"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"},
    // The clock is turned back one minute after midnight, into the day before:
    {"America/St_Johns", "2010-11-06", "2010-11-06T02:30:00Z", "2010-11-07T02:30:00Z"},
    {"America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z"},
    {"Asia/Pyongyang", "2018-05-04", "2018-05-03T15:30:00Z", "2018-05-04T15:00:00Z"},
    {"UTC", "2026-07-01", "2026-07-01T00:00:00Z", "2026-07-02T00:00:00Z"},
};

TEST(TimeZone, DaysBeginWhenTheWallClockSaysSo) {
  for (const DayCase& c : kDays) {
    const TimeZone local = zone(c.zone);
    const std::string expected = std::string(c.from) + " " + std::string(c.to);
    for (const Instant at : {instant(c.from), instant(c.from) + std::chrono::hours(12),
                             instant(c.to) - Microseconds(1)}) {
      EXPECT_EQ(range_text(local.period_of(at, Grain::day)), expected) << c.zone << " " << c.day;
      EXPECT_EQ(local.label_of(at, Grain::day), c.day) << c.zone;
    }
  }
}

struct LabelCase {
  std::string_view zone;
  std::string_view at;
  Grain grain;
  std::string_view label;
  std::string_view range;
};

TEST(TimeZone, NamesAnHourThatComesTwiceWithItsOffset) {
  const LabelCase cases[] = {
      {"Europe/Berlin", "2026-10-24T23:30:00Z", Grain::hour, "2026-10-25T01",
       "2026-10-24T23:00:00Z 2026-10-25T00:00:00Z"},
      {"Europe/Berlin", "2026-10-25T00:30:00Z", Grain::hour, "2026-10-25T02+02:00",
       "2026-10-25T00:00:00Z 2026-10-25T01:00:00Z"},
      {"Europe/Berlin", "2026-10-25T01:30:00Z", Grain::hour, "2026-10-25T02+01:00",
       "2026-10-25T01:00:00Z 2026-10-25T02:00:00Z"},
      {"Europe/Berlin", "2026-10-25T02:30:00Z", Grain::hour, "2026-10-25T03",
       "2026-10-25T02:00:00Z 2026-10-25T03:00:00Z"},
      {"Asia/Kolkata", "2026-07-01T12:10:00Z", Grain::hour, "2026-07-01T17",
       "2026-07-01T11:30:00Z 2026-07-01T12:30:00Z"},
      // Half an hour back at 02:00: the second 01 begins at 01:30.
      {"Australia/Lord_Howe", "2026-04-04T14:45:00Z", Grain::hour, "2026-04-05T01+11:00",
       "2026-04-04T14:00:00Z 2026-04-04T15:00:00Z"},
      {"Australia/Lord_Howe", "2026-04-04T15:15:00Z", Grain::hour, "2026-04-05T01+10:30",
       "2026-04-04T15:00:00Z 2026-04-04T15:30:00Z"},
      // Half an hour forward at 02:00: the hour 02 is half as long.
      {"Australia/Lord_Howe", "2026-10-03T15:45:00Z", Grain::hour, "2026-10-04T02",
       "2026-10-03T15:30:00Z 2026-10-03T16:00:00Z"},
  };
  for (const LabelCase& c : cases) {
    EXPECT_EQ(zone(c.zone).label_of(instant(c.at), c.grain), c.label) << c.at;
    EXPECT_EQ(range_text(zone(c.zone).period_of(instant(c.at), c.grain)), c.range) << c.at;
  }
}

TEST(TimeZone, NamesWeeksMonthsQuartersAndYears) {
  const LabelCase cases[] = {
      {"UTC", "2026-07-01T12:00:00Z", Grain::week, "2026-W27",
       "2026-06-29T00:00:00Z 2026-07-06T00:00:00Z"},
      {"UTC", "2024-12-30T12:00:00Z", Grain::week, "2025-W01",
       "2024-12-30T00:00:00Z 2025-01-06T00:00:00Z"},
      {"UTC", "2021-01-03T12:00:00Z", Grain::week, "2020-W53",
       "2020-12-28T00:00:00Z 2021-01-04T00:00:00Z"},
      {"UTC", "2027-01-01T00:00:00Z", Grain::week, "2026-W53",
       "2026-12-28T00:00:00Z 2027-01-04T00:00:00Z"},
      {"Europe/Berlin", "2026-06-30T22:00:00Z", Grain::month, "2026-07",
       "2026-06-30T22:00:00Z 2026-07-31T22:00:00Z"},
      {"Europe/Berlin", "2026-02-15T00:00:00Z", Grain::month, "2026-02",
       "2026-01-31T23:00:00Z 2026-02-28T23:00:00Z"},
      {"Europe/Berlin", "2026-02-15T00:00:00Z", Grain::quarter, "2026-Q1",
       "2025-12-31T23:00:00Z 2026-03-31T22:00:00Z"},
      {"America/New_York", "2026-12-31T23:00:00Z", Grain::quarter, "2026-Q4",
       "2026-10-01T04:00:00Z 2027-01-01T05:00:00Z"},
      {"America/New_York", "2027-01-01T04:59:59Z", Grain::year, "2026",
       "2026-01-01T05:00:00Z 2027-01-01T05:00:00Z"},
      {"UTC", "9999-12-31T23:00:00Z", Grain::year, "9999",
       "9999-01-01T00:00:00Z 9999-12-31T23:59:59.999999Z"},
      {"America/New_York", "0001-01-01T00:00:00Z", Grain::hour, "0000-12-31T19",
       "0001-01-01T00:00:00Z 0001-01-01T00:56:02Z"},
  };
  for (const LabelCase& c : cases) {
    EXPECT_EQ(zone(c.zone).label_of(instant(c.at), c.grain), c.label) << c.at;
    EXPECT_EQ(range_text(zone(c.zone).period_of(instant(c.at), c.grain)), c.range) << c.at;
  }
}

TEST(TimeZone, FindsTheInstantOfAWallClock) {
  const TimeZone berlin = zone("Europe/Berlin");
  const auto local = [](std::string_view text) {
    return std::chrono::local_time<Microseconds>{instant(text).time_since_epoch()};
  };
  EXPECT_EQ(to_string(berlin.to_instant(local("2026-07-01T12:00:00Z"))), "2026-07-01T10:00:00Z");
  // In the gap from 02:00 to 03:00: the change.
  EXPECT_EQ(to_string(berlin.to_instant(local("2026-03-29T02:30:00Z"))), "2026-03-29T01:00:00Z");
  // Twice: the first.
  EXPECT_EQ(to_string(berlin.to_instant(local("2026-10-25T02:30:00Z"))), "2026-10-25T00:30:00Z");
  EXPECT_EQ(berlin.to_local(instant("2026-10-25T01:30:00Z")), local("2026-10-25T02:30:00Z"));
}

TEST(TimeZone, IsFoundByItsIanaName) {
  EXPECT_EQ(zone("Europe/Berlin").name(), "Europe/Berlin");
  EXPECT_FALSE(zone("Europe/Berlin").is_utc());
  EXPECT_TRUE(TimeZone().is_utc());
  EXPECT_EQ(TimeZone().name(), "UTC");
  for (const std::string_view name : {"Mars/Base", "", "../../etc/passwd", "europe/berlin"}) {
    const Result<TimeZone> found = TimeZone::find(name);
    ASSERT_FALSE(found.has_value()) << name;
    EXPECT_EQ(found.error().code, ErrorCode::not_found);
    EXPECT_EQ(found.error().message,
              "no time zone \"" + std::string(name) +
                  "\" on this system; expected an IANA name such as Europe/Berlin, or UTC");
  }
}

// Periods of one grain tile time: each instant is in its own, and the next begins where it ends.
TEST(TimeZone, PeriodsTileTime) {
  std::mt19937_64 random(4);
  for (const std::string_view name :
       {"Europe/Berlin", "America/Sao_Paulo", "America/St_Johns", "Australia/Lord_Howe",
        "Pacific/Apia", "Asia/Kathmandu", "Africa/Casablanca", "Antarctica/Troll"}) {
    const TimeZone local = zone(name);
    for (int i = 0; i < 2'000; ++i) {
      // 1900 to 2030
      const Instant at{std::chrono::seconds(-2'208'988'800 +
                                            static_cast<std::int64_t>(random() % 4'102'444'800))};
      for (const Grain grain : {Grain::hour, Grain::day, Grain::week, Grain::month}) {
        const TimeRange period = local.period_of(at, grain);
        ASSERT_TRUE(period.contains(at)) << name << " " << to_string(at) << " " << to_string(grain);
        ASSERT_EQ(local.period_of(period.to, grain).from, period.to)
            << name << " " << to_string(at) << " " << to_string(grain);
        const std::string label = local.label_of(at, grain);
        ASSERT_EQ(local.label_of(period.from, grain), label) << name << " " << to_string(at);
        ASSERT_NE(local.label_of(period.to, grain), label) << name << " " << to_string(at);
      }
    }
  }
}

}  // namespace
}  // namespace costops
