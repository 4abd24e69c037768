// ledger_files.cc - checks before an embedded database opens its file.
#include "storage/ledger_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

namespace costops::storage {
namespace {

std::string folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

/// Databases say of this only that they cannot open the file.
Result<void> check_writable(const std::string& path, std::string_view what,
                            const std::string& place) {
  if (::access(place.c_str(), W_OK) == 0) return {};
  const std::error_code error(errno, std::generic_category());
  return fail(ErrorCode::io_error, std::string(what) + " " + path + ": " + error.message());
}

}  // namespace

Error no_ledger_yet(const std::string& path) {
  return {ErrorCode::not_found,
          "no ledger at " + path + ": create it with `cost-ops init` or by ingesting"};
}

bool is_read_only_place(const std::string& path) {
  return ::access(folder_of(path).c_str(), W_OK) != 0;
}

Result<void> check_ledger_file(const std::string& path, OpenMode mode) {
  if (path == ":memory:") return {};
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return fail(ErrorCode::io_error, path + " is a folder: name a file for the ledger");
  }
  if (std::filesystem::exists(path, error)) {
    if (mode == OpenMode::read_only) return {};
    // The database keeps its log beside the file.
    if (auto file = check_writable(path, "cannot write to the ledger", path); !file) return file;
    return check_writable(path, "cannot write beside the ledger", folder_of(path));
  }
  if (mode != OpenMode::create) {
    return fail(no_ledger_yet(path));
  }
  const std::string folder = folder_of(path);
  std::filesystem::create_directories(folder, error);
  if (!error) return check_writable(path, "cannot create the ledger", folder);
  return fail(ErrorCode::io_error,
              "cannot create the ledger's folder " + folder + ": " + error.message());
}

std::string holder_of(const std::string& path) {
  std::array<std::string, 2> inodes;
  for (std::size_t i = 0; i < inodes.size(); ++i) {
    struct stat status {};
    if (::stat((path + (i == 0 ? "-shm" : "")).c_str(), &status) != 0) continue;
    inodes[i] = std::to_string(status.st_ino);
  }
  std::ifstream locks("/proc/locks");
  std::string line, holder = "another process";
  while (std::getline(locks, line)) {
    // "1: POSIX  ADVISORY  WRITE 25457 fe:00:10332533 0 EOF"
    std::istringstream words(line);
    std::string number, kind, advisory, access, place;
    pid_t process = 0;
    words >> number >> kind >> advisory >> access >> process >> place;
    if (!words || process == getpid()) continue;
    if (std::ranges::find(inodes, place.substr(place.rfind(':') + 1)) == inodes.end()) continue;
    std::string name;
    std::ifstream comm("/proc/" + std::to_string(process) + "/comm");
    std::getline(comm, name);
    holder = "process " + std::to_string(process) + (name.empty() ? "" : " (" + name + ")");
    if (access == "WRITE") break;
  }
  return holder;
}

}  // namespace costops::storage
