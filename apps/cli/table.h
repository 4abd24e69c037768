// table.h - rows of text as an aligned table for people, or as CSV for programs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "terminal.h"

namespace costops::cli {

/// Where a column's cells stand. decimal: numbers with their decimal points below each other, so
/// that exact amounts of different length stay comparable by eye.
enum class Align { left, right, decimal };

struct Column {
  std::string title;
  Align align = Align::left;
};

/// One cell. `text` is data as it is; the table makes it printable, the CSV quotes it.
struct Cell {
  std::string text;
  Ink ink = Ink::plain;
};

/// A table of text. Rows have as many cells as there are columns.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  /// Rows from here on stand below a line: totals.
  void rule() { rule_ = rows_.size(); }
  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  /// Without rows again.
  void clear() { rows_.clear(); }

  /// Appends the table, each line behind `indent` spaces, no blanks at a line's end.
  void append_to(std::string& out, Colors colors, std::size_t indent = 0) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
  std::size_t rule_ = SIZE_MAX;
};

/// One CSV field, quoted where RFC 4180 needs it. A field that a spreadsheet would run as a formula
/// (first character = + - @, tab or carriage return) gets a leading apostrophe.
[[nodiscard]] std::string csv_text(std::string_view text);
/// Appends one CSV record with CR LF. Fields are taken as they are: numbers, or csv_text.
void append_csv(std::string& out, const std::vector<std::string>& fields);

}  // namespace costops::cli
