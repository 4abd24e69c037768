#include "costops/export/table.h"

#include <algorithm>
#include <cassert>

namespace costops::exports {

std::optional<std::size_t> Schema::index_of(std::string_view name) const {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == name) return i;
  }
  return std::nullopt;
}

BatchBuilder::BatchBuilder(const Schema& schema) : schema_(schema), ends_(schema.columns.size()) {
  batch_.columns.resize(schema.columns.size());
}

std::size_t BatchBuilder::rows() const { return batch_.rows; }

Batch::Values& BatchBuilder::next_cell() {
  Batch::Values& column = batch_.columns[column_];
  column_ = (column_ + 1) % schema_.columns.size();
  if (column_ == 0) ++batch_.rows;
  return column;
}

void BatchBuilder::mark(Batch::Values& column, std::uint8_t null) {
  const std::size_t row = batch_.rows - (column_ == 0 ? 1 : 0);
  if (null == 0 && column.null.empty()) return;
  column.null.resize(row, 0);
  column.null.push_back(null);
}

BatchBuilder& BatchBuilder::text(std::string_view value) {
  assert(schema_.columns[column_].type == ColumnType::text);
  bytes_.append(value);
  ends_[column_].push_back(bytes_.size());
  mark(next_cell(), 0);
  return *this;
}

BatchBuilder& BatchBuilder::integer(std::int64_t value) {
  Batch::Values& column = next_cell();
  column.whole.push_back(value);
  mark(column, 0);
  return *this;
}

BatchBuilder& BatchBuilder::decimal(Int128 value) {
  assert(schema_.columns[column_].type == ColumnType::decimal);
  Batch::Values& column = next_cell();
  column.decimal.push_back(value);
  mark(column, 0);
  return *this;
}

BatchBuilder& BatchBuilder::instant(Instant value) {
  return integer(value.time_since_epoch().count());
}

BatchBuilder& BatchBuilder::boolean(bool value) { return integer(value ? 1 : 0); }

BatchBuilder& BatchBuilder::null() {
  const ColumnType type = schema_.columns[column_].type;
  if (type == ColumnType::text) ends_[column_].push_back(bytes_.size());
  Batch::Values& column = next_cell();
  if (type == ColumnType::decimal) {
    column.decimal.push_back(0);
  } else if (type != ColumnType::text) {
    column.whole.push_back(0);
  }
  mark(column, 1);
  return *this;
}

const Batch& BatchBuilder::batch() {
  assert(column_ == 0);
  // Texts of all columns lie in one buffer in the order of the cells: each begins where the last
  // text cell before it, of any column, ended.
  std::vector<std::size_t> texts;
  for (std::size_t c = 0; c < ends_.size(); ++c) {
    batch_.columns[c].text.clear();
    if (schema_.columns[c].type == ColumnType::text) texts.push_back(c);
  }
  const std::string_view bytes = bytes_;
  std::size_t from = 0;
  for (std::size_t row = 0; row < batch_.rows; ++row) {
    for (const std::size_t c : texts) {
      const std::size_t to = ends_[c][row];
      batch_.columns[c].text.push_back(bytes.substr(from, to - from));
      from = to;
    }
  }
  return batch_;
}

void BatchBuilder::clear() {
  for (Batch::Values& column : batch_.columns) {
    column.text.clear();
    column.whole.clear();
    column.decimal.clear();
    column.null.clear();
  }
  for (auto& ends : ends_) ends.clear();
  bytes_.clear();
  batch_.rows = 0;
  column_ = 0;
}

}  // namespace costops::exports
