#include "costops/benchmarks/arms.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace costops::benchmarks {
namespace {

constexpr std::size_t kArms = 3;
constexpr std::size_t kPaddingMax = 4096;
constexpr std::uint64_t kWarmBlocks = 1;
constexpr std::uint64_t kWarmupShare = 50;

/// The CPUs that this process may use.
std::vector<int> allowed_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &set)) cpus.push_back(cpu);
  }
  return cpus;
}

/// Uniform in [0, n): written out, since the library's distributions differ between libraries and
/// the seed that is printed must give the same order everywhere.
std::size_t below(std::mt19937_64& random, std::size_t n) {
  return static_cast<std::size_t>(random() % n);
}

std::array<std::size_t, kArms> random_order(std::mt19937_64& random) {
  std::array<std::size_t, kArms> order = {0, 1, 2};
  for (std::size_t i = kArms - 1; i > 0; --i) std::swap(order[i], order[below(random, i + 1)]);
  return order;
}

std::int64_t gating_ns(const Block& block, GatingClock clock) {
  return clock == GatingClock::cpu ? block.typical_ns : block.wall_ns;
}

/// A number that slices evenly: a multiple of kSlices, or a power of two below it.
std::uint64_t sliceable(std::uint64_t iterations) {
  if (iterations >= kSlices) return iterations / kSlices * kSlices;
  std::uint64_t power = 1;
  while (power * 2 <= iterations) power *= 2;
  return power;
}

WorkerOptions worker_options(const ArmOptions& options) {
  return {.answer_limit = options.answer_limit, .interrupted = options.interrupted};
}

tl::unexpected<Error> in_arm(const char* arm, const Error& error) {
  return fail(error.code, fmt::format("{}: {}", arm, error.message));
}

Result<void> same_work(const WorkerIdentity& base, const WorkerIdentity& head) {
  if (base.workload_hash != head.workload_hash) {
    return fail(ErrorCode::conflict,
                fmt::format("the workloads differ (base {}, head {}): their times cannot be "
                            "compared",
                            base.workload_hash, head.workload_hash));
  }
  const bool both_say = base.answer != "-" && head.answer != "-";
  if (both_say && base.answer != head.answer) {
    return fail(ErrorCode::conflict,
                fmt::format("the answers differ (base {}, head {}): builds that do different work "
                            "are not compared",
                            base.answer, head.answer));
  }
  return {};
}

}  // namespace

Result<Calibration> calibrate_arms(const Arms& arms, const std::string& target,
                                   const ArmOptions& options) {
  WorkerOptions of_head = worker_options(options);
  of_head.slowdown_percent = options.head_slowdown_percent;
  auto base = Worker::start(arms.base, target, worker_options(options));
  if (!base) return in_arm("base", base.error());
  auto head = Worker::start(arms.head, target, of_head);
  if (!head) return in_arm("head", head.error());
  if (auto same = same_work(base->identity(), head->identity()); !same) return fail(same.error());

  const auto base_moved = base->move_code();
  if (!base_moved) return in_arm("base", base_moved.error());
  const auto head_moved = head->move_code();
  if (!head_moved) return in_arm("head", head_moved.error());
  const auto of_base = base->calibrate(options.block_ns);
  if (!of_base) return in_arm("base", of_base.error());
  const auto of_the_head = head->calibrate(options.block_ns);
  if (!of_the_head) return in_arm("head", of_the_head.error());
  Calibration calibration;
  calibration.moved = *base_moved > 0 && *head_moved > 0;
  calibration.clock = base->identity().clock;
  calibration.iterations = sliceable(std::min(*of_base, *of_the_head));
  const auto block = head->block(calibration.iterations, 0);
  if (!block) return in_arm("head", block.error());
  calibration.block_ns = gating_ns(*block, calibration.clock);
  return calibration;
}

WorkerRounds::WorkerRounds(Arms arms, std::string target, Calibration calibration,
                           const ArmOptions& options)
    : arms_(std::move(arms)),
      target_(std::move(target)),
      calibration_(calibration),
      options_(options),
      random_(options.seed) {}

Result<std::vector<Worker>> WorkerRounds::start_arms() {
  const std::array<const std::filesystem::path*, kArms> binaries = {&arms_.base, &arms_.control,
                                                                    &arms_.head};
  constexpr std::array<const char*, kArms> kNames = {"base", "control", "head"};
  static const std::vector<int> cpus = allowed_cpus();
  WorkerOptions options = worker_options(options_);
  if (!cpus.empty()) options.cpu = cpus[below(random_, cpus.size())];
  std::array<std::optional<Worker>, kArms> started;
  for (const std::size_t arm : random_order(random_)) {
    options.padding = below(random_, kPaddingMax);
    options.slowdown_percent = arm == 2 ? options_.head_slowdown_percent : 0;
    auto worker = Worker::start(*binaries[arm], target_, options);
    if (!worker) return in_arm(kNames[arm], worker.error());
    if (const auto moved = worker->move_code(); !moved) return in_arm(kNames[arm], moved.error());
    for (std::uint64_t i = 0; i < kWarmBlocks; ++i) {
      const auto warm = worker->block(calibration_.iterations, 0);
      if (!warm) return in_arm(kNames[arm], warm.error());
    }
    started[arm] = std::move(*worker);
  }
  std::vector<Worker> workers;
  for (auto& worker : started) workers.push_back(std::move(*worker));
  return workers;
}

Result<double> WorkerRounds::block_of(Worker& worker) {
  const std::uint64_t iterations = calibration_.iterations;
  const auto block = worker.block(iterations, iterations / kWarmupShare);
  if (!block) return fail(block.error());
  measured_cpu_ns_ += block->cpu_ns;
  preempted_ += block->preemptions > 0 ? 1u : 0u;
  ++blocks_;
  return static_cast<double>(gating_ns(*block, calibration_.clock)) /
         static_cast<double>(iterations);
}

Result<std::vector<Round>> WorkerRounds::spawn(std::uint32_t spawn, std::size_t rounds) {
  auto workers = start_arms();
  if (!workers) return fail(workers.error());
  constexpr std::array<const char*, kArms> kNames = {"base", "control", "head"};
  std::vector<Round> out;
  for (std::size_t i = 0; i < rounds; ++i) {
    Round round{.spawn = spawn};
    const std::array<double*, kArms> times = {&round.base_ns, &round.control_ns, &round.head_ns};
    for (const std::size_t arm : random_order(random_)) {
      const auto time = block_of((*workers)[arm]);
      if (!time) return in_arm(kNames[arm], time.error());
      *times[arm] = *time;
    }
    out.push_back(round);
  }
  return out;
}

}  // namespace costops::benchmarks
