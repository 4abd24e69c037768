// sqlite_texts.h - the numbers of texts in a SQLite ledger's text tables, both ways, and records
// put together from them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "costops/storage/ledger.h"
#include "storage/sqlite.h"

namespace costops::storage {

/// From texts to numbers, for one table and its one writer. Number 0 is the empty text.
class SqliteTextNumbers {
 public:
  explicit SqliteTextNumbers(std::string table) : table_(std::move(table)) {}
  /// The number of a text, adding it within the connection's transaction if it is new.
  [[nodiscard]] Result<std::int64_t> number(sqlite::Connection& connection, std::string_view text);
  /// Whether the last call added its text.
  [[nodiscard]] bool added() const { return added_; }
  /// After a roll-back, or another process's changes.
  void forget();

 private:
  static constexpr std::size_t kRemembered = 500'000;
  std::string table_;
  sqlite::Statement select_, insert_;
  std::unordered_map<std::string, std::int64_t> remembered_;
  bool added_ = false;
};

/// Reads records by their entry's number. One thread at a time; lives no longer than its
/// connection.
class SqliteRecords {
 public:
  explicit SqliteRecords(sqlite::Connection& connection);
  /// A record with its lines that were known at `as_of` and are not after `last_entry`.
  [[nodiscard]] Result<StoredRecord> load(std::int64_t entry, std::optional<Instant> as_of,
                                          std::int64_t last_entry);
  /// The text of a number.
  [[nodiscard]] Result<std::string> text(std::string_view table, std::int64_t number);

 private:
  struct Texts {
    sqlite::Statement select;
    std::unordered_map<std::int64_t, std::string> known;
  };
  [[nodiscard]] Result<void> prepare();
  [[nodiscard]] Result<void> read_usage(sqlite::Statement& row, UsageRecord& usage);
  [[nodiscard]] Result<HistoryLine> read_line(sqlite::Statement& row);
  [[nodiscard]] Result<void> read_side(std::int64_t entry, Quantities& quantities);
  [[nodiscard]] Result<Currency> currency(std::int64_t number);
  [[nodiscard]] Result<std::string> price_id(std::int64_t number);

  sqlite::Connection& connection_;
  sqlite::Statement entries_, side_;
  std::unordered_map<std::string_view, Texts> texts_;
};

}  // namespace costops::storage
