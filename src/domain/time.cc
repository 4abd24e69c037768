#include "costops/domain/time.h"

#include <array>

namespace costops {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads the fields of a timestamp; the first thing that does not fit ends it.
class InstantScanner {
 public:
  explicit InstantScanner(std::string_view text) : rest_(text) {}

  /// Null if it is a time, else what is wrong with it.
  const char* scan();
  [[nodiscard]] std::int64_t micros() const { return micros_; }

 private:
  bool number(int digits, int& value);
  bool take(char c);
  const char* scan_date();
  const char* scan_time();
  void scan_fraction();
  const char* scan_zone();

  std::string_view rest_;
  std::int64_t micros_ = 0;
};

bool InstantScanner::number(int digits, int& value) {
  const auto count = static_cast<std::size_t>(digits);
  if (rest_.size() < count) return false;
  value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_digit(rest_[i])) return false;
    value = value * 10 + (rest_[i] - '0');
  }
  rest_.remove_prefix(count);
  return true;
}

bool InstantScanner::take(char c) {
  if (rest_.empty() || rest_.front() != c) return false;
  rest_.remove_prefix(1);
  return true;
}

constexpr const char* kShape = "is not a time such as 2026-07-01T12:00:00Z";

const char* InstantScanner::scan_date() {
  int years = 0;
  int months = 0;
  int days = 0;
  if (!number(4, years) || !take('-') || !number(2, months) || !take('-') || !number(2, days)) {
    return kShape;
  }
  const year_month_day date{year{years}, month{static_cast<unsigned>(months)},
                            day{static_cast<unsigned>(days)}};
  if (years < 1 || !date.ok()) return "names a day that does not exist";
  micros_ = Microseconds(sys_days(date).time_since_epoch()).count();
  return nullptr;
}

const char* InstantScanner::scan_time() {
  int hours = 0;
  int minutes = 0;
  int seconds = 0;
  if (!number(2, hours) || !take(':') || !number(2, minutes) || !take(':') || !number(2, seconds)) {
    return kShape;
  }
  if (hours > 23 || minutes > 59 || seconds > 60) return "names a time of day that does not exist";
  micros_ += (hours * 3600 + minutes * 60 + seconds) * kMicrosPerSecond;
  if (take('.') || take(',')) {
    if (rest_.empty() || !is_digit(rest_.front())) return kShape;
    scan_fraction();
  }
  return nullptr;
}

void InstantScanner::scan_fraction() {
  std::int64_t unit = kMicrosPerSecond;
  while (!rest_.empty() && is_digit(rest_.front())) {
    unit /= 10;  // 0 from the seventh digit on: the rest is cut
    micros_ += unit * (rest_.front() - '0');
    rest_.remove_prefix(1);
  }
}

const char* InstantScanner::scan_zone() {
  if (rest_.empty()) return nullptr;  // taken as UTC
  if (take('Z') || take('z')) return nullptr;
  const bool west = take('-');
  if (!west && !take('+')) return kShape;
  int hours = 0;
  int minutes = 0;
  if (!number(2, hours)) return kShape;
  const bool colon = take(':');
  if ((colon || !rest_.empty()) && !number(2, minutes)) return kShape;
  if (hours > 23 || minutes > 59) return "has an offset from UTC that does not exist";
  const std::int64_t offset = (hours * 3600 + minutes * 60) * kMicrosPerSecond;
  micros_ += west ? offset : -offset;
  return nullptr;
}

const char* InstantScanner::scan() {
  if (const char* wrong = scan_date()) return wrong;
  if (rest_.empty()) return nullptr;
  if (!take('T') && !take('t') && !take(' ')) return kShape;
  if (const char* wrong = scan_time()) return wrong;
  if (const char* wrong = scan_zone()) return wrong;
  if (!rest_.empty()) return kShape;
  const Instant at{Microseconds(micros_)};
  return at < min_instant() || at > max_instant() ? "is outside the years 1 to 9999" : nullptr;
}

void append_padded(std::string& out, std::int64_t value, std::size_t width) {
  const std::string digits = std::to_string(value);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

constexpr std::array<std::string_view, 6> kGrainNames = {"hour",  "day",     "week",
                                                         "month", "quarter", "year"};

}  // namespace

Instant min_instant() { return sys_days(year{1} / 1 / 1); }

Instant max_instant() { return Instant(sys_days(year{10000} / 1 / 1)) - Microseconds(1); }

Result<Instant> parse_instant(std::string_view text) {
  InstantScanner scanner(text);
  if (const char* wrong = scanner.scan()) {
    return fail(ErrorCode::invalid_input, "time " + quoted(text) + " " + wrong);
  }
  return Instant{Microseconds(scanner.micros())};
}

std::string to_string(Instant at) {
  const auto days = std::chrono::floor<std::chrono::days>(at);
  const year_month_day date{days};
  const std::int64_t micros = (at - days).count();
  const std::int64_t seconds = micros / kMicrosPerSecond;
  const std::int64_t fraction = micros % kMicrosPerSecond;
  std::string text;
  text.reserve(27);
  append_padded(text, static_cast<int>(date.year()), 4);
  text += '-';
  append_padded(text, static_cast<unsigned>(date.month()), 2);
  text += '-';
  append_padded(text, static_cast<unsigned>(date.day()), 2);
  text += 'T';
  append_padded(text, seconds / 3600, 2);
  text += ':';
  append_padded(text, seconds / 60 % 60, 2);
  text += ':';
  append_padded(text, seconds % 60, 2);
  if (fraction != 0) {
    text += '.';
    const bool millis = fraction % 1000 == 0;
    append_padded(text, millis ? fraction / 1000 : fraction, millis ? 3 : 6);
  }
  text += 'Z';
  return text;
}

Result<Instant> instant_from_epoch(std::int64_t count) {
  // 1971-01-01 and 2200-01-01 in seconds: each unit is a thousand times the one before, and the
  // range is only 230 times its start, so the four windows do not touch.
  constexpr std::int64_t kFirst = 31'536'000;
  constexpr std::int64_t kLast = 7'258'118'400;
  const auto plausible = [count](std::int64_t unit) {
    return count >= kFirst * unit && count < kLast * unit;
  };
  if (plausible(1)) return Instant{std::chrono::seconds(count)};
  if (plausible(1'000)) return Instant{std::chrono::milliseconds(count)};
  if (plausible(1'000'000)) return Instant{Microseconds(count)};
  if (plausible(1'000'000'000)) return Instant{Microseconds(count / 1'000)};
  return fail(ErrorCode::invalid_input,
              "time " + std::to_string(count) +
                  " is no count of seconds, milliseconds, microseconds or nanoseconds since 1970 "
                  "in the years 1971 to 2199");
}

std::optional<Grain> parse_grain(std::string_view word) {
  for (std::size_t i = 0; i < kGrainNames.size(); ++i) {
    if (kGrainNames[i] == word) return static_cast<Grain>(i);
  }
  return std::nullopt;
}

std::string_view to_string(Grain grain) { return kGrainNames[static_cast<std::size_t>(grain)]; }

}  // namespace costops
