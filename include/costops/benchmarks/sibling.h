// sibling.h - benchmark results of the sibling repositories, in every shape that they write.
//
// Most write the contract's {"target_id", "metrics", "timestamp"}: one object a file, an array, or
// one object a line. Some add fields (metadata, status, error), name them otherwise (name,
// benchmark_id, camelCase), wrap them (results, benchmarks, by_category), nest metrics by size, or
// count in milliseconds without saying so. What is meant is folded into one vocabulary; what
// cannot be read is left out with the reason, never guessed.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "costops/benchmarks/result.h"

namespace costops::benchmarks {

/// What metrics of different names mean. Durations are nanoseconds per operation unless said.
enum class Meaning : std::uint8_t {
  operations_per_second,
  mean,
  minimum,
  maximum,
  p50,
  p90,
  p95,
  p99,
  deviation,
  total,  ///< Nanoseconds of the whole measurement.
  iterations,
  bytes_per_second,
  success_rate,  ///< 0 to 1.
};
inline constexpr std::size_t kMeaningCount = 13;
/// "operations_per_second", "mean_duration_ns", ...: the contract's names where it has one.
[[nodiscard]] std::string_view to_string(Meaning meaning);

/// What was measured, as far as it is known.
class SpeedMetrics {
 public:
  [[nodiscard]] const std::optional<double>& operator[](Meaning meaning) const {
    return value_[static_cast<std::size_t>(meaning)];
  }
  [[nodiscard]] std::optional<double>& operator[](Meaning meaning) {
    return value_[static_cast<std::size_t>(meaning)];
  }
  [[nodiscard]] bool empty() const;
  friend bool operator==(const SpeedMetrics&, const SpeedMetrics&) = default;

 private:
  std::array<std::optional<double>, kMeaningCount> value_;
};

/// What a metric's name says: its meaning, the factor to that meaning's unit, and how well the name
/// fits (0 best): of two metrics with one meaning the better name counts.
struct MetricName {
  Meaning meaning = Meaning::mean;
  double factor = 1;
  int fit = 0;
};
/// Where a metric stands decides what a bare "p50" or "max" counts in.
enum class MetricPlace : std::uint8_t {
  result,        ///< Times without a unit are milliseconds.
  latency,       ///< In a group of latencies: "min" and "max" are times, in milliseconds.
  distribution,  ///< As latency, but in nanoseconds.
};
/// None if the name says nothing about speed.
[[nodiscard]] std::optional<MetricName> metric_name(std::string_view name, MetricPlace place);

enum class SiblingStatus : std::uint8_t { ok, partial, failed, skipped };
[[nodiscard]] std::string_view to_string(SiblingStatus status);

struct SiblingResult {
  std::string repository;
  std::string target_id;  ///< As written: any text of one line; never a file's name.
  std::optional<Timestamp> at;
  SiblingStatus status = SiblingStatus::ok;
  SpeedMetrics metrics;
  /// Metrics that stand in groups below a result: "large_workflow", ...
  std::vector<std::pair<std::string, SpeedMetrics>> groups;
  std::string note;     ///< Why it is not ok, or what its figures count.
  std::string env_key;  ///< Where it was measured; empty if it does not say.
  std::string file;
};

struct SiblingResults {
  std::vector<SiblingResult> results;
  std::vector<std::string> skipped;  ///< "FILE: reason" or "FILE: WHERE: reason".
  std::size_t duplicates = 0;        ///< Copies of a result in another file.
  std::size_t other_files = 0;       ///< Files of kinds that no repository keeps results in.
};

/// Reads one file's text. `file` is its name for messages, and its extension decides: .jsonl and
/// .ndjson are lines, .csv a table, all else one JSON value. Appends to `into`; fails never: what
/// cannot be read is in `skipped`.
void read_sibling_text(std::string_view text, const std::string& file,
                       const std::string& repository, SiblingResults& into);

/// Reads every result below the folders. A folder is one repository, named by its last part, or a
/// folder of repositories if none of the usual places for results is directly below it. Results are
/// ordered by repository, target and time; the same result in two files counts once.
/// Fails with not_found if a folder is not there.
[[nodiscard]] Result<SiblingResults> read_siblings(const std::vector<std::filesystem::path>& dirs);

inline constexpr std::size_t kSiblingFileBytesMax = 64u << 20;
inline constexpr std::size_t kSiblingIdBytesMax = 256;

/// The newest result of one target in one repository, and the range of all.
struct TargetSummary {
  const SiblingResult* newest = nullptr;  ///< Lives as long as the results.
  std::size_t runs = 0;
  std::optional<double> slowest, fastest;  ///< Operations per second, of the runs that are ok.
};
/// One for each repository and target, in order. Nothing is ranked: no two need be of one machine.
[[nodiscard]] std::vector<TargetSummary> summarize(const SiblingResults& siblings);

[[nodiscard]] Json to_json(const SiblingResults& siblings);
[[nodiscard]] std::string siblings_markdown(const SiblingResults& siblings);
[[nodiscard]] std::string siblings_html(const SiblingResults& siblings);

}  // namespace costops::benchmarks
