#include "ingestion/byte_source.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace costops::ingestion {
namespace {

std::string reason_of(int error_number) { return std::generic_category().message(error_number); }

class FileSource final : public ByteSource {
 public:
  FileSource(int descriptor, std::uint64_t size) : descriptor_(descriptor), size_(size) {}
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  ~FileSource() override {
    if (descriptor_ != STDIN_FILENO) ::close(descriptor_);
  }

  Result<std::size_t> read(std::span<char> space) override {
    ssize_t count = 0;
    do {
      count = ::read(descriptor_, space.data(), space.size());
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
      return fail(ErrorCode::io_error, fmt::format("cannot read on: {}", reason_of(errno)));
    }
    bytes_read_ += static_cast<std::uint64_t>(count);
    return static_cast<std::size_t>(count);
  }
  std::uint64_t bytes_read() const override { return bytes_read_; }
  std::uint64_t bytes_total() const override { return size_; }

 private:
  int descriptor_;
  std::uint64_t size_;
  std::uint64_t bytes_read_ = 0;
};

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string_view bytes) : bytes_(bytes) {}

  Result<std::size_t> read(std::span<char> space) override {
    const std::size_t count = std::min(space.size(), bytes_.size() - bytes_read_);
    if (count != 0) std::memcpy(space.data(), bytes_.data() + bytes_read_, count);
    bytes_read_ += count;
    return count;
  }
  std::uint64_t bytes_read() const override { return bytes_read_; }
  std::uint64_t bytes_total() const override { return bytes_.size(); }

 private:
  std::string_view bytes_;
  std::size_t bytes_read_ = 0;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> open_file(const std::string& path, std::uint64_t offset) {
  const bool standard_input = path == "-";
  const int descriptor = standard_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    const ErrorCode code =
        errno == ENOENT || errno == ENOTDIR ? ErrorCode::not_found : ErrorCode::io_error;
    return fail(code, fmt::format("cannot open \"{}\": {}", path, reason_of(errno)));
  }
  struct stat facts {};
  const bool known = ::fstat(descriptor, &facts) == 0;
  if (known && S_ISDIR(facts.st_mode)) {
    ::close(descriptor);
    return fail(ErrorCode::not_found,
                fmt::format("the folder \"{}\" holds no logs (.json .jsonl .ndjson .csv .log .txt, "
                            "also with .gz or .zst)",
                            path));
  }
  const bool sized = known && S_ISREG(facts.st_mode);
  auto source = std::make_unique<FileSource>(descriptor,
                                             sized ? static_cast<std::uint64_t>(facts.st_size) : 0);
  if (offset == 0) return source;
  if (::lseek(descriptor, static_cast<off_t>(offset), SEEK_SET) >= 0) return source;
  return fail(ErrorCode::io_error,
              fmt::format("cannot read \"{}\" on: {}", path, reason_of(errno)));
}

std::unique_ptr<ByteSource> open_memory(std::string_view bytes) {
  return std::make_unique<MemorySource>(bytes);
}

}  // namespace costops::ingestion
