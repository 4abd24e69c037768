#include "costops/benchmarks/measure.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <ctime>
#include <numeric>

#include "costops/benchmarks/statistics.h"

namespace costops::benchmarks {
namespace {

constexpr double kNanosecondsPerSecond = 1e9;
/// Below this, one operation cannot be timed by itself: the clock takes about 26 ns.
constexpr double kSingleOperationNs = 10'000;
/// Of the stack, from slice to slice: all of them share a page, none its place in it.
constexpr std::size_t kStackStep = 4096 / kSlices;
/// Percentiles need some blocks whatever the operation costs.
constexpr std::size_t kBlocksMin = 30;
/// A share of the clock's period: nothing below can be told from zero.
constexpr std::uint64_t kIterationsMax = std::uint64_t{1} << 40;

std::int64_t read_clock(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

std::int64_t gating_ns(const Block& block, GatingClock clock) {
  return clock == GatingClock::cpu ? block.cpu_ns : block.wall_ns;
}

std::int64_t rounded(double value) { return std::llround(value); }

/// Nanoseconds per operation, block by block, on the gating clock.
std::vector<double> per_operation(const Measurement& measurement, GatingClock clock) {
  std::vector<double> values;
  values.reserve(measurement.blocks.size());
  for (const Block& block : measurement.blocks) {
    values.push_back(static_cast<double>(gating_ns(block, clock)) /
                     static_cast<double>(measurement.iterations_per_block));
  }
  return values;
}

/// Runs with the stack so many bytes lower.
__attribute__((noinline)) void run_lower(Workload& workload, std::uint64_t iterations,
                                         std::size_t bytes) {
  auto* const room = static_cast<char*>(__builtin_alloca(bytes + 1));
  *room = 0;
  consume(*room);
  workload.run(iterations);
}

/// Runs the block slice by slice, each on another part of a page of stack: where the stack lies in
/// relation to the data moved whole processes by 15 %, one in fifty; the median slice, times their
/// number.
std::int64_t run_slices(Workload& workload, std::uint64_t iterations, std::uint64_t slices) {
  std::array<std::int64_t, kSlices> times{};
  std::int64_t last = read_clock(CLOCK_MONOTONIC);
  for (std::uint64_t i = 0; i < slices; ++i) {
    run_lower(workload, iterations / slices, i * kStackStep);
    const std::int64_t now = read_clock(CLOCK_MONOTONIC);
    times[i] = now - last;
    last = now;
  }
  const auto end = times.begin() + static_cast<std::ptrdiff_t>(slices);
  std::sort(times.begin(), end);
  const std::int64_t both_middles = times[(slices - 1) / 2] + times[slices / 2];
  return both_middles * static_cast<std::int64_t>(slices) / 2;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double preempted_share(const Measurement& measurement) {
  const auto preempted = std::ranges::count_if(
      measurement.blocks, [](const Block& block) { return block.preemptions > 0; });
  return static_cast<double>(preempted) / static_cast<double>(measurement.blocks.size());
}

}  // namespace

Block time_block(Workload& workload, std::uint64_t iterations) {
  rusage before{};
  rusage after{};
  Block block;
  ::getrusage(RUSAGE_THREAD, &before);
  const std::int64_t wall = read_clock(CLOCK_MONOTONIC);
  const std::int64_t cpu = read_clock(CLOCK_THREAD_CPUTIME_ID);
  const std::uint64_t slices = std::gcd(iterations, kSlices);
  block.typical_ns = run_slices(workload, iterations, slices);
  block.cpu_ns = read_clock(CLOCK_THREAD_CPUTIME_ID) - cpu;
  block.wall_ns = read_clock(CLOCK_MONOTONIC) - wall;
  if (slices == 1) block.typical_ns = block.cpu_ns;
  ::getrusage(RUSAGE_THREAD, &after);
  block.preemptions = static_cast<std::int32_t>(after.ru_nivcsw - before.ru_nivcsw);
  block.page_faults = static_cast<std::int32_t>(after.ru_minflt - before.ru_minflt);
  return block;
}

std::uint64_t calibrate(Workload& workload, std::int64_t block_ns, GatingClock clock) {
  std::uint64_t iterations = 1;
  std::int64_t elapsed = gating_ns(time_block(workload, iterations), clock);
  while (elapsed < block_ns / 4 && iterations < kIterationsMax) {
    iterations *= 2;
    elapsed = gating_ns(time_block(workload, iterations), clock);
  }
  const double scale =
      static_cast<double>(block_ns) / static_cast<double>(std::max<std::int64_t>(elapsed, 1));
  const double wanted = static_cast<double>(iterations) * scale;
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
}

Result<Measurement> measure(Workload& workload, const Floor& floor, const MeasureOptions& options) {
  if (auto checked = workload.check(); !checked) return fail(checked.error());
  Measurement measurement;
  measurement.clock = floor.clock;
  measurement.warmup_iterations = floor.warmup_iterations;
  workload.run(floor.warmup_iterations);
  measurement.iterations_per_block = calibrate(workload, options.block_ns, floor.clock);

  std::uint64_t iterations = 0;
  std::int64_t measured = 0;
  const auto enough = [&] {
    if (iterations < floor.iterations || measurement.blocks.size() < kBlocksMin) return false;
    return measured >= options.measured_ns_min;
  };
  while (!enough()) {
    const Block block = time_block(workload, measurement.iterations_per_block);
    measurement.blocks.push_back(block);
    iterations += measurement.iterations_per_block;
    measured += gating_ns(block, floor.clock);
    if (measured >= options.measured_ns_max && iterations >= floor.iterations) break;
  }
  return measurement;
}

Json metrics_of(const Measurement& measurement) {
  assert(!measurement.blocks.empty());
  const std::vector<double> times = per_operation(measurement, measurement.clock);
  const double mean = mean_of(times);
  const double middle = median(times);
  const Interval interval = median_interval(times, 0.99);
  const double relative = middle > 0 ? (interval.high - interval.low) / 2 / middle : 0;
  const double preempted = preempted_share(measurement);
  const bool single = measurement.iterations_per_block == 1 && mean >= kSingleOperationNs;
  const double operations = static_cast<double>(measurement.iterations_per_block) *
                            static_cast<double>(measurement.blocks.size());
  const auto percentile = [&](double p) { return rounded(quantile(times, p)); };
  return Json{
      {"operations_per_second", mean > 0 ? Json(kNanosecondsPerSecond / mean) : Json(nullptr)},
      {"avg_duration_ns", static_cast<std::uint64_t>(rounded(mean))},
      {"total_iterations", measurement.iterations_per_block * measurement.blocks.size()},
      {"total_duration_ms", mean * operations / 1e6},
      {"p50_duration_ns", static_cast<std::uint64_t>(percentile(0.50))},
      {"p95_duration_ns", static_cast<std::uint64_t>(percentile(0.95))},
      {"p99_duration_ns", static_cast<std::uint64_t>(percentile(0.99))},
      {"success_rate", 100.0},
      {"mean_duration_ns", mean},
      {"median_duration_ns", middle},
      {"min_duration_ns", *std::ranges::min_element(times)},
      {"mad_duration_ns", median_absolute_deviation(times)},
      {"ci99_low_ns", interval.low},
      {"ci99_high_ns", interval.high},
      {"rel_uncertainty_pct", relative * 100},
      {"cpu_duration_ns", mean_of(per_operation(measurement, GatingClock::cpu))},
      {"clock", measurement.clock == GatingClock::cpu ? "cpu" : "wall"},
      {"percentile_basis", single ? "operation" : "block_mean"},
      {"samples", measurement.blocks.size()},
      {"iterations_per_sample", measurement.iterations_per_block},
      {"warmup_iterations", measurement.warmup_iterations},
      {"preempted_pct", preempted * 100},
      {"noise_grade", std::string(1, noise_grade(preempted, relative))},
  };
}

char noise_grade(double preempted_share, double relative_uncertainty) {
  // The smallest change that a run like this could show: the interval's half width, and what a
  // preempted block is off by on the wall clock, at about 2 % per tenth of the blocks.
  const double visible = std::max(relative_uncertainty, preempted_share * 0.2);
  if (visible < 0.01) return 'A';
  if (visible < 0.02) return 'B';
  if (visible < 0.03) return 'C';
  if (visible < 0.05) return 'D';
  if (visible < 0.10) return 'E';
  return 'F';
}

}  // namespace costops::benchmarks
