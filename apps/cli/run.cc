// run - the canonical benchmarks: measure, write results, say what was measured.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "command.h"
#include "costops/benchmarks/environment.h"
#include "costops/benchmarks/io.h"
#include "costops/benchmarks/runner.h"
#include "interrupt.h"
#include "options.h"
#include "table.h"
#include "terminal.h"

namespace costops::cli {
namespace {

namespace bench = costops::benchmarks;

constexpr const char* kHelp =
    R"(
Each target runs in a process of its own, so that one that crashes or hangs loses nothing
but itself. DIR/raw/<target>.json gets the results, DIR/summary.md says them to people,
DIR/run.json holds the machine and the status of each target. Each result is also
appended to the history (see "cost-ops history").

Examples:
  cost-ops run
  cost-ops run --quick --targets cost_calculator,aggregator
  cost-ops run -o /tmp/bench --no-summary --json

Exit codes: 1 a target failed (the others are measured); 2 unknown target;
130 stopped by Ctrl-C, results so far are kept: go on with --resume.
)";

constexpr const char* kDefaultFolder = "benchmarks/output";
constexpr const char* kDefaultHistory = "benchmarks/history";
/// --quick: all targets within three seconds; still at least the contract's iterations.
constexpr bench::MeasureOptions kQuick = {
    .block_ns = 1'000'000, .measured_ns_min = 50'000'000, .measured_ns_max = 200'000'000};
/// --strict: four times the usual.
constexpr bench::MeasureOptions kStrict = {
    .block_ns = 1'000'000, .measured_ns_min = 1'000'000'000, .measured_ns_max = 4'000'000'000};

std::string join_ids(const bench::Targets& targets) {
  std::string out;
  for (const auto& target : targets) {
    out += fmt::format("{:<16}  {}\n", target->id(), target->description());
  }
  return out;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

/// One line on a terminal: which target is being measured, and how far the run is.
class RunProgress {
 public:
  void show(std::size_t index, std::size_t count, const std::string& target) const {
    if (!terminal_) return;
    if (index == count) {
      fmt::print(stderr, "\r\x1b[K");
    } else {
      const std::size_t percent = index * 100 / count;
      fmt::print(stderr, "\r\x1b[K[{:<20}] {:3}%  {} of {}  {}", std::string(percent / 5, '='),
                 percent, index + 1, count, target);
    }
    std::fflush(stderr);
  }

 private:
  bool terminal_ = is_terminal(stderr);
};

void write_table(std::string& out, const bench::RunReport& report, const std::string& folder,
                 bool with_summary) {
  out += fmt::format("{:<16}  {:>16}  {:>14}  {:>9}  {}\n", "target", "operations/s", "average ns",
                     "+- 99 %", "noise");
  for (const bench::BenchmarkResult& result : report.results) {
    const auto noise = result.metrics.find("noise_grade");
    out += fmt::format("{:<16}  {:>16.0f}  {:>14.1f}  {:>7.2f} %  {}\n", result.target_id,
                       result.get_metric_f64("operations_per_second").value_or(0),
                       result.get_metric_f64("mean_duration_ns").value_or(0),
                       result.get_metric_f64("rel_uncertainty_pct").value_or(0),
                       noise == result.metrics.end() ? "" : noise->get<std::string>());
  }
  for (const bench::Failure& failure : report.failures) {
    out += fmt::format("{:<16}  failed: {}\n", failure.target_id, printable(failure.error));
  }
  out += fmt::format("\nResults in {}/raw{}\n", folder,
                     with_summary ? fmt::format(", summary in {}/summary.md", folder) : "");
}

void write_json(std::string& out, const bench::RunReport& report) {
  bench::Json json = {{"results", bench::Json::array()},
                      {"failures", bench::Json::array()},
                      {"interrupted", report.interrupted}};
  for (const auto& result : report.results) json["results"].push_back(bench::to_json(result));
  for (const auto& failure : report.failures) {
    json["failures"].push_back({{"target_id", failure.target_id}, {"error", failure.error}});
  }
  out += json.dump(2, ' ', false, bench::Json::error_handler_t::replace) + "\n";
}

class Run : public Command {
 public:
  explicit Run(CLI::App& parent)
      : Command(parent, "run", "Measure the canonical benchmarks of this build", kHelp, Uses{}) {
    add_text(*app_, "-o,--output", folder_, "DIR", "Where results go. Default: benchmarks/output.");
    add_text(*app_, "--targets", targets_, "a,b", "Only these targets.");
    app_->add_option("--filter", filter_, "Only targets whose name contains TEXT.")
        ->type_name("TEXT")
        ->excludes("--targets");
    add_choice(*app_, "--summary", summary_, {"true", "false"}, "Write summary.md. Default: true.");
    app_->add_flag("--no-summary", no_summary_, "The same as --summary false.");
    app_->add_flag("--quick", quick_, "Less time for each target: all within about 3 seconds.");
    app_->add_flag("--strict", strict_, "More time for each target, for smaller uncertainty.")
        ->excludes("--quick");
    add_text(*app_, "--history", history_, "DIR",
             "Append results there. Default: benchmarks/history; DIR/history with -o DIR.");
    app_->add_flag("--no-history", no_history_, "Leave the history alone.")->excludes("--history");
    add_text(*app_, "--revision", revision_, "TEXT",
             "Of the source that is measured, for the history. Default: GITHUB_SHA, else the "
             "commit checked out here.");
    app_->add_flag("--resume", resume_, "Leave out targets that DIR/run.json calls measured.");
    app_->add_flag("--list", list_, "Only list the targets.");
    app_->add_flag("--json", json_, "Print results as JSON.");
  }

  Result<ExitCode> run(Session& session) override {
    auto targets = chosen_targets();
    if (!targets) return session.wrong_usage(targets.error().message);
    if (list_) {
      session.out().write(join_ids(*targets));
      return ExitCode::fine;
    }
    const RunProgress progress;
    bench::RunOptions options;
    if (quick_) options.measure = kQuick;
    if (strict_) options.measure = kStrict;
    options.interrupted = &stop_requested_on_interrupt();
    options.progress = [&](std::size_t index, std::size_t count, const std::string& target) {
      progress.show(index, count, target);
    };
    const bool with_summary = !no_summary_ && summary_ == "true";
    const bench::SaveOptions save = {
        .summary = with_summary ? bench::Summary::write : bench::Summary::skip,
        .start = resume_ ? bench::Start::resumed : bench::Start::fresh,
        .history = history_folder(),
        .revision = revision()};
    const auto report = bench::run_and_save(std::move(*targets), folder_, save, options);
    if (!report) return fail(report.error());
    if (json_) {
      write_json(session.out().text(), *report);
    } else {
      write_table(session.out().text(), *report, folder_, with_summary);
    }
    if (report->interrupted) return ExitCode::interrupted;
    return report->failures.empty() ? ExitCode::fine : ExitCode::failed;
  }

 private:
  std::string history_folder() const {
    if (no_history_) return "";
    if (!history_.empty()) return history_;
    return folder_ == kDefaultFolder ? kDefaultHistory : folder_ + "/history";
  }
  std::string revision() const {
    if (!revision_.empty()) return revision_;
    const char* of_ci = std::getenv("GITHUB_SHA");
    return of_ci != nullptr && *of_ci != '\0' ? of_ci : bench::checked_out_revision(".");
  }
  Result<bench::Targets> chosen_targets() const {
    if (!targets_.empty()) return bench::targets_named(split(targets_));
    if (!filter_.empty()) return bench::targets_containing(filter_);
    return bench::all_targets();
  }

  std::string folder_ = kDefaultFolder, targets_, filter_, summary_ = "true", history_, revision_;
  bool no_summary_ = false, quick_ = false, strict_ = false, resume_ = false, list_ = false,
       json_ = false, no_history_ = false;
};

}  // namespace

void add_run(CLI::App& parent, Commands& into) { into.push_back(std::make_unique<Run>(parent)); }

}  // namespace costops::cli
