#include "costops/benchmarks/ab_text.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "costops/benchmarks/markdown.h"
#include "costops/export/markup.h"

namespace costops::benchmarks {
namespace {

constexpr std::size_t kMarkdownBytesMax = 60'000;

double percent_of(double log_ratio) { return std::expm1(log_ratio) * 100; }

bool has_times(const TargetComparison& target) {
  return target.outcome == Outcome::compared || target.outcome == Outcome::invalid;
}

std::string verdict_text(const TargetComparison& target) {
  if (target.outcome != Outcome::compared) return std::string(to_string(target.outcome));
  const Verdict verdict = target.comparison.verdict;
  return verdict == Verdict::regression ? "REGRESSION" : std::string(to_string(verdict));
}

std::string change_text(const TargetComparison& target) {
  if (!has_times(target)) return "";
  return fmt::format("{:+.1f} %", percent_of(target.comparison.effect().median));
}

std::string interval_text(const Interval& interval) {
  if (!std::isfinite(interval.low) || !std::isfinite(interval.high)) return "";
  return fmt::format("[{:+.1f}, {:+.1f}]", percent_of(interval.low), percent_of(interval.high));
}

std::string interval_of(const TargetComparison& target) {
  return has_times(target) ? interval_text(target.comparison.effect().interval) : "";
}

std::string time_of(const TargetComparison& target, double ns) {
  return has_times(target) ? duration_text(ns) : "";
}

std::string fact(const Json& facts, const char* name) {
  const auto at = facts.find(name);
  if (at == facts.end()) return "?";
  return at->is_string() ? at->get<std::string>() : at->dump();
}

/// "host EPYC, 2 CPUs, load 8.9, CPU pressure 99 %".
std::string machine_text(const AbReport& report) {
  const Json& facts = report.environment.facts;
  const std::string load = fact(facts, "load");
  return fmt::format("{}, {} CPUs, load {}, CPU pressure {} %", fact(facts, "cpu_model"),
                     fact(facts, "logical_cpus"), load.substr(0, load.find(' ')),
                     fact(facts, "psi_cpu_some_avg10"));
}

std::string settings_text(const AbReport& report) {
  return fmt::format("seed {}, margin {:g} %, confidence {:g} %", report.options.seed,
                     report.options.margin.relative * 100, report.options.margin.confidence * 100);
}

/// The control arm's largest movement, and what the measuring cost.
std::string control_text(const AbReport& report) {
  double moved = 0;
  double measured = 0;
  double total = 0;
  bool any = false;
  for (const TargetComparison& target : report.targets) {
    measured += target.measured_cpu_s;
    total += target.total_cpu_s;
    if (!has_times(target)) continue;
    any = true;
    const double control = target.comparison.first.control.median;
    if (std::abs(control) > std::abs(moved)) moved = control;
  }
  const std::string control =
      any ? fmt::format("control at most {:+.2f} %, ", percent_of(moved)) : "";
  return fmt::format("{}measured {:.2f} s, {:.2f} s CPU in all", control, measured, total);
}

std::string counts_text(const AbReport& report) {
  std::string text;
  const auto add = [&text](std::size_t count, std::string_view what) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, what);
  };
  for (const Verdict verdict :
       {Verdict::regression, Verdict::improvement, Verdict::equivalent, Verdict::inconclusive}) {
    add(report.count(verdict), to_string(verdict));
  }
  for (const Outcome outcome : {Outcome::invalid, Outcome::not_comparable, Outcome::failed}) {
    add(report.count(outcome), to_string(outcome));
  }
  const std::size_t compared = report.count(Outcome::compared);
  if (compared == 0) text += text.empty() ? "nothing compared" : ": nothing compared";
  return fmt::format("{} of {} compared: {}{}", compared, report.targets.size(), text,
                     report.interrupted ? " (interrupted)" : "");
}

Json json_of(const Effect& effect) {
  const bool finite = std::isfinite(effect.interval.low) && std::isfinite(effect.interval.high);
  return {{"change_pct", percent_of(effect.median)},
          {"low_pct", finite ? Json(percent_of(effect.interval.low)) : Json()},
          {"high_pct", finite ? Json(percent_of(effect.interval.high)) : Json()}};
}

Json json_of(const SampledSession& session) {
  return {{"head", json_of(session.head)},
          {"control", json_of(session.control)},
          {"verdict", std::string(to_string(session.verdict))},
          {"control_moved", session.control_moved},
          {"p_value", session.p_value},
          {"rounds", session.rounds.size()},
          {"spawns", session.rounds.empty() ? 0 : session.rounds.back().spawn + 1},
          {"looks", session.looks}};
}

Json json_of(const TargetComparison& target) {
  Json json = {{"target_id", target.target_id},
               {"outcome", std::string(to_string(target.outcome))},
               {"why", target.why}};
  if (!has_times(target)) return json;
  const Comparison& comparison = target.comparison;
  json["verdict"] = std::string(to_string(comparison.verdict));
  json["change"] = json_of(comparison.effect());
  json["base_ns"] = target.base_ns;
  json["head_ns"] = target.head_ns;
  json["clock"] = target.clock == GatingClock::cpu ? "cpu" : "wall";
  json["p_value"] = comparison.p_value;
  json["holm_p_value"] = target.holm_p;
  json["sessions"] = Json::array({json_of(comparison.first)});
  if (comparison.second) json["sessions"].push_back(json_of(*comparison.second));
  json["measured_cpu_s"] = target.measured_cpu_s;
  json["total_cpu_s"] = target.total_cpu_s;
  json["preempted_share"] = target.preempted_share;
  if (target.instructions) {
    json["instructions"] = {{"base", target.instructions->base},
                            {"head", target.instructions->head},
                            {"cause", std::string(to_string(target.cause))}};
  }
  return json;
}

std::string markdown_rows(const AbReport& report) {
  std::string text =
      "| target | base | head | change | interval | verdict | why |\n"
      "|---|--:|--:|--:|---|---|---|\n";
  for (const TargetComparison& target : report.targets) {
    const bool bold =
        target.outcome == Outcome::compared && target.comparison.verdict == Verdict::regression;
    const std::string verdict = bold ? "**regression**" : verdict_text(target);
    const std::string row = fmt::format(
        "| {} | {} | {} | {} | {} | {} | {} |\n", exports::markdown_of(target.target_id),
        time_of(target, target.base_ns), time_of(target, target.head_ns), change_text(target),
        interval_of(target), verdict, exports::markdown_of(target.why));
    if (text.size() + row.size() > kMarkdownBytesMax) {
      return text + "\nMore targets than fit here.\n";
    }
    text += row;
  }
  return text;
}

}  // namespace

std::string duration_text(double nanoseconds) {
  if (nanoseconds < 1e3) return fmt::format("{:.1f} ns", nanoseconds);
  if (nanoseconds < 1e6) return fmt::format("{:.2f} us", nanoseconds / 1e3);
  if (nanoseconds < 1e9) return fmt::format("{:.2f} ms", nanoseconds / 1e6);
  return fmt::format("{:.2f} s", nanoseconds / 1e9);
}

std::string to_table(const AbReport& report) {
  std::string text = fmt::format("{}\n{}; {}\n\n", machine_text(report), settings_text(report),
                                 control_text(report));
  text += fmt::format("{:<16}  {:>10}  {:>10}  {:>8}  {:<16}  {:<14}  {}\n", "target", "base",
                      "head", "change", "interval", "verdict", "why");
  for (const TargetComparison& target : report.targets) {
    text += fmt::format("{:<16}  {:>10}  {:>10}  {:>8}  {:<16}  {:<14}  {}\n", target.target_id,
                        time_of(target, target.base_ns), time_of(target, target.head_ns),
                        change_text(target), interval_of(target), verdict_text(target), target.why);
  }
  text += "\n" + counts_text(report) + "\n";
  for (const std::string& note : report.notes) text += note + "\n";
  return text;
}

std::string to_markdown(const AbReport& report) {
  const bool changed = report.count(Verdict::regression) + report.count(Verdict::improvement) +
                           report.count(Outcome::failed) >
                       0;
  std::string text = fmt::format("### Benchmarks: {}\n\n", counts_text(report));
  if (!changed) text += "<details><summary>Nothing changed that could be shown</summary>\n\n";
  text += markdown_rows(report);
  if (!changed) text += "\n</details>\n";
  text += fmt::format("\n{}; {}; {}.\n", exports::markdown_of(machine_text(report)),
                      settings_text(report), control_text(report));
  for (const std::string& note : report.notes) text += "\n" + exports::markdown_of(note) + "\n";
  return text;
}

Json to_json(const AbReport& report) {
  Json json = {{"kind", "ab"},
               {"base", report.base},
               {"head", report.head},
               {"seed", report.options.seed},
               {"margin_pct", report.options.margin.relative * 100},
               {"confidence_pct", report.options.margin.confidence * 100},
               {"budget_s", report.options.budget_s},
               {"environment", report.environment.facts},
               {"env_key", report.environment.env_key},
               {"targets", Json::array()},
               {"notes", report.notes},
               {"interrupted", report.interrupted}};
  for (const TargetComparison& target : report.targets) {
    json["targets"].push_back(json_of(target));
  }
  Json& counts = json["counts"];
  for (const Verdict verdict :
       {Verdict::regression, Verdict::improvement, Verdict::equivalent, Verdict::inconclusive}) {
    counts[std::string(to_string(verdict))] = report.count(verdict);
  }
  for (const Outcome outcome :
       {Outcome::compared, Outcome::invalid, Outcome::not_comparable, Outcome::failed}) {
    counts[std::string(to_string(outcome))] = report.count(outcome);
  }
  return json;
}

}  // namespace costops::benchmarks
