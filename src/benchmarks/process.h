// process.h - starting another program with its streams in hand, and saying how it ended.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "costops/domain/error.h"

namespace costops::benchmarks {

/// File descriptors of a started program; each is closed by its owner.
struct Started {
  pid_t pid = -1;
  int to = -1;      ///< Its standard input, to write.
  int from = -1;    ///< Its standard output, to read.
  int errors = -1;  ///< Its standard error: a file in memory that grows.
};
/// Starts `words` (the program's path first) with `environment` ("NAME=value") added.
/// Fails with io_error, naming the program.
[[nodiscard]] Result<Started> start_program(const std::vector<std::string>& words,
                                            const std::vector<std::string>& environment = {});

/// "killed by signal 9 (Killed)", "ended with exit code 1".
[[nodiscard]] std::string death_of(int wait_status);
/// The first line that a program wrote to its standard error, at most 200 bytes of it.
[[nodiscard]] std::string first_words(int errors);

struct Finished {
  int wait_status = 0;
  std::string out;
  std::string errors;
};
struct ProgramLimits {
  std::chrono::milliseconds time{120'000};
  std::size_t output_bytes = 1u << 20;
  const std::atomic<bool>* interrupted = nullptr;
};
/// Runs a program to its end, `input` (at most a few kilobytes) as its standard input.
/// Fails with io_error (cannot start, did not end in time, wrote too much), cancelled.
[[nodiscard]] Result<Finished> run_program(const std::vector<std::string>& words,
                                           const std::string& input, const ProgramLimits& limits);

/// Where `name` is found on PATH, if it is.
[[nodiscard]] std::optional<std::string> program_on_path(const std::string& name);

}  // namespace costops::benchmarks
