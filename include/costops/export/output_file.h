// output_file.h - files that are there whole or not at all.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "costops/compression/stream.h"
#include "costops/domain/error.h"

namespace costops::exports {

/// What a finished file is: for manifests.
struct FileFacts {
  std::uint64_t bytes = 0;
  std::string sha256;  ///< 64 hexadecimal digits; "": not asked for.
};

/// A file that takes the place of `path` only when it is complete: written beside it under a hidden
/// name, synced, renamed. Until then, and after any failure or crash, the old file stays.
/// A link is kept, its target replaced. What is there but is no regular file (a device, a named
/// pipe) is never replaced: it is given the bytes when they are complete.
class OutputFile {
 public:
  /// Creates missing folders; removes what crashed writers of this file left. Fails with io_error,
  /// naming the path.
  /// With Digest::no, the facts have no SHA-256: hashing takes a sixth of an export's time.
  enum class Digest : std::uint8_t { no, yes };
  [[nodiscard]] static Result<OutputFile> create(std::string path, Digest digest = Digest::yes);
  OutputFile(OutputFile&&) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();  ///< Removes what was not committed.

  /// Where a library may write by itself, in place of write().
  [[nodiscard]] const std::string& temporary_path() const;
  [[nodiscard]] Result<void> write(std::string_view bytes);
  /// Makes it durable under its name. Fails with io_error (disk full, no permission).
  [[nodiscard]] Result<FileFacts> commit();

 private:
  struct State;
  explicit OutputFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Puts `bytes` in the place of `path` in one step. Fails as OutputFile does.
[[nodiscard]] Result<FileFacts> write_file(const std::string& path, std::string_view bytes);

/// Removes files and folders named `.<stem>*.<process id>.tmp` whose process is gone.
void remove_leftovers(const std::string& folder, std::string_view stem);

}  // namespace costops::exports
