// ab.h - compares two builds: every target that both have, each with its verdict.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "costops/benchmarks/arms.h"
#include "costops/benchmarks/environment.h"
#include "costops/benchmarks/sequential.h"

namespace costops::benchmarks {

/// How a target of a comparison ended.
enum class Outcome : std::uint8_t {
  compared,        ///< It has a verdict.
  invalid,         ///< The control arm moved: this session proves nothing.
  not_comparable,  ///< The arms work on different things, or only one has the target.
  failed,          ///< A worker crashed, hung or did not answer as one.
};
[[nodiscard]] std::string_view to_string(Outcome outcome);

/// Instructions of one operation, of base and head.
struct Instructions {
  double base = 0;
  double head = 0;
  [[nodiscard]] double change() const { return base > 0 ? head / base - 1 : 0; }
};
/// What a change is made of. Source of the bounds: repeated counts of one build are identical, and
/// moved code alone changed times by 16 to 26 % at equal counts.
enum class Cause : std::uint8_t {
  unknown,
  code,              ///< Instructions changed by 0.3 % or more, to the same side.
  layout_or_memory,  ///< Instructions changed by less than 0.1 %.
};
[[nodiscard]] std::string_view to_string(Cause cause);
[[nodiscard]] Cause cause_of(Verdict verdict, const Instructions& instructions);

struct TargetComparison {
  std::string target_id;
  Outcome outcome = Outcome::failed;
  std::string why;  ///< One line: what decided, or what went wrong.
  // Where compared or invalid:
  Comparison comparison;
  double base_ns = 0, head_ns = 0;  ///< Typical time of an operation: medians of the rounds.
  GatingClock clock = GatingClock::cpu;
  double holm_p = 1;
  std::optional<Instructions> instructions;
  Cause cause = Cause::unknown;
  // What it took:
  double measured_cpu_s = 0;  ///< In timed blocks, of all arms and sessions.
  double total_cpu_s = 0;     ///< Of all processes, this one included.
  double preempted_share = 0;
  bool code_moved = true;  ///< Each process ran on code pages of its own.
};

struct AbOptions {
  Margin margin;
  /// Time in timed blocks for each target, at most, of all arms and both sessions together; the
  /// first look is always taken.
  double budget_s = 4;
  std::int64_t block_ns = 1'000'000;
  std::uint64_t seed = 1;
  std::uint32_t head_slowdown_percent = 0;  ///< For selftest.
  std::chrono::milliseconds answer_limit{30'000};
  enum class Classify { no, yes } classify = Classify::no;
  const std::atomic<bool>* interrupted = nullptr;
  /// Called before each target, and after the last one with the number of targets.
  std::function<void(std::size_t index, std::size_t count, const std::string& target)> progress;
};

struct AbReport {
  std::string base, head;
  AbOptions options;
  Environment environment;  ///< Load included.
  std::vector<TargetComparison> targets;
  std::vector<std::string> notes;  ///< "valgrind is not installed: ...".
  bool interrupted = false;

  [[nodiscard]] std::size_t count(Outcome outcome) const;
  [[nodiscard]] std::size_t count(Verdict verdict) const;  ///< Of those compared.
};

/// The targets that a build of cost-ops says it has (`run --list`). Fails with io_error.
[[nodiscard]] Result<std::vector<std::string>> targets_of(const std::filesystem::path& binary,
                                                          const std::atomic<bool>* interrupted);

/// Compares the targets named; each gets an outcome, whatever happens to the others.
[[nodiscard]] AbReport compare_builds(const std::filesystem::path& base,
                                      const std::filesystem::path& head,
                                      const std::vector<std::string>& targets,
                                      const AbOptions& options);

/// One target. Fails with cancelled.
[[nodiscard]] Result<TargetComparison> compare_target(const Arms& arms, const std::string& target,
                                                      const AbOptions& options);

/// Counts instructions with valgrind. Fails with not_found (no valgrind), io_error, cancelled.
[[nodiscard]] Result<Instructions> count_instructions(const Arms& arms, const std::string& target,
                                                      std::uint64_t operations,
                                                      const std::atomic<bool>* interrupted);

/// What the process ends with, by what is to be gated (docs: Comparing two builds).
enum class Gate : std::uint8_t { regression, inconclusive, none };
enum class Decision : std::uint8_t {
  fine,
  failed,  ///< A target failed.
  regression,
  inconclusive,
  not_comparable,  ///< Nothing was compared.
  invalid,         ///< A session proved nothing.
  interrupted,
};
/// In this order: interrupted, regression, failed, invalid, nothing compared, inconclusive.
[[nodiscard]] Decision decision_of(const AbReport& report, Gate gate);

}  // namespace costops::benchmarks
