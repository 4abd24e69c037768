// runner.h - runs targets, each in a process of its own, and keeps what they answered.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "costops/benchmarks/measure.h"
#include "costops/benchmarks/result.h"
#include "costops/benchmarks/target.h"

namespace costops::benchmarks {

/// A target that gave no result: it failed, crashed, ran out of time or memory, or was stopped.
struct Failure {
  std::string target_id;
  std::string error;  ///< "killed by signal 11 (Segmentation fault)", "no answer within 60 s", ...
};

struct RunReport {
  std::vector<BenchmarkResult> results;  ///< In the order of the targets.
  std::vector<Failure> failures;
  bool interrupted = false;
};

/// How targets run.
enum class Isolation : std::uint8_t {
  process,  ///< fork: a crash, hang or out-of-memory loses one target. Call from a single thread.
  none,     ///< In this process: for debuggers and tests.
};

struct RunOptions {
  Isolation isolation = Isolation::process;
  std::chrono::seconds timeout{60};
  /// What a target's process may allocate; 0: no limit. Sanitizers need more than they use, so
  /// their builds set none.
  std::uint64_t memory_bytes_max = std::uint64_t{4} << 30;
  MeasureOptions measure;
  const std::atomic<bool>* interrupted = nullptr;  ///< Checked between targets and while waiting.
  /// Called before each target with its index, and after the last one with the number of targets.
  std::function<void(std::size_t index, std::size_t count, const std::string& target)> progress;
  /// Called with each result as it arrives, and may add to its metrics: what is handed over here
  /// survives a later crash.
  std::function<void(BenchmarkResult&)> completed;
};

/// Runs one target. Fails with the target's error, io_error if its process died, conflict if its
/// metrics break the contract (lint of result.h).
[[nodiscard]] Result<BenchmarkResult> execute(const BenchTarget& target,
                                              const RunOptions& options = {});
/// Runs all; a failed target is recorded and the rest goes on. Logs start, each completion with
/// operations per second, and the total.
[[nodiscard]] RunReport execute_all(const Targets& targets, const RunOptions& options = {});

/// execute_all(all_targets()).
[[nodiscard]] RunReport run_all_benchmarks(const RunOptions& options = {});

enum class Summary : std::uint8_t { write, skip };
/// resumed: targets that DIR/run.json calls measured keep their results and are not run again.
enum class Start : std::uint8_t { fresh, resumed };
struct SaveOptions {
  Summary summary = Summary::write;
  Start start = Start::fresh;
  std::filesystem::path history;  ///< Folder of the history (history.h); empty: none is written.
  std::string revision;           ///< Of the source, for history and manifest; empty: unknown.
};

/// Runs, appends each result to the history and writes DIR/raw/ID.json as it completes,
/// DIR/run.json (manifest: environment, status per target, kept up to date while running) and
/// DIR/summary.md. A failed target leaves its earlier file alone. Fails with io_error, before any
/// target runs, if DIR cannot be written.
[[nodiscard]] Result<RunReport> run_and_save(Targets targets, const std::filesystem::path& dir,
                                             const SaveOptions& save,
                                             const RunOptions& options = {});

}  // namespace costops::benchmarks
