#include "costops/benchmarks/worker.h"

#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include "benchmarks/process.h"

namespace costops::benchmarks {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kAnswerBytesMax = 4096;
constexpr std::chrono::milliseconds kPollMax{50};

}  // namespace

struct Worker::State {
  Started process;
  std::string name;
  WorkerIdentity identity;
  std::string buffer;
  std::chrono::milliseconds answer_limit{};
  const std::atomic<bool>* interrupted = nullptr;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    end(SIGKILL);
    for (const int fd : {process.to, process.from, process.errors}) {
      if (fd >= 0) ::close(fd);
    }
  }
  /// Sends `signal`, reaps; how it ended.
  int end(int signal) {
    int status = 0;
    if (process.pid <= 0) return status;
    if (signal != 0) ::kill(process.pid, signal);
    ::waitpid(std::exchange(process.pid, -1), &status, 0);
    return status;
  }

  Result<std::string> ask(const std::string& request);
  Result<std::string> read_line();
  /// The reply's number, which must follow `verb`.
  Result<std::uint64_t> number(const std::string& request, std::string_view verb);
  tl::unexpected<Error> broken(std::string_view why) const {
    return fail(ErrorCode::io_error, fmt::format("benchmark worker {}: {}", name, why));
  }
  tl::unexpected<Error> ended();
  tl::unexpected<Error> answered(std::string_view line, std::string_view wrong) const {
    return broken(fmt::format("answered \"{}\": {}", line.substr(0, 100), wrong));
  }
};

/// The pipe is closed: the worker is dead or about to die, unless it closed its output on purpose.
tl::unexpected<Error> Worker::State::ended() {
  constexpr int kGraceMs = 500;
  for (int waited = 0; waited < kGraceMs && process.pid > 0; ++waited) {
    int status = 0;
    if (::waitpid(process.pid, &status, WNOHANG) != process.pid) {
      ::poll(nullptr, 0, 1);
      continue;
    }
    process.pid = -1;
    const std::string words = first_words(process.errors);
    return broken(fmt::format("{}{}{}", death_of(status), words.empty() ? "" : ": ", words));
  }
  return broken("closed its output");
}

Result<std::string> Worker::State::read_line() {
  const auto deadline = SteadyClock::now() + answer_limit;
  while (true) {
    if (const auto end = buffer.find('\n'); end != std::string::npos) {
      std::string line = buffer.substr(0, end);
      buffer.erase(0, end + 1);
      return line;
    }
    if (interrupted != nullptr && *interrupted) return fail(ErrorCode::cancelled, "interrupted");
    if (buffer.size() > kAnswerBytesMax) return broken("its answer has no end");
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now());
    if (left.count() <= 0) {
      return broken(fmt::format("no answer within {} ms", answer_limit.count()));
    }
    pollfd waiting{process.from, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::min(left, kPollMax).count()));
    if (ready < 0 && errno != EINTR) return broken(std::generic_category().message(errno));
    if (ready <= 0) continue;
    std::array<char, 512> chunk{};
    const ssize_t n = ::read(process.from, chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return ended();
    buffer.append(chunk.data(), static_cast<std::size_t>(n));
  }
}

Result<std::string> Worker::State::ask(const std::string& request) {
  bool listens = true;
  for (std::string_view rest = request; listens && !rest.empty();) {
    const ssize_t n = ::write(process.to, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n > 0) rest.remove_prefix(static_cast<std::size_t>(n));
    listens = n > 0;
  }
  // One that has already ended may have said why.
  auto line = read_line();
  if (line && line->starts_with("error ")) return broken(line->substr(6));
  if (line && !listens) return broken("it no longer listens");
  return line;
}

Result<Worker> Worker::start(const std::filesystem::path& binary, const std::string& target,
                             const WorkerOptions& options) {
  auto state = std::make_unique<State>();
  state->name = binary.string();
  state->answer_limit = options.answer_limit;
  state->interrupted = options.interrupted;
  std::vector<std::string> words = {binary.string(), "bench-worker", target};
  if (options.slowdown_percent > 0) {
    words.insert(words.end(), {"--slowdown", std::to_string(options.slowdown_percent)});
  }
  const auto started =
      start_program(words, {"COSTOPS_PADDING=" + std::string(options.padding, 'x')});
  if (!started) return fail(started.error());
  state->process = *started;
  if (options.cpu) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(*options.cpu), &one);
    // One that cannot be bound is measured where it runs.
    ::sched_setaffinity(state->process.pid, sizeof one, &one);
  }
  const auto ready = state->ask("hello\n");
  if (!ready) return fail(ready.error());
  auto identity = parse_ready(*ready, target);
  if (!identity) {
    Error error = state->answered(*ready, identity.error().message).value();
    return fail(identity.error().code, std::move(error.message));
  }
  state->identity = std::move(*identity);
  return Worker(std::move(state));
}

Worker::Worker(std::unique_ptr<State> state) : state_(std::move(state)) {}
Worker::Worker(Worker&&) noexcept = default;
Worker& Worker::operator=(Worker&&) noexcept = default;
Worker::~Worker() = default;

const WorkerIdentity& Worker::identity() const { return state_->identity; }

Result<std::uint64_t> Worker::State::number(const std::string& request, std::string_view verb) {
  const auto line = ask(request);
  if (!line) return fail(line.error());
  std::istringstream words(*line);
  std::string said;
  std::uint64_t value = 0;
  if (!(words >> said >> value) || said != verb) {
    return answered(*line, fmt::format("expected \"{} NUMBER\"", verb));
  }
  return value;
}

Result<std::uint64_t> Worker::move_code() { return state_->number("move\n", "moved"); }

Result<std::uint64_t> Worker::calibrate(std::int64_t block_ns) {
  auto found = state_->number(fmt::format("calibrate {}\n", block_ns), "iterations");
  if (found && *found == 0) return state_->broken("found no number of iterations");
  return found;
}

Result<Block> Worker::block(std::uint64_t iterations, std::uint64_t warmup) {
  const auto line = state_->ask(fmt::format("block {} {}\n", iterations, warmup));
  if (!line) return fail(line.error());
  const auto block = parse_block(*line);
  if (!block) return state_->answered(*line, block.error().message);
  return *block;
}

}  // namespace costops::benchmarks
