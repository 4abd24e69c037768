// stored.h - compares results that were written down: what runs of different hours can say.
//
// Such runs did not share the machine's moods, so a difference between them is advice. It becomes a
// verdict only where each side has at least three runs on one machine and build (env_key), and the
// change is larger than both a tenth and three times what runs of one side differ by.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "costops/benchmarks/comparison.h"
#include "costops/benchmarks/result.h"

namespace costops::benchmarks {

/// One folder that `cost-ops run` wrote.
struct StoredRun {
  std::filesystem::path dir;
  std::string env_key;  ///< "" where run.json is absent or unreadable.
  Json environment = Json::object();
  std::vector<BenchmarkResult> results;
};
/// One side: DIR itself if it has raw/, else its subfolders that do, in the order of their names.
struct StoredSide {
  std::vector<StoredRun> runs;
  std::vector<std::string> skipped;  ///< "FILE: reason".
};
/// Fails with not_found (no run in `dir`), io_error.
[[nodiscard]] Result<StoredSide> read_side(const std::filesystem::path& dir);

inline constexpr std::size_t kRunsForAVerdict = 3;

struct StoredTarget {
  std::string target_id;
  std::size_t old_runs = 0, new_runs = 0;
  double old_ns = 0, new_ns = 0;            ///< Medians over the runs.
  double threshold = 0;                     ///< Logarithm of the ratio that a change must pass.
  Verdict verdict = Verdict::inconclusive;  ///< Never equivalent: that was not measured.
  bool advisory = true;                     ///< Too few runs for any verdict.
  std::string why;
};

struct StoredReport {
  std::vector<StoredTarget> targets;        ///< In both, by id.
  std::vector<std::string> not_comparable;  ///< "TARGET: reason".
  std::vector<std::string> only_old, only_new;
  std::vector<std::string> differing_facts;  ///< "cpu_model: A, then B": no verdicts at all.
  bool unknown_environment = false;          ///< A run without env_key: advice only.
  std::vector<std::string> skipped;
};
[[nodiscard]] StoredReport compare_stored(const StoredSide& before, const StoredSide& after);

[[nodiscard]] std::string to_table(const StoredReport& report);
[[nodiscard]] std::string to_markdown(const StoredReport& report);
[[nodiscard]] Json to_json(const StoredReport& report);

}  // namespace costops::benchmarks
