// selftest.h - how often this tool is wrong on this machine: it compares a build with itself, and
// with itself slowed down by known shares.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "costops/benchmarks/ab.h"

namespace costops::benchmarks {

struct SelftestOptions {
  std::uint32_t trials = 20;           ///< Comparisons of the build with itself.
  std::uint32_t injected_trials = 20;  ///< Comparisons for each slowdown.
  std::vector<std::uint32_t> injected_percent = {3, 5, 10};
  std::vector<std::string> targets;  ///< Taken in turns. Not empty.
  AbOptions ab;                      ///< Its budget is that of a comparison, its seed the first.
  std::function<void(const std::string& what, std::uint32_t done, std::uint32_t of)> progress;
  /// Called with each trial, with all its rounds.
  std::function<void(std::uint32_t injected_percent, const TargetComparison& trial)> completed;
};

/// What comparisons with one known slowdown came to.
struct SelftestRow {
  std::uint32_t injected_percent = 0;  ///< 0: the build with itself.
  std::uint32_t trials = 0;            ///< That gave an outcome.
  std::uint32_t regressions = 0, improvements = 0, equivalent = 0, inconclusive = 0, invalid = 0;
  std::uint32_t failed = 0;
  double median_change_pct = 0;   ///< What was measured; near the injected share, if it is right.
  double control_change_pct = 0;  ///< Median size of what the control moved.
  double measured_cpu_s_median = 0, measured_cpu_s_max = 0;
  double total_cpu_s_median = 0;
  std::string failure;  ///< The first.
};

/// What the harness itself costs, on this machine.
struct HarnessCost {
  double empty_loop_ns = 0;  ///< An iteration of a workload that does nothing.
  double timer_share = 0;    ///< Of a block that is taken up by reading clocks within it.
};
[[nodiscard]] HarnessCost harness_cost(std::int64_t block_ns);

struct SelftestReport {
  std::vector<SelftestRow> rows;
  HarnessCost cost;
  Environment before, after;
  bool interrupted = false;
};
/// Runs the trials with `binary` as all arms.
[[nodiscard]] SelftestReport run_selftest(const std::filesystem::path& binary,
                                          const SelftestOptions& options);

/// Clopper and Pearson's interval of a share of `trials`. Requires hits <= trials, trials > 0.
/// Source: Clopper and Pearson, Biometrika 26, 1934.
[[nodiscard]] Interval share_interval(std::uint32_t hits, std::uint32_t trials, double confidence);

[[nodiscard]] std::string to_table(const SelftestReport& report);
[[nodiscard]] Json to_json(const SelftestReport& report);
/// One trial with the times of its rounds, for judging the same samples by other rules:
/// {"injected_percent", "target_id", "verdict", "rounds": [[spawn, base, control, head], ...]} of
/// the first session.
[[nodiscard]] Json samples_of(std::uint32_t injected_percent, const TargetComparison& trial);

}  // namespace costops::benchmarks
