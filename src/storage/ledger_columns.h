// ledger_columns.h - names that the tables of every backend share.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "costops/domain/charge.h"
#include "costops/domain/meter.h"
#include "costops/domain/usage_batch.h"

namespace costops::storage {

/// The text table of a dimension ("models") and its column in records ("model_id").
[[nodiscard]] std::string_view text_table(Dimension dimension);
[[nodiscard]] std::string id_column(Dimension dimension);

/// Meters with a column of their own, in the order of the columns; the others are rows of
/// other_quantities.
inline constexpr std::array kColumnMeters{
    Meter::input_tokens_uncached,   Meter::cache_read_tokens,
    Meter::cache_write_tokens,      Meter::cache_write_5m_tokens,
    Meter::cache_write_1h_tokens,   Meter::output_tokens,
    Meter::output_reasoning_tokens, Meter::requests};
/// Cost columns, in the order of CostClass.
inline constexpr std::array<std::string_view, kCostClassCount> kCostColumns{
    "input_cost_pico", "cache_read_cost_pico", "cache_write_cost_pico", "output_cost_pico",
    "other_cost_pico"};
[[nodiscard]] constexpr bool has_column(Meter meter) {
  for (const Meter m : kColumnMeters) {
    if (m == meter) return true;
  }
  return false;
}

}  // namespace costops::storage
