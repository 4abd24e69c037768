#include "export/document_rows.h"

#include <algorithm>

#include "export/values.h"

namespace costops::exports {

void add_totals(const Schema& schema, const Batch& batch, CurrencyTotals& totals) {
  if (!schema.amount_column || !schema.currency_column) return;
  const Batch::Values& amounts = batch.columns[*schema.amount_column];
  const Batch::Values& codes = batch.columns[*schema.currency_column];
  const auto code_of = [&codes](std::size_t row) {
    return codes.is_null(row) ? std::string_view() : codes.text[row];
  };
  // Neighbours mostly share their currency: one addition to the totals for each run of rows.
  std::size_t row = 0;
  while (row < batch.rows) {
    const std::string_view code = code_of(row);
    Amount sum;
    for (; row < batch.rows && code_of(row) == code; ++row) {
      if (!amounts.is_null(row)) sum += Amount::pico(amounts.decimal[row]);
    }
    const auto currency = Currency::parse(code);
    if (currency) totals.add({sum, *currency});
  }
}

bool is_number(ColumnType type) {
  return type == ColumnType::integer || type == ColumnType::decimal;
}

std::string heading_of(const Column& column) {
  std::string heading = column.name;
  std::replace(heading.begin(), heading.end(), '_', ' ');
  return heading;
}

std::string with_thousands(std::string digits) {
  const std::size_t first = digits.starts_with('-') ? 1 : 0;
  std::size_t end = std::min(digits.find('.'), digits.size());
  while (end > first + 3) digits.insert(end -= 3, ",");
  return digits;
}

std::string with_grouped_figures(std::string_view line) {
  std::string out;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    std::string_view word = line.substr(0, end);
    const std::string_view tail = word.ends_with(',') ? "," : "";
    word.remove_suffix(tail.size());
    const bool number = !word.empty() && word.find_first_not_of("-.0123456789") == word.npos &&
                        word.find('-', 1) == word.npos &&
                        std::count(word.begin(), word.end(), '.') <= 1;
    out += number ? with_thousands(std::string(word)) : std::string(word);
    out += tail;
    if (end < line.size()) out += ' ';
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return out;
}

void DocumentRows::begin(const Schema& schema) {
  schema_ = &schema;
  empty_.assign(schema.columns.size(), 1);
  for (const Column& column : schema.columns) {
    const bool fraction = column.type == ColumnType::decimal && column.scale >= 2;
    places_.push_back(fraction ? 2 : 0);
  }
}

void DocumentRows::add(const Batch& batch) {
  add_totals(*schema_, batch, totals_);
  added_ += batch.rows;
  for (std::size_t row = 0; row < batch.rows; ++row) {
    for (std::size_t c = 0; c < batch.columns.size(); ++c) {
      if (schema_->columns[c].type != ColumnType::instant || batch.columns[c].is_null(row))
        continue;
      const Instant at{Microseconds(batch.columns[c].whole[row])};
      latest_ = latest_ ? std::max(*latest_, at) : at;
    }
    if (rows_.size() >= rows_max_) continue;
    rows_.emplace_back(batch.columns.size());
    for (std::size_t c = 0; c < batch.columns.size(); ++c) {
      if (!batch.columns[c].is_null(row)) add_cell(batch.columns[c], row, c);
    }
  }
}

void DocumentRows::add_cell(const Batch::Values& values, std::size_t row, std::size_t column) {
  std::string& cell = rows_.back()[column];
  const Column& facts = schema_->columns[column];
  append_value(cell, facts, values, row);
  if (!cell.empty() && !(is_number(facts.type) && cell == "0")) empty_[column] = 0;
  if (facts.type == ColumnType::instant) cell[cell.find('T')] = ' ';
  if (!is_number(facts.type)) return;
  cell = with_thousands(std::move(cell));
  const std::size_t point = cell.find('.');
  if (point != std::string::npos) {
    places_[column] = std::max(places_[column], cell.size() - point - 1);
  }
}

std::string DocumentRows::text(std::size_t row, std::size_t column) const {
  std::string cell = rows_[row][column];
  const std::size_t places = places_[column];
  if (cell.empty() || places == 0) return cell;
  const std::size_t point = std::min(cell.find('.'), cell.size());
  if (point == cell.size()) cell += '.';
  return cell.append(point + 1 + places - cell.size(), '0');
}

}  // namespace costops::exports
