// io.h - result files: DIR/raw/TARGET_ID.json, one pretty-printed object each, nothing else
// there.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "costops/benchmarks/result.h"

namespace costops::benchmarks {

/// Writes DIR/raw/TARGET_ID.json by temporary file (outside raw/), fsync and rename: at any
/// instant the file is the old one or the new one. Creates folders. Returns the path.
/// Fails with invalid_input (target id not valid, metrics not an object), io_error.
[[nodiscard]] Result<std::filesystem::path> write_json(const BenchmarkResult& result,
                                                       const std::filesystem::path& dir);

/// Fails with not_found, invalid_input (naming the file), io_error.
[[nodiscard]] Result<BenchmarkResult> read_json(std::string_view target_id,
                                                const std::filesystem::path& dir);

struct StoredResults {
  std::vector<BenchmarkResult> results;  ///< Ordered by target id.
  std::vector<std::string> skipped;      ///< "FILE: reason", one for each file left out.
};
/// Every result in DIR/raw. A foreign or broken file is skipped and reported.
/// Fails with not_found if DIR/raw is no folder, io_error.
[[nodiscard]] Result<StoredResults> read_all(const std::filesystem::path& dir);

/// Largest result file that is read.
inline constexpr std::size_t kResultFileBytesMax = 4u << 20;

/// Replaces a file as write_json does; the temporary file is `path` + ".tmp" in `temp_dir`.
[[nodiscard]] Result<void> write_file_atomically(const std::filesystem::path& path,
                                                 std::string_view content,
                                                 const std::filesystem::path& temp_dir);

/// Appends `line` and a newline in one piece, durably; creates folders. A last line that a crash
/// tore is closed first, so that it spoils nothing but itself; a write that fails half-way is taken
/// back. Several processes may append at once. Fails with io_error.
[[nodiscard]] Result<void> append_line(const std::filesystem::path& path, std::string_view line);

/// The whole file. Fails with not_found, invalid_input (no regular file, more than `bytes_max`),
/// io_error.
[[nodiscard]] Result<std::string> read_whole_file(const std::filesystem::path& path,
                                                  std::size_t bytes_max);

}  // namespace costops::benchmarks
