#include "costops/benchmarks/worker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

extern char** environ;

namespace costops::benchmarks {
namespace {

constexpr std::chrono::seconds kAnswerLimit{30};
constexpr std::size_t kAnswerBytesMax = 4096;

void answer(std::ostream& out, std::string_view line) { out << line << '\n' << std::flush; }

/// Carries out one request; false ends the service.
bool serve(const std::string& line, const BenchTarget& target, Workload& workload,
           std::ostream& out) {
  std::istringstream words(line);
  std::string verb;
  words >> verb;
  if (verb == "quit") return false;
  if (verb == "hello") {
    answer(out, fmt::format("ready {} {} {}", kWorkerProtocol, target.id(), workload_hash(target)));
    return true;
  }
  if (verb == "calibrate") {
    std::int64_t block_ns = 0;
    if (words >> block_ns && block_ns > 0) {
      const std::uint64_t iterations = calibrate(workload, block_ns, target.floor().clock);
      answer(out, fmt::format("iterations {}", iterations));
      return true;
    }
  }
  if (verb == "block") {
    std::uint64_t iterations = 0;
    std::uint64_t warmup = 0;
    if (words >> iterations >> warmup && iterations > 0) {
      if (warmup > 0) workload.run(warmup);
      const Block block = time_block(workload, iterations);
      answer(out, fmt::format("block {} {} {} {}", block.wall_ns, block.cpu_ns, block.preemptions,
                              block.page_faults));
      return true;
    }
  }
  answer(out, fmt::format("error not understood: {}", line.substr(0, 100)));
  return false;
}

}  // namespace

int serve_worker(const BenchTarget& target, std::istream& in, std::ostream& out) {
  auto workload = target.prepare();
  if (!workload) {
    answer(out, "error " + workload.error().message);
    return 1;
  }
  if (auto checked = (*workload)->check(); !checked) {
    answer(out, "error " + checked.error().message);
    return 1;
  }
  std::string line;
  while (std::getline(in, line)) {
    if (!serve(line, target, **workload, out)) return line == "quit" ? 0 : 1;
  }
  return 0;
}

struct Worker::State {
  pid_t pid = -1;
  int to = -1;
  int from = -1;
  std::string name;
  std::string hash;
  std::string buffer;

  ~State() {
    if (to >= 0) ::close(to);
    if (from >= 0) ::close(from);
    if (pid > 0) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  }
  Result<std::string> ask(const std::string& request);
  Result<std::string> read_line();
  tl::unexpected<Error> broken(std::string_view why) const {
    return fail(ErrorCode::io_error, fmt::format("benchmark worker {}: {}", name, why));
  }
};

Result<std::string> Worker::State::read_line() {
  const auto deadline = std::chrono::steady_clock::now() + kAnswerLimit;
  while (true) {
    if (const auto end = buffer.find('\n'); end != std::string::npos) {
      std::string line = buffer.substr(0, end);
      buffer.erase(0, end + 1);
      return line;
    }
    if (buffer.size() > kAnswerBytesMax) return broken("its answer has no end");
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      return broken(fmt::format("no answer within {} s", kAnswerLimit.count()));
    }
    pollfd waiting{from, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(left.count())) < 0 && errno != EINTR) {
      return broken(std::generic_category().message(errno));
    }
    if ((waiting.revents & (POLLIN | POLLHUP)) == 0) continue;
    std::array<char, 512> chunk{};
    const ssize_t n = ::read(from, chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return broken("it ended without an answer");
    buffer.append(chunk.data(), static_cast<std::size_t>(n));
  }
}

Result<std::string> Worker::State::ask(const std::string& request) {
  bool listens = true;
  for (std::string_view rest = request; listens && !rest.empty();) {
    const ssize_t n = ::write(to, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n > 0) rest.remove_prefix(static_cast<std::size_t>(n));
    listens = n > 0;
  }
  // One that has already ended may have said why.
  auto line = read_line();
  if (line && line->starts_with("error ")) return broken(line->substr(6));
  if (!listens) return broken("it no longer listens");
  return line;
}

namespace {

/// The environment with `padding` more bytes in it.
class PaddedEnvironment {
 public:
  explicit PaddedEnvironment(std::size_t padding) : padding_("COSTOPS_PADDING=") {
    padding_.append(padding, 'x');
    for (char** entry = environ; *entry != nullptr; ++entry) entries_.push_back(*entry);
    entries_.push_back(padding_.data());
    entries_.push_back(nullptr);
  }
  char** entries() { return entries_.data(); }

 private:
  std::string padding_;
  std::vector<char*> entries_;
};

/// Starts `binary bench-worker target` with its standard input and output on pipes; 0 or an errno.
int spawn_worker(const std::string& binary, const std::string& target, std::size_t padding,
                 std::array<int, 2>& to, std::array<int, 2>& from, pid_t& pid) {
  if (::pipe2(to.data(), O_CLOEXEC) != 0) return errno;
  if (::pipe2(from.data(), O_CLOEXEC) != 0) return errno;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to[0], 0);
  posix_spawn_file_actions_adddup2(&actions, from[1], 1);
  PaddedEnvironment environment(padding);
  std::string program = binary;
  std::string verb = "bench-worker";
  std::string id = target;
  std::array<char*, 4> arguments = {program.data(), verb.data(), id.data(), nullptr};
  const int error = ::posix_spawn(&pid, binary.c_str(), &actions, nullptr, arguments.data(),
                                  environment.entries());
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

Result<Worker> Worker::start(const std::filesystem::path& binary, const std::string& target,
                             std::size_t padding) {
  // A worker that dies must be an error here, not a signal.
  ::signal(SIGPIPE, SIG_IGN);
  auto state = std::make_unique<State>();
  state->name = binary.string();
  std::array<int, 2> to = {-1, -1};
  std::array<int, 2> from = {-1, -1};
  const int error = spawn_worker(binary.string(), target, padding, to, from, state->pid);
  state->to = to[1];
  state->from = from[0];
  for (const int theirs : {to[0], from[1]}) {
    if (theirs >= 0) ::close(theirs);
  }
  if (error != 0) return state->broken(std::generic_category().message(error));

  const auto ready = state->ask("hello\n");
  if (!ready) return fail(ready.error());
  std::istringstream words(*ready);
  std::string verb;
  int protocol = 0;
  std::string id;
  if (!(words >> verb >> protocol >> id >> state->hash) || verb != "ready" ||
      protocol != kWorkerProtocol || id != target) {
    return fail(ErrorCode::unsupported,
                fmt::format("benchmark worker {}: speaks another protocol: \"{}\"", state->name,
                            ready->substr(0, 100)));
  }
  return Worker(std::move(state));
}

Worker::Worker(std::unique_ptr<State> state) : state_(std::move(state)) {}
Worker::Worker(Worker&&) noexcept = default;
Worker& Worker::operator=(Worker&&) noexcept = default;
Worker::~Worker() = default;

const std::string& Worker::workload_hash() const { return state_->hash; }

Result<std::uint64_t> Worker::calibrate(std::int64_t block_ns) {
  const auto line = state_->ask(fmt::format("calibrate {}\n", block_ns));
  if (!line) return fail(line.error());
  std::istringstream words(*line);
  std::string verb;
  std::uint64_t iterations = 0;
  if (!(words >> verb >> iterations) || verb != "iterations" || iterations == 0) {
    return state_->broken("answered \"" + line->substr(0, 100) + "\"");
  }
  return iterations;
}

Result<Block> Worker::block(std::uint64_t iterations, std::uint64_t warmup) {
  const auto line = state_->ask(fmt::format("block {} {}\n", iterations, warmup));
  if (!line) return fail(line.error());
  std::istringstream words(*line);
  std::string verb;
  Block block;
  if (!(words >> verb >> block.wall_ns >> block.cpu_ns >> block.preemptions >> block.page_faults) ||
      verb != "block" || block.wall_ns <= 0 || block.cpu_ns < 0) {
    return state_->broken("answered \"" + line->substr(0, 100) + "\"");
  }
  return block;
}

}  // namespace costops::benchmarks
