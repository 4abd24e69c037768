// history - how a benchmark target's speed went, and where it changed.
#include "costops/benchmarks/history.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "command.h"
#include "costops/benchmarks/environment.h"
#include "costops/benchmarks/io.h"
#include "costops/export/output_file.h"
#include "counted.h"
#include "options.h"
#include "table.h"

namespace costops::cli {
namespace {

namespace bench = costops::benchmarks;

constexpr const char* kHelp = R"(
"cost-ops run" appends to the history, one file per environment and target; series of
two environments are never mixed. A change of level is told where a series in random
order would show one as clear in less than 1 % of cases; changes below --margin are
left out. Without TARGET: one line each.

Examples:
  cost-ops history
  cost-ops history cost_calculator --last 100
  cost-ops history --format html -o history.html
  cost-ops history aggregator --metric operations_per_second --format json
  cost-ops history aggregator --format svg -o aggregator.svg

Exit code 1: there is no history, no such environment, target or metric.
)";

constexpr const char* kDefaultFolder = "benchmarks/history";
constexpr std::size_t kSparkColumns = 60;

/// Values from low to high as eighths of a line's height, at most kSparkColumns of them.
std::string sparkline(const std::vector<bench::HistoryPoint>& points) {
  static constexpr std::array kBars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::size_t columns = std::min(points.size(), kSparkColumns);
  std::vector<double> values;
  for (std::size_t c = 0; c < columns; ++c) {
    std::vector<double> part;
    for (std::size_t i = c * points.size() / columns; i < (c + 1) * points.size() / columns; ++i) {
      part.push_back(points[i].value);
    }
    values.push_back(bench::median(part));
  }
  const auto [low, high] = std::ranges::minmax(values);
  std::string out;
  for (const double value : values) {
    const double share = high > low ? (value - low) / (high - low) : 0.5;
    out += kBars[std::min<std::size_t>(7, static_cast<std::size_t>(share * 8))];
  }
  return out;
}

std::string revision_of(const bench::HistoryPoint& point) {
  return point.revision.empty() ? "unknown" : printable(point.revision.substr(0, 12));
}

std::string drift_text(const bench::Drift& drift) {
  if (drift.p_value > 0.01) return "none";
  return fmt::format("{} within it (p {:.4f})", bench::percent_text(drift.relative), drift.p_value);
}

void write_change(std::string& out, const bench::HistoryReport& report, std::size_t i) {
  const bench::LevelChange& change = report.changes[i];
  const bench::HistoryPoint& first = report.points[change.index];
  const bench::HistoryPoint& last = report.points[change.index - 1];
  const bool present = i + 1 == report.changes.size();
  const bench::Segment& level = report.segments[i + 1];
  out += fmt::format(
      "{:<12}  {} [{}, {}] to {}, p {:.4f}\n"
      "              first with revision {} on {}; last without: {}; {} runs{}\n",
      bench::to_string(change.verdict), bench::percent_text(change.relative),
      bench::percent_text(change.interval.low), bench::percent_text(change.interval.high),
      bench::metric_text(report.metric, level.level), change.p_value, revision_of(first),
      bench::to_string(first.at).substr(0, 16), revision_of(last), level.to - level.from,
      present ? ", still so" : "");
}

void write_report(std::string& out, const bench::HistoryReport& report) {
  const bench::Segment& now = report.segments.back();
  out += fmt::format("{}  {}  environment {}\n", report.target_id, report.metric, report.env_key);
  out += fmt::format("{}, {}; now {}, noise {:.1f} %, drift {}, baseline {}\n\n",
                     counted(report.points.size(), "run", "runs"),
                     counted(report.segments.size(), "level", "levels"),
                     bench::metric_text(report.metric, now.level), now.noise * 100,
                     drift_text(report.drift), bench::metric_text(report.metric, report.baseline));
  out += sparkline(report.points) + "\n\n";
  for (std::size_t i = 0; i < report.changes.size(); ++i) write_change(out, report, i);
  if (report.changes.empty()) out += "No change of level.\n";
  if (report.other_workload > 0) {
    out += fmt::format("Left out: {} runs of an earlier workload.\n", report.other_workload);
  }
  if (report.without_metric > 0) {
    out += fmt::format("Left out: {} runs without this metric.\n", report.without_metric);
  }
}

void write_overview(std::string& out, const std::vector<bench::HistoryReport>& reports,
                    Colors colors) {
  Table table({{"target"},
               {"runs", Align::right},
               {"now", Align::right},
               {"noise", Align::right},
               {"levels", Align::right},
               {"last change", Align::right},
               {"since"},
               {"revision"}});
  for (const bench::HistoryReport& report : reports) {
    const bool changed = !report.changes.empty();
    const auto* change = changed ? &report.changes.back() : nullptr;
    const auto* first = changed ? &report.points[change->index] : nullptr;
    const bool worse = changed && change->verdict == bench::Verdict::regression;
    table.add(
        {{report.target_id},
         {std::to_string(report.points.size())},
         {bench::metric_text(report.metric, report.segments.back().level)},
         {fmt::format("{:.1f} %", report.segments.back().noise * 100)},
         {std::to_string(report.segments.size())},
         {changed ? bench::percent_text(change->relative) : "-", worse ? Ink::warning : Ink::plain},
         {changed ? bench::to_string(first->at).substr(0, 16) : "-"},
         {changed ? revision_of(*first) : "-"}});
  }
  table.append_to(out, colors);
}

class History : public Command {
 public:
  explicit History(CLI::App& parent)
      : Command(parent, "history", "How benchmark results went, and where they changed", kHelp,
                Uses{}) {
    add_arguments(*app_, targets_, "TARGET", "Only this target; several may be named.");
    add_text(*app_, "--dir", dir_, "DIR", "The history's folder. Default: benchmarks/history.");
    add_text(*app_, "--metric", options_.metric, "NAME",
             "What to follow. Default: median_duration_ns.");
    add_text(*app_, "--env", env_, "KEY",
             "The environment, or its first characters. Default: this machine and build, if "
             "it has a history; else the only one.");
    add_number(*app_, "--last", last_, "Only the N newest runs.");
    add_text(*app_, "--margin", margin_, "PERCENT",
             "Leave out smaller changes of level. Default: 1.");
    add_choice(*app_, "--format", format_, {"table", "json", "markdown", "html", "svg"},
               "Form of the result. Default: table.");
    add_text(*app_, "-o,--output", file_, "FILE", "Write there instead of to standard output.");
  }

  Result<ExitCode> run(Session& session) override {
    const auto margin = margin_share();
    if (!margin) return session.wrong_usage(margin.error().message);
    options_.margin = *margin;
    options_.last = last_;
    const auto environment = chosen_environment();
    if (!environment) return fail(environment.error());
    const auto targets = targets_.empty() ? environment->targets : targets_;
    if (format_ == "svg" && targets.size() != 1) {
      return session.wrong_usage("an SVG shows one target: name it (--format html shows several)");
    }
    std::vector<bench::HistoryReport> reports;
    for (const std::string& target : targets) {
      auto report = report_of(*environment, target, session);
      if (!report) return fail(report.error());
      reports.push_back(std::move(*report));
    }
    const std::string text = text_of(reports, *environment, session.colors());
    if (file_.empty()) {
      session.out().write(text);
      return ExitCode::fine;
    }
    if (auto written = exports::write_file(file_, text); !written) return fail(written.error());
    return ExitCode::fine;
  }

 private:
  Result<double> margin_share() const {
    double percent = 0;
    const char* end = margin_.data() + margin_.size();
    const auto read = std::from_chars(margin_.data(), end, percent);
    if (read.ec != std::errc() || read.ptr != end || !(percent >= 0 && percent <= 100)) {
      return fail(
          ErrorCode::invalid_input,
          fmt::format("--margin {}: expected percent from 0 to 100", costops::quoted(margin_)));
    }
    return percent / 100;
  }

  Result<bench::HistoryEnvironment> chosen_environment() const {
    auto all = bench::history_environments(dir_);
    if (!all) return fail(all.error());
    const std::string wanted = env_.empty() ? bench::current_environment().env_key : env_;
    std::vector<bench::HistoryEnvironment> fitting;
    for (const auto& environment : *all) {
      if (environment.env_key.starts_with(wanted)) fitting.push_back(environment);
    }
    if (fitting.empty() && env_.empty()) fitting = *all;
    if (fitting.size() == 1) return fitting.front();
    std::string known;
    for (const auto& environment : *all) {
      const auto model = environment.facts.find("cpu_model");
      const bool named = model != environment.facts.end() && model->is_string();
      known += fmt::format("\n  {}  {}", environment.env_key,
                           named ? printable(model->get<std::string>()) : "unknown machine");
    }
    return fail(
        ErrorCode::not_found,
        env_.empty()
            ? fmt::format("{} has several environments, none of them this machine and "
                          "build; choose with --env:{}",
                          dir_, known)
            : fmt::format("{} has {} environment {}...; it has:{}", dir_,
                          fitting.empty() ? "no" : "more than one", printable(env_), known));
  }

  Result<bench::HistoryReport> report_of(const bench::HistoryEnvironment& environment,
                                         const std::string& target, Session& session) const {
    if (std::ranges::find(environment.targets, target) == environment.targets.end()) {
      return fail(
          ErrorCode::not_found,
          fmt::format("no history of target {} in environment {}; there are: {}",
                      costops::quoted(target), environment.env_key, joined(environment.targets)));
    }
    const auto stored = bench::read_history(dir_, environment.env_key, target);
    if (!stored) return fail(stored.error());
    for (const std::string& skipped : stored->skipped) session.note(printable(skipped));
    if (stored->entries.empty()) {
      return fail(ErrorCode::not_found, fmt::format("the history of {} is empty", target));
    }
    return bench::analyse_history(stored->entries, options_);
  }

  std::string text_of(const std::vector<bench::HistoryReport>& reports,
                      const bench::HistoryEnvironment& environment, Colors colors) const {
    if (format_ == "svg") return bench::history_svg(reports.front());
    if (format_ == "html") return bench::history_html(reports, environment);
    std::string out;
    if (format_ == "json") {
      bench::Json json = bench::Json::array();
      for (const auto& report : reports) json.push_back(bench::to_json(report));
      return json.dump(2, ' ', false, bench::Json::error_handler_t::replace) + "\n";
    }
    if (format_ == "markdown") {
      for (const auto& report : reports) out += bench::history_markdown(report) + "\n";
    } else if (targets_.empty()) {
      write_overview(out, reports, colors);
    } else {
      for (const auto& report : reports) write_report(out, report);
    }
    return out;
  }

  std::string dir_ = kDefaultFolder, env_, margin_ = "1", format_ = "table", file_;
  std::vector<std::string> targets_;
  std::uint64_t last_ = 0;
  bench::HistoryOptions options_;
};

}  // namespace

void add_history(CLI::App& parent, Commands& into) {
  into.push_back(std::make_unique<History>(parent));
}

}  // namespace costops::cli
