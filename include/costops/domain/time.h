// time.h - instants, half-open ranges, and calendar periods in IANA zones.
//
// Inside, a time is an Instant: UTC microseconds. Calendar words (day, month) exist only together
// with a zone, because a day is 23 to 25 hours long depending on it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "costops/domain/error.h"

namespace costops {

using Microseconds = std::chrono::microseconds;
using Instant = std::chrono::sys_time<std::chrono::microseconds>;

/// The smallest and the largest instant that this project reads or writes: years 1 to 9999.
[[nodiscard]] Instant min_instant();
[[nodiscard]] Instant max_instant();

/// [from, to). Default: all of time.
struct TimeRange {
  Instant from = min_instant();
  Instant to = max_instant();
  [[nodiscard]] bool contains(Instant at) const { return from <= at && at < to; }
  friend bool operator==(const TimeRange&, const TimeRange&) = default;
};

/// Reads RFC 3339 ("2026-07-01T12:00:00Z", "...12:00:00.123456789+02:00", a space instead of T, a
/// time without zone taken as UTC, a bare date as its midnight UTC), and what databases and loggers
/// make of it: offsets "+0200" and "+02", a comma before the fraction. More than six fractional
/// digits are cut. A leap second (:60) becomes the next second.
/// Fails with invalid_input and the reason.
[[nodiscard]] Result<Instant> parse_instant(std::string_view text);

/// "2026-07-01T12:00:00Z"; the fraction, if any, in 3 or 6 digits.
[[nodiscard]] std::string to_string(Instant at);

/// An instant from seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by
/// magnitude (each unit's plausible years 1971 to 2200 do not overlap).
/// Fails with invalid_input if it is plausible in no unit.
[[nodiscard]] Result<Instant> instant_from_epoch(std::int64_t count);

/// How wide one step of a time grouping is. Weeks start on Monday (ISO 8601).
enum class Grain { hour, day, week, month, quarter, year };
[[nodiscard]] std::optional<Grain> parse_grain(std::string_view word);
[[nodiscard]] std::string_view to_string(Grain grain);

/// An IANA time zone, immutable and cheap to copy. Changes of its offset are known as far as the
/// system's database lists them one by one: on Debian to the end of 2037.
class TimeZone {
 public:
  /// UTC.
  TimeZone();
  /// Fails with not_found if the system's time zone database does not hold `name`.
  [[nodiscard]] static Result<TimeZone> find(std::string_view name);

  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] bool is_utc() const;
  /// Local wall clock of `at`, as if it were UTC.
  [[nodiscard]] std::chrono::local_time<Microseconds> to_local(Instant at) const;
  /// The instant of a wall clock time. In a gap: the instant of the change; when it happens
  /// twice: the first.
  [[nodiscard]] Instant to_instant(std::chrono::local_time<Microseconds> local) const;

  /// The period of width `grain` that contains `at`, as instants: DST-correct.
  [[nodiscard]] TimeRange period_of(Instant at, Grain grain) const;
  /// Name of the period that contains `at`: "2026-07-01T13" (local hour, with offset appended
  /// when a change makes it ambiguous), "2026-07-01", "2026-W27", "2026-07", "2026-Q3", "2026".
  [[nodiscard]] std::string label_of(Instant at, Grain grain) const;

 private:
  struct Rules;
  std::shared_ptr<const Rules> rules_;
};

/// A range by its everyday name, in a zone, seen from `now`: today, yesterday, this-week,
/// last-week, this-month, last-month, this-quarter, last-quarter, this-year, last-year,
/// last-24h, last-7d, last-30d, last-90d, all; also "2026", "2026-07", "2026-07-01", "2026-W27",
/// "2026-Q3". last-Nd is the N days before now, to the microsecond.
/// Fails with invalid_input that lists the names.
[[nodiscard]] Result<TimeRange> named_range(std::string_view name, Instant now,
                                            const TimeZone& zone);

}  // namespace costops
