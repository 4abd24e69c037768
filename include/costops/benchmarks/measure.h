// measure.h - timing a workload in blocks of about a millisecond, with two clocks.
//
// Long blocks are preempted on a busy machine (85 to 95 % of 4 ms blocks at load 3 to 11, against
// 13 to 16 % of 1 ms blocks), short ones are all clock; so blocks are calibrated to one
// millisecond. Thread CPU time costs a system call, so it is read per block, never per operation.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "costops/benchmarks/target.h"

namespace costops::benchmarks {

/// One timed block of `iterations` operations.
struct Block {
  std::int64_t wall_ns = 0;
  std::int64_t cpu_ns = 0;
  /// What the block takes when nothing disturbs it: the median of its slices, times their number.
  /// A slice is 1/gcd(iterations, kSlices) of the block, on the wall clock; what interrupts a
  /// block (another process, a hypervisor) hits a few slices. The CPU time if there is one slice.
  std::int64_t typical_ns = 0;
  std::int32_t preemptions = 0;  ///< Involuntary context switches.
  std::int32_t page_faults = 0;  ///< Minor ones.
};

inline constexpr std::uint64_t kSlices = 16;

struct Measurement {
  std::uint64_t iterations_per_block = 0;
  std::uint64_t warmup_iterations = 0;
  GatingClock clock = GatingClock::cpu;
  std::vector<Block> blocks;
};

/// Times one block.
[[nodiscard]] Block time_block(Workload& workload, std::uint64_t iterations);
/// How many operations take about `block_ns`, by doubling and then scaling; at least 1.
[[nodiscard]] std::uint64_t calibrate(Workload& workload, std::int64_t block_ns, GatingClock clock);
/// Checks once, warms up, calibrates, measures. Fails as Workload::check does.
[[nodiscard]] Result<Measurement> measure(Workload& workload, const Floor& floor,
                                          const MeasureOptions& options);

/// The metrics of a measurement, in the contract's names: operations_per_second (1e9 / mean),
/// avg_duration_ns (JSON integer), total_iterations, total_duration_ms, p50/p95/p99_duration_ns,
/// success_rate, and the optional ones: mean, median, min, MAD, ci99_low/high_ns of the median,
/// cpu_duration_ns, clock, percentile_basis, samples, preempted_pct, noise_grade, ...
/// Requires a block.
[[nodiscard]] Json metrics_of(const Measurement& measurement);

/// "A" (smallest visible change below 1 %) to "F" (above 10 %), from the share of preempted blocks
/// and the width of the median's interval.
[[nodiscard]] char noise_grade(double preempted_share, double relative_uncertainty);

}  // namespace costops::benchmarks
