#include "benchmarks/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

extern char** environ;

namespace costops::benchmarks {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr int kPollMs = 50;

tl::unexpected<Error> cannot_start(const std::string& program, int error) {
  return fail(ErrorCode::io_error,
              fmt::format("cannot start {}: {}", program, std::generic_category().message(error)));
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  return out;
}

/// Kills and reaps a program unless it has been reaped, and closes what is open.
class Guard {
 public:
  explicit Guard(Started started) : started_(started) {}
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard() {
    for (const int fd : {started_.to, started_.from, started_.errors}) {
      if (fd >= 0) ::close(fd);
    }
    if (started_.pid > 0) {
      ::kill(started_.pid, SIGKILL);
      ::waitpid(started_.pid, nullptr, 0);
    }
  }
  void send(const std::string& input) {
    std::string_view rest = input;
    while (!rest.empty()) {
      const ssize_t n = ::write(started_.to, rest.data(), rest.size());
      if (n <= 0) break;
      rest.remove_prefix(static_cast<std::size_t>(n));
    }
    ::close(std::exchange(started_.to, -1));
  }
  int reap() {
    int status = 0;
    ::waitpid(std::exchange(started_.pid, -1), &status, 0);
    return status;
  }

 private:
  Started started_;
};

std::string content_of(int fd, std::size_t bytes_max) {
  std::string text(bytes_max, '\0');
  const ssize_t n = ::pread(fd, text.data(), text.size(), 0);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

}  // namespace

Result<Started> start_program(const std::vector<std::string>& words,
                              const std::vector<std::string>& environment) {
  // A program that ends early must be an error here, not a signal.
  ::signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> to = {-1, -1};
  std::array<int, 2> from = {-1, -1};
  Started started;
  started.errors = ::memfd_create("errors", MFD_CLOEXEC);
  int error = 0;
  if (started.errors < 0 || ::pipe2(to.data(), O_CLOEXEC) != 0 ||
      ::pipe2(from.data(), O_CLOEXEC) != 0) {
    error = errno;
  } else {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[0], 0);
    posix_spawn_file_actions_adddup2(&actions, from[1], 1);
    posix_spawn_file_actions_adddup2(&actions, started.errors, 2);
    std::vector<std::string> own_words = words;
    std::vector<std::string> own_environment = environment;
    std::vector<char*> arguments = pointers(own_words);
    arguments.push_back(nullptr);
    std::vector<char*> variables = pointers(own_environment);
    for (char** entry = environ; *entry != nullptr; ++entry) variables.push_back(*entry);
    variables.push_back(nullptr);
    // A process group of its own: Ctrl-C is for its owner, who then ends it.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    error = ::posix_spawn(&started.pid, words.front().c_str(), &actions, &attributes,
                          arguments.data(), variables.data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }
  for (const int theirs : {to[0], from[1]}) {
    if (theirs >= 0) ::close(theirs);
  }
  started.to = to[1];
  started.from = from[0];
  if (error == 0) return started;
  started.pid = -1;
  const Guard closes(started);
  return cannot_start(words.front(), error);
}

std::string death_of(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    const int signal = WTERMSIG(wait_status);
    return fmt::format("killed by signal {} ({})", signal, ::strsignal(signal));
  }
  return fmt::format("ended with exit code {}", WEXITSTATUS(wait_status));
}

std::string first_words(int errors) {
  const std::string text = content_of(errors, 200);
  return text.substr(0, text.find('\n'));
}

Result<Finished> run_program(const std::vector<std::string>& words, const std::string& input,
                             const ProgramLimits& limits) {
  const auto started = start_program(words);
  if (!started) return fail(started.error());
  Guard guard(*started);
  guard.send(input);
  const auto deadline = SteadyClock::now() + limits.time;
  Finished finished;
  while (true) {
    if (limits.interrupted != nullptr && *limits.interrupted) {
      return fail(ErrorCode::cancelled, "interrupted");
    }
    if (SteadyClock::now() >= deadline) {
      return fail(ErrorCode::io_error,
                  fmt::format("{} did not end within {} ms", words.front(), limits.time.count()));
    }
    pollfd waiting{started->from, POLLIN, 0};
    if (::poll(&waiting, 1, kPollMs) <= 0) continue;
    std::array<char, 4096> chunk{};
    const ssize_t n = ::read(started->from, chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    finished.out.append(chunk.data(), static_cast<std::size_t>(n));
    if (finished.out.size() > limits.output_bytes) {
      return fail(ErrorCode::io_error,
                  fmt::format("{} wrote more than {} bytes", words.front(), limits.output_bytes));
    }
  }
  finished.wait_status = guard.reap();
  finished.errors = content_of(started->errors, limits.output_bytes);
  return finished;
}

std::optional<std::string> program_on_path(const std::string& name) {
  constexpr std::size_t kPathBytesMax = 4096;
  const auto found =
      run_program({"/bin/sh", "-c", "command -v " + name}, "",
                  {.time = std::chrono::milliseconds(5000), .output_bytes = kPathBytesMax});
  if (!found || found->wait_status != 0) return std::nullopt;
  return found->out.substr(0, found->out.find('\n'));
}

}  // namespace costops::benchmarks
