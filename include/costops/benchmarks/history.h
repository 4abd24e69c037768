// history.h - what was measured before: append-only, one folder per environment, one file per
// target, one line per run.
//
//   DIR/<env_key>/environment.json       the machine and build, once
//   DIR/<env_key>/<target_id>.ndjson     {"env_key", "metrics", "revision", "run_id", "target_id",
//                                         "timestamp"} on each line
//
// Measurements of two environments never meet in one series.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "costops/benchmarks/change_points.h"
#include "costops/benchmarks/comparison.h"
#include "costops/benchmarks/environment.h"
#include "costops/benchmarks/result.h"

namespace costops::benchmarks {

/// One line of a history.
struct HistoryEntry {
  BenchmarkResult result;
  std::string env_key;
  std::string run_id;    ///< The same for all targets of one run.
  std::string revision;  ///< Of the source that was measured; empty if unknown.
};

/// Appends one line to the entry's file, durably. Fails with invalid_input (target id, env_key),
/// io_error.
[[nodiscard]] Result<void> append_history(const std::filesystem::path& dir,
                                          const HistoryEntry& entry);
/// Writes environment.json where there is none yet. Fails with io_error.
[[nodiscard]] Result<void> describe_environment(const std::filesystem::path& dir,
                                                const Environment& environment);

struct StoredHistory {
  std::vector<HistoryEntry> entries;  ///< In the order of their times.
  std::vector<std::string> skipped;   ///< "FILE:LINE: reason", one for each line left out.
};
/// The history of one target in one environment. Lines that are torn, broken or of another target
/// are left out and reported. Fails with not_found, invalid_input (too large), io_error.
[[nodiscard]] Result<StoredHistory> read_history(const std::filesystem::path& dir,
                                                 std::string_view env_key,
                                                 std::string_view target_id);

/// Largest history file that is read: about 250,000 runs.
inline constexpr std::size_t kHistoryFileBytesMax = 256u << 20;

struct HistoryEnvironment {
  std::string env_key;
  Json facts = Json::object();       ///< Empty if environment.json is missing or broken.
  std::vector<std::string> targets;  ///< In alphabetical order.
};
/// The environments in `dir` that have a history, by key. Fails with not_found if there is no such
/// folder or it holds no history.
[[nodiscard]] Result<std::vector<HistoryEnvironment>> history_environments(
    const std::filesystem::path& dir);

// What a history says.

enum class Better : std::uint8_t { lower, higher };
/// Rates and shares are better when higher, all else (times, bytes) when lower.
[[nodiscard]] Better better_of(std::string_view metric);

struct HistoryOptions {
  std::string metric = "median_duration_ns";
  std::size_t last = 0;  ///< Only so many of the newest runs; 0: all.
  double margin = 0.01;  ///< Changes of a smaller share than this are no news.
};

struct HistoryPoint {
  Timestamp at;
  double value = 0;
  std::string revision;
};
/// A stretch of runs on one level, [from, to) in points.
struct Segment {
  std::size_t from = 0;
  std::size_t to = 0;
  double level = 0;  ///< Median.
  double noise = 0;  ///< Standard deviation as a share of the level: 1.4826 x MAD.
};
/// Between segment i and segment i + 1.
struct LevelChange {
  std::size_t index = 0;  ///< First point of the new level.
  double relative = 0;    ///< +0.05: 5 % more than before.
  Interval interval;      ///< Of `relative`, 95 %.
  double p_value = 1;
  Verdict verdict = Verdict::inconclusive;  ///< regression or improvement.
};
struct HistoryReport {
  std::string target_id;
  std::string env_key;
  std::string metric;
  Better better = Better::lower;
  std::vector<HistoryPoint> points;
  std::vector<Segment> segments;     ///< At least one if there are points.
  std::vector<LevelChange> changes;  ///< One fewer than segments.
  Drift drift;                       ///< Within the last segment.
  double baseline = 0;               ///< Median of the last five runs, or fewer, of that segment.
  std::size_t without_metric = 0;    ///< Runs left out: they lack the metric, or it is not above 0.
  std::size_t other_workload = 0;    ///< Runs left out: they measured another workload.
};
/// Fails with not_found if no run has the metric, naming those that runs have.
[[nodiscard]] Result<HistoryReport> analyse_history(const std::vector<HistoryEntry>& entries,
                                                    const HistoryOptions& options);

[[nodiscard]] Json to_json(const HistoryReport& report);
/// A section with a table of changes.
[[nodiscard]] std::string history_markdown(const HistoryReport& report);
/// A chart that stands alone: runs, levels with their noise, changes. Follows the reader's choice
/// of light or dark.
[[nodiscard]] std::string history_svg(const HistoryReport& report);
/// A page with a chart and the changes of each, and what the machine is.
[[nodiscard]] std::string history_html(const std::vector<HistoryReport>& reports,
                                       const HistoryEnvironment& environment);

/// A metric's value with its unit, as short as people read it: "112 ns", "16.0 us", "8.92 M/s".
[[nodiscard]] std::string metric_text(std::string_view metric, double value);
/// "+5.2 %".
[[nodiscard]] std::string percent_text(double share);

}  // namespace costops::benchmarks
