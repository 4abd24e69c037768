// duck.h - DuckDB's C interface with owners, Results and typed columns: all that the DuckDB ledger
// says to the library goes through here, except its SQL.
#pragma once

#include <duckdb.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/error.h"
#include "costops/domain/identity.h"
#include "costops/domain/money.h"

namespace costops::storage::duck {

/// DuckDB keeps a UUID as a signed 128-bit number with its top bit flipped, so that it sorts.
[[nodiscard]] inline duckdb_hugeint uuid_of(RecordId id) {
  return {id.low, static_cast<std::int64_t>(id.high ^ (std::uint64_t{1} << 63))};
}
[[nodiscard]] inline RecordId id_of(duckdb_hugeint uuid) {
  return {static_cast<std::uint64_t>(uuid.upper) ^ (std::uint64_t{1} << 63), uuid.lower};
}
[[nodiscard]] inline duckdb_hugeint hugeint_of(Int128 value) {
  return {static_cast<std::uint64_t>(value), static_cast<std::int64_t>(value >> 64)};
}
[[nodiscard]] inline Int128 int128_of(duckdb_hugeint value) {
  return static_cast<Int128>((static_cast<UInt128>(static_cast<std::uint64_t>(value.upper)) << 64) |
                             value.lower);
}

/// An answer, chunk by chunk. Column pointers are valid until the next call of next().
class Rows {
 public:
  Rows() = default;
  explicit Rows(duckdb_result result) : result_(result), owns_(true) {}
  Rows(Rows&& other) noexcept;
  Rows& operator=(Rows&& other) noexcept;
  ~Rows();

  /// Steps to the next chunk; false at the end.
  [[nodiscard]] Result<bool> next();
  [[nodiscard]] std::size_t size() const { return size_; }
  template <typename T>
  [[nodiscard]] const T* column(std::size_t index) const {
    return static_cast<const T*>(
        duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk_, index)));
  }
  [[nodiscard]] bool is_null(std::size_t index, std::size_t row) const;
  /// A bit for each row of a column, 1 where it has a value; null: every row has one.
  [[nodiscard]] const std::uint64_t* validity(std::size_t index) const;
  [[nodiscard]] std::string_view text(std::size_t index, std::size_t row) const;

 private:
  void drop_chunk();
  duckdb_result result_{};
  bool owns_ = false;
  duckdb_data_chunk chunk_ = nullptr;
  std::size_t size_ = 0;
};

/// Calls `visit(row)` for every row of every chunk that is left. Hands on the error of an answer
/// that is none.
template <typename Visit>
[[nodiscard]] Result<void> for_each_row(Result<Rows>& rows, const Visit& visit) {
  if (!rows) return fail(rows.error());
  for (;;) {
    const auto more = rows->next();
    if (!more) return fail(more.error());
    if (!*more) return {};
    for (std::size_t row = 0; row < rows->size(); ++row) visit(row);
  }
}

/// A prepared statement; parameters are numbered from 1 in the order of the bind calls.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  Statement& bind(std::int64_t value);
  Statement& bind(std::string_view text);
  Statement& bind(RecordId id);
  /// Binds a TIMESTAMP, from UTC microseconds.
  Statement& bind_time(std::int64_t microseconds);
  [[nodiscard]] Result<Rows> run();
  /// The answer is computed as it is read: memory does not grow with it.
  [[nodiscard]] Result<Rows> stream();

 private:
  friend class Connection;
  explicit Statement(duckdb_prepared_statement statement) : statement_(statement) {}
  duckdb_prepared_statement statement_ = nullptr;
  idx_t bound_ = 0;
};

enum class Type : std::uint8_t {
  boolean,
  tiny,
  integer,
  bigint,
  timestamp,
  uuid,
  hugeint,
  text,
  unsigned_bigint
};

/// Appends rows to one table, in blocks of at most kBlockRows.
class Appender {
 public:
  static constexpr std::size_t kBlockRows = 2048;
  Appender(Appender&& other) noexcept;
  Appender& operator=(Appender&&) = delete;
  ~Appender();

  /// Memory of a column of the block: fill it for each row, then append_block().
  template <typename T>
  [[nodiscard]] T* column(std::size_t index) {
    return static_cast<T*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk_, index)));
  }
  void set_null(std::size_t index, std::size_t row);
  void set_text(std::size_t index, std::size_t row, std::string_view text);
  [[nodiscard]] Result<void> append_block(std::size_t rows);
  /// Hands everything to the transaction. Required before the appender is destroyed.
  [[nodiscard]] Result<void> finish();

 private:
  friend class Connection;
  Appender() = default;
  [[nodiscard]] Error error() const;
  duckdb_appender appender_ = nullptr;
  duckdb_data_chunk chunk_ = nullptr;
  std::size_t blocks_ = 0;
};

class Connection {
 public:
  Connection() = default;
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;
  ~Connection();

  /// Runs statements that answer nothing, separated by semicolons. Only for texts of our own.
  [[nodiscard]] Result<void> run(std::string_view sql);
  [[nodiscard]] Result<Statement> prepare(const std::string& sql);
  /// Prepares and runs a question without parameters.
  [[nodiscard]] Result<Rows> ask(const std::string& sql);
  /// `catalog` is null for the ledger's own tables, "temp" for temporary ones.
  [[nodiscard]] Result<Appender> appender(const char* catalog, const char* table,
                                          std::span<const Type> types);
  [[nodiscard]] bool is_open() const { return connection_ != nullptr; }

 private:
  friend class Database;
  duckdb_connection connection_ = nullptr;
};

enum class Access : std::uint8_t { read_write, read_only };

class Database {
 public:
  Database() = default;
  Database(Database&& other) noexcept;
  Database& operator=(Database&& other) noexcept;
  ~Database();

  /// Opens a file, or ":memory:". Extensions are never fetched.
  [[nodiscard]] static Result<Database> open(const std::string& path, Access access);
  [[nodiscard]] Result<Connection> connect() const;

 private:
  duckdb_database database_ = nullptr;
};

/// Rolls back unless committed.
class Transaction {
 public:
  [[nodiscard]] static Result<Transaction> begin(Connection& connection);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  [[nodiscard]] Result<void> commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

/// The library's message as ours: what was refused and what to do.
[[nodiscard]] Error error_of(duckdb_error_type type, std::string_view message);
/// Whether the library refuses all further work on this database until it is opened again.
[[nodiscard]] bool is_fatal(const Error& error);

/// Whether the library ran into its memory limit.
[[nodiscard]] bool is_out_of_memory(const Error& error);

}  // namespace costops::storage::duck
