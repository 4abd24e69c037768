// aggregate - the benchmark results of many repositories side by side.
#include <fmt/format.h>

#include "command.h"
#include "costops/benchmarks/history.h"
#include "costops/benchmarks/sibling.h"
#include "costops/export/output_file.h"
#include "options.h"
#include "table.h"

namespace costops::cli {
namespace {

namespace bench = costops::benchmarks;

constexpr const char* kHelp = R"(
Each DIR is a repository, or a folder of repositories. Results are found wherever the
sibling repositories keep them: one object a file, arrays, JSON lines, suites; metrics
of different names and units are folded into one vocabulary. The same result in two
files counts once. What cannot be read is listed with the reason.

Figures of two repositories are of two machines unless they say otherwise: they stand
side by side and are never ranked.

Examples:
  cost-ops aggregate ../orchestrator ../inference-gateway
  cost-ops aggregate .. --format html -o benchmarks.html
  cost-ops aggregate . --format json

JSON: {"results":[{"repository","target_id","timestamp","status","metrics","groups",
  "note","env_key","file"}],"skipped","duplicates","other_files"}; times in ns.

Exit codes: 1 a folder is not there; 5 no result was found in any of them.
)";

constexpr std::size_t kSkippedShown = 20;

void write_table(std::string& out, const bench::SiblingResults& siblings, Colors colors) {
  Table table({{"repository"},
               {"target"},
               {"status"},
               {"runs", Align::right},
               {"rate", Align::right},
               {"mean", Align::right},
               {"p99", Align::right},
               {"newest"},
               {"note"}});
  const auto text = [](const bench::SpeedMetrics& metrics, bench::Meaning meaning) {
    const auto& value = metrics[meaning];
    return value ? bench::metric_text(bench::to_string(meaning), *value) : std::string("-");
  };
  for (const bench::TargetSummary& summary : bench::summarize(siblings)) {
    const bench::SiblingResult& newest = *summary.newest;
    const bool ok = newest.status == bench::SiblingStatus::ok;
    table.add({{newest.repository},
               {newest.target_id},
               {std::string(bench::to_string(newest.status)), ok ? Ink::plain : Ink::warning},
               {std::to_string(summary.runs)},
               {text(newest.metrics, bench::Meaning::operations_per_second)},
               {text(newest.metrics, bench::Meaning::mean)},
               {text(newest.metrics, bench::Meaning::p99)},
               {newest.at ? bench::to_string(*newest.at).substr(0, 16) : "-"},
               {newest.note}});
  }
  if (table.size() > 0) {
    table.append_to(out, colors);
    out += "\nDifferent repositories, different machines: side by side, not ranked.\n";
  }
  if (siblings.duplicates > 0) {
    out += fmt::format("Copies in other files, not counted again: {}\n", siblings.duplicates);
  }
  if (siblings.skipped.empty()) return;
  out += fmt::format("{}Skipped: {}\n", out.empty() ? "" : "\n", siblings.skipped.size());
  for (std::size_t i = 0; i < std::min(siblings.skipped.size(), kSkippedShown); ++i) {
    out += fmt::format("  {}\n", printable(siblings.skipped[i]));
  }
  if (siblings.skipped.size() > kSkippedShown) {
    out += fmt::format("  and {} more; --format json lists all\n",
                       siblings.skipped.size() - kSkippedShown);
  }
}

class Aggregate : public Command {
 public:
  explicit Aggregate(CLI::App& parent)
      : Command(parent, "aggregate", "Benchmark results of many repositories side by side", kHelp,
                Uses{}) {
    add_arguments(*app_, dirs_, "DIR", "Repositories, or folders of them. Default: here.");
    add_choice(*app_, "--format", format_, {"table", "json", "markdown", "html"},
               "Form of the result. Default: table.");
    add_text(*app_, "-o,--output", file_, "FILE", "Write there instead of to standard output.");
  }

  Result<ExitCode> run(Session& session) override {
    std::vector<std::filesystem::path> dirs(dirs_.begin(), dirs_.end());
    if (dirs.empty()) dirs.emplace_back(".");
    const auto siblings = bench::read_siblings(dirs);
    if (!siblings) return fail(siblings.error());
    const std::string text = text_of(*siblings, session.colors());
    if (file_.empty()) {
      session.out().write(text);
    } else if (auto written = exports::write_file(file_, text); !written) {
      return fail(written.error());
    }
    if (!siblings->results.empty()) return ExitCode::fine;
    session.complain("no benchmark result was found");
    return static_cast<ExitCode>(kNothingFound);
  }

 private:
  /// "Nothing to compare" in the table of exit codes.
  static constexpr int kNothingFound = 5;

  std::string text_of(const bench::SiblingResults& siblings, Colors colors) const {
    if (format_ == "html") return bench::siblings_html(siblings);
    if (format_ == "markdown") return bench::siblings_markdown(siblings);
    std::string out;
    if (format_ == "json") {
      out = bench::to_json(siblings).dump(2, ' ', false, bench::Json::error_handler_t::replace);
      return out + "\n";
    }
    write_table(out, siblings, colors);
    return out;
  }

  std::vector<std::string> dirs_;
  std::string format_ = "table", file_;
};

}  // namespace

void add_aggregate(CLI::App& parent, Commands& into) {
  into.push_back(std::make_unique<Aggregate>(parent));
}

}  // namespace costops::cli
