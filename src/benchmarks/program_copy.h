// program_copy.h - a copy of a program in memory: other pages, the same bytes.
//
// Where a program's pages lie in memory moves its speed, and starting it anew does not move them:
// the page cache has them once for each file. Two files of the same bytes differed by 30 % for as
// long as they were cached. So every process that is compared runs from a fresh copy, made the same
// way for all arms; what pages do is then one more thing that differs from process to process.
#pragma once

#include <filesystem>

namespace costops::benchmarks {

/// The copy has no name in any folder, so that nothing can be left behind. Where none can be made
/// (a script, no memory), path() is the original.
class ProgramCopy {
 public:
  explicit ProgramCopy(const std::filesystem::path& original);
  ProgramCopy(const ProgramCopy&) = delete;
  ProgramCopy& operator=(const ProgramCopy&) = delete;
  ~ProgramCopy();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int fd_ = -1;
};

/// Whether a copy of `program` runs: one that finds its libraries beside itself does not.
[[nodiscard]] bool runs_as_copy(const std::filesystem::path& program);

}  // namespace costops::benchmarks
