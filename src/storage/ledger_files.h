// ledger_files.h - the files of embedded ledgers.
#pragma once

#include <string>

#include "costops/storage/ledger.h"

namespace costops::storage {

/// Whether a ledger at `path` (":memory:" is always fine) can be opened so; makes its folder where
/// it is to be created. Fails with io_error (a folder is in the way), not_found.
[[nodiscard]] Result<void> check_ledger_file(const std::string& path, OpenMode mode);

}  // namespace costops::storage
