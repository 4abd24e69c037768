#include "progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "terminal.h"

namespace costops::cli {
namespace {

constexpr std::chrono::milliseconds kBetween{100};
constexpr std::size_t kBar = 20;

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array kUnits = {"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  std::uint64_t tenths = bytes * 10;
  while (tenths >= 10'000 && unit + 1 < kUnits.size()) {
    tenths /= 1000;
    ++unit;
  }
  if (unit == 0) return fmt::format("{} B", bytes);
  return fmt::format("{}.{} {}", tenths / 10, tenths % 10, kUnits[unit]);
}

std::string time_text(std::uint64_t seconds) {
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7200) return fmt::format("{} min", seconds / 60);
  return fmt::format("{} h", seconds / 3600);
}

}  // namespace

std::string progress_line(const accounting::IngestProgress& progress,
                          std::chrono::milliseconds elapsed, std::size_t columns) {
  const auto ms = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(elapsed.count()));
  const std::uint64_t per_second = progress.records * 1000 / ms;
  std::string line;
  if (progress.bytes_total > 0) {
    const std::uint64_t done = std::min(progress.bytes, progress.bytes_total);
    const std::uint64_t percent = done * 100 / progress.bytes_total;
    std::string bar(percent * kBar / 100, '=');
    bar.resize(kBar, ' ');
    line = fmt::format("[{}] {:3}%  {} of {}", bar, percent, bytes_text(done),
                       bytes_text(progress.bytes_total));
    line += fmt::format("  {} records/s", per_second);
    if (done > 0 && ms > 1000) {
      line += fmt::format("  {} left", time_text((progress.bytes_total - done) * ms / done / 1000));
    }
  } else {
    line = fmt::format("{}  {} records  {} records/s", bytes_text(progress.bytes), progress.records,
                       per_second);
  }
  if (line.size() >= columns) line.resize(columns > 0 ? columns - 1 : 0);
  return line;
}

Progress::Progress() : started_(Clock::now()), shown_(started_), terminal_(is_terminal(stderr)) {}

Progress::~Progress() { clear(); }

void Progress::show(const accounting::IngestProgress& progress) {
  if (!terminal_) return;
  const auto now = Clock::now();
  if (now - shown_ < kBetween) return;
  shown_ = now;
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - started_);
  fmt::print(stderr, "\r\x1b[K{}", progress_line(progress, elapsed, terminal_columns(stderr)));
  std::fflush(stderr);
  visible_ = true;
}

void Progress::clear() {
  if (!visible_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  visible_ = false;
}

}  // namespace costops::cli
