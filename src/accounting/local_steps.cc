// local_steps.cc - finds the changes of a zone's offset by bisection between neighbouring days.
#include "accounting/local_steps.h"

#include <algorithm>

namespace costops::accounting {
namespace {

std::int64_t offset_at(const TimeZone& zone, Instant at) {
  return (zone.to_local(at).time_since_epoch() - at.time_since_epoch()).count();
}

/// The first instant in (before, after] with the offset of `after`, to the second.
Instant change_between(const TimeZone& zone, Instant before, Instant after) {
  const std::int64_t last = offset_at(zone, after);
  auto low = std::chrono::floor<std::chrono::seconds>(before);
  auto high = std::chrono::ceil<std::chrono::seconds>(after);
  while (high - low > std::chrono::seconds(1)) {
    const auto middle = low + (high - low) / 2;
    (offset_at(zone, middle) == last ? high : low) = middle;
  }
  return high;
}

}  // namespace

storage::LocalSteps local_steps(const TimeZone& zone, Grain grain, TimeRange range) {
  constexpr Microseconds kHour = std::chrono::hours(1);
  constexpr Microseconds kDay = std::chrono::days(1);
  storage::LocalSteps steps;
  steps.step_us = (grain == Grain::hour ? kHour : kDay).count();
  std::int64_t offset = offset_at(zone, range.from);
  steps.offsets.push_back({range.from, offset});
  if (zone.is_utc()) return steps;
  for (Instant day = range.from; day < range.to;) {
    const Instant next = std::min(day + kDay, range.to);
    const std::int64_t next_offset = offset_at(zone, next);
    if (next_offset != offset) {
      steps.offsets.push_back({change_between(zone, day, next), next_offset});
      offset = next_offset;
    }
    day = next;
  }
  return steps;
}

}  // namespace costops::accounting
