// A history's findings as JSON and Markdown, and metric values as people read them.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "costops/benchmarks/history.h"
#include "costops/benchmarks/markdown.h"
#include "costops/export/markup.h"

namespace costops::benchmarks {
namespace {

/// Three significant digits of a value, with a prefix from `prefixes`, each a thousandfold.
template <std::size_t N>
std::string scaled(double value, const std::array<const char*, N>& prefixes) {
  std::size_t prefix = 0;
  while (std::abs(value) >= 999.5 && prefix + 1 < N) {
    value /= 1000;
    ++prefix;
  }
  const double size = std::abs(value);
  const int decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f} {}", value, decimals, prefixes[prefix]);
}

std::string_view revision_or_dash(const HistoryPoint& point) {
  return point.revision.empty() ? std::string_view("-") : std::string_view(point.revision);
}

}  // namespace

std::string metric_text(std::string_view metric, double value) {
  if (metric.ends_with("_ns")) return scaled(value, std::array{"ns", "us", "ms", "s"});
  if (metric.ends_with("_us")) return scaled(value, std::array{"us", "ms", "s"});
  if (metric.ends_with("_ms")) return scaled(value, std::array{"ms", "s"});
  if (metric.ends_with("mb_per_sec")) return scaled(value, std::array{"MB/s", "GB/s"});
  if (better_of(metric) == Better::higher && metric != "success_rate") {
    return scaled(value, std::array{"/s", "k/s", "M/s", "G/s"});
  }
  if (metric.ends_with("_bytes")) return scaled(value, std::array{"B", "kB", "MB", "GB"});
  return fmt::format("{:.6g}", value);
}

std::string percent_text(double share) { return fmt::format("{:+.1f} %", share * 100); }

Json to_json(const HistoryReport& report) {
  Json json = {{"target_id", report.target_id},
               {"env_key", report.env_key},
               {"metric", report.metric},
               {"better", report.better == Better::lower ? "lower" : "higher"},
               {"baseline", report.baseline},
               {"drift", {{"relative", report.drift.relative}, {"p_value", report.drift.p_value}}},
               {"without_metric", report.without_metric},
               {"other_workload", report.other_workload},
               {"points", Json::array()},
               {"segments", Json::array()},
               {"changes", Json::array()}};
  for (const HistoryPoint& point : report.points) {
    json["points"].push_back(
        {{"at", to_string(point.at)}, {"value", point.value}, {"revision", point.revision}});
  }
  for (const Segment& segment : report.segments) {
    json["segments"].push_back({{"from", segment.from},
                                {"to", segment.to},
                                {"level", segment.level},
                                {"noise", segment.noise}});
  }
  for (const LevelChange& change : report.changes) {
    json["changes"].push_back({{"index", change.index},
                               {"at", to_string(report.points[change.index].at)},
                               {"first_with", report.points[change.index].revision},
                               {"last_without", report.points[change.index - 1].revision},
                               {"relative", change.relative},
                               {"ci95_low", change.interval.low},
                               {"ci95_high", change.interval.high},
                               {"p_value", change.p_value},
                               {"verdict", std::string(to_string(change.verdict))}});
  }
  return json;
}

std::string history_markdown(const HistoryReport& report) {
  std::string out = fmt::format(
      "## {}\n\n{}: {} runs, {} level{}, now {} (noise {:.1f} %). Environment `{}`.\n",
      exports::markdown_of(report.target_id), exports::markdown_of(report.metric),
      report.points.size(), report.segments.size(), report.segments.size() == 1 ? "" : "s",
      metric_text(report.metric, report.segments.back().level), report.segments.back().noise * 100,
      report.env_key);
  if (report.changes.empty()) return out + "\nNo change of level.\n";
  out +=
      "\n| Change | 95 % interval | p | First run with it | Revision before | Revision after | "
      "Verdict |\n|---:|---|---:|---|---|---|---|\n";
  for (const LevelChange& change : report.changes) {
    const HistoryPoint& first = report.points[change.index];
    const HistoryPoint& last = report.points[change.index - 1];
    out += fmt::format(
        "| {} | {} to {} | {:.4f} | {} | {} | {} | {} |\n", percent_text(change.relative),
        percent_text(change.interval.low), percent_text(change.interval.high), change.p_value,
        to_string(first.at).substr(0, 16), exports::markdown_of(revision_or_dash(last)),
        exports::markdown_of(revision_or_dash(first)), to_string(change.verdict));
  }
  return out;
}

}  // namespace costops::benchmarks
