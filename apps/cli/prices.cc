#include "prices.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace costops::cli {
namespace {

namespace fs = std::filesystem;

/// A price file is read whole; the largest known one has 2 MB.
constexpr std::uintmax_t kPriceFileBytesMax = 256u << 20;

std::string system_error(int number) { return std::strerror(number); }

/// The file name says when it was written, to the microsecond, so that names sort by time.
std::string file_name(Instant now) {
  std::string name = to_string(now);
  std::replace(name.begin(), name.end(), ':', '-');
  return name;
}

/// Writes all of `text` to a new file and forces it to the disk.
Result<void> write_durably(const std::string& path, std::string_view text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  int error = file < 0 ? errno : 0;
  while (error == 0 && !text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written >= 0) text.remove_prefix(static_cast<std::size_t>(written));
    if (written < 0 && errno != EINTR) error = errno;
  }
  if (error == 0 && ::fsync(file) != 0) error = errno;
  if (file >= 0 && ::close(file) != 0 && error == 0) error = errno;
  if (error == 0) return {};
  return fail(ErrorCode::io_error, fmt::format("{}: cannot write: {}", path, system_error(error)));
}

Result<void> sync_folder(const std::string& path) {
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool done = folder >= 0 && ::fsync(folder) == 0;
  const int error = errno;
  if (folder >= 0) ::close(folder);
  if (done) return {};
  return fail(ErrorCode::io_error, fmt::format("{}: cannot sync: {}", path, system_error(error)));
}

/// Gives the finished file its name, unless the name is taken: then the next free one.
Result<std::string> publish(const std::string& temporary, const std::string& stem) {
  for (int n = 0; n < 1000; ++n) {
    const std::string path = fmt::format("{}.{:03}.json", stem, n);
    if (::link(temporary.c_str(), path.c_str()) == 0) return path;
    if (errno != EEXIST) {
      return fail(ErrorCode::io_error,
                  fmt::format("{}: cannot create: {}", path, system_error(errno)));
    }
  }
  return fail(ErrorCode::conflict, fmt::format("{}: a thousand files of this name exist", stem));
}

Result<void> add_file(const std::string& path, Instant now, pricing::PriceBookBuilder& into) {
  auto text = read_whole(path);
  if (!text) return fail(text.error());
  auto notes = pricing::import_price_file(*text, now, into);
  if (!notes) return fail(notes.error().code, path + ": " + notes.error().message);
  return {};
}

}  // namespace

Result<std::string> read_whole(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    return fail(ErrorCode::not_found, fmt::format("{}: no such file", path));
  }
  if (!fs::is_regular_file(path, error)) {
    return fail(ErrorCode::io_error, fmt::format("{}: not a file", path));
  }
  if (fs::file_size(path, error) > kPriceFileBytesMax) {
    return fail(ErrorCode::invalid_input,
                fmt::format("{}: larger than {} MiB", path, kPriceFileBytesMax >> 20));
  }
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (file.bad() || !file.is_open()) {
    return fail(ErrorCode::io_error, fmt::format("{}: cannot read: {}", path, system_error(errno)));
  }
  return text;
}

Result<pricing::PriceBookBuilder> standard_builder(const Folders& folders) {
  pricing::PriceBookBuilder parts;
  if (const auto added = pricing::add_built_in_prices(parts); !added) return fail(added.error());
  for (const std::string& path : kept_price_files(folders)) {
    auto text = read_whole(path);
    if (!text) return fail(text.error());
    const auto notes = pricing::import_own_json(*text, parts);
    if (!notes) return fail(notes.error().code, path + ": " + notes.error().message);
    for (const std::string& note : notes->notes) spdlog::warn("{}: {}", path, note);
  }
  return parts;
}

Result<pricing::PriceBook> standard_book(const Folders& folders) {
  auto parts = standard_builder(folders);
  if (!parts) return fail(parts.error());
  return pricing::PriceBook::build(std::move(*parts));
}

Result<pricing::PriceBook> book_of_file(const std::string& path, Instant now) {
  pricing::PriceBookBuilder parts;
  if (const auto added = add_file(path, now, parts); !added) return fail(added.error());
  return pricing::PriceBook::build(std::move(parts));
}

std::vector<std::string> kept_price_files(const Folders& folders) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folders.data + "/prices", error)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<std::string> keep_prices(const pricing::PriceBook& prices, const Folders& folders,
                                Instant now) {
  const std::string folder = folders.data + "/prices";
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return fail(ErrorCode::io_error, fmt::format("{}: cannot create: {}", folder, error.message()));
  }
  const std::string temporary = fmt::format("{}/.new-{}", folder, ::getpid());
  const auto written = write_durably(temporary, pricing::export_own_json(prices));
  auto path = written ? publish(temporary, folder + "/" + file_name(now))
                      : Result<std::string>(fail(written.error()));
  ::unlink(temporary.c_str());
  if (!path) return path;
  if (const auto synced = sync_folder(folder); !synced) return fail(synced.error());
  return path;
}

}  // namespace costops::cli
