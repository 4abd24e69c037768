#include "costops/benchmarks/io.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace costops::benchmarks {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> io_failure(std::string_view what, const fs::path& path, int error) {
  return fail(ErrorCode::io_error, fmt::format("cannot {} {}: {}", what, path.string(),
                                               std::generic_category().message(error)));
}

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

/// A rename is durable once its folder is.
void sync_folder(const fs::path& folder) {
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.ok()) ::fsync(fd.get());
}

Result<void> make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return io_failure("create folder", folder, error.value());
  return {};
}

}  // namespace

Result<std::string> read_whole_file(const fs::path& path, std::size_t bytes_max) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.ok()) {
    if (errno == ENOENT) {
      return fail(ErrorCode::not_found, fmt::format("no file {}", path.string()));
    }
    return io_failure("open", path, errno);
  }
  struct stat facts {};
  if (::fstat(fd.get(), &facts) != 0) return io_failure("read", path, errno);
  if (!S_ISREG(facts.st_mode)) {
    return fail(ErrorCode::invalid_input, fmt::format("{}: not a regular file", path.string()));
  }
  if (static_cast<std::uint64_t>(facts.st_size) > bytes_max) {
    return fail(ErrorCode::invalid_input, fmt::format("{}: {} bytes, a result file has at most {}",
                                                      path.string(), facts.st_size, bytes_max));
  }
  std::string content(static_cast<std::size_t>(facts.st_size), '\0');
  std::size_t filled = 0;
  while (filled < content.size()) {
    const ssize_t n = ::read(fd.get(), content.data() + filled, content.size() - filled);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_failure("read", path, errno);
    if (n == 0) break;
    filled += static_cast<std::size_t>(n);
  }
  content.resize(filled);
  return content;
}

namespace {

/// Parses without exceptions and without deep recursion: nlohmann's parser is iterative, its
/// destructor too; nesting is limited because no metric needs it.
Result<BenchmarkResult> parse_result(const fs::path& path, const std::string& content) {
  const auto with_file = [&](std::string_view reason) {
    return fail(ErrorCode::invalid_input, fmt::format("{}: {}", path.string(), reason));
  };
  const auto depth_limit = [](int depth, Json::parse_event_t, Json&) { return depth <= 8; };
  const Json json = Json::parse(content, depth_limit, /*allow_exceptions=*/false);
  if (json.is_discarded()) return with_file("not valid JSON");
  auto result = result_from_json(json);
  if (!result) return with_file(result.error().message);
  return result;
}

}  // namespace

Result<void> write_file_atomically(const fs::path& path, std::string_view content,
                                   const fs::path& temp_dir) {
  const fs::path temporary = temp_dir / (path.filename().string() + ".tmp");
  {
    const Descriptor fd(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!fd.ok()) return io_failure("write", temporary, errno);
    if (!write_all(fd.get(), content) || ::fsync(fd.get()) != 0) {
      const int error = errno;
      ::unlink(temporary.c_str());
      return io_failure("write", temporary, error);
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    return io_failure("replace", path, error);
  }
  sync_folder(path.parent_path());
  return {};
}

Result<void> append_line(const fs::path& path, std::string_view line) {
  if (auto made = make_folder(path.parent_path()); !made) return made;
  const Descriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!fd.ok()) return io_failure("append to", path, errno);
  struct stat facts {};
  if (::flock(fd.get(), LOCK_EX) != 0 || ::fstat(fd.get(), &facts) != 0) {
    return io_failure("append to", path, errno);
  }
  char last = '\n';
  if (facts.st_size > 0 && ::pread(fd.get(), &last, 1, facts.st_size - 1) != 1) {
    return io_failure("append to", path, errno);
  }
  std::string text = last == '\n' ? "" : "\n";
  text += line;
  text += '\n';
  if (!write_all(fd.get(), text) || ::fsync(fd.get()) != 0) {
    const int error = errno;
    // Whatever stays behind if this fails too is a torn line, which readers leave out.
    if (::ftruncate(fd.get(), facts.st_size) != 0) return io_failure("restore", path, errno);
    return io_failure("append to", path, error);
  }
  if (facts.st_size == 0) sync_folder(path.parent_path());
  return {};
}

Result<fs::path> write_json(const BenchmarkResult& result, const fs::path& dir) {
  if (!is_valid_target_id(result.target_id)) {
    return fail(ErrorCode::invalid_input,
                fmt::format("target id \"{}\" is no file name: it must match "
                            "^[a-z][a-z0-9_]{{0,63}}$",
                            result.target_id));
  }
  if (!result.metrics.is_object()) {
    return fail(ErrorCode::invalid_input,
                fmt::format("metrics of \"{}\" must be an object", result.target_id));
  }
  if (auto made = make_folder(dir / "raw"); !made) return fail(made.error());
  const fs::path path = dir / "raw" / (result.target_id + ".json");
  const std::string text =
      to_json(result).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  if (auto written = write_file_atomically(path, text, dir); !written) {
    return fail(written.error());
  }
  return path;
}

Result<BenchmarkResult> read_json(std::string_view target_id, const fs::path& dir) {
  if (!is_valid_target_id(target_id)) {
    return fail(ErrorCode::invalid_input,
                fmt::format("target id \"{}\" must match ^[a-z][a-z0-9_]{{0,63}}$", target_id));
  }
  const fs::path path = dir / "raw" / (std::string(target_id) + ".json");
  const auto content = read_whole_file(path, kResultFileBytesMax);
  if (!content) return fail(content.error());
  auto result = parse_result(path, *content);
  if (result && result->target_id != target_id) {
    return fail(ErrorCode::invalid_input,
                fmt::format("{}: holds target \"{}\"", path.string(), result->target_id));
  }
  return result;
}

Result<StoredResults> read_all(const fs::path& dir) {
  const fs::path raw = dir / "raw";
  std::error_code error;
  if (!fs::is_directory(raw, error)) {
    return fail(ErrorCode::not_found,
                fmt::format("no results in {}: {} is not a folder", dir.string(), raw.string()));
  }
  std::vector<fs::path> files;
  fs::directory_iterator entry(raw, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    files.push_back(entry->path());
  }
  if (error) return io_failure("list", raw, error.value());
  std::ranges::sort(files);

  StoredResults stored;
  for (const fs::path& file : files) {
    if (file.extension() != ".json") {
      stored.skipped.push_back(fmt::format("{}: not a .json file", file.string()));
      continue;
    }
    const auto content = read_whole_file(file, kResultFileBytesMax);
    auto result =
        content ? parse_result(file, *content) : Result<BenchmarkResult>(fail(content.error()));
    if (result) {
      stored.results.push_back(std::move(*result));
    } else {
      stored.skipped.push_back(result.error().message);
    }
  }
  std::ranges::stable_sort(stored.results, {}, &BenchmarkResult::target_id);
  return stored;
}

}  // namespace costops::benchmarks
