// bench-worker - one arm of a benchmark comparison: times blocks on request. Not for people.
#include <signal.h>
#include <sys/prctl.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <iostream>

#include "command.h"
#include "costops/benchmarks/worker.h"

namespace costops::cli {
namespace {

class BenchWorker : public Command {
 public:
  explicit BenchWorker(CLI::App& parent)
      : Command(parent, "bench-worker", "Time blocks of a benchmark target on request", "",
                Uses{}) {
    app_->group("");
    app_->add_option("TARGET", target_)->required();
    app_->add_option("--slowdown", slowdown_percent_)->type_name("PERCENT");
  }

  Result<ExitCode> run(Session& session) override {
    const auto targets = benchmarks::targets_named({target_});
    if (!targets) return session.wrong_usage(targets.error().message);
    // Whoever asked is gone, however it went: no block is wanted any more.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int code =
        benchmarks::serve_worker(*targets->front(), std::cin, std::cout, slowdown_percent_);
    return code == 0 ? ExitCode::fine : ExitCode::failed;
  }

 private:
  std::string target_;
  std::uint32_t slowdown_percent_ = 0;
};

}  // namespace

void add_bench_worker(CLI::App& parent, Commands& into) {
  into.push_back(std::make_unique<BenchWorker>(parent));
}

}  // namespace costops::cli
