// parquet.cc - each value is cast to text by the database, so that decimals stay exact.
#include "costops/storage/parquet.h"

#include <filesystem>

#include "storage/duck.h"

namespace costops::storage {
namespace {

/// `text` between `mark`s, each one inside doubled: how SQL keeps a name or a text from being more.
std::string quoted_sql(std::string_view text, char mark) {
  std::string out(1, mark);
  for (const char c : text) {
    if (c == mark) out += mark;
    out += c;
  }
  return out + mark;
}

ParquetColumn::Kind kind_of(std::string_view type) {
  using Kind = ParquetColumn::Kind;
  if (type == "VARCHAR" || type == "UUID") return Kind::text;
  if (type.starts_with("TIMESTAMP") || type == "DATE") return Kind::time;
  if (type.ends_with("]") || type.starts_with("STRUCT") || type.starts_with("MAP")) {
    return Kind::nested;
  }
  for (const std::string_view number :
       {"DECIMAL", "BIGINT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT", "UBIGINT", "UINTEGER",
        "USMALLINT", "UTINYINT", "UHUGEINT", "DOUBLE", "FLOAT"}) {
    if (type.starts_with(number)) return Kind::number;
  }
  return Kind::other;
}

std::string as_text(const ParquetColumn& column) {
  const std::string name = quoted_sql(column.name, '"');
  if (column.kind == ParquetColumn::Kind::nested) return "CAST(to_json(" + name + ") AS VARCHAR)";
  if (column.kind != ParquetColumn::Kind::time) return "CAST(" + name + " AS VARCHAR)";
  const std::string at = "CAST(" + name + " AS TIMESTAMP)";
  return "CASE WHEN epoch_us(" + at + ") % 1000000 = 0 THEN strftime(" + at +
         ", '%Y-%m-%dT%H:%M:%SZ') ELSE strftime(" + at + ", '%Y-%m-%dT%H:%M:%S.%fZ') END";
}

Error no_parquet(const std::string& path, const Error& error) {
  return {error.code == ErrorCode::io_error ? ErrorCode::io_error : ErrorCode::invalid_input,
          path + ": cannot be read as Parquet: " + error.message};
}

/// Reads an opened file; see read_parquet.
class Reading {
 public:
  Reading(duck::Connection connection, const std::string& path)
      : connection_(std::move(connection)),
        path_(path),
        source_("read_parquet(" + quoted_sql(path, '\'') + ")") {}

  Result<std::vector<ParquetColumn>> columns() {
    std::vector<ParquetColumn> found;
    auto rows = connection_.ask("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM " +
                                source_ + ")");
    const auto done = duck::for_each_row(rows, [&](std::size_t row) {
      ParquetColumn column{std::string(rows->text(0, row)), {}, std::string(rows->text(1, row))};
      column.kind = kind_of(column.type);
      found.push_back(std::move(column));
    });
    if (!done) return fail(no_parquet(path_, done.error()));
    return found;
  }

  Result<void> rows(const std::vector<ParquetColumn>& columns, const ParquetRow& visit) {
    std::string sql = "SELECT ";
    for (const ParquetColumn& column : columns) sql += as_text(column) + ", ";
    sql.resize(sql.size() - 2);
    auto statement = connection_.prepare(sql + " FROM " + source_);
    if (!statement) return fail(no_parquet(path_, statement.error()));
    auto answer = statement->stream();
    std::vector<std::optional<std::string_view>> values(columns.size());
    for (;;) {
      if (!answer) return fail(no_parquet(path_, answer.error()));
      const auto more = answer->next();
      if (!more) return fail(no_parquet(path_, more.error()));
      if (!*more) return {};
      for (std::size_t row = 0; row < answer->size(); ++row) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
          values[i].reset();
          if (!answer->is_null(i, row)) values[i] = answer->text(i, row);
        }
        if (auto visited = visit(values); !visited) return visited;
      }
    }
  }

 private:
  duck::Connection connection_;
  const std::string& path_;
  std::string source_;
};

}  // namespace

Result<void> read_parquet(const std::string& path, const ParquetHeader& header,
                          const ParquetRow& row) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return fail(ErrorCode::not_found, path + ": there is no such file");
  }
  auto database = duck::Database::open(":memory:", duck::Access::read_write);
  if (!database) return fail(database.error());
  auto connection = database->connect();
  if (!connection) return fail(connection.error());
  if (auto set = connection->run("SET TimeZone='UTC'"); !set) return set;
  Reading reading(std::move(*connection), path);
  const auto columns = reading.columns();
  if (!columns) return fail(columns.error());
  if (auto taken = header(*columns); !taken) return taken;
  return reading.rows(*columns, row);
}

}  // namespace costops::storage
