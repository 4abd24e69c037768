// The worker's side: prepares its target once, then times blocks until its input ends.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <sstream>
#include <string_view>
#include <vector>

#include "benchmarks/own_pages.h"
#include "costops/benchmarks/statistics.h"
#include "costops/benchmarks/worker.h"

namespace costops::benchmarks {
namespace {

void answer(std::ostream& out, std::string_view line) { out << line << '\n' << std::flush; }

/// Work that takes the same time whatever surrounds it: multiplications that wait for each other.
void spin(std::uint64_t steps) {
  std::uint64_t state = steps;
  for (std::uint64_t i = 0; i < steps; ++i) state = state * 6364136223846793005u + 1;
  consume(state);
}

template <typename Work>
double seconds_of(Work&& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

/// How many steps of spin() take as long as one operation. Both are timed side by side in short
/// pieces, and the median ratio taken, so that the machine's moods cancel.
double steps_per_operation(Workload& workload) {
  constexpr std::int64_t kPieceNs = 60'000;
  constexpr std::uint64_t kSteps = 40'000;
  constexpr int kPieces = 41;
  const std::uint64_t operations = calibrate(workload, kPieceNs, GatingClock::cpu);
  std::vector<double> ratios;
  for (int i = 0; i < kPieces; ++i) {
    const double work = seconds_of([&] { workload.run(operations); });
    const double step = seconds_of([] { spin(kSteps); }) / static_cast<double>(kSteps);
    ratios.push_back(work / static_cast<double>(operations) / step);
  }
  return median(ratios);
}

/// A workload that takes some percent more time than it does.
class Slowed final : public Workload {
 public:
  Slowed(std::unique_ptr<Workload> inner, std::uint32_t percent)
      : inner_(std::move(inner)), extra_(steps_per_operation(*inner_) * percent / 100) {}
  Result<void> check() override { return inner_->check(); }
  std::string answer() override { return inner_->answer(); }
  void run(std::uint64_t iterations) override {
    inner_->run(iterations);
    spin(static_cast<std::uint64_t>(std::llround(extra_ * static_cast<double>(iterations))));
  }

 private:
  std::unique_ptr<Workload> inner_;
  double extra_;  ///< Steps for each operation.
};

std::string ready_line(const BenchTarget& target, Workload& workload) {
  const std::string given = workload.answer();
  return fmt::format("ready {} {} {} {} {}", kWorkerProtocol, target.id(), workload_hash(target),
                     target.floor().clock == GatingClock::cpu ? "cpu" : "wall",
                     given.empty() ? "-" : given);
}

/// Carries out one request; false ends the service.
bool serve(const std::string& line, const BenchTarget& target, Workload& workload,
           std::ostream& out) {
  std::istringstream words(line);
  std::string verb;
  words >> verb;
  if (verb == "quit") return false;
  if (verb == "hello") {
    answer(out, ready_line(target, workload));
    return true;
  }
  if (verb == "move") {
    static_cast<void>(time_block(workload, 1));  // Uses what the blocks will use.
    answer(out, fmt::format("moved {}", take_own_pages()));
    return true;
  }
  if (verb == "calibrate") {
    std::int64_t block_ns = 0;
    if (words >> block_ns && block_ns > 0) {
      const std::uint64_t iterations = calibrate(workload, block_ns, target.floor().clock);
      answer(out, fmt::format("iterations {}", iterations));
      return true;
    }
  }
  if (verb == "block") {
    std::uint64_t iterations = 0;
    std::uint64_t warmup = 0;
    if (words >> iterations >> warmup && iterations > 0) {
      if (warmup > 0) workload.run(warmup);
      const Block block = time_block(workload, iterations);
      answer(out, fmt::format("block {} {} {} {} {}", block.wall_ns, block.cpu_ns, block.typical_ns,
                              block.preemptions, block.page_faults));
      return true;
    }
  }
  answer(out, fmt::format("error not understood: {}", line.substr(0, 100)));
  return false;
}

}  // namespace

int serve_worker(const BenchTarget& target, std::istream& in, std::ostream& out,
                 std::uint32_t slowdown_percent) {
  auto workload = target.prepare();
  if (!workload) {
    answer(out, "error " + workload.error().message);
    return 1;
  }
  if (auto checked = (*workload)->check(); !checked) {
    answer(out, "error " + checked.error().message);
    return 1;
  }
  if (slowdown_percent > 0) {
    *workload = std::make_unique<Slowed>(std::move(*workload), slowdown_percent);
  }
  std::string line;
  while (std::getline(in, line)) {
    if (!serve(line, target, **workload, out)) return line == "quit" ? 0 : 1;
  }
  return 0;
}

Result<WorkerIdentity> parse_ready(std::string_view line, std::string_view target) {
  std::istringstream words{std::string(line)};
  std::string verb, id, clock;
  int protocol = 0;
  WorkerIdentity identity;
  if (!(words >> verb >> protocol) || verb != "ready") {
    return fail(ErrorCode::invalid_input, "is no benchmark worker of cost-ops");
  }
  if (protocol != kWorkerProtocol) {
    return fail(ErrorCode::unsupported,
                fmt::format("speaks protocol {}, this program protocol {}: compare builds of the "
                            "same protocol",
                            protocol, kWorkerProtocol));
  }
  if (!(words >> id >> identity.workload_hash >> clock >> identity.answer) || id != target ||
      (clock != "cpu" && clock != "wall")) {
    return fail(ErrorCode::invalid_input, "is no benchmark worker of this target");
  }
  identity.clock = clock == "cpu" ? GatingClock::cpu : GatingClock::wall;
  return identity;
}

Result<Block> parse_block(std::string_view line) {
  std::istringstream words{std::string(line)};
  std::string verb, rest;
  Block block;
  const bool read = static_cast<bool>(words >> verb >> block.wall_ns >> block.cpu_ns >>
                                      block.typical_ns >> block.preemptions >> block.page_faults);
  if (!read || words >> rest || verb != "block" || block.wall_ns <= 0 || block.cpu_ns <= 0 ||
      block.typical_ns <= 0 || block.preemptions < 0 || block.page_faults < 0) {
    return fail(ErrorCode::invalid_input, "expected the times of a block");
  }
  return block;
}

}  // namespace costops::benchmarks
