// result.h - one benchmark result in the form that the sibling repositories share.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/error.h"

namespace costops::benchmarks {

using Json = nlohmann::json;
/// Result files carry nine fractional digits; other times in this project are microseconds.
using Timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;

/// Exactly three fields, as text {"target_id", "metrics", "timestamp"}: readers in other languages
/// reject or drop anything else.
struct BenchmarkResult {
  std::string target_id;
  Json metrics = Json::object();
  Timestamp timestamp{};

  BenchmarkResult() = default;
  /// Stamps the present time (UTC).
  BenchmarkResult(std::string id, Json metrics_object);

  /// A metric as a number; none if it is absent or no number.
  [[nodiscard]] std::optional<double> get_metric_f64(std::string_view key) const;
  /// A metric that was written as a JSON integer from 0; none for 8000.0, like the readers of
  /// the sibling repositories.
  [[nodiscard]] std::optional<std::uint64_t> get_metric_u64(std::string_view key) const;

  friend bool operator==(const BenchmarkResult&, const BenchmarkResult&) = default;
};

/// ^[a-z][a-z0-9_]{0,63}$: the id becomes a file name.
[[nodiscard]] bool is_valid_target_id(std::string_view id);

[[nodiscard]] Json to_json(const BenchmarkResult& result);
/// Requires the three fields and no other, a valid id, an object of metrics, an RFC 3339 time in
/// UTC with 0 to 9 fractional digits. Fails with invalid_input.
[[nodiscard]] Result<BenchmarkResult> result_from_json(const Json& json);

/// "2026-07-01T12:00:00.123456789Z".
[[nodiscard]] std::string to_string(Timestamp at);
/// RFC 3339 with 0 to 9 fractional digits and Z or +00:00. Fails with invalid_input.
[[nodiscard]] Result<Timestamp> parse_timestamp(std::string_view text);

/// What the canonical schema asks beyond its types (docs/schema/benchmark-result.schema.json):
/// integers written as integers, operations_per_second x mean = 1, ordered percentiles, no null
/// among the required metrics. Empty: nothing to complain about.
[[nodiscard]] std::vector<std::string> lint(const BenchmarkResult& result);

}  // namespace costops::benchmarks
