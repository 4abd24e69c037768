// parquet_writer.cc - DuckDB's COPY runs in a thread of its own and pulls rows out of a table
// function; write() lends it a batch and waits until it is taken. Two memories never hold the rows
// at once, and reading goes on while the database encodes.
#include "costops/storage/parquet_writer.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "storage/duck.h"

namespace costops::storage {
namespace {

using Column = ParquetWriter::Column;
using Values = ParquetWriter::Values;

std::string quoted_path(std::string_view path) {
  std::string out = "'";
  for (const char c : path) {
    if (c == '\'') out += c;
    out += c;
  }
  return out + "'";
}

duckdb_logical_type type_of(const Column& column) {
  switch (column.type) {
    case Column::Type::integer:
      return duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    case Column::Type::decimal:
      return duckdb_create_decimal_type(38, static_cast<std::uint8_t>(column.scale));
    case Column::Type::instant:
      return duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP_TZ);
    case Column::Type::boolean:
      return duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN);
    case Column::Type::text:
      break;
  }
  return duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
}

/// Copies `count` rows from `first` on into one column of a chunk.
void copy(const Column& column, const Values& values, std::size_t first, std::size_t count,
          duckdb_vector into) {
  void* data = duckdb_vector_get_data(into);
  for (std::size_t row = 0; row < count; ++row) {
    const std::size_t from = first + row;
    switch (column.type) {
      case Column::Type::text: {
        const std::string_view text = (*values.text)[from];
        duckdb_vector_assign_string_element_len(into, row, text.data(), text.size());
        break;
      }
      case Column::Type::decimal:
        static_cast<duckdb_hugeint*>(data)[row] = duck::hugeint_of((*values.decimal)[from]);
        break;
      case Column::Type::boolean:
        static_cast<bool*>(data)[row] = (*values.whole)[from] != 0;
        break;
      default:
        static_cast<std::int64_t*>(data)[row] = (*values.whole)[from];
    }
  }
  if (values.null == nullptr || values.null->empty()) return;
  duckdb_vector_ensure_validity_writable(into);
  std::uint64_t* validity = duckdb_vector_get_validity(into);
  for (std::size_t row = 0; row < count; ++row) {
    if ((*values.null)[first + row] != 0) duckdb_validity_set_row_invalid(validity, row);
  }
}

}  // namespace

struct ParquetWriter::State {
  std::string path;
  std::vector<Column> columns;
  duck::Database database;
  duck::Connection connection;

  // Between write() and the COPY's thread.
  std::mutex mutex;
  std::condition_variable changed;
  const std::vector<Values>* lent = nullptr;
  std::size_t rows = 0, taken = 0;
  bool at_end = false, given_up = false, over = false;
  Result<void> outcome;
  std::thread copying;

  ~State() {
    if (!copying.joinable()) return;
    {
      const std::scoped_lock lock(mutex);
      at_end = given_up = true;
    }
    changed.notify_all();
    copying.join();
  }

  Result<void> open();
  void copy_to_file();
  /// Fills a chunk from what is lent; waits where nothing is. 0 rows: the end.
  void pull(duckdb_function_info call, duckdb_data_chunk chunk);
};

void ParquetWriter::State::pull(duckdb_function_info call, duckdb_data_chunk chunk) {
  std::unique_lock lock(mutex);
  changed.wait(lock, [this] { return lent != nullptr || at_end; });
  if (given_up) {
    duckdb_function_set_error(call, "the export was given up");
    return;
  }
  const std::size_t count =
      lent == nullptr ? 0 : std::min<std::size_t>(rows - taken, duckdb_vector_size());
  for (std::size_t c = 0; c < columns.size() && count > 0; ++c) {
    copy(columns[c], (*lent)[c], taken, count, duckdb_data_chunk_get_vector(chunk, c));
  }
  duckdb_data_chunk_set_size(chunk, count);
  taken += count;
  if (lent == nullptr || taken < rows) return;
  lent = nullptr;
  changed.notify_all();
}

void ParquetWriter::State::copy_to_file() {
  // Small row groups keep memory low: DuckDB holds one in the making and one being written.
  auto done = connection.run("COPY (SELECT * FROM rows_to_export()) TO " + quoted_path(path) +
                             " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)");
  const std::scoped_lock lock(mutex);
  outcome = std::move(done);
  over = true;
  changed.notify_all();
}

Result<void> ParquetWriter::State::open() {
  auto opened = duck::Database::open(":memory:", duck::Access::read_write);
  if (!opened) return fail(opened.error());
  database = std::move(*opened);
  auto connected = database.connect();
  if (!connected) return fail(connected.error());
  connection = std::move(*connected);
  // With more threads one of them would spin while another waits for our rows.
  if (auto set = connection.run("SET threads = 1; SET TimeZone = 'UTC'"); !set) return set;
  duckdb_table_function function = duckdb_create_table_function();
  duckdb_table_function_set_name(function, "rows_to_export");
  duckdb_table_function_set_extra_info(function, this, nullptr);
  duckdb_table_function_set_bind(function, [](duckdb_bind_info bind) {
    const auto* state = static_cast<State*>(duckdb_bind_get_extra_info(bind));
    for (const Column& column : state->columns) {
      duckdb_logical_type type = type_of(column);
      duckdb_bind_add_result_column(bind, column.name.c_str(), type);
      duckdb_destroy_logical_type(&type);
    }
  });
  duckdb_table_function_set_init(
      function, [](duckdb_init_info init) { duckdb_init_set_max_threads(init, 1); });
  duckdb_table_function_set_function(
      function, [](duckdb_function_info call, duckdb_data_chunk chunk) {
        static_cast<State*>(duckdb_function_get_extra_info(call))->pull(call, chunk);
      });
  const bool registered = connection.register_function(function);
  duckdb_destroy_table_function(&function);
  if (!registered) return fail(ErrorCode::io_error, "DuckDB refused the export's rows");
  copying = std::thread([this] { copy_to_file(); });
  return {};
}

ParquetWriter::ParquetWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
ParquetWriter::ParquetWriter(ParquetWriter&&) noexcept = default;
ParquetWriter::~ParquetWriter() = default;

Result<ParquetWriter> ParquetWriter::create(std::string path, std::vector<Column> columns) {
  auto state = std::make_unique<State>();
  state->path = std::move(path);
  state->columns = std::move(columns);
  if (auto opened = state->open(); !opened) return fail(opened.error());
  return ParquetWriter(std::move(state));
}

Result<void> ParquetWriter::write(std::size_t rows, const std::vector<Values>& columns) {
  if (rows == 0) return {};
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  if (state.over) return state.outcome;
  state.lent = &columns;
  state.rows = rows;
  state.taken = 0;
  state.changed.notify_all();
  state.changed.wait(lock, [&state] { return state.lent == nullptr || state.over; });
  state.lent = nullptr;
  return state.over ? state.outcome : Result<void>();
}

Result<void> ParquetWriter::finish() {
  State& state = *state_;
  {
    const std::scoped_lock lock(state.mutex);
    state.at_end = true;
  }
  state.changed.notify_all();
  state.copying.join();
  return state.outcome;
}

}  // namespace costops::storage
