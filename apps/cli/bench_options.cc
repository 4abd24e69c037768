#include "bench_options.h"

#include <fmt/format.h>

#include <charconv>

#include "terminal.h"

namespace costops::cli {
namespace {

std::string problem_of(const std::string& text, double from, double to, const char* unit) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (read.ec == std::errc() && read.ptr == end && value >= from && value <= to) return "";
  return fmt::format("\"{}\" is no number of {} from {:g} to {:g}", text, unit, from, to);
}

}  // namespace

std::string problem_of_percent(const std::string& text) {
  return problem_of(text, 0.01, 100, "percent");
}

std::string problem_of_seconds(const std::string& text) {
  return problem_of(text, 0.01, 100'000, "seconds");
}

double decimal_of(const std::string& text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  return value;
}

void show_progress(std::size_t done, std::size_t of, const std::string& what) {
  if (!is_terminal(stderr)) return;
  if (done == of) {
    fmt::print(stderr, "\r\x1b[K");
  } else {
    const std::size_t percent = done * 100 / of;
    fmt::print(stderr, "\r\x1b[K[{:<20}] {:3}%  {} of {}  {}", std::string(percent / 5, '='),
               percent, done + 1, of, what);
  }
  std::fflush(stderr);
}

}  // namespace costops::cli
