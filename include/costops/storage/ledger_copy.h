// ledger_copy.h - whole files of embedded ledgers: copied without their slack, all or nothing.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "costops/domain/error.h"

namespace costops::storage {

/// The file of an embedded ledger's URL. Fails with unsupported for a URL without a file.
[[nodiscard]] Result<std::string> ledger_file(std::string_view url);

// All wait up to `wait` for another process that is in the way.

/// Copies the ledger at `url` into the file `path`, which appears complete or not at all, and is on
/// the disk when this returns. The ledger must not be open in this process. Fails with not_found
/// (no ledger there), conflict (`path` exists, or another process holds the ledger), io_error.
[[nodiscard]] Result<void> copy_ledger(
    std::string_view url, const std::string& path,
    std::chrono::milliseconds wait = std::chrono::milliseconds(0));

/// Rewrites the ledger's file without its slack; a crash leaves the old file or the new one.
/// Fails like copy_ledger.
[[nodiscard]] Result<void> compact_ledger(
    std::string_view url, std::chrono::milliseconds wait = std::chrono::milliseconds(0));

/// Puts a copy of the ledger file `backup` in the place of the ledger at `url`, of the same kind,
/// whether there is one or not; a crash leaves the old one or the new one. Another process that
/// has the old one open is in the way: what it would write now would be lost. An old one that
/// cannot be opened for another reason is replaced. Fails like copy_ledger.
[[nodiscard]] Result<void> restore_ledger(
    const std::string& backup, std::string_view url,
    std::chrono::milliseconds wait = std::chrono::milliseconds(0));

/// Gives a complete file its name: synced, renamed, the folder synced. Fails with io_error.
[[nodiscard]] Result<void> put_in_place(const std::string& file, const std::string& path);
/// Removes what an interrupted copy left: a ledger's file and the logs beside it.
void remove_ledger_files(const std::string& path);

}  // namespace costops::storage
