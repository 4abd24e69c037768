#include "costops/benchmarks/stored.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <system_error>

#include "costops/benchmarks/ab_text.h"
#include "costops/benchmarks/io.h"
#include "costops/benchmarks/markdown.h"
#include "costops/benchmarks/statistics.h"
#include "costops/export/markup.h"

namespace costops::benchmarks {
namespace {

namespace fs = std::filesystem;

constexpr double kChangeMin = 0.10;
constexpr double kDeviations = 3;
constexpr std::size_t kManifestBytesMax = 1u << 20;
/// What env_key is made of, in the words of the environment block.
constexpr std::array<const char*, 8> kKeyFacts = {"architecture", "cpu_model",  "logical_cpus",
                                                  "virt",         "os",         "compiler",
                                                  "build_type",   "build_flags"};

Json manifest_of(const fs::path& dir) {
  std::error_code error;
  const auto size = fs::file_size(dir / "run.json", error);
  if (error || size > kManifestBytesMax) return {};
  std::ifstream file(dir / "run.json");
  return Json::parse(file, nullptr, /*allow_exceptions=*/false);
}

std::string text_in(const Json& object, const char* name) {
  const auto at = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && at != object.end() && at->is_string() ? at->get<std::string>() : "";
}

/// One run; what cannot be read of it goes to `skipped`.
Result<StoredRun> read_run(const fs::path& dir, std::vector<std::string>& skipped) {
  auto stored = read_all(dir);
  if (!stored) return fail(stored.error());
  StoredRun run;
  run.dir = dir;
  run.results = std::move(stored->results);
  skipped.insert(skipped.end(), stored->skipped.begin(), stored->skipped.end());
  const Json manifest = manifest_of(dir);
  run.env_key = text_in(manifest, "env_key");
  if (manifest.is_object() && manifest.contains("environment") &&
      manifest["environment"].is_object()) {
    run.environment = manifest["environment"];
  }
  return run;
}

bool has_results(const fs::path& dir) {
  std::error_code error;
  return fs::is_directory(dir / "raw", error);
}

std::vector<fs::path> runs_in(const fs::path& dir) {
  std::vector<fs::path> dirs;
  std::error_code error;
  for (fs::directory_iterator at(dir, error), end; !error && at != end; at.increment(error)) {
    if (has_results(at->path())) dirs.push_back(at->path());
  }
  std::ranges::sort(dirs);
  return dirs;
}

/// Nanoseconds of an operation: the best figure that a result has, none if it has none.
std::optional<double> time_of(const BenchmarkResult& result) {
  for (const char* name :
       {"median_duration_ns", "p50_duration_ns", "mean_duration_ns", "avg_duration_ns"}) {
    const auto value = result.get_metric_f64(name);
    if (value && *value > 0 && std::isfinite(*value)) return value;
  }
  const auto rate = result.get_metric_f64("operations_per_second");
  if (rate && *rate > 0 && std::isfinite(*rate)) return 1e9 / *rate;
  return std::nullopt;
}

/// A target on one side: the times of its runs, and the workloads that they say they did.
struct Times {
  std::vector<double> log_ns;
  std::set<std::string> workloads;
};

std::map<std::string, Times> times_of(const StoredSide& side, std::vector<std::string>& skipped) {
  std::map<std::string, Times> by_target;
  for (const StoredRun& run : side.runs) {
    for (const BenchmarkResult& result : run.results) {
      const auto time = time_of(result);
      if (!time) {
        skipped.push_back(fmt::format("{}: {} has no time", run.dir.string(), result.target_id));
        continue;
      }
      Times& times = by_target[result.target_id];
      times.log_ns.push_back(std::log(*time));
      const std::string workload = text_in(result.metrics, "workload_hash");
      if (!workload.empty()) times.workloads.insert(workload);
    }
  }
  return by_target;
}

/// What runs of one side differ by: the larger of both sides' deviations.
double deviation_of(const Times& before, const Times& after) {
  return std::max(median_absolute_deviation(before.log_ns),
                  median_absolute_deviation(after.log_ns));
}

void judge(StoredTarget& target, double change) {
  const double percent = std::expm1(change) * 100;
  const double bound = std::expm1(target.threshold) * 100;
  if (target.advisory) {
    target.why = fmt::format("advice: a verdict needs {} runs a side", kRunsForAVerdict);
  } else if (std::abs(change) <= target.threshold) {
    target.why = fmt::format("below {:.0f} %, the least that such runs can show", bound);
  } else {
    target.verdict = change > 0 ? Verdict::regression : Verdict::improvement;
    target.why = fmt::format("{:+.1f} % is beyond {:.0f} %, which runs differ by", percent, bound);
  }
}

StoredTarget compared(const std::string& id, const Times& before, const Times& after) {
  StoredTarget target;
  target.target_id = id;
  target.old_runs = before.log_ns.size();
  target.new_runs = after.log_ns.size();
  const double old_log = median(before.log_ns);
  const double new_log = median(after.log_ns);
  target.old_ns = std::exp(old_log);
  target.new_ns = std::exp(new_log);
  target.threshold = std::max(std::log1p(kChangeMin), kDeviations * deviation_of(before, after));
  target.advisory = std::min(target.old_runs, target.new_runs) < kRunsForAVerdict;
  judge(target, new_log - old_log);
  return target;
}

std::string shown(const Json& facts, const char* name) {
  const auto at = facts.find(name);
  if (at == facts.end()) return "not said";
  return at->is_string() ? at->get<std::string>() : at->dump();
}

/// The facts in which two runs of different env_key differ.
std::vector<std::string> differences(const StoredRun& before, const StoredRun& after) {
  std::vector<std::string> out;
  for (const char* name : kKeyFacts) {
    const std::string was = shown(before.environment, name);
    const std::string is = shown(after.environment, name);
    if (was != is) out.push_back(fmt::format("{}: {}, then {}", name, was, is));
  }
  if (out.empty()) {
    out.push_back(fmt::format("env_key: {}, then {}", before.env_key, after.env_key));
  }
  return out;
}

void check_environments(const StoredSide& before, const StoredSide& after, StoredReport& report) {
  std::vector<const StoredRun*> runs;
  for (const StoredSide* side : {&before, &after}) {
    for (const StoredRun& run : side->runs) runs.push_back(&run);
  }
  const StoredRun* known = nullptr;
  for (const StoredRun* run : runs) {
    if (run->env_key.empty()) {
      report.unknown_environment = true;
    } else if (known == nullptr) {
      known = run;
    } else if (run->env_key != known->env_key && report.differing_facts.empty()) {
      report.differing_facts = differences(*known, *run);
    }
  }
}

void make_advice(StoredReport& report) {
  for (StoredTarget& target : report.targets) {
    if (!report.unknown_environment || target.advisory) continue;
    target.advisory = true;
    target.verdict = Verdict::inconclusive;
    target.why = "advice: a run says nothing about its machine (run.json)";
  }
}

constexpr const char* kHeading =
    "UNPAIRED: stored runs, not measured side by side. Advice, unless each side has 3 runs.\n";

std::string change_of(const StoredTarget& target) {
  return fmt::format("{:+.1f} %", (target.new_ns / target.old_ns - 1) * 100);
}

std::string lists_of(const StoredReport& report) {
  std::string text = fmt::format("{} compared", report.targets.size());
  if (report.targets.empty()) text = "nothing compared";
  const auto add = [&text](const std::vector<std::string>& names, const char* what) {
    if (!names.empty()) text += fmt::format("; {}: {}", what, fmt::join(names, ", "));
  };
  add(report.only_old, "only in the old");
  add(report.only_new, "only in the new");
  text += "\n";
  for (const std::string& line : report.not_comparable) text += "not comparable: " + line + "\n";
  for (const std::string& line : report.skipped) text += "skipped: " + line + "\n";
  return text;
}

std::string refusal_of(const StoredReport& report) {
  return fmt::format("Different machines or builds, so no verdicts:\n  {}\n",
                     fmt::join(report.differing_facts, "\n  "));
}

}  // namespace

Result<StoredSide> read_side(const std::filesystem::path& dir) {
  StoredSide side;
  const std::vector<fs::path> dirs = has_results(dir) ? std::vector{dir} : runs_in(dir);
  for (const fs::path& run_dir : dirs) {
    auto run = read_run(run_dir, side.skipped);
    if (!run) return fail(run.error());
    side.runs.push_back(std::move(*run));
  }
  if (!side.runs.empty()) return side;
  return fail(ErrorCode::not_found,
              fmt::format("no benchmark results in {}: expected a folder raw/ in it, as written by "
                          "\"cost-ops run -o {}\", or folders that have one",
                          dir.string(), dir.string()));
}

StoredReport compare_stored(const StoredSide& before, const StoredSide& after) {
  StoredReport report;
  report.skipped = before.skipped;
  report.skipped.insert(report.skipped.end(), after.skipped.begin(), after.skipped.end());
  const auto old_times = times_of(before, report.skipped);
  const auto new_times = times_of(after, report.skipped);
  check_environments(before, after, report);
  for (const auto& [id, times] : old_times) {
    const auto now = new_times.find(id);
    if (now == new_times.end()) {
      report.only_old.push_back(id);
      continue;
    }
    std::set<std::string> workloads = times.workloads;
    workloads.insert(now->second.workloads.begin(), now->second.workloads.end());
    if (workloads.size() > 1) {
      report.not_comparable.push_back(id + ": the workloads differ");
    } else {
      report.targets.push_back(compared(id, times, now->second));
    }
  }
  for (const auto& [id, times] : new_times) {
    if (!old_times.contains(id)) report.only_new.push_back(id);
  }
  make_advice(report);
  return report;
}

std::string to_table(const StoredReport& report) {
  std::string text = kHeading;
  if (!report.differing_facts.empty()) text += refusal_of(report);
  text += fmt::format("\n{:<16}  {:>10}  {:>10}  {:>8}  {:>7}  {:<13}  {}\n", "target", "old",
                      "new", "change", "runs", "verdict", "why");
  for (const StoredTarget& target : report.targets) {
    const bool refused = !report.differing_facts.empty();
    text += fmt::format("{:<16}  {:>10}  {:>10}  {:>8}  {:>7}  {:<13}  {}\n", target.target_id,
                        duration_text(target.old_ns), duration_text(target.new_ns),
                        change_of(target), fmt::format("{}, {}", target.old_runs, target.new_runs),
                        refused ? "none" : to_string(target.verdict),
                        refused ? "different machines" : target.why);
  }
  return text + "\n" + lists_of(report);
}

std::string to_markdown(const StoredReport& report) {
  std::string text = "### Benchmarks: stored results\n\n" + std::string(kHeading) + "\n";
  if (!report.differing_facts.empty()) {
    text += "Different machines or builds, so no verdicts:\n\n";
    for (const std::string& fact : report.differing_facts) {
      text += "* " + exports::markdown_of(fact) + "\n";
    }
    text += "\n";
  }
  text += "| target | old | new | change | runs | verdict | why |\n|---|--:|--:|--:|---|---|---|\n";
  for (const StoredTarget& target : report.targets) {
    const bool refused = !report.differing_facts.empty();
    text +=
        fmt::format("| {} | {} | {} | {} | {}, {} | {} | {} |\n", target.target_id,
                    duration_text(target.old_ns), duration_text(target.new_ns), change_of(target),
                    target.old_runs, target.new_runs, refused ? "none" : to_string(target.verdict),
                    refused ? "different machines" : target.why);
  }
  return text + "\n" + lists_of(report);
}

Json to_json(const StoredReport& report) {
  Json json = {{"kind", "stored"},
               {"targets", Json::array()},
               {"not_comparable", report.not_comparable},
               {"only_old", report.only_old},
               {"only_new", report.only_new},
               {"differing_facts", report.differing_facts},
               {"unknown_environment", report.unknown_environment},
               {"skipped", report.skipped}};
  const bool refused = !report.differing_facts.empty();
  for (const StoredTarget& target : report.targets) {
    json["targets"].push_back(
        {{"target_id", target.target_id},
         {"old_ns", target.old_ns},
         {"new_ns", target.new_ns},
         {"change_pct", (target.new_ns / target.old_ns - 1) * 100},
         {"threshold_pct", std::expm1(target.threshold) * 100},
         {"old_runs", target.old_runs},
         {"new_runs", target.new_runs},
         {"advisory", target.advisory},
         {"verdict", refused ? Json() : Json(std::string(to_string(target.verdict)))},
         {"why", target.why}});
  }
  return json;
}

}  // namespace costops::benchmarks
