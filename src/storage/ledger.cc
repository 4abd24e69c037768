// ledger.cc - which backend a URL names.
#include "costops/storage/ledger.h"

#include <filesystem>
#include <system_error>

#include "storage/clickhouse_ledger.h"
#include "storage/duckdb_ledger.h"
#include "storage/ledger_files.h"
#include "storage/sqlite_ledger.h"

namespace costops::storage {
namespace {

Result<std::string> path_of(std::string_view url, std::string_view scheme) {
  const std::string path(url.substr(scheme.size()));
  if (path.empty()) {
    return fail(ErrorCode::invalid_input, "\"" + std::string(scheme) + "\" lacks a path: give " +
                                              std::string(scheme) + "PATH");
  }
  if (path == ":memory:") return path;
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error).lexically_normal();
  return error ? path : absolute.string();
}

}  // namespace

Result<std::unique_ptr<Ledger>> open_ledger(std::string_view url, OpenMode mode,
                                            std::chrono::milliseconds wait) {
  constexpr std::string_view kDuckdb = "duckdb:";
  constexpr std::string_view kSqlite = "sqlite:";
  if (url.starts_with(kDuckdb)) {
    const auto path = path_of(url, kDuckdb);
    if (!path) return fail(path.error());
    return when_free(wait, [&] { return DuckdbLedger::open(*path, mode, {}); });
  }
  if (url.starts_with(kSqlite)) {
    const auto path = path_of(url, kSqlite);
    if (!path) return fail(path.error());
    return SqliteLedger::open(*path, mode, wait);
  }
  if (url.starts_with("clickhouse:")) {
    const auto server = parse_clickhouse_url(url);
    if (!server) return fail(server.error());
    return ClickhouseLedger::open(*server, mode);
  }
  return fail(ErrorCode::unsupported,
              "unknown ledger \"" + std::string(url) +
                  "\": expected duckdb:PATH, sqlite:PATH, or either with :memory: as its path");
}

}  // namespace costops::storage
