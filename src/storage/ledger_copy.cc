// ledger_copy.cc - copies through a file beside the target, which is renamed at the end.
#include "costops/storage/ledger_copy.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "costops/storage/ledger.h"
#include "costops/storage/ledger_url.h"
#include "storage/duck.h"
#include "storage/ledger_files.h"
#include "storage/sqlite.h"

namespace costops::storage {
namespace {

constexpr std::string_view kDuckdb = "duckdb:";
constexpr std::string_view kSqlite = "sqlite:";

std::string sql_text(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c;
    if (c == '\'') quoted += c;
  }
  return quoted + "'";
}

Result<void> sync(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  const std::error_code error(errno, std::generic_category());
  if (file >= 0) ::close(file);
  if (synced) return {};
  return fail(ErrorCode::io_error, "cannot write " + path + " to the disk: " + error.message());
}

std::string scheme_of(std::string_view url) {
  return std::string(url.substr(0, url.find(':') + 1));
}

/// The file of a ledger that is there.
Result<std::string> present_file(std::string_view url) {
  auto file = ledger_file(url);
  if (!file) return file;
  // Opening it checks that it is a ledger, and of which schema, and recovers it after a crash.
  if (auto ledger = open_ledger(url, OpenMode::existing); !ledger) return fail(ledger.error());
  return file;
}

/// `done` runs while the original is still locked.
template <typename Done>
Result<void> copy_duckdb(const std::string& from, const std::string& to, const Done& done) {
  auto database = duck::Database::open(":memory:", duck::Access::read_write);
  if (!database) return fail(database.error());
  auto connection = database->connect();
  if (!connection) return fail(connection.error());
  auto copied = connection->run("ATTACH " + sql_text(from) + " AS original; ATTACH " +
                                sql_text(to) + " AS copy; COPY FROM DATABASE original TO copy; " +
                                "CHECKPOINT copy; DETACH copy;");
  return copied ? done() : copied;
}

Result<sqlite::Connection> open_sqlite(const std::string& path) {
  return sqlite::Connection::open(path, sqlite::Access::read_write, {});
}

Result<void> copy_sqlite(const std::string& from, const std::string& to) {
  auto connection = open_sqlite(from);
  if (!connection) return fail(connection.error());
  auto copy = connection->prepare("VACUUM INTO ?");
  if (!copy) return fail(copy.error());
  return copy->bind(std::string_view(to)).run();
}

Result<void> compact_sqlite(const std::string& path) {
  auto connection = open_sqlite(path);
  if (!connection) return fail(connection.error());
  return connection->run("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);");
}

Result<void> compact_duckdb(const std::string& path) {
  const std::string unfinished = path + ".unfinished";
  remove_ledger_files(unfinished);
  auto copied = copy_duckdb(path, unfinished, [&] { return put_in_place(unfinished, path); });
  if (!copied) remove_ledger_files(unfinished);
  return copied;
}

/// Leaving write-ahead mode needs the file alone, and folds its log in: a log must not meet another
/// file. The lock is held until the new one is in place.
Result<void> replace_sqlite(const std::string& restored, const std::string& path) {
  auto old = open_sqlite(path);
  if (!old) return fail(old.error());
  if (auto alone = old->run("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE"); !alone) return alone;
  return put_in_place(restored, path);
}

Result<void> replace_duckdb(const std::string& restored, const std::string& path) {
  auto old = duck::Database::open(path, duck::Access::read_write);
  if (!old) return fail(old.error());
  auto connection = old->connect();
  if (!connection) return fail(connection.error());
  if (auto folded = connection->run("CHECKPOINT"); !folded) return folded;
  return put_in_place(restored, path);
}

Result<void> replace(std::string_view scheme, const std::string& restored,
                     const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return put_in_place(restored, path);
  auto replaced =
      scheme == kSqlite ? replace_sqlite(restored, path) : replace_duckdb(restored, path);
  if (replaced || replaced.error().code == ErrorCode::conflict) return replaced;
  // The old one is damaged, and its log belongs to nothing.
  for (const char* suffix : {".wal", "-wal", "-shm", "-journal"}) {
    std::filesystem::remove(path + suffix, error);
  }
  return put_in_place(restored, path);
}

}  // namespace

Result<std::string> ledger_file(std::string_view url) {
  for (const std::string_view scheme : {kDuckdb, kSqlite}) {
    if (!url.starts_with(scheme)) continue;
    const std::string path(url.substr(scheme.size()));
    if (path.empty() || path == ":memory:") break;
    std::error_code error;
    const auto absolute = std::filesystem::absolute(path, error).lexically_normal();
    return error ? path : absolute.string();
  }
  if (url.starts_with("clickhouse:")) {
    return fail(ErrorCode::unsupported,
                shown_ledger_url(url) + " is on a server, which keeps, merges and backs up its " +
                    "files itself: \"cost-ops store migrate\" copies it into a file, or a file " +
                    "into it");
  }
  return fail(ErrorCode::unsupported,
              "\"" + std::string(url) + "\" names no file: expected duckdb:PATH or sqlite:PATH");
}

void remove_ledger_files(const std::string& path) {
  std::error_code ignored;
  for (const char* suffix : {"", ".wal", "-wal", "-shm", "-journal"}) {
    std::filesystem::remove(path + suffix, ignored);
  }
}

Result<void> put_in_place(const std::string& file, const std::string& path) {
  if (auto synced = sync(file, O_RDWR); !synced) return synced;
  std::error_code error;
  std::filesystem::rename(file, path, error);
  if (error) {
    return fail(ErrorCode::io_error,
                "cannot rename " + file + " to " + path + ": " + error.message());
  }
  const auto folder = std::filesystem::path(path).parent_path();
  return sync(folder.empty() ? "." : folder.string(), O_RDONLY | O_DIRECTORY);
}

Result<void> copy_ledger(std::string_view url, const std::string& path,
                         std::chrono::milliseconds wait) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    return fail(ErrorCode::conflict, path + " exists: name another file, or move it away");
  }
  const std::string unfinished = path + ".unfinished";
  auto copied = when_free(wait, [&]() -> Result<void> {
    const auto from = present_file(url);
    if (!from) return fail(from.error());
    remove_ledger_files(unfinished);
    if (scheme_of(url) == kSqlite) return copy_sqlite(*from, unfinished);
    return copy_duckdb(*from, unfinished, [] { return Result<void>(); });
  });
  if (copied) copied = put_in_place(unfinished, path);
  if (!copied) remove_ledger_files(unfinished);
  return copied;
}

Result<void> compact_ledger(std::string_view url, std::chrono::milliseconds wait) {
  return when_free(wait, [&]() -> Result<void> {
    const auto path = present_file(url);
    if (!path) return fail(path.error());
    return scheme_of(url) == kSqlite ? compact_sqlite(*path) : compact_duckdb(*path);
  });
}

Result<void> restore_ledger(const std::string& backup, std::string_view url,
                            std::chrono::milliseconds wait) {
  const auto path = ledger_file(url);
  if (!path) return fail(path.error());
  const std::string restored = *path + ".restored";
  remove_ledger_files(restored);
  auto done = copy_ledger(scheme_of(url) + backup, restored, wait);
  if (done) done = when_free(wait, [&] { return replace(scheme_of(url), restored, *path); });
  if (!done) remove_ledger_files(restored);
  return done;
}

}  // namespace costops::storage
