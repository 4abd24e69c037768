#include "costops/domain/time.h"

#include <gtest/gtest.h>

namespace costops {
namespace {

std::string text_of(std::string_view text) {
  const Result<Instant> at = parse_instant(text);
  return at ? to_string(*at) : at.error().message;
}

TEST(Instant, IsReadFromRfc3339) {
  EXPECT_EQ(text_of("2026-07-01T12:00:00Z"), "2026-07-01T12:00:00Z");
  EXPECT_EQ(text_of("2026-07-01T12:00:00.123456789+02:00"), "2026-07-01T10:00:00.123456Z");
  EXPECT_EQ(text_of("2026-07-01 12:00:00.5"), "2026-07-01T12:00:00.500Z");
  EXPECT_EQ(text_of("2026-07-01"), "2026-07-01T00:00:00Z");
  EXPECT_EQ(text_of("2016-12-31T23:59:60Z"), "2017-01-01T00:00:00Z");
}

TEST(TimeZone, TilesTheDayOfAChange) {
  const TimeZone berlin = TimeZone::find("Europe/Berlin").value();
  const TimeRange day =
      berlin.period_of(parse_instant("2026-10-25T12:00:00Z").value(), Grain::day);
  EXPECT_EQ(to_string(day.from), "2026-10-24T22:00:00Z");
  EXPECT_EQ(to_string(day.to), "2026-10-25T23:00:00Z");
}

}  // namespace
}  // namespace costops
