// record_batch.h - records of a ledger as columns, as they are now: how many of them leave it.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/charge.h"
#include "costops/domain/identity.h"
#include "costops/domain/usage_batch.h"

namespace costops::storage {

/// The columns of a batch, the dimensions and meters aside.
enum class RecordColumn : std::uint8_t {
  ids,
  at,
  at_given,
  recorded_at,
  corrected_at,
  source_ids,
  metadata,
  currencies,
  price_ids,
  reasons,
  status,
  call_status,
  pico,
  reported,  ///< reported_pico and reported_currencies.
  context_window,
  latency_ms,
  time_to_first_token_ms,
  ingested_at,
  line
};
inline constexpr std::size_t kRecordColumnCount = 19;

/// What a scan reads at all: each column costs. By itself: nothing but how many rows there are.
struct RecordColumnsWanted {
  std::bitset<kDimensionCount> dimensions;
  std::bitset<kMeterCount> meters;
  std::bitset<kRecordColumnCount> columns;

  [[nodiscard]] static RecordColumnsWanted all() {
    RecordColumnsWanted wanted;
    wanted.dimensions.set();
    wanted.meters.set();
    wanted.columns.set();
    return wanted;
  }
  RecordColumnsWanted& add(RecordColumn column) {
    columns.set(static_cast<std::size_t>(column));
    return *this;
  }
  [[nodiscard]] bool has(RecordColumn column) const {
    return columns.test(static_cast<std::size_t>(column));
  }
};

/// Some records after their last adjustment. Columns have `rows` rows, but those that were not
/// asked for and meters that no record of the batch counts: these may be empty. Texts are views,
/// valid during the visit; Dimension::tags is one JSON array text, as in UsageBatch.
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

struct StoredRecord;

/// Gathers records, as their last line says them, into columns, and owns the texts.
class RecordBatchBuilder {
 public:
  explicit RecordBatchBuilder(const RecordColumnsWanted& wanted) : wanted_(wanted) {}
  /// Requires that the record has a history.
  void add(const StoredRecord& record);
  [[nodiscard]] std::size_t rows() const { return batch_.rows; }
  /// The records so far. Valid until the builder changes.
  [[nodiscard]] const RecordBatch& batch();
  void clear();

 private:
  std::string_view kept(std::string text) { return texts_.emplace_back(std::move(text)); }
  void add_dimensions(const StoredRecord& record);
  void add_measures(const StoredRecord& record);
  RecordColumnsWanted wanted_;
  RecordBatch batch_;
  std::deque<std::string> texts_;
};

}  // namespace costops::storage
