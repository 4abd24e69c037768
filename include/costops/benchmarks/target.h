// target.h - what a benchmark target is, and the registry of all of them.
#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "costops/benchmarks/result.h"

namespace costops::benchmarks {

/// A prepared piece of work that can be repeated. Set-up is over: run() is what is measured.
class Workload {
 public:
  virtual ~Workload() = default;
  /// Does the operation once and compares its result with what it must be.
  /// Fails with conflict, saying what was expected: a wrong answer is never timed.
  [[nodiscard]] virtual Result<void> check() = 0;
  /// Does the operation `iterations` times; its results pass a barrier that the compiler cannot
  /// see through.
  virtual void run(std::uint64_t iterations) = 0;
  /// Metrics beside the times: data_points, uncompressed_size_bytes, note, ...
  [[nodiscard]] virtual Json extra_metrics() const { return Json::object(); }
  /// What one operation gives, or a hash of it, in one word; "" if it differs from run to run. Two
  /// builds whose answers differ do different work, and are not compared.
  [[nodiscard]] virtual std::string answer() { return {}; }
};

/// The clock that decides: thread CPU time where an operation only computes, wall time where it
/// waits.
enum class GatingClock : std::uint8_t { cpu, wall };

/// The least that the contract asks of a measurement.
struct Floor {
  std::uint64_t warmup_iterations = 100;
  std::uint64_t iterations = 100;
  GatingClock clock = GatingClock::cpu;
};

/// How long to measure, and in what pieces.
struct MeasureOptions {
  std::int64_t block_ns = 1'000'000;
  std::int64_t measured_ns_min = 250'000'000;    ///< At least this long in total.
  std::int64_t measured_ns_max = 2'000'000'000;  ///< Then enough, once the contract's floor is met.
};

/// One target of the suite. Stateless: every call may come from any thread, any number of times.
class BenchTarget {
 public:
  virtual ~BenchTarget() = default;
  /// Stable; matches is_valid_target_id.
  [[nodiscard]] virtual std::string id() const = 0;
  /// One line for people.
  [[nodiscard]] virtual std::string description() const = 0;
  [[nodiscard]] virtual Floor floor() const { return {}; }
  /// What is worked on, with a version of its own ("10,000 records, v1"): measurements of two
  /// different workloads are never compared.
  [[nodiscard]] virtual std::string workload() const = 0;
  /// Fails if the fixtures cannot be made.
  [[nodiscard]] virtual Result<std::unique_ptr<Workload>> prepare() const = 0;

  /// Prepares, checks, warms up, measures: the metrics of one result. By default with
  /// measure() of measure.h.
  [[nodiscard]] virtual Result<Json> run(const MeasureOptions& options) const;
  [[nodiscard]] Result<Json> run() const { return run(MeasureOptions{}); }
  /// The same, begun: what the runner awaits. An asynchronous target overrides this one.
  [[nodiscard]] virtual std::future<Result<Json>> start(const MeasureOptions& options) const;
};

using Targets = std::vector<std::unique_ptr<BenchTarget>>;
/// Every target of this build, in the order of the contract.
[[nodiscard]] Targets all_targets();
/// Those named, in the order of the registry. Fails with invalid_input, listing the known ones, if
/// a name is unknown or none is left.
[[nodiscard]] Result<Targets> targets_named(const std::vector<std::string>& ids);
/// Those whose id contains `part`. Fails with invalid_input, listing the known ones, if none does.
[[nodiscard]] Result<Targets> targets_containing(std::string_view part);

/// 32 hexadecimal digits over the target's id and workload.
[[nodiscard]] std::string workload_hash(const BenchTarget& target);

/// Hides `value` from the optimiser: it must be computed, and memory must be written.
template <typename T>
inline void consume(T&& value) {
  __asm__ volatile("" : : "r,m"(value) : "memory");
}

}  // namespace costops::benchmarks
