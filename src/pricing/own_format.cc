#include "pricing/own_format.h"

#include <fmt/format.h>

#include <charconv>

namespace costops::pricing::own_format {
namespace {

// Two digits at `at`; -1 if there are none.
int two_digits(std::string_view text, std::size_t at) {
  int value = -1;
  if (at + 2 > text.size()) return -1;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + 2, value);
  return error == std::errc{} && end == text.data() + at + 2 ? value : -1;
}

}  // namespace

std::string clock_text(std::chrono::seconds since_midnight) {
  const auto seconds = since_midnight.count();
  std::string text = fmt::format("{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
  if (seconds % 60 != 0) text += fmt::format(":{:02}", seconds % 60);
  return text;
}

std::optional<std::chrono::seconds> parse_clock(std::string_view text) {
  if ((text.size() != 5 && text.size() != 8) || text[2] != ':') return std::nullopt;
  if (text.size() == 8 && text[5] != ':') return std::nullopt;
  const int hours = two_digits(text, 0);
  const int minutes = two_digits(text, 3);
  const int seconds = text.size() == 8 ? two_digits(text, 6) : 0;
  if (hours < 0 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59) return std::nullopt;
  const std::chrono::seconds clock{hours * 3600 + minutes * 60 + seconds};
  if (clock.count() > 86400) return std::nullopt;
  return clock;
}

std::string instant_text(Instant at) {
  std::string text = to_string(at);
  const std::size_t midnight = text.find("T00:00:00Z");
  if (midnight != std::string::npos) text.resize(midnight);
  return text;
}

}  // namespace costops::pricing::own_format
