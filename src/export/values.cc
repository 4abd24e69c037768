#include "export/values.h"

#include <array>
#include <charconv>
#include <chrono>

namespace costops::exports {
namespace {

/// Digits of `value`, at least `width` of them.
void append_digits(std::string& out, std::uint64_t value, int width) {
  std::array<char, 20> digits;
  const auto [end, error] = std::to_chars(digits.begin(), digits.end(), value);
  const auto size = static_cast<int>(end - digits.begin());
  if (size < width) out.append(static_cast<std::size_t>(width - size), '0');
  out.append(digits.begin(), end);
}

constexpr std::array<std::uint64_t, 19> kPowers = [] {
  std::array<std::uint64_t, 19> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

}  // namespace

void append_integer(std::string& out, std::int64_t value) {
  std::array<char, 20> digits;
  const auto [end, error] = std::to_chars(digits.begin(), digits.end(), value);
  out.append(digits.begin(), end);
}

void append_decimal(std::string& out, Int128 value, int scale) {
  UInt128 size = value < 0 ? -static_cast<UInt128>(value) : static_cast<UInt128>(value);
  if (value < 0) out += '-';
  const std::uint64_t unit = kPowers[static_cast<std::size_t>(scale)];
  std::uint64_t fraction = 0;
  if (size <= UINT64_MAX) {  // The usual case, without 128-bit division.
    const auto small = static_cast<std::uint64_t>(size);
    append_digits(out, small / unit, 1);
    fraction = small % unit;
  } else {
    fraction = static_cast<std::uint64_t>(size % unit);
    out += to_string(static_cast<Int128>(size / unit));
  }
  if (fraction == 0) return;
  out += '.';
  append_digits(out, fraction, scale);
  while (out.back() == '0') out.pop_back();
}

void append_instant(std::string& out, std::int64_t microseconds) {
  using namespace std::chrono;
  const Instant at{Microseconds(microseconds)};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const auto clock = static_cast<std::uint64_t>((at - day).count());
  append_digits(out, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  out += '-';
  append_digits(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_digits(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  const std::uint64_t second = clock / 1'000'000;
  append_digits(out, second / 3600, 2);
  out += ':';
  append_digits(out, second / 60 % 60, 2);
  out += ':';
  append_digits(out, second % 60, 2);
  const std::uint64_t fraction = clock % 1'000'000;
  if (fraction != 0) {
    out += '.';
    const bool milliseconds = fraction % 1000 == 0;
    append_digits(out, milliseconds ? fraction / 1000 : fraction, milliseconds ? 3 : 6);
  }
  out += 'Z';
}

void append_value(std::string& out, const Column& column, const Batch::Values& values,
                  std::size_t row) {
  switch (column.type) {
    case ColumnType::text:
      out += values.text[row];
      break;
    case ColumnType::integer:
      append_integer(out, values.whole[row]);
      break;
    case ColumnType::decimal:
      append_decimal(out, values.decimal[row], column.scale);
      break;
    case ColumnType::instant:
      append_instant(out, values.whole[row]);
      break;
    case ColumnType::boolean:
      out += values.whole[row] != 0 ? "true" : "false";
      break;
  }
}

}  // namespace costops::exports
