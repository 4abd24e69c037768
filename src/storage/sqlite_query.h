// sqlite_query.h - questions to a SQLite ledger: a Query as SQL with bound parameters, and ids.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "costops/storage/ledger.h"
#include "storage/ledger_columns.h"
#include "storage/sqlite.h"
#include "storage/sqlite_texts.h"

namespace costops::storage {

/// SQL text and the texts that its parameters stand for. Nothing from outside ever becomes part of
/// the SQL; numbers of our own do.
class SqliteSql {
 public:
  SqliteSql& add(std::string_view text) {
    text_.append(text);
    return *this;
  }
  SqliteSql& number(std::int64_t number) { return add(std::to_string(number)); }
  SqliteSql& time(Instant at) { return number(at.time_since_epoch().count()); }
  SqliteSql& value(std::string text);
  /// Adds a condition on range, as-of and filters, for rows of `entries`.
  SqliteSql& where(const Query& query);
  /// This object must live as long as the statement.
  [[nodiscard]] Result<sqlite::Statement> prepare(sqlite::Connection& connection) const;

 private:
  std::string text_;
  std::vector<std::string> values_;
};

[[nodiscard]] Result<Groups> run_sqlite_query(sqlite::Connection& connection, const Query& query);
[[nodiscard]] Result<std::vector<KnownRecord>> sqlite_known(sqlite::Connection& connection,
                                                            std::span<const RecordId> ids);
/// The entry of a record; 0: none.
[[nodiscard]] Result<std::int64_t> sqlite_entry_of(sqlite::Connection& connection, RecordId id);

}  // namespace costops::storage
