// ledger_files.h - the files of embedded ledgers.
#pragma once

#include <poll.h>

#include <chrono>
#include <string>

#include "costops/storage/ledger.h"

namespace costops::storage {

/// Whether a ledger at `path` (":memory:" is always fine) can be opened so; makes its folder where
/// it is to be created. Fails with io_error (a folder is in the way, or it is to be written where
/// that is not allowed), not_found.
[[nodiscard]] Result<void> check_ledger_file(const std::string& path, OpenMode mode);

/// not_found: there is none at `path`, or an empty file, left by a crash while it was created.
[[nodiscard]] Error no_ledger_yet(const std::string& path);

/// Whether nothing can be created beside a file.
[[nodiscard]] bool is_read_only_place(const std::string& path);

/// The other process that holds a lock on a SQLite database, a writer before a reader: "process 17
/// (cost-ops)", or "another process" where the system does not tell. Reads the system's list of
/// locks: opening the file here would drop this process's own.
[[nodiscard]] std::string holder_of(const std::string& path);

/// Calls `attempt` until it fails with something else than conflict, or not at all, or until `wait`
/// is over. (A lock cannot be waited for with an end, so it is asked for again.)
template <typename Attempt>
[[nodiscard]] auto when_free(std::chrono::milliseconds wait, const Attempt& attempt) {
  constexpr int kPauseMs = 50;
  const auto until = std::chrono::steady_clock::now() + wait;
  for (;;) {
    auto done = attempt();
    const bool held = !done && done.error().code == ErrorCode::conflict;
    if (!held || std::chrono::steady_clock::now() >= until) return done;
    ::poll(nullptr, 0, kPauseMs);
  }
}

}  // namespace costops::storage
