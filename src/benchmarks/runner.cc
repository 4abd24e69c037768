#include "costops/benchmarks/runner.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>

#include "costops/benchmarks/environment.h"
#include "costops/benchmarks/history.h"
#include "costops/benchmarks/io.h"
#include "costops/benchmarks/markdown.h"
#include "costops/domain/identity.h"

namespace costops::benchmarks {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kAnswerBytesMax = 1u << 20;
constexpr int kPollMs = 50;

Result<Json> run_here(const BenchTarget& target, const MeasureOptions& options) {
  auto metrics = target.start(options).get();
  if (metrics && !metrics->is_object()) {
    return fail(ErrorCode::conflict, "the target's metrics are not an object");
  }
  return metrics;
}

/// A target that eats memory must meet its own end, not the machine's: its allocations fail at the
/// limit, and the kernel, should it run short earlier, takes this process first.
void bound_memory(std::uint64_t bytes_max) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  if (bytes_max > 0) {
    const rlimit limit{bytes_max, bytes_max};
    (void)::setrlimit(RLIMIT_DATA, &limit);
  }
#else
  (void)bytes_max;
#endif
  std::ofstream("/proc/self/oom_score_adj") << 1000;
}

/// As run_here; a target that runs out of memory says so.
Result<Json> run_within_memory(const BenchTarget& target, const RunOptions& options) {
  bound_memory(options.memory_bytes_max);
  try {
    return run_here(target, options.measure);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::io_error, fmt::format("out of memory; a target may use {} MiB",
                                                 options.memory_bytes_max >> 20));
  }
}

/// The child's whole life: measure, answer on the pipe, end without running anyone's destructors.
[[noreturn]] void run_in_child(const BenchTarget& target, const RunOptions& options, int out) {
  const auto metrics = run_within_memory(target, options);
  const Json answer =
      metrics ? Json{{"metrics", *metrics}} : Json{{"error", metrics.error().message}};
  const std::string text = answer.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t n = ::write(out, rest.data(), rest.size());
    if (n <= 0) ::_exit(1);
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  ::_exit(0);
}

std::string death_of(int status) {
  if (WIFSIGNALED(status)) {
    return fmt::format("killed by signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  }
  return fmt::format("ended with exit code {} and without an answer", WEXITSTATUS(status));
}

/// A forked child and the pipe on which it answers. Killed and reaped when destroyed.
class Child {
 public:
  static Result<Child> start(const BenchTarget& target, const RunOptions& options) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) {
      return fail(ErrorCode::io_error, fmt::format("cannot open a pipe: {}", std::strerror(errno)));
    }
    const pid_t pid = ::fork();
    if (pid < 0) {
      return fail(ErrorCode::io_error, fmt::format("cannot fork: {}", std::strerror(errno)));
    }
    if (pid == 0) {
      ::close(ends[0]);
      ::signal(SIGINT, SIG_IGN);
      run_in_child(target, options, ends[1]);
    }
    ::close(ends[1]);
    return Child(pid, ends[0]);
  }

  Child(Child&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), from_(std::exchange(other.from_, -1)) {}
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (from_ >= 0) ::close(from_);
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }

  /// Everything that the child writes, until it ends, time is over or the user stops it.
  Result<std::string> answer(std::chrono::seconds timeout, const std::atomic<bool>* interrupted) {
    const auto deadline = SteadyClock::now() + timeout;
    std::string text;
    while (true) {
      if (interrupted != nullptr && *interrupted) return fail(ErrorCode::cancelled, "interrupted");
      if (SteadyClock::now() >= deadline) {
        return fail(ErrorCode::io_error, fmt::format("no answer within {} s", timeout.count()));
      }
      pollfd waiting{from_, POLLIN, 0};
      if (::poll(&waiting, 1, kPollMs) <= 0) continue;
      std::array<char, 4096> chunk{};
      const ssize_t n = ::read(from_, chunk.data(), chunk.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      text.append(chunk.data(), static_cast<std::size_t>(n));
      if (text.size() > kAnswerBytesMax) {
        return fail(ErrorCode::io_error, "its answer is longer than 1 MiB");
      }
    }
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
      return fail(ErrorCode::io_error, death_of(status));
    }
    return text;
  }

 private:
  Child(pid_t pid, int from) : pid_(pid), from_(from) {}
  pid_t pid_;
  int from_;
};

Result<Json> run_in_process(const BenchTarget& target, const RunOptions& options) {
  auto child = Child::start(target, options);
  if (!child) return fail(child.error());
  const auto text = child->answer(options.timeout, options.interrupted);
  if (!text) return fail(text.error());
  Json answer = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (answer.is_object() && answer.contains("metrics")) return answer["metrics"];
  if (answer.is_object() && answer.contains("error") && answer["error"].is_string()) {
    return fail(ErrorCode::conflict, answer["error"].get<std::string>());
  }
  return fail(ErrorCode::io_error, "its answer is not valid JSON");
}

bool stopped(const RunOptions& options) {
  return options.interrupted != nullptr && *options.interrupted;
}

void report_progress(const RunOptions& options, std::size_t index, std::size_t count,
                     const std::string& target) {
  if (options.progress) options.progress(index, count, target);
}

Result<void> write_text(const std::filesystem::path& dir, const char* name, std::string_view text) {
  return write_file_atomically(dir / name, text, dir);
}

Timestamp now_utc() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

/// What all results of one run share.
struct RunIdentity {
  std::string started = to_string(now_utc());
  std::string id = to_string(record_id("benchmark-run", {started, std::to_string(::getpid())}));
  std::string revision;
};

/// Says in each result where it was measured, so that it can be read without its folder.
void sign(BenchmarkResult& result, const RunIdentity& run, const Environment& environment) {
  result.metrics["env_key"] = environment.env_key;
  result.metrics["run_id"] = run.id;
  result.metrics["harness_version"] = std::string(harness_version());
}

/// DIR/run.json: the machine, and the status of each target, for tools and for resuming.
class Manifest {
 public:
  Manifest(std::filesystem::path dir, const Environment& environment, const RunIdentity& run,
           const MeasureOptions& options)
      : dir_(std::move(dir)) {
    json_ = {{"run_id", run.id},
             {"started", run.started},
             {"revision", run.revision},
             {"config",
              {{"block_ns", options.block_ns},
               {"measured_ns_min", options.measured_ns_min},
               {"measured_ns_max", options.measured_ns_max}}},
             {"environment", environment.facts},
             {"env_key", environment.env_key},
             {"interrupted", false},
             {"targets", Json::object()}};
  }
  void add(const BenchmarkResult& result) {
    json_["targets"][result.target_id] = {{"status", "ok"},
                                          {"timestamp", to_string(result.timestamp)}};
  }
  void add(const Failure& failure) {
    json_["targets"][failure.target_id] = {{"status", "failed"}, {"error", failure.error}};
  }
  void interrupted(bool yes) { json_["interrupted"] = yes; }
  [[nodiscard]] Result<void> write() const {
    return write_text(dir_, "run.json",
                      json_.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  }

 private:
  std::filesystem::path dir_;
  Json json_;
};

/// The results in `dir` that its manifest calls measured; none if there is no readable manifest.
std::vector<BenchmarkResult> measured_before(const std::filesystem::path& dir) {
  std::vector<BenchmarkResult> measured;
  std::ifstream file(dir / "run.json");
  const Json manifest = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!manifest.is_object() || !manifest.contains("targets")) return measured;
  for (const auto& [id, entry] : manifest["targets"].items()) {
    if (!entry.is_object() || entry.value("status", Json()) != "ok") continue;
    if (auto result = read_json(id, dir)) measured.push_back(std::move(*result));
  }
  return measured;
}

/// Moves results of targets asked for from an earlier run to this one's report.
std::vector<BenchmarkResult> take_over(Targets& targets, const std::filesystem::path& dir) {
  std::vector<BenchmarkResult> taken;
  for (BenchmarkResult& result : measured_before(dir)) {
    const auto same = [&](const auto& target) { return target->id() == result.target_id; };
    if (std::erase_if(targets, same) > 0) taken.push_back(std::move(result));
  }
  return taken;
}

Result<void> save_summary(const RunReport& report, const Environment& environment,
                          const std::filesystem::path& dir) {
  const auto text = generate_summary(report.results, report.failures, environment, now_utc());
  if (auto written = write_summary(text, dir); !written) return written;
  spdlog::info("summary written to {}", (dir / "summary.md").string());
  return {};
}

}  // namespace

Result<BenchmarkResult> execute(const BenchTarget& target, const RunOptions& options) {
  const std::string id = target.id();
  if (!is_valid_target_id(id)) {
    return fail(ErrorCode::invalid_input,
                fmt::format("target id \"{}\" must match ^[a-z][a-z0-9_]{{0,63}}$", id));
  }
  auto metrics = options.isolation == Isolation::process ? run_in_process(target, options)
                                                         : run_here(target, options.measure);
  if (!metrics) return fail(metrics.error());
  BenchmarkResult result(id, std::move(*metrics));
  if (const auto complaints = lint(result); !complaints.empty()) {
    return fail(ErrorCode::conflict,
                fmt::format("its metrics break the contract: {}", fmt::join(complaints, "; ")));
  }
  return result;
}

RunReport execute_all(const Targets& targets, const RunOptions& options) {
  RunReport report;
  spdlog::info("benchmark run: {} targets", targets.size());
  const auto begun = SteadyClock::now();
  for (std::size_t i = 0; i < targets.size() && !stopped(options); ++i) {
    const std::string id = targets[i]->id();
    report_progress(options, i, targets.size(), id);
    auto result = execute(*targets[i], options);
    if (result) {
      spdlog::info("{}: {:.0f} operations/s", id,
                   result->get_metric_f64("operations_per_second").value_or(0));
      if (options.completed) options.completed(*result);
      report.results.push_back(std::move(*result));
    } else if (result.error().code != ErrorCode::cancelled) {
      spdlog::error("{}: {}", id, result.error().message);
      report.failures.push_back({id, result.error().message});
    }
  }
  report.interrupted = stopped(options);
  report_progress(options, targets.size(), targets.size(), "");
  const std::chrono::duration<double> total = SteadyClock::now() - begun;
  spdlog::info("benchmark run: {} of {} measured in {:.1f} s", report.results.size(),
               targets.size(), total.count());
  return report;
}

RunReport run_all_benchmarks(const RunOptions& options) {
  return execute_all(all_targets(), options);
}

namespace {

/// Keeps results as they arrive; the first failure is told at the end, and nothing else is lost.
class Keeper {
 public:
  Keeper(const std::filesystem::path& dir, const SaveOptions& save, const RunOptions& options)
      : dir_(dir),
        save_(save),
        run_{.revision = save.revision},
        manifest_(dir, environment_, run_, options.measure) {}

  [[nodiscard]] Result<void> begin(const std::vector<BenchmarkResult>& before) {
    for (const BenchmarkResult& result : before) manifest_.add(result);
    if (auto begun = manifest_.write(); !begun) return begun;
    return save_.history.empty() ? Result<void>()
                                 : describe_environment(save_.history, environment_);
  }
  void keep(BenchmarkResult& result) {
    sign(result, run_, environment_);
    if (!save_.history.empty()) {
      note(append_history(save_.history, {result, environment_.env_key, run_.id, run_.revision}));
    }
    if (auto path = write_json(result, dir_); !path) note(fail(path.error()));
    manifest_.add(result);
    note(manifest_.write());
  }
  [[nodiscard]] Result<void> end(const RunReport& report) {
    for (const Failure& failure : report.failures) manifest_.add(failure);
    manifest_.interrupted(report.interrupted);
    note(manifest_.write());
    if (save_.summary == Summary::write) note(save_summary(report, environment_, dir_));
    return written_;
  }

 private:
  void note(const Result<void>& done) {
    if (written_ && !done) written_ = done;
  }

  const std::filesystem::path& dir_;
  const SaveOptions& save_;
  Environment environment_ = current_environment();
  RunIdentity run_;
  Manifest manifest_;
  Result<void> written_;
};

}  // namespace

Result<RunReport> run_and_save(Targets targets, const std::filesystem::path& dir,
                               const SaveOptions& save, const RunOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(dir / "raw", error);
  if (error) {
    return fail(ErrorCode::io_error, fmt::format("cannot create folder {}: {}",
                                                 (dir / "raw").string(), error.message()));
  }
  std::vector<BenchmarkResult> before;
  if (save.start == Start::resumed) before = take_over(targets, dir);
  Keeper keeper(dir, save, options);
  // Told before minutes of measuring, not after.
  if (auto begun = keeper.begin(before); !begun) return fail(begun.error());

  RunOptions with_saving = options;
  with_saving.completed = [&](BenchmarkResult& result) {
    keeper.keep(result);
    if (options.completed) options.completed(result);
  };
  RunReport report = execute_all(targets, with_saving);
  report.results.insert(report.results.begin(), before.begin(), before.end());
  if (auto ended = keeper.end(report); !ended) return fail(ended.error());
  return report;
}

}  // namespace costops::benchmarks
