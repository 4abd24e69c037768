// clickhouse_totals.h - control totals of the entries of a batch on one shard, computed here when
// they are written and by the server whenever they are checked.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "costops/domain/charge.h"
#include "costops/domain/money.h"
#include "costops/domain/usage_batch.h"
#include "storage/ledger_columns.h"

namespace costops::storage {

struct ClickhouseTotals {
  std::uint64_t entries = 0;
  Int128 quantity = 0;   ///< Of all meters, all units together.
  Int128 cost_pico = 0;  ///< Of all classes and currencies together.
  /// Sum modulo 2^64 of a mix of each entry's numbers.
  std::uint64_t checksum = 0;

  /// Numbers of an entry, in the order of the columns that clickhouse_totals_sql() names.
  static constexpr std::size_t kNumbers =
      8 + kDimensionCount + kColumnMeters.size() + kCostClassCount;
  using Numbers = std::array<std::uint64_t, kNumbers>;
  void add(const Numbers& numbers, Int128 quantity_of_entry, Int128 cost_of_entry);
  friend bool operator==(const ClickhouseTotals&, const ClickhouseTotals&) = default;
};

/// "count(), sum(...), sum(...), sum(...)" of the same over rows of `entries`.
[[nodiscard]] const std::string& clickhouse_totals_sql();

}  // namespace costops::storage
