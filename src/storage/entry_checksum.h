// entry_checksum.h - control totals of a batch of entries, and a checksum over what they say.
//
// Every transaction that adds entries writes one row of the table `batches`: which entries, how
// many, their quantities and costs in total, and a checksum. Entries are never changed, so the same
// sums over the stored rows must give the same numbers for ever.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "costops/domain/charge.h"
#include "costops/domain/identity.h"
#include "costops/domain/money.h"
#include "storage/duckdb_schema.h"

namespace costops::storage {

/// The dimensions that a checksum covers, in the order of EntryFacts::dimensions.
inline constexpr std::array kCheckedDimensions{Dimension::provider, Dimension::model,
                                               Dimension::organization, Dimension::project,
                                               Dimension::user};

/// What a checksum covers of one entry; texts by their numbers in the ledger.
struct EntryFacts {
  std::int64_t entry = 0;
  RecordId id;
  std::int64_t used_at = 0;
  std::array<std::int32_t, kCheckedDimensions.size()> dimensions{};
  std::int32_t currency = 0;
  std::int8_t status = 0;
  std::array<std::int64_t, kColumnMeters.size()> meters{};
  std::array<std::int64_t, kCostClassCount> costs{};
  /// A hash of all else in the row, where the database does not check its own file (SQLite).
  std::uint64_t rest = 0;
};

/// Sums of some entries, in any order.
struct EntrySums {
  std::int64_t entries = 0;
  Int128 quantity = 0;   ///< Of the meters that have columns, all units together.
  Int128 cost_pico = 0;  ///< Of all classes and currencies together.
  std::uint64_t checksum = 0;

  void add(const EntryFacts& facts);
  friend bool operator==(const EntrySums&, const EntrySums&) = default;
};

}  // namespace costops::storage
