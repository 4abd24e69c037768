// Counting instructions with valgrind or perf: two runs that differ by a known number of
// operations.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/process.h"
#include "costops/benchmarks/ab.h"

namespace costops::benchmarks {
namespace {

/// What counts the instructions of a program, and how its words give the count.
struct Counter {
  std::vector<std::string> words;  ///< Before the program's.
  std::string_view before, after;  ///< Around the count; "" after: whatever is no digit.
};

Counter valgrind_at(const std::string& path) {
  return {{path, "--tool=callgrind", "--callgrind-out-file=/dev/null"}, "Collected : ", ""};
}

/// Needs counters in hardware, which most virtual machines hide.
Counter perf_at(const std::string& path) {
  return {{path, "stat", "-x,", "-e", "instructions:u", "--"}, "", ",,instructions:u"};
}

/// The count in a counter's words: digits between `before` and `after`, on one line.
Result<double> count_in(std::string_view words, const Counter& counter) {
  while (!words.empty()) {
    const std::string_view line = words.substr(0, words.find('\n'));
    words.remove_prefix(std::min(words.size(), line.size() + 1));
    const auto at = line.find(counter.before);
    if (at == std::string_view::npos) continue;
    const char* const from = line.data() + at + counter.before.size();
    const char* const end = line.data() + line.size();
    std::uint64_t count = 0;
    const auto read = std::from_chars(from, end, count);
    if (read.ec == std::errc() && std::string_view(read.ptr, end).starts_with(counter.after)) {
      return static_cast<double>(count);
    }
  }
  return fail(ErrorCode::io_error, counter.words[0] + " gave no count of instructions");
}

Result<double> instructions_of_run(const Counter& counter, const std::filesystem::path& binary,
                                   const std::string& target, std::uint64_t operations,
                                   const std::atomic<bool>* interrupted) {
  std::vector<std::string> words = counter.words;
  words.insert(words.end(), {binary.string(), "bench-worker", target});
  const auto done = run_program(words, fmt::format("hello\nblock {} 0\nquit\n", operations),
                                {.interrupted = interrupted});
  if (!done) return fail(done.error());
  if (done->wait_status != 0) {
    return fail(ErrorCode::io_error,
                fmt::format("{} {}", counter.words[0], death_of(done->wait_status)));
  }
  return count_in(done->errors, counter);
}

bool counts(const Counter& counter) {
  std::vector<std::string> words = counter.words;
  words.emplace_back("true");
  const auto done = run_program(words, "", {.time = std::chrono::milliseconds(10'000)});
  return done && done->wait_status == 0 && count_in(done->errors, counter);
}

/// Valgrind, whose counts repeat exactly, else perf.
Result<Counter> available_counter() {
  if (const auto valgrind = program_on_path("valgrind")) return valgrind_at(*valgrind);
  if (const auto perf = program_on_path("perf"); perf && counts(perf_at(*perf))) {
    return perf_at(*perf);
  }
  return fail(ErrorCode::not_found,
              "valgrind, which counts instructions, is not installed, and perf does not count "
              "them here");
}

/// Of one operation: start-up is in both runs, and leaves with the difference.
Result<double> instructions_of(const Counter& counter, const std::filesystem::path& binary,
                               const std::string& target, std::uint64_t operations,
                               const std::atomic<bool>* interrupted) {
  const auto few = instructions_of_run(counter, binary, target, 16, interrupted);
  if (!few) return few;
  const std::uint64_t more = 16 + operations / 16 * 16 + 16;
  const auto many = instructions_of_run(counter, binary, target, more, interrupted);
  if (!many) return many;
  return (*many - *few) / static_cast<double>(more - 16);
}

}  // namespace

Result<Instructions> count_instructions(const Arms& arms, const std::string& target,
                                        std::uint64_t operations,
                                        const std::atomic<bool>* interrupted) {
  const auto counter = available_counter();
  if (!counter) return fail(counter.error());
  const auto base = instructions_of(*counter, arms.base, target, operations, interrupted);
  if (!base) return fail(base.error());
  const auto head = instructions_of(*counter, arms.head, target, operations, interrupted);
  if (!head) return fail(head.error());
  return Instructions{*base, *head};
}

}  // namespace costops::benchmarks
