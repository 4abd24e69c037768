// validate_file.cc - rows of CSV and Parquet files to the validator.
#include <fmt/format.h>

#include "costops/export/focus_validation.h"
#include "costops/ingestion/input.h"
#include "costops/storage/parquet.h"
#include "ingestion/csv.h"

namespace costops::focus {
namespace {

using ingestion::CsvReader;
using ingestion::Input;

Result<Validation> validate_rows(Input& input, const ValidationOptions& options) {
  CsvReader reader(input);
  if (auto header = reader.read_header(); !header) {
    return fail(header.error().code, input.name() + ": " + header.error().message);
  }
  std::vector<InputColumn> columns;
  for (const std::string& name : reader.header()) columns.push_back({name, ColumnType::untyped});
  auto validator = Validator::make(std::move(columns), options);
  if (!validator) return fail(validator.error());
  std::vector<Value> row(reader.header().size());
  for (;;) {
    const auto step = reader.next();
    if (step == CsvReader::Step::end) break;
    if (step == CsvReader::Step::bad) {
      validator->problem(fmt::format("line {}: {}", reader.line(), reader.reason()));
      continue;
    }
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string_view text = reader.cell(i);
      row[i] = {text, text.empty()};
    }
    validator->check(row, reader.line());
  }
  if (!input.error().message.empty()) validator->problem(input.error().message);
  return validator->finish();
}

ColumnType type_of(const storage::ParquetColumn& column) {
  using Kind = storage::ParquetColumn::Kind;
  switch (column.kind) {
    case Kind::text:
      return ColumnType::string;
    case Kind::number:
      return ColumnType::number;
    case Kind::time:
      return ColumnType::datetime;
    default:
      return ColumnType::other;
  }
}

Result<Validation> validate_parquet(const std::string& path, const ValidationOptions& options) {
  std::vector<Result<Validator>> validator;
  std::vector<Value> row;
  const auto read = storage::read_parquet(
      path,
      [&](const std::vector<storage::ParquetColumn>& found) -> Result<void> {
        std::vector<InputColumn> columns;
        for (const auto& column : found) columns.push_back({column.name, type_of(column)});
        row.resize(columns.size());
        validator.push_back(Validator::make(std::move(columns), options));
        if (!validator[0]) return fail(validator[0].error());
        return {};
      },
      [&](std::span<const std::optional<std::string_view>> values) -> Result<void> {
        for (std::size_t i = 0; i < values.size(); ++i) {
          row[i] = {values[i].value_or(std::string_view{}), !values[i].has_value()};
        }
        validator[0]->check(row, 0);
        return {};
      });
  if (!read) return fail(read.error());
  return validator[0]->finish();
}

}  // namespace

Result<Validation> validate_file(const std::string& path, const ValidationOptions& options) {
  if (path.ends_with(".parquet")) return validate_parquet(path, options);
  auto input = Input::open(path);
  if (!input) return fail(input.error());
  return validate_rows(*input, options);
}

Result<Validation> validate_csv(std::string_view bytes, const ValidationOptions& options) {
  Input input = Input::from_memory("memory", bytes);
  return validate_rows(input, options);
}

}  // namespace costops::focus
