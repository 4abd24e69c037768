// compare - two builds side by side, or two folders of stored results.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <random>

#include "bench_options.h"
#include "command.h"
#include "costops/benchmarks/ab.h"
#include "costops/benchmarks/ab_text.h"
#include "costops/benchmarks/stored.h"
#include "costops/export/output_file.h"
#include "interrupt.h"
#include "options.h"

namespace costops::cli {
namespace {

namespace bench = costops::benchmarks;

constexpr const char* kHelp =
    R"(
With --ab, both programs are builds of cost-ops. Each target is timed in blocks of a
millisecond that alternate between base, a second copy of base (the control) and head, in
random order, in fresh processes, until the change is known or the budget is spent. A
regression or improvement is only reported when a second session finds it again.

Without it, BASE and HEAD are folders written by "cost-ops run -o", or folders of such
folders: advice, unless each side has three runs on one machine.

Examples:
  cost-ops compare --ab build/base/cost-ops build/head/cost-ops
  cost-ops compare --ab old/cost-ops new/cost-ops --targets aggregator --budget 20 --classify
  cost-ops compare --ab old/cost-ops new/cost-ops --format markdown -o comment.md
  cost-ops compare before/ after/

Exit codes: 0 no regression; 3 a confirmed regression; 4 inconclusive (with --gate
inconclusive); 5 nothing was compared; 6 the control moved: nothing is proven; 1 a target
failed (the others are compared); 2 wrong usage; 130 stopped by Ctrl-C.
)";

constexpr double kBudget = 4;
constexpr double kQuickBudget = 0.8;

ExitCode exit_code_of(bench::Decision decision) {
  switch (decision) {
    case bench::Decision::fine:
      return ExitCode::fine;
    case bench::Decision::failed:
      return ExitCode::failed;
    case bench::Decision::regression:
      return ExitCode::gate;
    case bench::Decision::inconclusive:
      return ExitCode::inconclusive;
    case bench::Decision::not_comparable:
      return ExitCode::nothing;
    case bench::Decision::invalid:
      return ExitCode::session_invalid;
    case bench::Decision::interrupted:
      return ExitCode::interrupted;
  }
  return ExitCode::failed;
}

bool contains(const std::vector<std::string>& list, const std::string& word) {
  return std::ranges::find(list, word) != list.end();
}

std::string written(const bench::Json& json) {
  return json.dump(2, ' ', false, bench::Json::error_handler_t::replace) + "\n";
}

class Compare : public Command {
 public:
  explicit Compare(CLI::App& parent)
      : Command(parent, "compare", "Tell whether a build is slower than another", kHelp, Uses{}) {
    add_flag(*app_, "--ab", ab_, "BASE and HEAD are programs: measure them side by side.");
    add_argument(*app_, base_, "BASE", "The program or folder compared with.");
    add_argument(*app_, head_, "HEAD", "The program or folder in question.");
    add_comma_list(*app_, "--targets", targets_, "a,b", "Only these targets.");
    add_text(*app_, "--filter", filter_, "TEXT", "Only targets whose name contains TEXT.");
    add_checked(*app_, "--margin", margin_, "PERCENT",
                "Changes up to this are no changes. Default: 1.", problem_of_percent);
    add_checked(*app_, "--budget", budget_, "SECONDS",
                "Measured time for each target, at most. Default: 4.", problem_of_seconds);
    add_flag(*app_, "--quick", quick_, "The same as --budget 0.8.");
    add_choice(*app_, "--gate", gate_, {"regression", "inconclusive", "none"},
               "What makes the exit code tell of more than failures. Default: regression.");
    add_flag(*app_, "--classify", classify_,
             "Count instructions (valgrind, or perf): did the code change, or only its layout?");
    app_->add_option("--seed", seed_, "Of the random orders. Default: a new one, which is shown.")
        ->type_name("NUMBER");
    add_choice(*app_, "--format", format_, {"table", "json", "markdown"},
               "Form of the result. Default: table.");
    add_text(*app_, "-o,--output", output_, "FILE", "Write the result there.");
  }

  Result<ExitCode> run(Session& session) override {
    if (ab_) return run_ab(session);
    for (const auto& [given, name] :
         {std::pair{!budget_.empty(), "--budget"}, std::pair{!margin_.empty(), "--margin"},
          std::pair{classify_, "--classify"}, std::pair{quick_, "--quick"}}) {
      if (given) return session.wrong_usage(fmt::format("{} needs --ab", name));
    }
    return run_stored(session);
  }

 private:
  Result<ExitCode> run_ab(Session& session) {
    const std::atomic<bool>& interrupted = stop_requested_on_interrupt();
    const auto of_base = bench::targets_of(base_, &interrupted);
    if (!of_base) return fail(of_base.error());
    const auto of_head = bench::targets_of(head_, &interrupted);
    if (!of_head) return fail(of_head.error());
    std::vector<std::string> all = *of_base;
    for (const std::string& id : *of_head) {
      if (!contains(all, id)) all.push_back(id);
    }
    std::vector<std::string> chosen;
    for (const std::string& id : all) {
      if (is_chosen(id)) chosen.push_back(id);
    }
    for (const std::string& id : targets_) {
      if (!contains(all, id)) {
        return session.wrong_usage(
            fmt::format("neither build has a target \"{}\"; known: {}", id, joined(all)));
      }
    }
    if (chosen.empty()) {
      return session.wrong_usage(
          fmt::format("no target contains \"{}\"; known: {}", filter_, joined(all)));
    }
    auto both = chosen;
    std::erase_if(
        both, [&](const auto& id) { return !contains(*of_base, id) || !contains(*of_head, id); });
    bench::AbReport report = bench::compare_builds(base_, head_, both, ab_options(interrupted));
    for (const std::string& id : chosen) {
      if (contains(both, id)) continue;
      bench::TargetComparison absent;
      absent.target_id = id;
      absent.outcome = bench::Outcome::not_comparable;
      absent.why = contains(*of_base, id) ? "only base has it" : "only head has it";
      report.targets.push_back(std::move(absent));
    }
    if (auto done = put(session, report); !done) return fail(done.error());
    return exit_code_of(bench::decision_of(report, gate()));
  }

  bench::AbOptions ab_options(const std::atomic<bool>& interrupted) const {
    bench::AbOptions options;
    options.margin.relative = margin_.empty() ? 0.01 : decimal_of(margin_) / 100;
    options.budget_s = quick_ ? kQuickBudget : kBudget;
    if (!budget_.empty()) options.budget_s = decimal_of(budget_);
    options.seed = seed_ != 0 ? seed_ : std::random_device()();
    if (classify_) options.classify = bench::AbOptions::Classify::yes;
    options.interrupted = &interrupted;
    options.progress = show_progress;
    return options;
  }

  Result<ExitCode> run_stored(Session& session) {
    const auto before = bench::read_side(base_);
    if (!before) return not_comparable(session, before.error());
    const auto after = bench::read_side(head_);
    if (!after) return not_comparable(session, after.error());
    bench::StoredReport report = bench::compare_stored(*before, *after);
    std::erase_if(report.targets, [&](const auto& target) { return !is_chosen(target.target_id); });
    if (auto done = put(session, report); !done) return fail(done.error());
    if (report.targets.empty() || !report.differing_facts.empty()) return ExitCode::nothing;
    const auto has = [&](bench::Verdict verdict) {
      return std::ranges::find(report.targets, verdict, &bench::StoredTarget::verdict) !=
             report.targets.end();
    };
    if (gate() != bench::Gate::none && has(bench::Verdict::regression)) return ExitCode::gate;
    if (gate() == bench::Gate::inconclusive && has(bench::Verdict::inconclusive)) {
      return ExitCode::inconclusive;
    }
    return ExitCode::fine;
  }

  static Result<ExitCode> not_comparable(Session& session, const Error& error) {
    if (error.code != ErrorCode::not_found) return fail(error);
    session.complain(error.message);
    return ExitCode::nothing;
  }

  template <typename Report>
  Result<void> put(Session& session, const Report& report) const {
    const std::string text = format_ == "json"       ? written(bench::to_json(report))
                             : format_ == "markdown" ? bench::to_markdown(report)
                                                     : bench::to_table(report);
    if (output_.empty()) {
      session.out().write(text);
      return {};
    }
    if (auto done = exports::write_file(output_, text); !done) return fail(done.error());
    return {};
  }

  bool is_chosen(const std::string& id) const {
    if (!targets_.empty()) return contains(targets_, id);
    return id.find(filter_) != std::string::npos;
  }
  bench::Gate gate() const {
    if (gate_ == "none") return bench::Gate::none;
    return gate_ == "inconclusive" ? bench::Gate::inconclusive : bench::Gate::regression;
  }

  std::string base_, head_, filter_, margin_, budget_, output_;
  std::string gate_ = "regression", format_ = "table";
  std::vector<std::string> targets_;
  std::uint64_t seed_ = 0;
  bool ab_ = false, quick_ = false, classify_ = false;
};

}  // namespace

void add_compare(CLI::App& parent, Commands& into) {
  into.push_back(std::make_unique<Compare>(parent));
}

}  // namespace costops::cli
