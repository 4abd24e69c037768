// arms.h - the real source of rounds: worker processes of two builds, timed in turns.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "costops/benchmarks/sequential.h"
#include "costops/benchmarks/worker.h"

namespace costops::benchmarks {

/// The programs of the three arms; base and control are the same one, except in tests.
struct Arms {
  std::filesystem::path base, control, head;
};

struct ArmOptions {
  std::int64_t block_ns = 1'000'000;
  std::uint64_t seed = 0;  ///< Of the orders, paddings and CPUs drawn.
  std::uint32_t head_slowdown_percent = 0;
  std::chrono::milliseconds answer_limit{30'000};
  const std::atomic<bool>* interrupted = nullptr;
};

/// What a target needs before its rounds: found once, the same for all arms.
struct Calibration {
  std::uint64_t iterations = 1;  ///< Of a block, so that the slower arm's takes about block_ns.
  std::int64_t block_ns = 0;     ///< What such a block really takes.
  GatingClock clock = GatingClock::cpu;
  bool moved = false;  ///< Whether workers can have code pages of their own.
};
/// Asks base and head. Fails as Worker does, with a message that names the arm; with conflict if
/// the arms work on different workloads or give different answers: then there is nothing to
/// compare.
[[nodiscard]] Result<Calibration> calibrate_arms(const Arms& arms, const std::string& target,
                                                 const ArmOptions& options);

/// Each spawn starts the three arms afresh, on code pages of their own, in random order, with
/// random paddings, bound to one random CPU together (two CPUs differ in what their neighbours do:
/// unbound, spawns of one build differed by 8 to 27 %, bound by 1 to 2 %), and warms each up. Each
/// round times one block of each arm, in random order, after a fiftieth of a block untimed.
class WorkerRounds final : public RoundSource {
 public:
  WorkerRounds(Arms arms, std::string target, Calibration calibration, const ArmOptions& options);
  Result<std::vector<Round>> spawn(std::uint32_t spawn, std::size_t rounds) override;

  /// CPU time of the timed blocks so far.
  [[nodiscard]] std::int64_t measured_cpu_ns() const { return measured_cpu_ns_; }
  /// Involuntary context switches in them, and their number.
  [[nodiscard]] std::uint64_t preempted() const { return preempted_; }
  [[nodiscard]] std::uint64_t blocks() const { return blocks_; }

 private:
  Result<std::vector<Worker>> start_arms();
  Result<double> block_of(Worker& worker);

  Arms arms_;
  std::string target_;
  Calibration calibration_;
  ArmOptions options_;
  std::mt19937_64 random_;
  std::int64_t measured_cpu_ns_ = 0;
  std::uint64_t preempted_ = 0, blocks_ = 0;
};

}  // namespace costops::benchmarks
