// record_batch.h - records of a ledger as columns, as they are now: how many of them leave it.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string_view>
#include <vector>

#include "costops/domain/charge.h"
#include "costops/domain/identity.h"
#include "costops/domain/usage_batch.h"

namespace costops::storage {

/// The texts of a scan that are read at all: each costs.
struct RecordTextsWanted {
  std::bitset<kDimensionCount> dimensions;
  bool source_ids = false, metadata = false;
  [[nodiscard]] static RecordTextsWanted all() {
    RecordTextsWanted wanted;
    wanted.dimensions.set();
    wanted.source_ids = wanted.metadata = true;
    return wanted;
  }
};

/// Some records after their last adjustment. Columns have `rows` rows, but texts that were not
/// asked for and meters that no record of the batch counts: those are empty. Texts are views, valid
/// during the visit; Dimension::tags is one JSON array text, as in UsageBatch.
struct RecordBatch {
  std::size_t rows = 0;
  std::vector<RecordId> ids;
  std::vector<std::int64_t> at;            ///< UTC microseconds: the time it counts at.
  std::vector<std::uint8_t> at_given;      ///< 0: the source gave no time.
  std::vector<std::int64_t> recorded_at;   ///< When the ledger first took it.
  std::vector<std::int64_t> corrected_at;  ///< Of its last adjustment; kNone: never adjusted.
  std::array<std::vector<std::string_view>, kDimensionCount> dimensions;
  std::vector<std::string_view> source_ids, metadata;
  std::vector<std::string_view> currencies, price_ids, reasons;
  std::vector<PricingStatus> status;
  std::vector<CallStatus> call_status;
  std::array<std::vector<std::int64_t>, kMeterCount> quantities;
  std::array<std::vector<std::int64_t>, kCostClassCount> pico;
  std::vector<Int128> reported_pico;
  std::vector<std::string_view> reported_currencies;  ///< "": none reported.
  /// UsageBatch::kNone where absent.
  std::vector<std::int64_t> context_window, latency_ms, time_to_first_token_ms, ingested_at, line;

  void clear();
};

}  // namespace costops::storage
