// Counting instructions with valgrind: two runs that differ by a known number of operations.
#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "benchmarks/process.h"
#include "costops/benchmarks/ab.h"

namespace costops::benchmarks {
namespace {

/// The number behind "Collected :" in callgrind's words.
Result<double> collected(std::string_view words) {
  constexpr std::string_view kMark = "Collected : ";
  const auto at = words.find(kMark);
  if (at != std::string_view::npos) {
    const char* from = words.data() + at + kMark.size();
    std::uint64_t count = 0;
    if (std::from_chars(from, words.data() + words.size(), count).ec == std::errc()) {
      return static_cast<double>(count);
    }
  }
  return fail(ErrorCode::io_error, "valgrind gave no count of instructions");
}

Result<double> instructions_of_run(const std::string& valgrind, const std::filesystem::path& binary,
                                   const std::string& target, std::uint64_t operations,
                                   const std::atomic<bool>* interrupted) {
  const auto done = run_program({valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null",
                                 binary.string(), "bench-worker", target},
                                fmt::format("hello\nblock {} 0\nquit\n", operations),
                                {.interrupted = interrupted});
  if (!done) return fail(done.error());
  if (done->wait_status != 0) {
    return fail(ErrorCode::io_error, fmt::format("valgrind {}", death_of(done->wait_status)));
  }
  return collected(done->errors);
}

/// Of one operation: start-up is in both runs, and leaves with the difference.
Result<double> instructions_of(const std::string& valgrind, const std::filesystem::path& binary,
                               const std::string& target, std::uint64_t operations,
                               const std::atomic<bool>* interrupted) {
  const auto few = instructions_of_run(valgrind, binary, target, 16, interrupted);
  if (!few) return few;
  const std::uint64_t more = 16 + operations / 16 * 16 + 16;
  const auto many = instructions_of_run(valgrind, binary, target, more, interrupted);
  if (!many) return many;
  return (*many - *few) / static_cast<double>(more - 16);
}

}  // namespace

Result<Instructions> count_instructions(const Arms& arms, const std::string& target,
                                        std::uint64_t operations,
                                        const std::atomic<bool>* interrupted) {
  const auto valgrind = program_on_path("valgrind");
  if (!valgrind) {
    return fail(ErrorCode::not_found, "valgrind is not installed; it counts instructions");
  }
  const auto base = instructions_of(*valgrind, arms.base, target, operations, interrupted);
  if (!base) return fail(base.error());
  const auto head = instructions_of(*valgrind, arms.head, target, operations, interrupted);
  if (!head) return fail(head.error());
  return Instructions{*base, *head};
}

}  // namespace costops::benchmarks
