// worker.h - a process that times blocks on request: one arm of a comparison.
//
// `cost-ops bench-worker TARGET` speaks lines over standard input and output:
//   -> "hello"                     <- "ready 3 TARGET WORKLOAD_HASH CLOCK ANSWER"
//   -> "move"                      <- "moved PAGES"
//   -> "calibrate BLOCK_NS"        <- "iterations N"
//   -> "block N WARMUP"            <- "block WALL_NS CPU_NS TYPICAL_NS PREEMPTIONS PAGE_FAULTS"
//   -> "quit"                      (or end of input) ends it
// "move" gives it copies of the pages of its program that it has used, since where the page cache
// holds a file can move its speed; 0 pages: the system does not allow it. CLOCK is cpu or wall;
// ANSWER is what the target's operation gives, or "-". Anything the worker cannot do is answered
// "error TEXT" and ends it with exit code 1.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "costops/benchmarks/measure.h"
#include "costops/benchmarks/target.h"

namespace costops::benchmarks {

inline constexpr int kWorkerProtocol = 3;

/// Serves one target until "quit" or end of input; each operation takes `slowdown_percent` more
/// time than it does (how `cost-ops selftest` makes a regression). Returns the exit code.
int serve_worker(const BenchTarget& target, std::istream& in, std::ostream& out,
                 std::uint32_t slowdown_percent = 0);

/// What a worker says of itself.
struct WorkerIdentity {
  std::string workload_hash;  ///< What it works on: two arms must agree.
  std::string answer;         ///< What an operation gives: two arms must agree; "-": not said.
  GatingClock clock = GatingClock::cpu;
};
/// Reads the reply to "hello". Fails with unsupported (another protocol), invalid_input.
[[nodiscard]] Result<WorkerIdentity> parse_ready(std::string_view line, std::string_view target);
/// Reads the reply to "block". Fails with invalid_input; times are positive.
[[nodiscard]] Result<Block> parse_block(std::string_view line);

struct WorkerOptions {
  std::size_t padding = 0;             ///< Bytes more in its environment: moves its stack.
  std::optional<int> cpu = {};         ///< The only CPU it may run on.
  std::uint32_t slowdown_percent = 0;  ///< As in serve_worker.
  std::chrono::milliseconds answer_limit{30'000};
  const std::atomic<bool>* interrupted = nullptr;  ///< Looked at while waiting.
};

/// A running worker process and the pipes to it. Killed and reaped when destroyed.
class Worker {
 public:
  /// Starts `binary bench-worker target`. Fails with io_error (cannot start, died, hung),
  /// unsupported (an answer of another protocol), cancelled.
  [[nodiscard]] static Result<Worker> start(const std::filesystem::path& binary,
                                            const std::string& target,
                                            const WorkerOptions& options = {});
  Worker(Worker&&) noexcept;
  Worker& operator=(Worker&&) noexcept;
  ~Worker();

  [[nodiscard]] const WorkerIdentity& identity() const;
  /// Each fails with io_error if the worker died (saying how, and its last words), hung or
  /// answered something else; with cancelled.
  [[nodiscard]] Result<std::uint64_t> move_code();
  [[nodiscard]] Result<std::uint64_t> calibrate(std::int64_t block_ns);
  [[nodiscard]] Result<Block> block(std::uint64_t iterations, std::uint64_t warmup);

 private:
  struct State;
  explicit Worker(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace costops::benchmarks
