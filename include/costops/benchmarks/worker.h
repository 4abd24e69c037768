// worker.h - a process that times blocks on request: one arm of a comparison.
//
// `cost-ops bench-worker TARGET` speaks lines over standard input and output:
//   -> "hello"                     <- "ready 1 TARGET WORKLOAD_HASH"
//   -> "calibrate BLOCK_NS"        <- "iterations N"
//   -> "block N WARMUP"            <- "block WALL_NS CPU_NS PREEMPTIONS PAGE_FAULTS"
//   -> "quit"                      (or end of input) ends it
// Anything it cannot do is answered "error TEXT" and ends it with exit code 1.
#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <ostream>
#include <string>

#include "costops/benchmarks/measure.h"
#include "costops/benchmarks/target.h"

namespace costops::benchmarks {

inline constexpr int kWorkerProtocol = 1;

/// Serves one target until "quit" or end of input. Returns the exit code.
int serve_worker(const BenchTarget& target, std::istream& in, std::ostream& out);

/// A running worker process and the two pipes to it. Killed when destroyed.
class Worker {
 public:
  /// Starts `binary bench-worker target` with `padding` extra bytes in its environment (moves its
  /// stack). Fails with io_error (cannot start), unsupported (an answer of another protocol).
  [[nodiscard]] static Result<Worker> start(const std::filesystem::path& binary,
                                            const std::string& target, std::size_t padding);
  Worker(Worker&&) noexcept;
  Worker& operator=(Worker&&) noexcept;
  ~Worker();

  /// What the target works on: two arms must agree, else they are not comparable.
  [[nodiscard]] const std::string& workload_hash() const;
  /// Each fails with io_error if the worker died, hung (no answer within the limit) or answered
  /// something else.
  [[nodiscard]] Result<std::uint64_t> calibrate(std::int64_t block_ns);
  [[nodiscard]] Result<Block> block(std::uint64_t iterations, std::uint64_t warmup);

 private:
  struct State;
  explicit Worker(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace costops::benchmarks
