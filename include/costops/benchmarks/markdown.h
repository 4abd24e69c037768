// markdown.h - summary.md: the results of a run for people.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "costops/benchmarks/environment.h"
#include "costops/benchmarks/result.h"
#include "costops/benchmarks/runner.h"

namespace costops::benchmarks {

/// Title, generated time, total, summary table (target, operations/s, average ns, confidence,
/// notes), detailed results, environment, footer with the version. Texts are escaped
/// (exports::markdown_of).
[[nodiscard]] std::string generate_summary(const std::vector<BenchmarkResult>& results,
                                           const std::vector<Failure>& failures,
                                           const Environment& environment, Timestamp generated);
/// generate_summary of now and this machine.
[[nodiscard]] std::string generate_summary(const std::vector<BenchmarkResult>& results);
/// Writes DIR/summary.md by temporary file, fsync and rename. Fails with io_error.
[[nodiscard]] Result<void> write_summary(std::string_view summary,
                                         const std::filesystem::path& dir);

}  // namespace costops::benchmarks
