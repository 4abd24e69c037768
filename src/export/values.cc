#include "export/values.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstring>

namespace costops::exports {
namespace {

constexpr std::array<std::uint64_t, 19> kPowers = [] {
  std::array<std::uint64_t, 19> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

/// "00" to "99".
constexpr std::array<char, 200> kPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

char* put_pair(char* out, std::uint64_t value) {
  std::memcpy(out, &kPairs[2 * value], 2);
  return out + 2;
}

/// Digits of `value`, `width` of them, from the right.
char* put_padded(char* out, std::uint64_t value, int width) {
  char* at = out + width;
  for (; at - out >= 2; value /= 100) at = put_pair(at - 2, value % 100) - 2;
  if (at != out) *out = static_cast<char>('0' + value % 10);
  return out + width;
}

char* put_unsigned(char* out, std::uint64_t value) {
  return std::to_chars(out, out + 20, value).ptr;
}

/// "2026-07-01T". Neighbouring rows are mostly of one day.
struct DayText {
  std::int64_t day = INT64_MIN;
  std::array<char, 16> text;
  std::size_t size = 0;

  void set(std::int64_t wanted) {
    using namespace std::chrono;
    day = wanted;
    const year_month_day date{sys_days(days(wanted))};
    const int year = static_cast<int>(date.year());
    char* out = text.data();
    if (year < 0) *out++ = '-';
    const auto years = static_cast<std::uint64_t>(year < 0 ? -year : year);
    out = years > 9999 ? put_unsigned(out, years) : put_padded(out, years, 4);
    *out++ = '-';
    out = put_pair(out, static_cast<unsigned>(date.month()));
    *out++ = '-';
    out = put_pair(out, static_cast<unsigned>(date.day()));
    *out++ = 'T';
    size = static_cast<std::size_t>(out - text.data());
  }
};

template <typename Put>
void append(std::string& out, const Put& put) {
  std::array<char, kValueCharacters> text;
  out.append(text.data(), put(text.data()));
}

}  // namespace

char* put_text(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* put_integer(char* out, std::int64_t value) {
  return std::to_chars(out, out + kValueCharacters, value).ptr;
}

char* put_decimal(char* out, Int128 value, int scale) {
  UInt128 size = value < 0 ? -static_cast<UInt128>(value) : static_cast<UInt128>(value);
  if (value < 0) *out++ = '-';
  const std::uint64_t unit = kPowers[static_cast<std::size_t>(scale)];
  std::uint64_t fraction = 0;
  if (size <= UINT64_MAX) {  // The usual case, without 128-bit division.
    const auto small = static_cast<std::uint64_t>(size);
    out = put_unsigned(out, small / unit);
    fraction = small % unit;
  } else {
    fraction = static_cast<std::uint64_t>(size % unit);
    out = put_text(out, to_string(static_cast<Int128>(size / unit)));
  }
  if (fraction == 0) return out;
  *out++ = '.';
  out = put_padded(out, fraction, scale);
  while (out[-1] == '0') --out;
  return out;
}

char* put_instant(char* out, std::int64_t microseconds) {
  constexpr std::int64_t kDay = std::int64_t{86'400} * 1'000'000;
  thread_local DayText last;
  const std::int64_t day = microseconds / kDay - (microseconds % kDay < 0 ? 1 : 0);
  if (day != last.day) last.set(day);
  out = put_text(out, {last.text.data(), last.size});
  const auto clock = static_cast<std::uint64_t>(microseconds - day * kDay);
  const std::uint64_t second = clock / 1'000'000;
  out = put_pair(out, second / 3600);
  *out++ = ':';
  out = put_pair(out, second / 60 % 60);
  *out++ = ':';
  out = put_pair(out, second % 60);
  const std::uint64_t fraction = clock % 1'000'000;
  if (fraction != 0) {
    *out++ = '.';
    out = fraction % 1000 == 0 ? put_padded(out, fraction / 1000, 3) : put_padded(out, fraction, 6);
  }
  *out++ = 'Z';
  return out;
}

char* put_value(char* out, const Column& column, const Batch::Values& values, std::size_t row) {
  switch (column.type) {
    case ColumnType::integer:
      return put_integer(out, values.whole[row]);
    case ColumnType::decimal:
      return put_decimal(out, values.decimal[row], column.scale);
    case ColumnType::instant:
      return put_instant(out, values.whole[row]);
    case ColumnType::boolean:
      return put_text(out, values.whole[row] != 0 ? "true" : "false");
    case ColumnType::text:
      break;
  }
  return out;
}

void append_integer(std::string& out, std::int64_t value) {
  append(out, [&](char* text) { return put_integer(text, value); });
}
void append_decimal(std::string& out, Int128 value, int scale) {
  append(out, [&](char* text) { return put_decimal(text, value, scale); });
}
void append_instant(std::string& out, std::int64_t microseconds) {
  append(out, [&](char* text) { return put_instant(text, microseconds); });
}
void append_value(std::string& out, const Column& column, const Batch::Values& values,
                  std::size_t row) {
  if (column.type == ColumnType::text) {
    out += values.text[row];
  } else {
    append(out, [&](char* text) { return put_value(text, column, values, row); });
  }
}

}  // namespace costops::exports
