// table.h - rows on their way out: typed columns, travelling in batches from a source to a writer.
//
// `export` is a word of C++, so the room's namespace is `exports`.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/error.h"
#include "costops/domain/money.h"
#include "costops/domain/time.h"

namespace costops::exports {

enum class ColumnType : std::uint8_t {
  text,
  integer,
  decimal,  ///< Exact: a 128-bit whole number of 10^-scale.
  instant,
  boolean
};

struct Column {
  std::string name;
  ColumnType type = ColumnType::text;
  int scale = 0;  ///< Decimal places of a decimal; 12 for money. 0 to 18.
};

/// Places of money: pico-units.
inline constexpr int kMoneyScale = 12;

struct Schema {
  std::vector<Column> columns;
  std::string version = "1";
  /// The columns that control totals are kept of: amounts, by the code in the currency column.
  std::optional<std::size_t> amount_column, currency_column;

  [[nodiscard]] std::optional<std::size_t> index_of(std::string_view name) const;
};

/// Some rows, column by column. Which vector of a column is filled follows from its type.
/// Texts are views: a batch is valid while it is being visited.
struct Batch {
  struct Values {
    std::vector<std::string_view> text;
    std::vector<std::int64_t> whole;  ///< integer; boolean as 0 and 1; instant as UTC microseconds.
    std::vector<Int128> decimal;
    std::vector<std::uint8_t> null;  ///< 1: no value. Empty: every row has one.
    [[nodiscard]] bool is_null(std::size_t row) const { return !null.empty() && null[row] != 0; }
  };
  std::size_t rows = 0;
  std::vector<Values> columns;
};

/// Builds batches cell by cell, in column order, and owns the texts.
class BatchBuilder {
 public:
  /// `schema` must outlive it.
  explicit BatchBuilder(const Schema& schema);
  BatchBuilder& text(std::string_view value);
  BatchBuilder& integer(std::int64_t value);
  BatchBuilder& decimal(Int128 value);  ///< In units of 10^-scale of the column.
  BatchBuilder& amount(Amount value) { return decimal(value.pico()); }
  BatchBuilder& instant(Instant value);
  BatchBuilder& boolean(bool value);
  BatchBuilder& null();
  [[nodiscard]] std::size_t rows() const;
  /// The rows so far. Requires that the last row is complete. Valid until the builder changes.
  [[nodiscard]] const Batch& batch();
  void clear();

 private:
  Batch::Values& next_cell();
  void mark(Batch::Values& column, std::uint8_t null);
  const Schema& schema_;
  Batch batch_;
  std::string bytes_;
  std::vector<std::vector<std::size_t>> ends_;  ///< Of each text cell, in bytes_, by column.
  std::size_t column_ = 0;
};

/// Rows in an order that is the same each time. Must not hold more than a few batches in memory.
class TableSource {
 public:
  using Visitor = std::function<Result<void>(const Batch&)>;
  virtual ~TableSource() = default;
  [[nodiscard]] virtual const Schema& schema() const = 0;
  /// Hands every batch to `visit`, in order; a failure of either ends it and is handed on.
  [[nodiscard]] virtual Result<void> rows(const Visitor& visit) = 0;
};

}  // namespace costops::exports
