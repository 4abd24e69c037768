#include "costops/benchmarks/markdown.h"

#include <fmt/format.h>

#include <optional>

#include "costops/benchmarks/io.h"
#include "costops/export/markup.h"

namespace costops::benchmarks {
namespace {

std::string nanoseconds_text(double ns) {
  if (ns < 1e3) return fmt::format("{:.1f} ns", ns);
  if (ns < 1e6) return fmt::format("{:.2f} us", ns / 1e3);
  if (ns < 1e9) return fmt::format("{:.2f} ms", ns / 1e6);
  return fmt::format("{:.2f} s", ns / 1e9);
}

std::string metric_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return fmt::format("{:.6g}", value.get<double>());
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string number_or_dash(const std::optional<double>& value) {
  return value ? fmt::format("{:.0f}", *value) : "-";
}

std::string confidence_of(const BenchmarkResult& result) {
  const auto low = result.get_metric_f64("ci99_low_ns");
  const auto high = result.get_metric_f64("ci99_high_ns");
  if (!low || !high) return "-";
  return fmt::format("99 %: {} to {}", nanoseconds_text(*low), nanoseconds_text(*high));
}

std::string notes_of(const BenchmarkResult& result) {
  std::string notes;
  if (const auto grade = result.metrics.find("noise_grade"); grade != result.metrics.end()) {
    notes += "noise " + metric_text(*grade);
  }
  if (const auto note = result.metrics.find("note"); note != result.metrics.end()) {
    notes += (notes.empty() ? "" : "; ") + metric_text(*note);
  }
  return notes;
}

void append_table(std::string& out, const std::vector<BenchmarkResult>& results,
                  const std::vector<Failure>& failures) {
  out += "| Target | Operations/s | Average (ns) | Confidence | Notes |\n";
  out += "|---|---:|---:|---|---|\n";
  for (const BenchmarkResult& result : results) {
    out += fmt::format("| {} | {} | {} | {} | {} |\n", exports::markdown_of(result.target_id),
                       number_or_dash(result.get_metric_f64("operations_per_second")),
                       number_or_dash(result.get_metric_f64("avg_duration_ns")),
                       exports::markdown_of(confidence_of(result)),
                       exports::markdown_of(notes_of(result)));
  }
  for (const Failure& failure : failures) {
    out += fmt::format("| {} | - | - | - | failed: {} |\n", exports::markdown_of(failure.target_id),
                       exports::markdown_of(failure.error));
  }
}

void append_details(std::string& out, const BenchmarkResult& result) {
  out += fmt::format("\n### {}\n\nMeasured {}.\n\n| Metric | Value |\n|---|---|\n",
                     exports::markdown_of(result.target_id), to_string(result.timestamp));
  for (const auto& [name, value] : result.metrics.items()) {
    out += fmt::format("| {} | {} |\n", exports::markdown_of(name),
                       exports::markdown_of(metric_text(value)));
  }
}

}  // namespace

std::string generate_summary(const std::vector<BenchmarkResult>& results,
                             const std::vector<Failure>& failures, const Environment& environment,
                             Timestamp generated) {
  std::string out = "# Benchmark summary\n\n";
  out += fmt::format("Generated: {}\n\n", to_string(generated));
  out += fmt::format("Total: {} targets, {} measured, {} failed\n\n",
                     results.size() + failures.size(), results.size(), failures.size());
  out += "## Summary\n\n";
  append_table(out, results, failures);
  out += "\n## Detailed results\n";
  for (const BenchmarkResult& result : results) append_details(out, result);
  out += fmt::format("\n## Environment\n\nKey: {}\n\n| Fact | Value |\n|---|---|\n",
                     environment.env_key);
  for (const auto& [name, value] : environment.facts.items()) {
    out += fmt::format("| {} | {} |\n", exports::markdown_of(name),
                       exports::markdown_of(metric_text(value)));
  }
  out += fmt::format("\n---\n\nWritten by cost-ops {}.\n", harness_version());
  return out;
}

std::string generate_summary(const std::vector<BenchmarkResult>& results) {
  return generate_summary(
      results, {}, current_environment(),
      std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now()));
}

Result<void> write_summary(std::string_view summary, const std::filesystem::path& dir) {
  return write_file_atomically(dir / "summary.md", summary, dir);
}

}  // namespace costops::benchmarks
