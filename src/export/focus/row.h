// row.h - one row of a FOCUS dataset, whatever the version: the superset of all columns.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "costops/export/focus_export.h"
#include "export/focus/columns.inc"

namespace costops::focus {

/// A column, by its FOCUS name.
enum class Field : std::uint8_t {
#define COSTOPS_X(name, ...) name,
  COSTOPS_FOCUS_COLUMNS(COSTOPS_X)
#undef COSTOPS_X
};
#define COSTOPS_X(...) +1
inline constexpr std::size_t kFieldCount = 0 COSTOPS_FOCUS_COLUMNS(COSTOPS_X);
#undef COSTOPS_X

/// Places of money columns: a price's 12 and a quantity's 6 multiply without rounding.
inline constexpr int kCostPlaces = 18;
inline constexpr int kQuantityPlaces = 12;

[[nodiscard]] constexpr Int128 power_of_ten(int exponent) {
  Int128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}
/// An amount in the places of a cost column.
[[nodiscard]] constexpr Int128 cost_cell(Amount amount) {
  return amount.pico() * power_of_ten(kCostPlaces - 12);
}

/// Cells that nobody set are null.
class FocusRow {
 public:
  void clear();
  /// An empty text is null.
  void text(Field field, std::string_view value);
  /// In units of 10^-places of the column.
  void number(Field field, Int128 value) { at(field) = value; }
  void count(Field field, std::int64_t value) { at(field) = value; }
  void time(Field field, Instant value) { at(field) = value; }
  /// All four costs.
  void costs(Int128 list, Int128 contracted, Int128 billed, Int128 effective);

  /// Appends the cells of these columns.
  void append_to(exports::BatchBuilder& builder, const std::vector<Field>& columns) const;

 private:
  using Cell = std::variant<std::monostate, std::string, Int128, std::int64_t, Instant>;
  Cell& at(Field field) { return cells_[static_cast<std::size_t>(field)]; }
  std::array<Cell, kFieldCount> cells_{};
};

/// The columns of a version and preset, in order.
[[nodiscard]] std::vector<Field> fields_of(Version version, Preset preset);
[[nodiscard]] exports::Schema schema_of(Version version, const std::vector<Field>& fields);

}  // namespace costops::focus
