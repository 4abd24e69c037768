// ledger.cc - which backend a URL names.
#include "costops/storage/ledger.h"

#include <filesystem>
#include <system_error>

#include "storage/duckdb_ledger.h"

namespace costops::storage {

Result<void> Ledger::append_documents(std::span<const Document> documents) {
  if (documents.empty()) return {};
  return fail(ErrorCode::unsupported, "the ledger " + url() + " keeps no documents, and so no " +
                                          documents.front().kind + ": use duckdb:PATH");
}

Result<std::vector<Document>> Ledger::documents(std::string_view kind) const {
  return fail(ErrorCode::unsupported, "the ledger " + url() + " keeps no documents, and so no " +
                                          std::string(kind) + ": use duckdb:PATH");
}

Result<std::unique_ptr<Ledger>> open_ledger(std::string_view url, OpenMode mode) {
  constexpr std::string_view kDuckdb = "duckdb:";
  const std::string_view scheme = url.substr(0, url.find(':'));
  if (url.starts_with(kDuckdb)) {
    const std::string path(url.substr(kDuckdb.size()));
    if (path.empty()) {
      return fail(ErrorCode::invalid_input, "\"duckdb:\" lacks a path: give duckdb:PATH");
    }
    if (path == ":memory:") return DuckdbLedger::open(path, mode, {});
    std::error_code error;
    const auto absolute = std::filesystem::absolute(path, error).lexically_normal();
    return DuckdbLedger::open(error ? path : absolute.string(), mode, {});
  }
  if (scheme == "sqlite" || scheme == "clickhouse") {
    return fail(ErrorCode::unsupported,
                "this cost-ops has no " + std::string(scheme) + " ledger yet: use duckdb:PATH");
  }
  return fail(ErrorCode::unsupported, "unknown ledger \"" + std::string(url) +
                                          "\": expected duckdb:PATH or duckdb::memory:");
}

}  // namespace costops::storage
