// ledger_files.cc - checks before an embedded database opens its file.
#include "storage/ledger_files.h"

#include <filesystem>
#include <system_error>

namespace costops::storage {

Result<void> check_ledger_file(const std::string& path, OpenMode mode) {
  if (path == ":memory:") return {};
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return fail(ErrorCode::io_error, path + " is a folder: name a file for the ledger");
  }
  if (std::filesystem::exists(path, error)) return {};
  if (mode != OpenMode::create) {
    return fail(ErrorCode::not_found,
                "no ledger at " + path + ": create it with `cost-ops init` or by ingesting");
  }
  const auto folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) return {};
  std::filesystem::create_directories(folder, error);
  if (!error) return {};
  return fail(ErrorCode::io_error,
              "cannot create the ledger's folder " + folder.string() + ": " + error.message());
}

}  // namespace costops::storage
