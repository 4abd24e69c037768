// A time zone is kept as a list of constant offsets, taken once from the system's database: no
// call into the time zone library, no exception and no allocation per record. A period starts at
// the first instant whose wall clock has reached its name, so that periods tile time without gap
// or overlap even where the wall clock jumps over midnight or passes it twice.
#include <date/tz.h>

#include <algorithm>
#include <exception>
#include <map>
#include <mutex>
#include <vector>

#include "costops/domain/time.h"

namespace costops {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::months;
using std::chrono::seconds;
using std::chrono::year_month_day;
using Local = std::chrono::local_time<Microseconds>;

/// From `from` to the next span, local time is UTC plus `offset`. Neighbours differ in it.
struct Span {
  Instant from;
  Microseconds offset;
};

Local shift(Instant at, Microseconds offset) { return Local{at.time_since_epoch() + offset}; }
Instant unshift(Local local, Microseconds offset) {
  return Instant{local.time_since_epoch() - offset};
}

/// Throws what the time zone library throws.
std::vector<Span> spans_of(const date::time_zone& zone) {
  const auto last = std::chrono::floor<seconds>(max_instant());
  std::vector<Span> spans;
  for (auto at = std::chrono::floor<seconds>(min_instant()); at < last;) {
    const date::sys_info info = zone.get_info(at);
    if (spans.empty() || spans.back().offset != info.offset) spans.push_back({at, info.offset});
    at = std::max(info.end, at + seconds(1));
  }
  return spans;
}

/// The first local time of the period of width `grain` that contains `local`.
Local start_of(Local local, Grain grain) {
  if (grain == Grain::hour) return std::chrono::floor<std::chrono::hours>(local);
  const local_days today = std::chrono::floor<days>(local);
  const year_month_day date{today};
  switch (grain) {
    case Grain::week:
      return today - (std::chrono::weekday{today} - std::chrono::Monday);
    case Grain::month:
      return local_days{date.year() / date.month() / 1};
    case Grain::quarter: {
      const unsigned month = (static_cast<unsigned>(date.month()) - 1) / 3 * 3 + 1;
      return local_days{date.year() / std::chrono::month{month} / 1};
    }
    case Grain::year:
      return local_days{date.year() / 1 / 1};
    default:
      return today;
  }
}

/// The first local time of the next period. Requires that `start` begins one; not for hours.
Local next_start(Local start, Grain grain) {
  const local_days today = std::chrono::floor<days>(start);
  const year_month_day date{today};
  switch (grain) {
    case Grain::week:
      return today + days(7);
    case Grain::month:
      return local_days{date + months(1)};
    case Grain::quarter:
      return local_days{date + months(3)};
    case Grain::year:
      return local_days{date + months(12)};
    default:
      return today + days(1);
  }
}

void append_number(std::string& out, int value, std::size_t width) {
  const std::string digits = std::to_string(value);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

std::string day_label(local_days day) {
  const year_month_day date{day};
  std::string text;
  append_number(text, static_cast<int>(date.year()), 4);
  text += '-';
  append_number(text, static_cast<int>(static_cast<unsigned>(date.month())), 2);
  text += '-';
  append_number(text, static_cast<int>(static_cast<unsigned>(date.day())), 2);
  return text;
}

/// ISO 8601: a week belongs to the year that holds its Thursday.
std::string week_label(local_days monday) {
  const local_days thursday = monday + days(3);
  const std::chrono::year year = year_month_day{thursday}.year();
  std::string text;
  append_number(text, static_cast<int>(year), 4);
  text += "-W";
  append_number(text, static_cast<int>((thursday - local_days{year / 1 / 1}).count() / 7 + 1), 2);
  return text;
}

std::string offset_label(Microseconds offset) {
  const std::int64_t total = std::chrono::floor<seconds>(offset).count();
  const auto size = static_cast<int>(total < 0 ? -total : total);
  std::string text = total < 0 ? "-" : "+";
  append_number(text, size / 3600, 2);
  text += ':';
  append_number(text, size / 60 % 60, 2);
  if (size % 60 != 0) {
    text += ':';
    append_number(text, size % 60, 2);
  }
  return text;
}

std::string label_of_start(Local start, Grain grain) {
  const local_days day = std::chrono::floor<days>(start);
  std::string text = day_label(day);
  switch (grain) {
    case Grain::hour: {
      std::string hour = text + 'T';
      append_number(hour, static_cast<int>((start - day) / std::chrono::hours(1)), 2);
      return hour;
    }
    case Grain::week:
      return week_label(day);
    case Grain::month:
      return text.substr(0, 7);
    case Grain::quarter: {
      const unsigned month = static_cast<unsigned>(year_month_day{day}.month());
      return text.substr(0, 4) + "-Q" + std::to_string((month + 2) / 3);
    }
    case Grain::year:
      return text.substr(0, 4);
    default:
      return text;
  }
}

TimeRange clipped(Instant from, Instant to) {
  return {std::max(from, min_instant()), std::min(to, max_instant())};
}

}  // namespace

struct TimeZone::Rules {
  std::string name;
  std::vector<Span> spans;

  [[nodiscard]] std::size_t span_at(Instant at) const {
    const auto after = std::ranges::upper_bound(spans, at, {}, &Span::from);
    return after == spans.begin() ? 0 : static_cast<std::size_t>(after - spans.begin()) - 1;
  }
  [[nodiscard]] Local local(Instant at) const { return shift(at, spans[span_at(at)].offset); }
  /// The first instant whose wall clock is at or after `local`.
  [[nodiscard]] Instant first_at(Local local) const;
  /// Local start of the period that contains `at`, in the sense of the top of this file.
  [[nodiscard]] Local start_at(Instant at, Grain grain) const;
  /// Whether the local hour from `start` exists on both sides of an end of span `index`.
  [[nodiscard]] bool is_split(Local start, std::size_t index) const;
};

Instant TimeZone::Rules::first_at(Local local) const {
  // No offset is beyond 26 hours, so earlier spans cannot reach this wall clock.
  const Instant earliest = unshift(local, std::chrono::hours(26));
  for (std::size_t i = span_at(earliest); i < spans.size(); ++i) {
    const Instant at = std::max(unshift(local, spans[i].offset), spans[i].from);
    if (i + 1 == spans.size() || at < spans[i + 1].from) return at;
  }
  return max_instant();
}

Local TimeZone::Rules::start_at(Instant at, Grain grain) const {
  Local start = start_of(local(at), grain);
  // The wall clock may have been turned back out of a period that has begun already.
  for (Local next = next_start(start, grain); first_at(next) <= at;) {
    start = next;
    next = next_start(start, grain);
  }
  return start;
}

bool TimeZone::Rules::is_split(Local start, std::size_t index) const {
  const Local end = start + std::chrono::hours(1);
  if (index > 0) {
    const Local before_ends = shift(spans[index].from, spans[index - 1].offset);
    const Local here_begins = shift(spans[index].from, spans[index].offset);
    if (start < before_ends && here_begins < end) return true;
  }
  if (index + 1 < spans.size()) {
    const Instant change = spans[index + 1].from;
    const Local here_ends = shift(change, spans[index].offset);
    const Local after_begins = shift(change, spans[index + 1].offset);
    if (start < here_ends && after_begins < end) return true;
  }
  return false;
}

TimeZone::TimeZone() {
  static const auto utc =
      std::make_shared<const Rules>(Rules{"UTC", {{min_instant(), Microseconds(0)}}});
  rules_ = utc;
}

Result<TimeZone> TimeZone::find(std::string_view name) {
  if (name == "UTC" || name == "Etc/UTC") return TimeZone();
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const Rules>, std::less<>> known;
  const std::scoped_lock lock(mutex);
  auto place = known.find(name);
  if (place == known.end()) {
    try {
      Rules rules{std::string(name), spans_of(*date::locate_zone(std::string(name)))};
      place = known.emplace(name, std::make_shared<const Rules>(std::move(rules))).first;
    } catch (const std::exception&) {
      return fail(ErrorCode::not_found, "no time zone " + quoted(name) +
                                            " on this system; expected an IANA name such as "
                                            "Europe/Berlin, or UTC");
    }
  }
  TimeZone zone;
  zone.rules_ = place->second;
  return zone;
}

const std::string& TimeZone::name() const { return rules_->name; }

bool TimeZone::is_utc() const {
  return rules_->spans.size() == 1 && rules_->spans.front().offset == Microseconds(0);
}

Local TimeZone::to_local(Instant at) const { return rules_->local(at); }

Instant TimeZone::to_instant(Local local) const { return rules_->first_at(local); }

TimeRange TimeZone::period_of(Instant at, Grain grain) const {
  const Rules& rules = *rules_;
  if (grain == Grain::hour) {
    // An hour ends where the offset changes: the same wall clock hour may come again.
    const std::size_t index = rules.span_at(at);
    const Span span = rules.spans[index];
    const Instant from = unshift(start_of(shift(at, span.offset), grain), span.offset);
    const bool last = index + 1 == rules.spans.size();
    const Instant end = last ? max_instant() : rules.spans[index + 1].from;
    return clipped(std::max(from, span.from), std::min(from + std::chrono::hours(1), end));
  }
  const Local start = rules.start_at(at, grain);
  return clipped(rules.first_at(start), rules.first_at(next_start(start, grain)));
}

std::string TimeZone::label_of(Instant at, Grain grain) const {
  if (grain != Grain::hour) return label_of_start(rules_->start_at(at, grain), grain);
  const std::size_t index = rules_->span_at(at);
  const Microseconds offset = rules_->spans[index].offset;
  const Local start = start_of(shift(at, offset), grain);
  std::string label = label_of_start(start, grain);
  if (rules_->is_split(start, index)) label += offset_label(offset);
  return label;
}

}  // namespace costops
