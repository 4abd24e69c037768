// record_batch.cc - columns on top of scan(), for backends without a columnar scan of their own.
#include "costops/storage/record_batch.h"

#include "costops/storage/ledger.h"
#include "storage/record_dimensions.h"

namespace costops::storage {
namespace {

constexpr std::size_t kRows = 2048;

std::int64_t microseconds(Instant at) { return at.time_since_epoch().count(); }

std::string tags_text(const UsageRecord& usage) {
  UsageBatch batch;
  UsageRecord tagged;
  tagged.tags = usage.tags;
  batch.append(tagged);
  return std::string(batch.dictionary(Dimension::tags).text_of(batch.codes(Dimension::tags)[0]));
}

}  // namespace

void RecordBatchBuilder::add(const StoredRecord& record) {
  const UsageRecord& usage = record.usage;
  const HistoryLine& now = record.history.back();
  batch_.ids.push_back(usage.id);
  batch_.at.push_back(microseconds(record.at));
  batch_.at_given.push_back(usage.at.has_value());
  batch_.recorded_at.push_back(microseconds(record.history.front().recorded_at));
  batch_.corrected_at.push_back(record.history.size() > 1 ? microseconds(now.recorded_at)
                                                          : UsageBatch::kNone);
  add_dimensions(record);
  if (wanted_.has(RecordColumn::source_ids)) batch_.source_ids.push_back(kept(usage.source_id));
  if (wanted_.has(RecordColumn::metadata)) batch_.metadata.push_back(kept(usage.metadata));
  batch_.currencies.push_back(kept(std::string(now.currency.code())));
  batch_.price_ids.push_back(kept(now.price_id));
  batch_.reasons.push_back(kept(now.reason));
  batch_.status.push_back(now.status);
  batch_.call_status.push_back(usage.status);
  add_measures(record);
  batch_.context_window.push_back(usage.context_window);
  batch_.latency_ms.push_back(usage.latency_ms.value_or(UsageBatch::kNone));
  batch_.time_to_first_token_ms.push_back(usage.time_to_first_token_ms.value_or(UsageBatch::kNone));
  batch_.ingested_at.push_back(usage.ingested_at ? microseconds(*usage.ingested_at)
                                                 : UsageBatch::kNone);
  batch_.line.push_back(static_cast<std::int64_t>(usage.position.line));
  ++batch_.rows;
}

void RecordBatchBuilder::add_dimensions(const StoredRecord& record) {
  const UsageRecord& usage = record.usage;
  const auto add = [&](Dimension dimension, const std::string& text) {
    const auto d = static_cast<std::size_t>(dimension);
    if (wanted_.dimensions[d]) batch_.dimensions[d].push_back(kept(text));
  };
  for_each_dimension_text(usage, add);
  add(Dimension::tags, usage.tags.empty() ? "" : tags_text(usage));
}

void RecordBatchBuilder::add_measures(const StoredRecord& record) {
  const UsageRecord& usage = record.usage;
  const HistoryLine& now = record.history.back();
  for (std::size_t m = 0; m < kMeterCount; ++m) {
    std::vector<std::int64_t>& column = batch_.quantities[m];
    if (usage.quantities[m] == 0 && column.empty()) continue;
    column.resize(batch_.rows, 0);
    column.push_back(usage.quantities[m]);
  }
  for (std::size_t c = 0; c < kCostClassCount; ++c) {
    batch_.pico[c].push_back(static_cast<std::int64_t>(now.costs.by_class[c].pico()));
  }
  const auto& reported = usage.reported_cost;
  batch_.reported_pico.push_back(reported ? reported->amount.pico() : 0);
  batch_.reported_currencies.push_back(reported ? kept(std::string(reported->currency.code()))
                                                : std::string_view());
}

const RecordBatch& RecordBatchBuilder::batch() {
  // A meter whose last rows count nothing ended early: a column is whole or empty.
  for (auto& column : batch_.quantities) {
    if (!column.empty()) column.resize(batch_.rows, 0);
  }
  return batch_;
}

void RecordBatchBuilder::clear() {
  batch_.clear();
  texts_.clear();
}

void RecordBatch::clear() {
  rows = 0;
  for (auto* column : {&at, &recorded_at, &corrected_at, &context_window, &latency_ms,
                       &time_to_first_token_ms, &ingested_at, &line}) {
    column->clear();
  }
  for (auto* texts :
       {&source_ids, &metadata, &currencies, &price_ids, &reasons, &reported_currencies}) {
    texts->clear();
  }
  for (auto& column : dimensions) column.clear();
  for (auto& column : quantities) column.clear();
  for (auto& column : pico) column.clear();
  ids.clear();
  at_given.clear();
  status.clear();
  call_status.clear();
  reported_pico.clear();
}

Result<void> Ledger::scan_batches(
    const Query& selection, const RecordColumnsWanted& wanted,
    const std::function<Result<void>(const RecordBatch&)>& visit) const {
  RecordBatchBuilder gathered(wanted);
  Result<void> visited;
  const auto hand_over = [&] {
    visited = visit(gathered.batch());
    gathered.clear();
    return visited.has_value();
  };
  const auto scanned = scan(selection, [&](const StoredRecord& record) {
    gathered.add(record);
    return gathered.rows() < kRows || hand_over();
  });
  if (!visited) return visited;
  if (!scanned) return scanned;
  if (gathered.rows() > 0) hand_over();
  return visited;
}

}  // namespace costops::storage
