// sqlite.cc - owners for SQLite's handles, its errors as ours, and a sum that cannot overflow.
#include "storage/sqlite.h"

#include <array>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "storage/ledger_files.h"

namespace costops::storage::sqlite {
namespace {

constexpr std::size_t kWideBytes = 16;

Error error_of(sqlite3* connection) {
  const int code = sqlite3_errcode(connection);
  const char* file = sqlite3_db_filename(connection, "main");
  const std::string path = file == nullptr ? "" : file;
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::conflict, "ledger " + path + " is in use by " + holder_of(path) +
                                       ": try again when it has ended, or give --wait"};
    case SQLITE_NOTADB:
      return {ErrorCode::io_error, path + " is no ledger: not a SQLite file"};
    case SQLITE_CORRUPT:
      return {ErrorCode::io_error, "the ledger " + path + " is damaged: restore a backup"};
    default:
      return {ErrorCode::io_error,
              "the ledger's database refused: " + std::string(sqlite3_errmsg(connection))};
  }
}

// --- exact_sum(x): a sum of 64-bit numbers and of 128-bit ones, in 128 bits ---

Int128 wide_of(const void* bytes) {
  Int128 value = 0;
  std::memcpy(&value, bytes, kWideBytes);
  return value;
}

void add_to_sum(sqlite3_context* context, int, sqlite3_value** values) {
  void* sum = sqlite3_aggregate_context(context, kWideBytes);
  if (sum == nullptr) return sqlite3_result_error_nomem(context);
  Int128 total = wide_of(sum);
  switch (sqlite3_value_type(values[0])) {
    case SQLITE_INTEGER:
      total += sqlite3_value_int64(values[0]);
      break;
    case SQLITE_BLOB:
      if (sqlite3_value_bytes(values[0]) == static_cast<int>(kWideBytes)) {
        total += wide_of(sqlite3_value_blob(values[0]));
      }
      break;
    default:
      return;  // NULL
  }
  std::memcpy(sum, &total, kWideBytes);
}

void finish_sum(sqlite3_context* context) {
  const void* sum = sqlite3_aggregate_context(context, 0);
  const std::array<char, kWideBytes> zero{};
  sqlite3_result_blob(context, sum == nullptr ? zero.data() : sum, kWideBytes, SQLITE_TRANSIENT);
}

/// What ends a path in a URI, or is an escape in it, is escaped.
std::string uri_path(std::string_view path) {
  std::string escaped;
  for (const char c : path) {
    if (c == '%') {
      escaped += "%25";
    } else if (c == '?') {
      escaped += "%3f";
    } else if (c == '#') {
      escaped += "%23";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

int flags_of(Access access) {
  switch (access) {
    case Access::create:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    case Access::read_write:
      return SQLITE_OPEN_READWRITE;
    case Access::read_only:
      break;
  }
  return SQLITE_OPEN_READONLY;
}

}  // namespace

std::array<char, kWideBytes> bytes_of(RecordId id) {
  const std::array<std::uint64_t, 2> words{__builtin_bswap64(id.high), __builtin_bswap64(id.low)};
  std::array<char, kWideBytes> bytes{};
  std::memcpy(bytes.data(), words.data(), kWideBytes);
  return bytes;
}

RecordId id_of_bytes(std::string_view bytes) {
  std::array<std::uint64_t, 2> words{};
  if (bytes.size() == kWideBytes) std::memcpy(words.data(), bytes.data(), kWideBytes);
  return {__builtin_bswap64(words[0]), __builtin_bswap64(words[1])};
}

// --- Statement ---

Statement::Statement(Statement&& other) noexcept { *this = std::move(other); }

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(statement_, other.statement_);
  std::swap(bound_, other.bound_);
  return *this;
}

Statement::~Statement() { sqlite3_finalize(statement_); }

// A failed bind leaves a parameter empty; it can only fail for want of memory, or by a mistake of
// ours that every test would find.
Statement& Statement::bind(std::int64_t value) {
  sqlite3_bind_int64(statement_, ++bound_, value);
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  sqlite3_bind_text64(statement_, ++bound_, text.data() == nullptr ? "" : text.data(), text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(RecordId id) {
  const auto bytes = bytes_of(id);
  sqlite3_bind_blob(statement_, ++bound_, bytes.data(), kWideBytes, SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::bind(Int128 value) {
  sqlite3_bind_blob(statement_, ++bound_, &value, kWideBytes, SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::bind_null() {
  sqlite3_bind_null(statement_, ++bound_);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return fail(error_of(sqlite3_db_handle(statement_)));
}

Result<void> Statement::run() {
  const auto stepped = step();
  reset();
  if (!stepped) return fail(stepped.error());
  return {};
}

Statement& Statement::reset() {
  sqlite3_reset(statement_);
  bound_ = 0;
  return *this;
}

std::string_view Statement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Statement::Kind Statement::kind(int column) const {
  switch (sqlite3_column_type(statement_, column)) {
    case SQLITE_NULL:
      return Kind::null;
    case SQLITE_INTEGER:
      return Kind::number;
    default:
      return Kind::bytes;
  }
}

Int128 Statement::wide(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_INTEGER) return integer(column);
  const std::string_view bytes = text(column);
  return bytes.size() == kWideBytes ? wide_of(bytes.data()) : Int128{0};
}

// --- Connection ---

Connection::Connection(Connection&& other) noexcept { *this = std::move(other); }

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(connection_, other.connection_);
  std::swap(kept_, other.kept_);
  return *this;
}

Connection::~Connection() {
  kept_.clear();
  sqlite3_close_v2(connection_);
}

Result<Connection> Connection::open(const std::string& path, Access access,
                                    std::chrono::milliseconds wait) {
  Connection connection;
  // One thread at a time uses a connection, so SQLite need not lock for that.
  int flags = flags_of(access) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  std::string name = path;
  if (access == Access::read_only && is_read_only_place(path)) {
    // SQLite wants to make its files beside the database even for a reader, unless it is told that
    // nothing changes; then it does not look at a log.
    std::error_code error;
    if (const auto bytes = std::filesystem::file_size(path + "-wal", error); !error && bytes > 0) {
      return fail(ErrorCode::io_error, "ledger " + path + " was not closed by its last process: " +
                                           "open it once where it can be written");
    }
    flags |= SQLITE_OPEN_URI;
    name = "file:" + uri_path(path) + "?immutable=1";
  }
  if (sqlite3_open_v2(name.c_str(), &connection.connection_, flags, nullptr) != SQLITE_OK) {
    if (connection.connection_ == nullptr) return fail(ErrorCode::io_error, "out of memory");
    return fail(ErrorCode::io_error,
                "cannot open the ledger " + path + ": " + sqlite3_errmsg(connection.connection_));
  }
  sqlite3_busy_timeout(connection.connection_, static_cast<int>(wait.count()));
  sqlite3_create_function_v2(connection.connection_, "exact_sum", 1,
                             SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, nullptr,
                             nullptr, add_to_sum, finish_sum, nullptr);
  return connection;
}

Result<void> Connection::run(const std::string& sql) {
  if (sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return fail(error_of(connection_));
}

Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return fail(error_of(connection_));
  return Statement(statement);
}

Result<Statement*> Connection::kept(const char* sql) {
  Statement& statement = kept_[sql];
  if (statement.is_open()) return &statement.reset();
  auto prepared = prepare(sql);
  if (!prepared) return fail(prepared.error());
  statement = std::move(*prepared);
  return &statement;
}

Result<std::int64_t> Connection::number(const char* sql) {
  const auto statement = kept(sql);
  if (!statement) return fail(statement.error());
  const auto row = (*statement)->step();
  if (!row) return fail(row.error());
  const std::int64_t number = *row ? (*statement)->integer(0) : 0;
  (*statement)->reset();
  return number;
}

// --- Transaction ---

Result<Transaction> Transaction::begin(Connection& connection, Kind kind) {
  // Within another one of the same connection (an in-memory ledger that is written during a scan),
  // the outer one decides.
  if (connection.in_transaction()) return Transaction(nullptr);
  const auto begin = connection.kept(kind == Kind::writing ? "BEGIN IMMEDIATE" : "BEGIN");
  if (!begin) return fail(begin.error());
  if (auto begun = (*begin)->run(); !begun) return fail(begun.error());
  return Transaction(&connection);
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Transaction::~Transaction() {
  // Fails where SQLite has rolled back already (a full disk): that is what we want.
  if (connection_ != nullptr) (void)connection_->run("ROLLBACK");
}

Result<void> Transaction::commit() {
  if (connection_ == nullptr) return {};
  const auto commit = connection_->kept("COMMIT");
  if (!commit) return fail(commit.error());
  if (auto committed = (*commit)->run(); !committed) return committed;
  connection_ = nullptr;
  return {};
}

}  // namespace costops::storage::sqlite
