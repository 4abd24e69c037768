// output_file.cc - write beside, sync, rename, sync the folder.
#include "costops/export/output_file.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>

namespace costops::exports {
namespace {

namespace fs = std::filesystem;

std::string reason(int error) { return std::generic_category().message(error); }

tl::unexpected<Error> refused(const std::string& path, int error) {
  return fail(ErrorCode::io_error, "cannot write " + path + ": " + reason(error));
}

/// SHA-256, piece by piece.
class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
  }
  void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  [[nodiscard]] std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), bytes.data(), &size);
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
      text += kDigits[bytes[i] >> 4];
      text += kDigits[bytes[i] & 15];
    }
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

/// A folder's entries are durable only after the folder itself is synced.
void sync_folder(const std::string& path) {
  const int folder = ::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  ::fsync(folder);
  ::close(folder);
}

Result<void> write_all(int file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return refused(path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

/// Gives `take` the whole file, block by block. Failures are told as those of `path`.
template <typename Take>
Result<void> for_each_block(const std::string& file, const std::string& path, Take&& take) {
  const int from = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (from < 0) return refused(path, errno);
  std::string block(std::size_t{1} << 20, '\0');
  Result<void> taken;
  while (taken) {
    const ssize_t count = ::read(from, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) taken = refused(path, errno);
    if (count <= 0) break;
    taken = take(std::string_view(block).substr(0, static_cast<std::size_t>(count)));
  }
  ::close(from);
  return taken;
}

/// A device, named pipe or socket: renaming a file over it would destroy it.
bool is_special(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  return fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
}

}  // namespace

void remove_leftovers(const std::string& folder, std::string_view stem) {
  const std::string begin = "." + std::string(stem);
  constexpr std::string_view kEnd = ".tmp";
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(begin) || !name.ends_with(kEnd)) continue;
    const std::string_view rest = std::string_view(name).substr(0, name.size() - kEnd.size());
    const std::string_view digits = rest.substr(rest.rfind('.') + 1);
    pid_t owner = 0;
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), owner);
    if (failed != std::errc{} || end != digits.data() + digits.size() || owner <= 0) continue;
    if (::kill(owner, 0) != 0 && errno == ESRCH) fs::remove_all(entry.path(), error);
  }
}

struct OutputFile::State {
  ~State() {
    if (file >= 0) ::close(file);
    if (!committed) ::unlink(temporary.c_str());
  }
  Result<void> open_beside();
  Result<void> open_elsewhere();
  Result<void> take_place();
  Result<void> pour();
  /// Facts of what a library wrote.
  Result<void> read_again();

  std::string path, temporary;
  int file = -1;
  bool special = false;  ///< The path is no regular file, it is given the bytes.
  bool written = false;  ///< By write(), not by a library.
  bool committed = false;
  FileFacts facts;
  std::optional<Sha256> digest;
};

Result<void> OutputFile::State::open_beside() {
  std::error_code error;
  if (fs::is_symlink(path, error)) {
    const fs::path target = fs::weakly_canonical(path, error);
    if (!error) path = target.string();
  }
  const fs::path target(path);
  if (target.has_parent_path()) {
    fs::create_directories(target.parent_path(), error);
    if (error) return refused(path, error.value());
  }
  remove_leftovers(target.parent_path().string(), target.filename().string() + ".");
  // The process id keeps two programs apart that write one file: the last to finish wins whole.
  temporary = (target.parent_path() /
               ("." + target.filename().string() + "." + std::to_string(::getpid()) + ".tmp"))
                  .string();
  file = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return refused(path, errno);
  return {};
}

/// Beside a device there may be no place for a file.
Result<void> OutputFile::State::open_elsewhere() {
  special = true;
  std::error_code error;
  std::string name = (fs::temp_directory_path(error) / "cost-ops.XXXXXX").string();
  file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) return refused(name, errno);
  temporary = name;
  return {};
}

Result<void> OutputFile::State::take_place() {
  if (::fsync(file) != 0) return refused(path, errno);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return refused(path, errno);
  committed = true;
  sync_folder(fs::path(path).parent_path().string());
  return {};
}

Result<void> OutputFile::State::pour() {
  const int into = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (into < 0) return refused(path, errno);
  auto poured = for_each_block(
      temporary, path, [&](std::string_view block) { return write_all(into, block, path); });
  if (::close(into) != 0 && poured) poured = refused(path, errno);
  return poured;
}

Result<void> OutputFile::State::read_again() {
  if (!digest) {
    std::error_code error;
    facts.bytes = fs::file_size(temporary, error);
    return error ? Result<void>(refused(path, error.value())) : Result<void>();
  }
  return for_each_block(temporary, path, [this](std::string_view block) {
    digest->add(block);
    facts.bytes += block.size();
    return Result<void>();
  });
}

OutputFile::OutputFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
OutputFile::OutputFile(OutputFile&&) noexcept = default;
OutputFile::~OutputFile() = default;

const std::string& OutputFile::temporary_path() const { return state_->temporary; }

Result<OutputFile> OutputFile::create(std::string path, Digest digest) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return fail(ErrorCode::io_error, "cannot write " + path + ": it is a folder, name a file");
  }
  auto state = std::make_unique<State>();
  if (digest == Digest::yes) state->digest.emplace();
  state->path = std::move(path);
  const auto opened = is_special(state->path) ? state->open_elsewhere() : state->open_beside();
  if (!opened) return fail(opened.error());
  return OutputFile(std::move(state));
}

Result<void> OutputFile::write(std::string_view bytes) {
  state_->written = true;
  if (state_->digest) state_->digest->add(bytes);
  state_->facts.bytes += bytes.size();
  return write_all(state_->file, bytes, state_->path);
}

Result<FileFacts> OutputFile::commit() {
  State& state = *state_;
  if (!state.written) {
    // A library wrote it, perhaps as a new file of that name: read what is there now.
    ::close(state.file);
    state.file = ::open(state.temporary.c_str(), O_RDWR | O_CLOEXEC);
    if (state.file < 0) return refused(state.path, errno);
    if (auto read = state.read_again(); !read) return fail(read.error());
  }
  if (auto placed = state.special ? state.pour() : state.take_place(); !placed) {
    return fail(placed.error());
  }
  if (state.digest) state.facts.sha256 = state.digest->hex();
  return state.facts;
}

Result<FileFacts> write_file(const std::string& path, std::string_view bytes) {
  auto file = OutputFile::create(path);
  if (!file) return fail(file.error());
  if (auto written = file->write(bytes); !written) return fail(written.error());
  return file->commit();
}

}  // namespace costops::exports
