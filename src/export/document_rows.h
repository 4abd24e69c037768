// document_rows.h - the rows that a document (HTML, PDF) shows, as text, and sums over all of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "costops/export/table.h"

namespace costops::exports {

/// Adds the amounts of a batch to what its schema keeps control totals of.
void add_totals(const Schema& schema, const Batch& batch, CurrencyTotals& totals);

/// Holds the first rows and counts and sums the rest: memory is bounded by `rows_max`.
class DocumentRows {
 public:
  explicit DocumentRows(std::size_t rows_max) : rows_max_(rows_max) {}
  /// `schema` must outlive it.
  void begin(const Schema& schema);
  void add(const Batch& batch);

  [[nodiscard]] const Schema& schema() const { return *schema_; }
  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  /// Rows that were added and are not shown.
  [[nodiscard]] std::size_t beyond() const { return added_ - rows_.size(); }
  /// Of all rows.
  [[nodiscard]] const CurrencyTotals& totals() const { return totals_; }
  [[nodiscard]] std::size_t added() const { return added_; }
  /// The latest time in any cell.
  [[nodiscard]] std::optional<Instant> latest() const { return latest_; }
  /// "" for null. Numbers are grouped by thousands and have the places that the column's longest
  /// needs, money at least 2, so that points stand below each other.
  [[nodiscard]] std::string text(std::size_t row, std::size_t column) const;
  /// No shown row has a value there other than zero.
  [[nodiscard]] bool is_empty(std::size_t column) const { return empty_[column] != 0; }

 private:
  void add_cell(const Batch::Values& values, std::size_t row, std::size_t column);
  std::size_t rows_max_, added_ = 0;
  const Schema* schema_ = nullptr;
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> places_;  ///< Of each column's decimals.
  std::vector<std::uint8_t> empty_;
  CurrencyTotals totals_;
  std::optional<Instant> latest_;
};

[[nodiscard]] bool is_number(ColumnType type);
/// "total_cost" as a heading: "total cost".
[[nodiscard]] std::string heading_of(const Column& column);
/// "1234567.5" -> "1,234,567.5".
[[nodiscard]] std::string with_thousands(std::string digits);
/// The same for each number of a line: "Total: 12345.5 USD" -> "Total: 12,345.5 USD". Digits that
/// are part of a word (a date, an id) stay as they are.
[[nodiscard]] std::string with_grouped_figures(std::string_view line);

}  // namespace costops::exports
