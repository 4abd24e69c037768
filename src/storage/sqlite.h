// sqlite.h - SQLite's C interface with owners and Results: all that the SQLite ledger says to the
// library goes through here, except its SQL.
#pragma once

#include <sqlite3.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "costops/domain/error.h"
#include "costops/domain/identity.h"
#include "costops/domain/money.h"

namespace costops::storage::sqlite {

/// An id as the ledger keeps it, and back: 16 bytes that sort like it.
[[nodiscard]] std::array<char, 16> bytes_of(RecordId id);
[[nodiscard]] RecordId id_of_bytes(std::string_view bytes);

/// A prepared statement. Parameters are bound in their order; texts and ids are bound without a
/// copy and must live until the statement is reset.
class Statement {
 public:
  Statement() = default;
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  Statement& bind(std::int64_t value);
  Statement& bind(std::string_view text);
  Statement& bind(RecordId id);
  /// As 16 bytes, which exact_sum() understands.
  Statement& bind(Int128 value);
  Statement& bind_null();

  /// Steps to the next row; false at the end.
  [[nodiscard]] Result<bool> step();
  /// Runs a statement that answers nothing, and makes it ready again.
  [[nodiscard]] Result<void> run();
  /// Ready to be bound and run again.
  Statement& reset();

  [[nodiscard]] std::int64_t integer(int column) const {
    return sqlite3_column_int64(statement_, column);
  }
  [[nodiscard]] bool is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
  }
  /// What a value is.
  enum class Kind : std::uint8_t { number, bytes, null };
  [[nodiscard]] Kind kind(int column) const;
  /// Valid until the next step.
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] RecordId id(int column) const { return id_of_bytes(text(column)); }
  /// A number of 64 bits, or of 128 in 16 bytes.
  [[nodiscard]] Int128 wide(int column) const;
  [[nodiscard]] bool is_open() const { return statement_ != nullptr; }

 private:
  friend class Connection;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

enum class Access : std::uint8_t { create, read_write, read_only };

class Connection {
 public:
  Connection() = default;
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;
  ~Connection();

  /// Opens a file, or ":memory:" (a database of its own). Waits up to `wait` for other processes
  /// whenever it needs a lock.
  [[nodiscard]] static Result<Connection> open(const std::string& path, Access access,
                                               std::chrono::milliseconds wait);
  /// Runs statements, separated by semicolons, whose answers do not matter. Only for texts of our
  /// own.
  [[nodiscard]] Result<void> run(const std::string& sql);
  [[nodiscard]] Result<Statement> prepare(std::string_view sql);
  /// A statement that is kept prepared, ready to be bound: for texts that come again and again.
  /// Valid until the same text is asked for again. `sql` must be a constant.
  [[nodiscard]] Result<Statement*> kept(const char* sql);
  /// The one number that a constant question answers.
  [[nodiscard]] Result<std::int64_t> number(const char* sql);
  [[nodiscard]] std::int64_t last_row() const { return sqlite3_last_insert_rowid(connection_); }
  [[nodiscard]] bool is_open() const { return connection_ != nullptr; }
  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(connection_) == 0; }

 private:
  sqlite3* connection_ = nullptr;
  std::map<const char*, Statement> kept_;  ///< By the constant's address.
};

/// Rolls back unless committed.
class Transaction {
 public:
  enum class Kind : std::uint8_t { reading, writing };
  [[nodiscard]] static Result<Transaction> begin(Connection& connection, Kind kind);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  [[nodiscard]] Result<void> commit();

 private:
  explicit Transaction(Connection* connection) : connection_(connection) {}
  Connection* connection_;
};

}  // namespace costops::storage::sqlite
