// The results of many repositories side by side: as JSON, Markdown and a page. Nothing is ranked.
#include <fmt/format.h>

#include <algorithm>

#include "benchmarks/page.h"
#include "costops/benchmarks/history.h"
#include "costops/benchmarks/markdown.h"
#include "costops/benchmarks/sibling.h"
#include "costops/export/markup.h"

namespace costops::benchmarks {
namespace {

constexpr std::string_view kMachines =
    "Each figure is of the machine that its repository ran on, which most results do not name. "
    "They stand side by side; they are no ranking.";

std::string value_text(const SpeedMetrics& metrics, Meaning meaning) {
  const auto& value = metrics[meaning];
  return value ? metric_text(to_string(meaning), *value) : "-";
}

std::string time_text(const std::optional<Timestamp>& at) {
  return at ? to_string(*at).substr(0, 16) : "-";
}

Json metrics_json(const SpeedMetrics& metrics) {
  Json json = Json::object();
  for (std::size_t i = 0; i < kMeaningCount; ++i) {
    const auto meaning = static_cast<Meaning>(i);
    if (const auto& value = metrics[meaning]) json[std::string(to_string(meaning))] = *value;
  }
  return json;
}

Json result_json(const SiblingResult& result) {
  Json json = {{"repository", result.repository},
               {"target_id", result.target_id},
               {"timestamp", result.at ? Json(to_string(*result.at)) : Json()},
               {"status", std::string(to_string(result.status))},
               {"metrics", metrics_json(result.metrics)},
               {"note", result.note},
               {"env_key", result.env_key.empty() ? Json() : Json(result.env_key)},
               {"file", result.file}};
  for (const auto& [name, metrics] : result.groups) json["groups"][name] = metrics_json(metrics);
  return json;
}

/// One row's cells, the same in all forms.
std::vector<std::string> cells_of(const TargetSummary& summary) {
  const SiblingResult& newest = *summary.newest;
  return {newest.repository,
          newest.target_id,
          std::string(to_string(newest.status)),
          std::to_string(summary.runs),
          value_text(newest.metrics, Meaning::operations_per_second),
          value_text(newest.metrics, Meaning::mean),
          value_text(newest.metrics, Meaning::p50),
          value_text(newest.metrics, Meaning::p99),
          time_text(newest.at),
          newest.note};
}

constexpr std::array<const char*, 10> kTitles = {
    "Repository", "Target", "Status", "Runs", "Rate", "Mean", "p50", "p99", "Newest", "Note"};

std::string count_line(const SiblingResults& siblings) {
  return fmt::format("{} results, {} copies, {} skipped, {} other files", siblings.results.size(),
                     siblings.duplicates, siblings.skipped.size(), siblings.other_files);
}

}  // namespace

std::vector<TargetSummary> summarize(const SiblingResults& siblings) {
  std::vector<TargetSummary> summaries;
  for (const SiblingResult& result : siblings.results) {
    const bool same = !summaries.empty() &&
                      summaries.back().newest->repository == result.repository &&
                      summaries.back().newest->target_id == result.target_id;
    if (!same) summaries.emplace_back();
    TargetSummary& summary = summaries.back();
    summary.newest = &result;
    ++summary.runs;
    const auto& rate = result.metrics[Meaning::operations_per_second];
    if (!rate || result.status != SiblingStatus::ok) continue;
    summary.slowest = std::min(summary.slowest.value_or(*rate), *rate);
    summary.fastest = std::max(summary.fastest.value_or(*rate), *rate);
  }
  return summaries;
}

Json to_json(const SiblingResults& siblings) {
  Json json = {{"results", Json::array()},
               {"skipped", siblings.skipped},
               {"duplicates", siblings.duplicates},
               {"other_files", siblings.other_files}};
  for (const SiblingResult& result : siblings.results) {
    json["results"].push_back(result_json(result));
  }
  return json;
}

std::string siblings_markdown(const SiblingResults& siblings) {
  std::string out = fmt::format("# Benchmark results of the repositories\n\n{}\n\n{}.\n\n",
                                kMachines, count_line(siblings));
  for (const char* title : kTitles) out += fmt::format("| {} ", title);
  out += "|\n|---|---|---|---:|---:|---:|---:|---:|---|---|\n";
  for (const TargetSummary& summary : summarize(siblings)) {
    for (const std::string& cell : cells_of(summary)) {
      out += fmt::format("| {} ", exports::markdown_of(cell));
    }
    out += "|\n";
  }
  if (siblings.skipped.empty()) return out;
  out += "\n## Skipped\n\n";
  for (const std::string& skipped : siblings.skipped) {
    out += fmt::format("* {}\n", exports::markdown_of(skipped));
  }
  return out;
}

std::string siblings_html(const SiblingResults& siblings) {
  std::string body = fmt::format(
      "<h1>Benchmark results of the repositories</h1>\n<p>{}</p>\n<p class=\"soft\">{}.</p>\n"
      "<div class=\"wide\"><table><tr>",
      kMachines, count_line(siblings));
  const auto right = [](std::size_t column) { return column >= 3 && column <= 7; };
  for (std::size_t i = 0; i < kTitles.size(); ++i) {
    body += fmt::format("<th{}>{}</th>", right(i) ? " class=\"n\"" : "", kTitles[i]);
  }
  body += "</tr>\n";
  for (const TargetSummary& summary : summarize(siblings)) {
    const bool ok = summary.newest->status == SiblingStatus::ok;
    const auto cells = cells_of(summary);
    body += "<tr>";
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const char* tone = i == 2 && !ok ? " class=\"warn\""
                         : right(i)    ? " class=\"n\""
                         : i == 8      ? " class=\"t\""
                                       : "";
      body += fmt::format("<td{}>{}</td>", tone, exports::html_of(cells[i]));
    }
    body += "</tr>\n";
  }
  body += "</table></div>\n";
  if (!siblings.skipped.empty()) body += "<h2>Skipped</h2>\n<ul>\n";
  for (const std::string& skipped : siblings.skipped) {
    body += fmt::format("<li>{}</li>\n", exports::html_of(skipped));
  }
  if (!siblings.skipped.empty()) body += "</ul>\n";
  return html_page("Benchmark results of the repositories", body);
}

}  // namespace costops::benchmarks
