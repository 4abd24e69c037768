// clickhouse_entry.h - rows of `entries` on their way to the servers.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "costops/storage/ledger.h"
#include "storage/clickhouse_totals.h"
#include "storage/row_binary.h"

namespace costops::storage {

/// The number of a text: 0 for the empty one, else a hash of its bytes.
[[nodiscard]] std::uint64_t text_number(std::string_view text);

/// A row of `entries`: texts by their numbers, times in UTC microseconds, absent numbers
/// UsageBatch::kNone.
struct ClickhouseEntry {
  RecordId id;
  std::int64_t used_at = 0;
  bool time_given = false;
  std::uint32_t line = 0;  ///< Of the record's history; 0 is the record itself.
  std::int64_t recorded_at = 0;
  std::array<std::uint64_t, kDimensionCount> dimensions{};
  Currency currency;
  PricingStatus status = PricingStatus::unpriced;
  std::int32_t price = 0;
  std::uint64_t reason = 0;
  std::string_view what;
  std::array<std::int64_t, kColumnMeters.size()> quantities{};
  std::span<const std::pair<Meter, std::int64_t>> more;  ///< Of other meters; none is zero.
  std::array<std::int64_t, kCostClassCount> pico{};
  Amount reported_cost;
  Currency reported_currency;  ///< None where no cost was reported.
  std::int32_t records = 0, unpriced = 0;
  bool grows = false;
  CallStatus call_status{};
  std::int64_t context_window = 0;
  std::int64_t latency_ms = UsageBatch::kNone, time_to_first_token_ms = UsageBatch::kNone;
  std::int64_t ingested_at = UsageBatch::kNone;
  std::uint64_t source_line = 0;
  std::string_view source_id, metadata;

  void write(RowBinaryWriter& out, std::uint64_t batch) const;
  void add_to(ClickhouseTotals& totals) const;
};

/// Entries of the records of one batch, straight from its columns. Each distinct text is hashed
/// once.
class ClickhouseColumns {
 public:
  ClickhouseColumns(const LedgerBatch& batch, std::size_t shards);

  /// The entry of a record that comes in: identity, time and dimensions of `row`, measures and
  /// price of `largest`. Valid until the next one.
  [[nodiscard]] ClickhouseEntry entry(std::uint32_t row, std::uint32_t largest);
  /// Calls `visit(text)` for each text of `row` and its `largest` that is new on the shard.
  template <typename Visit>
  void for_each_new_text(std::uint32_t row, std::uint32_t largest, std::size_t shard,
                         const Visit& visit);

 private:
  /// Texts by their codes.
  struct Texts {
    std::vector<std::uint64_t> numbers;      ///< 0: not asked for yet.
    std::vector<std::vector<bool>> written;  ///< For each shard.
    Texts(std::size_t codes, std::size_t shards)
        : numbers(codes), written(shards, std::vector<bool>(codes)) {}
  };
  void add_measures(std::uint32_t row, ClickhouseEntry& entry);

  const LedgerBatch& batch_;
  std::vector<Texts> dimensions_;
  Texts reasons_;
  std::vector<Meter> more_meters_;  ///< Those of the batch that have no column.
  std::vector<std::pair<Meter, std::int64_t>> more_;
};

template <typename Visit>
void ClickhouseColumns::for_each_new_text(std::uint32_t row, std::uint32_t largest,
                                          std::size_t shard, const Visit& visit) {
  for (std::size_t d = 0; d < kDimensionCount; ++d) {
    const auto dimension = static_cast<Dimension>(d);
    const std::uint32_t code = batch_.usage->codes(dimension)[row];
    std::vector<bool>& written = dimensions_[d].written[shard];
    if (written[code]) continue;
    written[code] = true;
    visit(batch_.usage->dictionary(dimension).text_of(code));
  }
  const std::uint32_t reason = batch_.reason[largest];
  if (reasons_.written[shard][reason]) return;
  reasons_.written[shard][reason] = true;
  visit(batch_.reasons[reason]);
}

}  // namespace costops::storage
