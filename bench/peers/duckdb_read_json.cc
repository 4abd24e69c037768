// duckdb_read_json FILE DATABASE - what DuckDB itself does with the records of usage_lines: its
// reader of JSON into a table of the same columns, durable when it returns. Prints the tokens.
#include <duckdb.h>
#include <fmt/core.h>

#include <string>

namespace {

constexpr const char* kLoad =
    "CREATE TABLE usage AS SELECT id, timestamp, provider, model.name AS model, organization_id, "
    "project_id, user_id, prompt_tokens, completion_tokens, total_tokens, cached_tokens, "
    "latency_ms, tags FROM read_json('{}', format = 'newline_delimited', columns = {{"
    "id: 'UUID', timestamp: 'TIMESTAMP', provider: 'VARCHAR', model: 'STRUCT(name VARCHAR)', "
    "organization_id: 'VARCHAR', project_id: 'VARCHAR', user_id: 'VARCHAR', "
    "prompt_tokens: 'BIGINT', completion_tokens: 'BIGINT', total_tokens: 'BIGINT', "
    "cached_tokens: 'BIGINT', latency_ms: 'BIGINT', tags: 'VARCHAR[]'}})";

/// Whether the statement ran; says why it did not.
bool run(duckdb_connection connection, const std::string& sql, duckdb_result& result) {
  if (duckdb_query(connection, sql.c_str(), &result) == DuckDBSuccess) return true;
  fmt::print(stderr, "{}\n", duckdb_result_error(&result));
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: duckdb_read_json FILE DATABASE\n");
    return 2;
  }
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
  if (duckdb_open(argv[2], &database) != DuckDBSuccess ||
      duckdb_connect(database, &connection) != DuckDBSuccess) {
    fmt::print(stderr, "cannot open {}\n", argv[2]);
    return 1;
  }
  duckdb_result result{};
  bool done = run(connection, fmt::format(kLoad, argv[1]), result);
  duckdb_destroy_result(&result);
  done = done && run(connection, "SELECT sum(prompt_tokens + completion_tokens)::BIGINT FROM usage",
                     result);
  if (done) fmt::print("{}\n", duckdb_value_int64(&result, 0, 0));
  duckdb_destroy_result(&result);
  duckdb_disconnect(&connection);
  duckdb_close(&database);
  return done ? 0 : 1;
}
