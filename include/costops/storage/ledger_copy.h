// ledger_copy.h - whole files of embedded ledgers: copied without their slack, all or nothing.
#pragma once

#include <string>
#include <string_view>

#include "costops/domain/error.h"

namespace costops::storage {

/// The file of an embedded ledger's URL. Fails with unsupported for a URL without a file.
[[nodiscard]] Result<std::string> ledger_file(std::string_view url);

/// Copies the ledger at `url` into the file `path`, which appears complete or not at all, and is on
/// the disk when this returns. The ledger must not be open in this process. Fails with not_found
/// (no ledger there), conflict (`path` exists, or another process holds the ledger), io_error.
[[nodiscard]] Result<void> copy_ledger(std::string_view url, const std::string& path);

/// Rewrites the ledger's file without its slack; a crash leaves the old file or the new one.
/// Fails like copy_ledger.
[[nodiscard]] Result<void> compact_ledger(std::string_view url);

/// Gives a complete file its name: synced, renamed, the folder synced. Fails with io_error.
[[nodiscard]] Result<void> put_in_place(const std::string& file, const std::string& path);
/// Removes what an interrupted copy left: a ledger's file and the logs beside it.
void remove_ledger_files(const std::string& path);

}  // namespace costops::storage
