// selftest - how often `compare` is wrong, and what it finds, on this machine.
#include "costops/benchmarks/selftest.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <fstream>
#include <random>

#include "bench_options.h"
#include "command.h"
#include "interrupt.h"
#include "options.h"

namespace costops::cli {
namespace {

namespace bench = costops::benchmarks;

constexpr const char* kHelp =
    R"(
This program is compared with itself N times: every regression or improvement is a false
alarm. Then with itself slowed down by known shares: what is not called a regression is
missed. The slowdown is real work, calibrated in each process.

Examples:
  cost-ops selftest
  cost-ops selftest --aa 300 --inject ""
  cost-ops selftest --aa 0 --inject 5 --trials 60 --budget 0.8

Exit codes: 0 measured, whatever it came to; 1 a comparison failed; 130 stopped by Ctrl-C.
)";

Result<std::string> this_program() {
  std::array<char, 4096> path{};
  const ssize_t n = ::readlink("/proc/self/exe", path.data(), path.size());
  if (n > 0) return std::string(path.data(), static_cast<std::size_t>(n));
  return fail(ErrorCode::io_error, "cannot tell where this program is (/proc/self/exe)");
}

class Selftest : public Command {
 public:
  explicit Selftest(CLI::App& parent)
      : Command(parent, "selftest", "Measure how often \"compare\" is wrong on this machine", kHelp,
                Uses{}) {
    app_->add_option("--aa", trials_, "Comparisons of this build with itself. Default: 20.")
        ->type_name("N")
        ->check(CLI::Range(0u, 100'000u));
    add_text(*app_, "--inject", inject_, "P,Q", "Slowdowns in percent. Default: 3,5,10.");
    app_->add_option("--trials", injected_, "Comparisons for each slowdown. Default: as --aa.")
        ->type_name("N")
        ->check(CLI::Range(0u, 100'000u));
    add_comma_list(*app_, "--targets", targets_, "a,b",
                   "Targets to take in turns. Default: cost_calculator, aggregator.");
    add_checked(*app_, "--budget", budget_, "SECONDS",
                "Measured time of a comparison, at most. Default: 2.", problem_of_seconds);
    add_checked(*app_, "--margin", margin_, "PERCENT",
                "Changes up to this are no changes. Default: 1.", problem_of_percent);
    app_->add_option("--seed", seed_, "Of the first comparison. Default: a new one.")
        ->type_name("NUMBER");
    add_text(*app_, "--samples", samples_, "FILE",
             "Write each comparison's times there, a JSON object a line.");
    add_choice(*app_, "--format", format_, {"table", "json"},
               "Form of the result. Default: table.");
  }

  Result<ExitCode> run(Session& session) override {
    bench::SelftestOptions options;
    options.trials = trials_;
    options.injected_trials = injected_ == kAsTrials ? trials_ : injected_;
    options.injected_percent.clear();
    for (const std::string& word : words_of(inject_)) {
      const auto percent = whole_number(word);
      if (!percent || *percent > 1000) {
        return session.wrong_usage(
            fmt::format("--inject \"{}\": expected whole percents from 1 to 1000", inject_));
      }
      options.injected_percent.push_back(static_cast<std::uint32_t>(*percent));
    }
    const auto targets = bench::targets_named(targets_);
    if (!targets) return session.wrong_usage(targets.error().message);
    for (const auto& target : *targets) options.targets.push_back(target->id());
    const auto program = this_program();
    if (!program) return fail(program.error());
    options.ab.budget_s = decimal_of(budget_);
    options.ab.margin.relative = decimal_of(margin_) / 100;
    options.ab.seed = seed_ != 0 ? seed_ : std::random_device()();
    options.ab.interrupted = &stop_requested_on_interrupt();
    options.progress = [](const std::string& what, std::uint32_t done, std::uint32_t of) {
      show_progress(done, of, what);
    };
    std::ofstream samples;
    if (!samples_.empty()) {
      samples.open(samples_);
      if (!samples) return fail(ErrorCode::io_error, "cannot write " + samples_);
      options.completed = [&samples](std::uint32_t percent, const bench::TargetComparison& trial) {
        samples << bench::samples_of(percent, trial).dump() << '\n' << std::flush;
      };
    }
    const bench::SelftestReport report = bench::run_selftest(*program, options);
    show_progress(1, 1, "");
    session.out().write(format_ == "json" ? bench::to_json(report).dump(2) + "\n"
                                          : bench::to_table(report));
    return code_of(report);
  }

 private:
  static ExitCode code_of(const bench::SelftestReport& report) {
    if (report.interrupted) return ExitCode::interrupted;
    for (const bench::SelftestRow& row : report.rows) {
      if (row.failed > 0) return ExitCode::failed;
    }
    return ExitCode::fine;
  }
  static std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
      const auto end = std::min(text.find(','), text.size());
      if (end > 0) words.emplace_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
  }

  static constexpr std::uint32_t kAsTrials = UINT32_MAX;
  std::uint32_t trials_ = 20, injected_ = kAsTrials;
  std::string inject_ = "3,5,10", budget_ = "2", margin_ = "1", format_ = "table", samples_;
  std::vector<std::string> targets_ = {"cost_calculator", "aggregator"};
  std::uint64_t seed_ = 0;
};

}  // namespace

void add_selftest(CLI::App& parent, Commands& into) {
  into.push_back(std::make_unique<Selftest>(parent));
}

}  // namespace costops::cli
