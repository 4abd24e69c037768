// clickhouse_entry.cc - columns of `entries` in their order.
#include "storage/clickhouse_entry.h"

#include <algorithm>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace costops::storage {

std::uint64_t text_number(std::string_view text) {
  if (text.empty()) return 0;
  return std::max<std::uint64_t>(XXH3_64bits(text.data(), text.size()), 1);
}

void ClickhouseEntry::write(RowBinaryWriter& out, std::uint64_t batch) const {
  out.number(batch).number(used_at).id(id).number(line).number(recorded_at);
  out.number(std::uint8_t{time_given});
  for (const std::uint64_t number : dimensions) out.number(number);
  out.text(currency.code()).number(static_cast<std::uint8_t>(status)).number(price);
  out.number(reason).text(what);
  for (const std::int64_t quantity : quantities) out.number(quantity);
  out.length(more.size());
  for (const auto& [meter, quantity] : more) out.text(to_string(meter));
  out.length(more.size());
  for (const auto& [meter, quantity] : more) out.number(quantity);
  for (const std::int64_t cost : pico) out.number(cost);
  out.number(reported_cost.pico()).text(reported_currency.code());
  out.number(records).number(unpriced).number(std::uint8_t{grows});
  out.number(static_cast<std::uint8_t>(call_status)).number(context_window);
  out.number(latency_ms).number(time_to_first_token_ms).number(ingested_at);
  out.number(source_line).text(source_id).text(metadata);
}

void ClickhouseEntry::add_to(ClickhouseTotals& totals) const {
  const auto bits = [](std::int64_t number) { return static_cast<std::uint64_t>(number); };
  ClickhouseTotals::Numbers numbers{
      bits(used_at), id.high, id.low, line, bits(recorded_at), static_cast<std::uint64_t>(status),
      bits(price),   reason};
  std::size_t next = 8;
  Int128 quantity = 0;
  Int128 cost = 0;
  for (const std::uint64_t number : dimensions) numbers[next++] = number;
  for (const std::int64_t count : quantities) {
    numbers[next++] = bits(count);
    quantity += count;
  }
  for (const auto& [meter, count] : more) quantity += count;
  for (const std::int64_t amount : pico) {
    numbers[next++] = bits(amount);
    cost += amount;
  }
  totals.add(numbers, quantity, cost);
}

ClickhouseColumns::ClickhouseColumns(const LedgerBatch& batch, std::size_t shards)
    : batch_(batch), reasons_(batch.reasons.size(), shards) {
  for (std::size_t d = 0; d < kDimensionCount; ++d) {
    dimensions_.emplace_back(batch.usage->dictionary(static_cast<Dimension>(d)).size(), shards);
  }
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    const auto meter = static_cast<Meter>(i);
    if (batch.usage->meters()[i] && !has_column(meter)) more_meters_.push_back(meter);
  }
}

ClickhouseEntry ClickhouseColumns::entry(std::uint32_t row, std::uint32_t largest) {
  const UsageBatch& usage = *batch_.usage;
  ClickhouseEntry entry;
  entry.id = usage.ids[row];
  entry.time_given = usage.at[row] != UsageBatch::kNone;
  entry.used_at = entry.time_given ? usage.at[row] : batch_.default_at.time_since_epoch().count();
  entry.recorded_at = batch_.recorded_at.time_since_epoch().count();
  for (std::size_t d = 0; d < kDimensionCount; ++d) {
    const auto dimension = static_cast<Dimension>(d);
    const std::uint32_t code = usage.codes(dimension)[row];
    std::uint64_t& number = dimensions_[d].numbers[code];
    if (number == 0) number = text_number(usage.dictionary(dimension).text_of(code));
    entry.dimensions[d] = number;
  }
  add_measures(largest, entry);
  entry.what = "recorded";
  entry.records = 1;
  entry.unpriced = entry.status == PricingStatus::unpriced ? 1 : 0;
  entry.grows = usage.grows[row] != 0;
  entry.call_status = usage.status[row];
  entry.context_window = usage.context_window[row];
  entry.latency_ms = usage.latency_ms[row];
  entry.time_to_first_token_ms = usage.time_to_first_token_ms[row];
  entry.ingested_at = usage.ingested_at[row];
  entry.source_line = usage.line[row];
  entry.source_id = usage.source_ids[row];
  entry.metadata = usage.metadata[row];
  return entry;
}

void ClickhouseColumns::add_measures(std::uint32_t row, ClickhouseEntry& entry) {
  const UsageBatch& usage = *batch_.usage;
  entry.currency = batch_.currency[row];
  entry.status = batch_.status[row];
  const std::uint32_t reason = batch_.reason[row];
  std::uint64_t& number = reasons_.numbers[reason];
  if (number == 0) number = text_number(batch_.reasons[reason]);
  entry.reason = number;
  for (std::size_t i = 0; i < kColumnMeters.size(); ++i) {
    const auto column = usage.quantities(kColumnMeters[i]);
    if (!column.empty()) entry.quantities[i] = column[row];
  }
  more_.clear();
  for (const Meter meter : more_meters_) {
    const std::int64_t quantity = usage.quantities(meter)[row];
    if (quantity != 0) more_.emplace_back(meter, quantity);
  }
  entry.more = more_;
  for (std::size_t c = 0; c < kCostClassCount; ++c) entry.pico[c] = batch_.pico[c][row];
  entry.reported_cost = usage.reported_cost[row];
  entry.reported_currency = usage.reported_currency[row];
}

}  // namespace costops::storage
