// byte_source.h - where an Input's bytes come from, block by block: a file, memory, or either of
// them inflated.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "costops/domain/error.h"

namespace costops::ingestion {

/// One pass over some bytes. One thread at a time.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Fills the beginning of `space`; the number of bytes, 0 only at the end.
  /// Fails with io_error, or with invalid_input where compressed data are broken.
  [[nodiscard]] virtual Result<std::size_t> read(std::span<char> space) = 0;
  /// Bytes taken from the file itself so far, and its size (0: not known).
  [[nodiscard]] virtual std::uint64_t bytes_read() const = 0;
  [[nodiscard]] virtual std::uint64_t bytes_total() const = 0;
};

/// A file, or standard input for "-". Fails with not_found or io_error.
/// `offset`: so many bytes at the beginning are left out.
[[nodiscard]] Result<std::unique_ptr<ByteSource>> open_file(const std::string& path,
                                                            std::uint64_t offset = 0);
/// Memory that outlives the source.
[[nodiscard]] std::unique_ptr<ByteSource> open_memory(std::string_view bytes);
/// The same bytes, inflated if they begin as gzip or zstd do. Fails as reading `source` does.
[[nodiscard]] Result<std::unique_ptr<ByteSource>> inflated(std::unique_ptr<ByteSource> source);

}  // namespace costops::ingestion
