// duck.cc - owners around DuckDB's handles, and its messages in our words.
#include "storage/duck.h"

#include <on_demand.h>

#include <algorithm>
#include <array>
#include <utility>

namespace costops::storage::duck {
namespace {

constexpr std::string_view kInvalidated = "database has been invalidated";
/// Blocks that an appender gathers before it hands them to the transaction. Each time costs a plan;
/// what is gathered costs memory.
constexpr std::size_t kBlocksPerFlush = 20;

std::string_view after(std::string_view text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  return at == std::string_view::npos ? std::string_view{} : text.substr(at + mark.size());
}

std::string_view until(std::string_view text, std::string_view mark) {
  return text.substr(0, text.find(mark));
}

std::string_view without_advice(std::string_view message) {
  message = until(message, " See also http");
  return until(message, "\n");
}

Error locked(std::string_view message) {
  const std::string_view file = until(after(message, "lock on file \""), "\"");
  std::string_view holder = until(after(message, "lock is held in "), " (PID");
  const std::string_view pid = until(after(message, "(PID "), ")");
  holder = holder.substr(holder.find_last_of('/') + 1);
  std::string text = "ledger " + std::string(file) + " is in use by ";
  if (pid.empty()) {
    text += "another process";
  } else {
    text += "process " + std::string(pid);
    if (!holder.empty()) text += " (" + std::string(holder) + ")";
  }
  return {ErrorCode::conflict, text + ": try again when it has ended, or give --wait"};
}

duckdb_type c_type(Type type) {
  switch (type) {
    case Type::boolean:
      return DUCKDB_TYPE_BOOLEAN;
    case Type::tiny:
      return DUCKDB_TYPE_TINYINT;
    case Type::integer:
      return DUCKDB_TYPE_INTEGER;
    case Type::bigint:
      return DUCKDB_TYPE_BIGINT;
    case Type::timestamp:
      return DUCKDB_TYPE_TIMESTAMP;
    case Type::uuid:
      return DUCKDB_TYPE_UUID;
    case Type::unsigned_bigint:
      return DUCKDB_TYPE_UBIGINT;
    case Type::hugeint:
      return DUCKDB_TYPE_HUGEINT;
    case Type::text:
      return DUCKDB_TYPE_VARCHAR;
  }
  return DUCKDB_TYPE_INVALID;
}

std::string text_of(const char* text) { return text == nullptr ? "unknown error" : text; }

}  // namespace

Error error_of(duckdb_error_type type, std::string_view message) {
  if (message.find("Could not set lock on file") != std::string_view::npos) return locked(message);
  if (message.find("not a valid DuckDB database file") != std::string_view::npos) {
    const std::string_view file = until(after(message, "The file \""), "\"");
    return {ErrorCode::io_error, std::string(file) + " is no ledger: not a DuckDB file"};
  }
  std::string_view text = without_advice(message);
  if (type == DUCKDB_ERROR_FATAL || message.find(kInvalidated) != std::string_view::npos) {
    std::string_view cause = after(message, "Original error: \"");
    if (cause.empty()) cause = text;
    return {ErrorCode::io_error, "the ledger's database stopped: " + std::string(kInvalidated) +
                                     ": " + std::string(until(cause, "\n"))};
  }
  if (message.find("bad allocation") != std::string_view::npos) {
    return {ErrorCode::io_error,
            "the ledger's database got no more memory from the system: " + std::string(text)};
  }
  return {ErrorCode::io_error, "the ledger's database refused: " + std::string(text)};
}

bool is_fatal(const Error& error) { return error.message.find(kInvalidated) != std::string::npos; }

bool is_out_of_memory(const Error& error) {
  return error.message.find("Out of Memory") != std::string::npos ||
         error.message.find("failed to pin block") != std::string::npos ||
         error.message.find("could not allocate block") != std::string::npos;
}

// --- Rows ---

Rows::Rows(Rows&& other) noexcept { *this = std::move(other); }

Rows& Rows::operator=(Rows&& other) noexcept {
  std::swap(result_, other.result_);
  std::swap(owns_, other.owns_);
  std::swap(chunk_, other.chunk_);
  std::swap(size_, other.size_);
  return *this;
}

Rows::~Rows() {
  drop_chunk();
  if (owns_) duckdb_destroy_result(&result_);
}

void Rows::drop_chunk() {
  if (chunk_ != nullptr) duckdb_destroy_data_chunk(&chunk_);
  chunk_ = nullptr;
  size_ = 0;
}

Result<bool> Rows::next() {
  drop_chunk();
  chunk_ = duckdb_fetch_chunk(result_);
  if (chunk_ == nullptr) {
    const char* message = duckdb_result_error(&result_);
    if (message != nullptr && *message != '\0') {
      return fail(error_of(duckdb_result_error_type(&result_), message));
    }
    return false;
  }
  size_ = duckdb_data_chunk_get_size(chunk_);
  return size_ > 0;
}

bool Rows::is_null(std::size_t index, std::size_t row) const {
  std::uint64_t* validity = duckdb_vector_get_validity(duckdb_data_chunk_get_vector(chunk_, index));
  return validity != nullptr && !duckdb_validity_row_is_valid(validity, row);
}

const std::uint64_t* Rows::validity(std::size_t index) const {
  return duckdb_vector_get_validity(duckdb_data_chunk_get_vector(chunk_, index));
}

std::string_view Rows::text(std::size_t index, std::size_t row) const {
  auto* texts = static_cast<duckdb_string_t*>(
      duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk_, index)));
  return {duckdb_string_t_data(&texts[row]), duckdb_string_t_length(texts[row])};
}

// --- Statement ---

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)), bound_(other.bound_) {}

Statement::~Statement() {
  if (statement_ != nullptr) duckdb_destroy_prepare(&statement_);
}

// A failed bind leaves a parameter open, which the execution then refuses with a message.
Statement& Statement::bind(std::int64_t value) {
  duckdb_bind_int64(statement_, ++bound_, value);
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  duckdb_bind_varchar_length(statement_, ++bound_, text.data(), text.size());
  return *this;
}

Statement& Statement::bind(RecordId id) {
  duckdb_value value = duckdb_create_uuid({id.low, id.high});
  duckdb_bind_value(statement_, ++bound_, value);
  duckdb_destroy_value(&value);
  return *this;
}

Statement& Statement::bind_time(std::int64_t microseconds) {
  duckdb_bind_timestamp(statement_, ++bound_, {microseconds});
  return *this;
}

Result<Rows> Statement::run() {
  duckdb_result result{};
  const duckdb_state state = duckdb_execute_prepared(statement_, &result);
  bound_ = 0;
  if (state == DuckDBSuccess) return Rows(result);
  Error error = error_of(duckdb_result_error_type(&result), text_of(duckdb_result_error(&result)));
  duckdb_destroy_result(&result);
  return fail(std::move(error));
}

Result<Rows> Statement::stream() {
  duckdb_pending_result pending = nullptr;
  bound_ = 0;
  if (duckdb_pending_prepared_streaming(statement_, &pending) != DuckDBSuccess) {
    Error error = error_of(DUCKDB_ERROR_INVALID, text_of(duckdb_pending_error(pending)));
    duckdb_destroy_pending(&pending);
    return fail(std::move(error));
  }
  duckdb_result result{};
  const duckdb_state state = duckdb_execute_pending(pending, &result);
  duckdb_destroy_pending(&pending);
  if (state == DuckDBSuccess) return Rows(result);
  Error error = error_of(duckdb_result_error_type(&result), text_of(duckdb_result_error(&result)));
  duckdb_destroy_result(&result);
  return fail(std::move(error));
}

// --- Appender ---

Appender::Appender(Appender&& other) noexcept
    : appender_(std::exchange(other.appender_, nullptr)),
      chunk_(std::exchange(other.chunk_, nullptr)),
      blocks_(other.blocks_) {}

Appender::~Appender() {
  if (chunk_ != nullptr) duckdb_destroy_data_chunk(&chunk_);
  if (appender_ != nullptr) duckdb_appender_destroy(&appender_);
}

void Appender::set_null(std::size_t index, std::size_t row) {
  const duckdb_vector vector = duckdb_data_chunk_get_vector(chunk_, index);
  duckdb_vector_ensure_validity_writable(vector);
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row);
}

void Appender::set_text(std::size_t index, std::size_t row, std::string_view text) {
  duckdb_vector_assign_string_element_len(duckdb_data_chunk_get_vector(chunk_, index), row,
                                          text.data(), text.size());
}

Error Appender::error() const {
  duckdb_error_data data = duckdb_appender_error_data(appender_);
  Error error =
      error_of(duckdb_error_data_error_type(data), text_of(duckdb_error_data_message(data)));
  duckdb_destroy_error_data(&data);
  return error;
}

Result<void> Appender::append_block(std::size_t rows) {
  if (rows == 0) return {};
  duckdb_data_chunk_set_size(chunk_, rows);
  if (duckdb_append_data_chunk(appender_, chunk_) != DuckDBSuccess) return fail(error());
  duckdb_data_chunk_reset(chunk_);
  if (++blocks_ % kBlocksPerFlush == 0 && duckdb_appender_flush(appender_) != DuckDBSuccess) {
    return fail(error());
  }
  return {};
}

Result<void> Appender::finish() {
  if (duckdb_appender_flush(appender_) != DuckDBSuccess) return fail(error());
  return {};
}

// --- Connection ---

Connection::Connection(Connection&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(connection_, other.connection_);
  return *this;
}

Connection::~Connection() {
  if (connection_ != nullptr) duckdb_disconnect(&connection_);
}

Result<void> Connection::run(std::string_view sql) {
  duckdb_result result{};
  const duckdb_state state = duckdb_query(connection_, std::string(sql).c_str(), &result);
  Result<void> answer;
  if (state != DuckDBSuccess) {
    answer =
        fail(error_of(duckdb_result_error_type(&result), text_of(duckdb_result_error(&result))));
  }
  duckdb_destroy_result(&result);
  return answer;
}

Result<Statement> Connection::prepare(const std::string& sql) {
  duckdb_prepared_statement statement = nullptr;
  if (duckdb_prepare(connection_, sql.c_str(), &statement) == DuckDBSuccess) {
    return Statement(statement);
  }
  Error error = error_of(DUCKDB_ERROR_INVALID, text_of(duckdb_prepare_error(statement)));
  duckdb_destroy_prepare(&statement);
  return fail(std::move(error));
}

Result<Rows> Connection::ask(const std::string& sql) {
  auto statement = prepare(sql);
  if (!statement) return fail(statement.error());
  return statement->run();
}

Result<Appender> Connection::appender(const char* catalog, const char* table,
                                      std::span<const Type> types) {
  Appender appender;
  if (duckdb_appender_create_ext(connection_, catalog, nullptr, table, &appender.appender_) !=
      DuckDBSuccess) {
    return fail(appender.error());
  }
  std::vector<duckdb_logical_type> logical(types.size());
  std::ranges::transform(types, logical.begin(),
                         [](Type type) { return duckdb_create_logical_type(c_type(type)); });
  appender.chunk_ = duckdb_create_data_chunk(logical.data(), logical.size());
  for (duckdb_logical_type& type : logical) duckdb_destroy_logical_type(&type);
  return appender;
}

// --- Database ---

Database::Database(Database&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Database& Database::operator=(Database&& other) noexcept {
  std::swap(database_, other.database_);
  return *this;
}

Database::~Database() {
  if (database_ != nullptr) duckdb_close(&database_);
}

Result<Database> Database::open(const std::string& path, Access access) {
  if (const char* why = costops_why_no_duckdb()) return fail(ErrorCode::io_error, why);
  // Only new files: blocks of 64 KiB leave less unused at the ends of columns than the default of
  // 256 KiB, 4 bytes a record.
  const std::array<std::pair<const char*, const char*>, 5> settings{{
      {"default_block_size", "65536"},
      {"autoinstall_known_extensions", "false"},
      {"autoload_known_extensions", "false"},
      {"allow_community_extensions", "false"},
      {"access_mode", access == Access::read_only ? "READ_ONLY" : "READ_WRITE"},
  }};
  duckdb_config config = nullptr;
  duckdb_state state = duckdb_create_config(&config);
  for (const auto& [name, value] : settings) {
    if (state == DuckDBSuccess) state = duckdb_set_config(config, name, value);
  }
  char* message = nullptr;
  Database database;
  if (state == DuckDBSuccess) {
    state = duckdb_open_ext(path.c_str(), &database.database_, config, &message);
  }
  duckdb_destroy_config(&config);
  if (state == DuckDBSuccess) return database;
  database.database_ = nullptr;
  Error error = error_of(DUCKDB_ERROR_INVALID, text_of(message));
  duckdb_free(message);
  return fail(std::move(error));
}

Result<Connection> Database::connect() const {
  Connection connection;
  if (duckdb_connect(database_, &connection.connection_) != DuckDBSuccess) {
    return fail(ErrorCode::io_error, "the ledger's database refused a connection");
  }
  return connection;
}

// --- Transaction ---

Result<Transaction> Transaction::begin(Connection& connection) {
  if (auto begun = connection.run("BEGIN TRANSACTION"); !begun) return fail(begun.error());
  return Transaction(connection);
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Transaction::~Transaction() {
  // Whatever made us give up has been told already; a failed roll-back adds nothing to it.
  if (connection_ != nullptr) static_cast<void>(connection_->run("ROLLBACK"));
}

Result<void> Transaction::commit() {
  Connection* connection = std::exchange(connection_, nullptr);
  auto committed = connection->run("COMMIT");
  if (!committed) static_cast<void>(connection->run("ROLLBACK"));
  return committed;
}

}  // namespace costops::storage::duck
