// parquet.cc - batches to the embedded database's Parquet writer.
#include <optional>

#include "costops/storage/parquet_writer.h"
#include "export/buffered.h"

namespace costops::exports {
namespace {

using File = storage::ParquetWriter;

File::Column column_of(const Column& column) {
  using Type = File::Column::Type;
  switch (column.type) {
    case ColumnType::integer:
      return {column.name, Type::integer, 0};
    case ColumnType::decimal:
      return {column.name, Type::decimal, column.scale};
    case ColumnType::instant:
      return {column.name, Type::instant, 0};
    case ColumnType::boolean:
      return {column.name, Type::boolean, 0};
    case ColumnType::text:
      break;
  }
  return {column.name, Type::text, 0};
}

class ParquetTableWriter final : public TableWriter {
 public:
  explicit ParquetTableWriter(std::string path) : path_(std::move(path)) {}

  Result<void> begin(const Schema& schema) override {
    std::vector<File::Column> columns;
    for (const Column& column : schema.columns) columns.push_back(column_of(column));
    values_.resize(columns.size());
    auto file = File::create(path_, std::move(columns));
    if (!file) return fail(file.error());
    file_.emplace(std::move(*file));
    return {};
  }

  Result<void> write(const Batch& batch) override {
    for (std::size_t c = 0; c < values_.size(); ++c) {
      const Batch::Values& from = batch.columns[c];
      values_[c] = {&from.text, &from.whole, &from.decimal, &from.null};
    }
    return file_->write(batch.rows, values_);
  }

  Result<void> finish() override { return file_->finish(); }

 private:
  std::string path_;
  std::vector<File::Values> values_;
  std::optional<File> file_;
};

}  // namespace

std::unique_ptr<TableWriter> make_parquet_writer(std::string path) {
  return std::make_unique<ParquetTableWriter>(std::move(path));
}

}  // namespace costops::exports
