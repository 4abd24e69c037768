#include "costops/domain/time.h"

#include <gtest/gtest.h>

#include <random>

namespace costops {
namespace {

std::string text_of(std::string_view text) {
  const Result<Instant> at = parse_instant(text);
  return at ? to_string(*at) : at.error().message;
}

struct TimeCase {
  std::string_view text;
  std::string_view expected;
};

TEST(Instant, IsReadFromRfc3339) {
  const TimeCase cases[] = {
      {"2026-07-01T12:00:00Z", "2026-07-01T12:00:00Z"},
      {"2026-07-01t12:00:00z", "2026-07-01T12:00:00Z"},
      {"2026-07-01 12:00:00", "2026-07-01T12:00:00Z"},
      {"2026-07-01T12:00:00+00:00", "2026-07-01T12:00:00Z"},
      {"2026-07-01T12:00:00-00:00", "2026-07-01T12:00:00Z"},
      {"2026-07-01T12:00:00.123456789+02:00", "2026-07-01T10:00:00.123456Z"},
      {"2026-07-01T00:30:00+05:30", "2026-06-30T19:00:00Z"},
      {"2026-07-01T12:00:00-0700", "2026-07-01T19:00:00Z"},
      {"2026-08-01 10:00:00.123+00", "2026-08-01T10:00:00.123Z"},
      {"2026-07-01 12:00:00,5", "2026-07-01T12:00:00.500Z"},
      {"2026-07-01T12:00:00.1200000", "2026-07-01T12:00:00.120Z"},
      {"2026-07-01T12:00:00.0000019Z", "2026-07-01T12:00:00.000001Z"},
      {"2026-07-01", "2026-07-01T00:00:00Z"},
      {"2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z"},
      {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"},
      {"1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z"},
      {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
      {"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
      {"0001-01-01T00:00:00+00:01",
       "time \"0001-01-01T00:00:00+00:01\" is outside the years 1 to 9999"},
      {"9999-12-31T23:59:59-00:01",
       "time \"9999-12-31T23:59:59-00:01\" is outside the years 1 to 9999"},
      {"2025-02-29", "time \"2025-02-29\" names a day that does not exist"},
      {"2026-13-01T00:00:00Z", "time \"2026-13-01T00:00:00Z\" names a day that does not exist"},
      {"2026-00-10", "time \"2026-00-10\" names a day that does not exist"},
      {"0000-01-01", "time \"0000-01-01\" names a day that does not exist"},
      {"2026-07-01T24:00:00Z",
       "time \"2026-07-01T24:00:00Z\" names a time of day that does not exist"},
      {"2026-07-01T12:60:00Z",
       "time \"2026-07-01T12:60:00Z\" names a time of day that does not exist"},
      {"2026-07-01T12:00:61Z",
       "time \"2026-07-01T12:00:61Z\" names a time of day that does not exist"},
      {"2026-07-01T12:00:00+24:00",
       "time \"2026-07-01T12:00:00+24:00\" has an offset from UTC that does not exist"},
      {"", "time \"\" is not a time such as 2026-07-01T12:00:00Z"},
      {"yesterday", "time \"yesterday\" is not a time such as 2026-07-01T12:00:00Z"},
      {"1782907200", "time \"1782907200\" is not a time such as 2026-07-01T12:00:00Z"},
      {"2026-7-1", "time \"2026-7-1\" is not a time such as 2026-07-01T12:00:00Z"},
      {"2026-07-01T12:00", "time \"2026-07-01T12:00\" is not a time such as 2026-07-01T12:00:00Z"},
      {"2026-07-01T12:00:00.Z",
       "time \"2026-07-01T12:00:00.Z\" is not a time such as 2026-07-01T12:00:00Z"},
      {"2026-07-01T12:00:00Zx",
       "time \"2026-07-01T12:00:00Zx\" is not a time such as 2026-07-01T12:00:00Z"},
      {"2026-07-01T12:00:00+1:00",
       "time \"2026-07-01T12:00:00+1:00\" is not a time such as 2026-07-01T12:00:00Z"},
      {"2026-07-01T12:00:00+01:",
       "time \"2026-07-01T12:00:00+01:\" is not a time such as 2026-07-01T12:00:00Z"},
      {" 2026-07-01", "time \" 2026-07-01\" is not a time such as 2026-07-01T12:00:00Z"},
      {"-026-07-01", "time \"-026-07-01\" is not a time such as 2026-07-01T12:00:00Z"},
  };
  for (const TimeCase& c : cases) EXPECT_EQ(text_of(c.text), c.expected) << c.text;
}

TEST(Instant, ReadsBackWhatItWrites) {
  std::mt19937_64 random(3);
  const std::int64_t first = min_instant().time_since_epoch().count();
  const auto width = static_cast<std::uint64_t>((max_instant() - min_instant()).count());
  for (int i = 0; i < 50'000; ++i) {
    const Instant at{Microseconds(first + static_cast<std::int64_t>(random() % width))};
    ASSERT_EQ(parse_instant(to_string(at)), at) << to_string(at);
  }
}

// 2026-07-01T12:00:00Z is 1,782,907,200 seconds after 1970.
TEST(Instant, IsReadFromAnyCountSince1970) {
  EXPECT_EQ(to_string(instant_from_epoch(1'782'907'200).value()), "2026-07-01T12:00:00Z");
  EXPECT_EQ(to_string(instant_from_epoch(1'782'907'200'123).value()), "2026-07-01T12:00:00.123Z");
  EXPECT_EQ(to_string(instant_from_epoch(1'782'907'200'123'456).value()),
            "2026-07-01T12:00:00.123456Z");
  EXPECT_EQ(to_string(instant_from_epoch(1'782'907'200'123'456'789).value()),
            "2026-07-01T12:00:00.123456Z");
  EXPECT_EQ(to_string(instant_from_epoch(31'536'000).value()), "1971-01-01T00:00:00Z");
  EXPECT_EQ(to_string(instant_from_epoch(7'258'118'399).value()), "2199-12-31T23:59:59Z");
  for (const std::int64_t count : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{31'535'999},
                                   std::int64_t{7'258'118'400}, INT64_MAX, INT64_MIN}) {
    EXPECT_EQ(instant_from_epoch(count).error().message,
              "time " + std::to_string(count) +
                  " is no count of seconds, milliseconds, microseconds or nanoseconds since 1970 "
                  "in the years 1971 to 2199");
  }
}

// Start and end were once both inclusive, so neighbours counted an instant twice.
TEST(TimeRange, IsHalfOpen) {
  const Instant from = parse_instant("2026-07-01").value();
  const Instant to = parse_instant("2026-08-01").value();
  const TimeRange july{from, to};
  EXPECT_TRUE(july.contains(from));
  EXPECT_TRUE(july.contains(to - Microseconds(1)));
  EXPECT_FALSE(july.contains(to));
  EXPECT_FALSE(july.contains(from - Microseconds(1)));
}

TEST(Grain, HasItsWord) {
  EXPECT_EQ(parse_grain("week"), Grain::week);
  EXPECT_EQ(to_string(Grain::quarter), "quarter");
  EXPECT_EQ(parse_grain("Week"), std::nullopt);
}

}  // namespace
}  // namespace costops
