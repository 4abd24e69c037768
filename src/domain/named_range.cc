#include <array>
#include <chrono>

#include "costops/domain/time.h"

namespace costops {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::weeks;
using std::chrono::year_month_day;

struct Period {
  std::string_view word;
  Grain grain;
};
constexpr std::array<Period, 4> kPeriods = {{{"week", Grain::week},
                                             {"month", Grain::month},
                                             {"quarter", Grain::quarter},
                                             {"year", Grain::year}}};

struct Span {
  std::string_view name;
  std::chrono::hours width;
};
constexpr std::array<Span, 4> kLast = {{{"last-24h", std::chrono::hours(24)},
                                        {"last-7d", days(7)},
                                        {"last-30d", days(30)},
                                        {"last-90d", days(90)}}};

TimeRange before(TimeRange period, const TimeZone& zone, Grain grain) {
  return zone.period_of(period.from - Microseconds(1), grain);
}

std::optional<TimeRange> relative_range(std::string_view name, Instant now, const TimeZone& zone) {
  if (name == "all") return TimeRange{};
  if (name == "today") return zone.period_of(now, Grain::day);
  if (name == "yesterday") return before(zone.period_of(now, Grain::day), zone, Grain::day);
  for (const Span& span : kLast) {
    if (name == span.name) return TimeRange{now - span.width, now};
  }
  for (const Period& period : kPeriods) {
    if (!name.ends_with(period.word)) continue;
    const std::string_view which = name.substr(0, name.size() - period.word.size());
    const TimeRange current = zone.period_of(now, period.grain);
    if (which == "this-") return current;
    if (which == "last-") return before(current, zone, period.grain);
  }
  return std::nullopt;
}

/// The digits of `text` as a number; -1 if there is anything else.
int number(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return text.empty() ? -1 : value;
}

/// Local days from `from` to `to` as instants.
TimeRange range_of(local_days from, local_days to, const TimeZone& zone) {
  return {std::max(zone.to_instant(from), min_instant()),
          std::min(zone.to_instant(to), max_instant())};
}

std::optional<TimeRange> week_range(int year, int week, const TimeZone& zone) {
  // ISO 8601: week 1 holds January 4th.
  const local_days fourth{std::chrono::year{year} / 1 / 4};
  const local_days first = fourth - (std::chrono::weekday{fourth} - std::chrono::Monday);
  const local_days monday = first + weeks(week - 1);
  if (week < 1 || year_month_day{monday + days(3)}.year() != std::chrono::year{year}) {
    return std::nullopt;
  }
  return range_of(monday, monday + days(7), zone);
}

std::optional<TimeRange> months_range(int year, int month, int count, const TimeZone& zone) {
  if (month < 1 || month > 12) return std::nullopt;
  const year_month_day first =
      std::chrono::year{year} / std::chrono::month{static_cast<unsigned>(month)} / 1;
  return range_of(local_days{first}, local_days{first + std::chrono::months(count)}, zone);
}

std::optional<TimeRange> day_range(year_month_day date, const TimeZone& zone) {
  if (!date.ok()) return std::nullopt;
  return range_of(local_days{date}, local_days{date} + days(1), zone);
}

/// "2026", "2026-07", "2026-07-01", "2026-W27", "2026-Q3".
std::optional<TimeRange> calendar_range(std::string_view name, const TimeZone& zone) {
  if (name.size() < 4) return std::nullopt;
  const int year = number(name.substr(0, 4));
  if (year < 1) return std::nullopt;
  if (name.size() == 4) return months_range(year, 1, 12, zone);
  if (name[4] != '-') return std::nullopt;
  const std::string_view rest = name.substr(5);
  if (rest.size() == 3 && rest[0] == 'W') return week_range(year, number(rest.substr(1)), zone);
  if (rest.size() == 2 && rest[0] == 'Q') {
    const int quarter = number(rest.substr(1));
    return months_range(year, quarter < 1 ? 0 : quarter * 3 - 2, 3, zone);
  }
  if (rest.size() == 2) return months_range(year, number(rest), 1, zone);
  if (rest.size() != 5 || rest[2] != '-') return std::nullopt;
  const int month = number(rest.substr(0, 2));
  const int day = number(rest.substr(3));
  if (month < 1 || day < 1) return std::nullopt;
  return day_range(std::chrono::year{year} / std::chrono::month{static_cast<unsigned>(month)} /
                       std::chrono::day{static_cast<unsigned>(day)},
                   zone);
}

}  // namespace

Result<TimeRange> named_range(std::string_view name, Instant now, const TimeZone& zone) {
  if (const auto range = relative_range(name, now, zone)) return *range;
  if (const auto range = calendar_range(name, zone)) return *range;
  return fail(
      ErrorCode::invalid_input,
      "no range " + quoted(name) +
          "; expected today, yesterday, this-week, last-week, this-month, last-month, "
          "this-quarter, last-quarter, this-year, last-year, last-24h, last-7d, last-30d, "
          "last-90d, all, or a period such as 2026, 2026-07, 2026-07-01, 2026-W27, 2026-Q3");
}

}  // namespace costops
