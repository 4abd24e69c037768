// sqlite_row.h - a row of `entries` as its checksum sees it: every column counts, for a SQLite file
// has no checksums of its own.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "storage/entry_checksum.h"
#include "storage/sqlite.h"
#include "storage/sqlite_schema.h"

namespace costops::storage {

/// Takes a row's values in the order of sqlite_columns().
class SqliteRowFacts {
 public:
  static constexpr std::size_t kColumns = static_cast<std::size_t>(SqliteColumn::count);

  void take(std::int64_t number);
  void take_bytes(std::string_view bytes);
  void take_null();
  /// The row that a statement of sqlite_columns() stands at.
  [[nodiscard]] static EntryFacts of(const sqlite::Statement& row);
  [[nodiscard]] EntryFacts facts() const;

 private:
  void add(std::uint64_t value);
  std::array<std::int64_t, kColumns> numbers_{};
  RecordId id_;
  std::uint64_t rest_ = 0;
  std::size_t next_ = 0;
};

/// Binds a row's values to the statement that inserts it, and takes them.
class SqliteRowBinder {
 public:
  explicit SqliteRowBinder(sqlite::Statement& insert) : insert_(insert) {}
  SqliteRowBinder& bind(std::int64_t value);
  SqliteRowBinder& bind(std::string_view text);
  SqliteRowBinder& bind(RecordId id);
  SqliteRowBinder& bind(Int128 value);
  SqliteRowBinder& bind_null();
  /// Inserts the row.
  [[nodiscard]] Result<void> run() { return insert_.run(); }
  [[nodiscard]] EntryFacts facts() const { return facts_.facts(); }

 private:
  sqlite::Statement& insert_;
  SqliteRowFacts facts_;
};

}  // namespace costops::storage
