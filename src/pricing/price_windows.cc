// Time windows of prices: on which seconds of the week they are open.
#include <algorithm>
#include <cassert>

#include "pricing/price_index.h"

namespace costops::pricing {
namespace {

constexpr std::int64_t kDaySeconds = 86400;
constexpr std::int64_t kWeekSeconds = 7 * kDaySeconds;

struct Interval {
  std::int64_t from;
  std::int64_t to;
};

// Seconds of the week, Monday 00:00 first; what runs over Sunday midnight comes again at the start.
std::vector<Interval> week_of(const TimeWindow& window) {
  std::vector<Interval> intervals;
  const std::int64_t from = window.from.count();
  std::int64_t to = window.to.count();
  if (to <= from) to += kDaySeconds;
  for (int day = 0; day < 7; ++day) {
    if ((window.weekdays >> day & 1) == 0) continue;
    const Interval open{day * kDaySeconds + from, day * kDaySeconds + to};
    intervals.push_back(open);
    if (open.to > kWeekSeconds) intervals.push_back({0, open.to - kWeekSeconds});
  }
  return intervals;
}

bool overlap(const TimeWindow& a, const TimeWindow& b) {
  if (a.zone != b.zone) return true;
  for (const Interval x : week_of(a)) {
    for (const Interval y : week_of(b)) {
      if (x.from < y.to && y.from < x.to) return true;
    }
  }
  return false;
}

}  // namespace

CompiledWindows compile(const std::vector<TimeWindow>& windows) {
  CompiledWindows compiled;
  for (const TimeWindow& window : windows) {
    auto zone = TimeZone::find(window.zone);
    assert(zone);
    compiled.windows.push_back(
        {window.from, window.to, window.weekdays, zone ? std::move(*zone) : TimeZone{}});
  }
  return compiled;
}

bool CompiledWindows::contains(Instant at) const {
  return std::ranges::any_of(windows, [at](const Window& window) {
    const Microseconds local =
        window.zone.is_utc() ? at.time_since_epoch() : window.zone.to_local(at).time_since_epoch();
    const auto days = std::chrono::floor<std::chrono::days>(local);
    const Microseconds time = local - days;
    // 1970-01-01 was a Thursday: day 3 of a week that starts on Monday.
    const auto weekday = static_cast<unsigned>(((days.count() + 3) % 7 + 7) % 7);
    const bool today = (window.weekdays >> weekday & 1) != 0;
    if (window.from < window.to) return today && window.from <= time && time < window.to;
    const bool yesterday = (window.weekdays >> ((weekday + 6) % 7) & 1) != 0;
    return (today && time >= window.from) || (yesterday && time < window.to);
  });
}

bool overlap(const std::vector<TimeWindow>& a, const std::vector<TimeWindow>& b) {
  return std::ranges::any_of(a, [&](const TimeWindow& x) {
    return std::ranges::any_of(b, [&](const TimeWindow& y) { return overlap(x, y); });
  });
}

}  // namespace costops::pricing
