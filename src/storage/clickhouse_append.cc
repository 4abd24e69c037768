// clickhouse_append.cc - a batch into the spool, and from there to the server.
#include <algorithm>
#include <random>

#include "storage/clickhouse_ledger.h"
#include "storage/ledger_columns.h"
#include "storage/record_search.h"

namespace costops::storage {
namespace {

constexpr std::uint32_t kNoPrice = UINT32_MAX;

std::int64_t microseconds(Instant at) { return at.time_since_epoch().count(); }

/// Grows with time, and is another one in another process.
std::uint64_t next_batch(std::uint64_t last) {
  constexpr unsigned kRandomBits = 12;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  const std::uint64_t random = std::random_device{}() & ((1U << kRandomBits) - 1);
  return std::max(static_cast<std::uint64_t>(us) << kRandomBits, last + 1) + random;
}

std::array<std::string, kDimensionCount> texts_of(const UsageRecord& usage) {
  return {usage.provider,      usage.model,
          usage.model_version, usage.organization,
          usage.project,       usage.user,
          usage.session,       usage.service_tier,
          usage.region,        usage.speed,
          usage.source_kind,   usage.source_endpoint,
          usage.position.file, usage.tags.empty() ? std::string() : tags_text(usage.tags)};
}

}  // namespace

Result<ClickhouseSpool::Lock> ClickhouseLedger::lock_and_repair() {
  if (mode_ == OpenMode::read_only) {
    return fail(ErrorCode::io_error, "ledger " + url() + " is opened to read only");
  }
  auto lock = spool_.lock();
  if (!lock) return lock;
  for (const std::uint64_t batch : spool_.pending()) {
    if (auto sent = send_again(batch); !sent) return fail(sent.error());
  }
  return lock;
}

Result<ClickhouseLedger::Writing> ClickhouseLedger::begin() {
  auto seen = snapshot();
  if (!seen) return fail(seen.error());
  auto known = prices(*seen);
  if (!known) return fail(known.error());
  Writing writing(std::move(*seen));
  writing.batch = next_batch(writing.snapshot.last());
  writing.prices = std::move(*known);
  writing.shards.resize(cluster_->used_shards());
  for (std::size_t shard = 0; shard < spare_.size(); ++shard) {
    writing.shards[shard].entries.bytes() = std::move(spare_[shard]);
  }
  return writing;
}

void ClickhouseLedger::write_text(ShardRows& rows, std::size_t shard, std::string_view text) {
  const std::uint64_t number = text_number(text);
  if (number == 0 || known_texts_[shard].contains(number)) return;
  if (!rows.new_texts.insert(number).second) return;
  rows.texts.number(number).text(text);
  const auto tags = text.starts_with('[') ? tags_of(text) : std::vector<std::string>();
  rows.texts.length(tags.size());
  for (const std::string& tag : tags) rows.texts.number(text_number(tag));
  ++rows.text_rows;
}

void ClickhouseLedger::write_entry(Writing& writing, std::size_t shard,
                                   const ClickhouseEntry& entry) {
  ShardRows& rows = writing.shards[shard];
  entry.write(rows.entries, writing.batch);
  entry.add_to(rows.totals);
  rows.first = std::min(rows.first, entry.used_at);
  rows.last = std::max(rows.last, entry.used_at);
}

void ClickhouseLedger::write_change(Writing& writing, const Entry& entry) {
  const UsageRecord& usage = *entry.usage;
  const HistoryLine& change = *entry.change;
  const std::size_t shard = cluster_->shard_of(usage.id);
  ShardRows& rows = writing.shards[shard];
  ClickhouseEntry row;
  const auto texts = texts_of(usage);
  for (std::size_t d = 0; d < kDimensionCount; ++d) {
    row.dimensions[d] = text_number(texts[d]);
    write_text(rows, shard, texts[d]);
  }
  write_text(rows, shard, change.reason);
  row.id = usage.id;
  row.used_at = microseconds(entry.at);
  row.time_given = usage.at.has_value();
  row.line = entry.line;
  row.recorded_at = microseconds(change.recorded_at);
  row.currency = change.currency;
  row.status = change.status;
  row.price = change.price;
  row.reason = text_number(change.reason);
  row.what = change.what;
  for (std::size_t i = 0; i < kColumnMeters.size(); ++i) {
    row.quantities[i] = at(change.quantities, kColumnMeters[i]);
  }
  std::vector<std::pair<Meter, std::int64_t>> more;
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    const auto meter = static_cast<Meter>(i);
    if (change.quantities[i] != 0 && !has_column(meter))
      more.emplace_back(meter, change.quantities[i]);
  }
  row.more = more;
  for (std::size_t c = 0; c < kCostClassCount; ++c) {
    row.pico[c] = static_cast<std::int64_t>(change.costs.by_class[c].pico());
  }
  if (change.reported_cost) {
    row.reported_cost = change.reported_cost->amount;
    row.reported_currency = change.reported_cost->currency;
  }
  row.records = entry.records;
  row.unpriced = entry.unpriced;
  row.grows = usage.grows;
  row.call_status = usage.status;
  row.context_window = usage.context_window;
  row.latency_ms = usage.latency_ms.value_or(UsageBatch::kNone);
  row.time_to_first_token_ms = usage.time_to_first_token_ms.value_or(UsageBatch::kNone);
  row.ingested_at = usage.ingested_at ? microseconds(*usage.ingested_at) : UsageBatch::kNone;
  row.source_line = usage.position.line;
  row.source_id = usage.source_id;
  row.metadata = usage.metadata;
  write_entry(writing, shard, row);
}

void ClickhouseLedger::write_note(Writing& writing, const Note& note) {
  RowBinaryWriter& out = writing.notes;
  out.number(writing.batch).number(static_cast<std::uint32_t>(writing.note_rows++));
  out.number(static_cast<std::uint8_t>(note.kind)).text(note.name).number(note.recorded_at);
  out.id(note.id).length(note.numbers.size());
  for (const std::int64_t number : note.numbers) out.number(number);
  out.length(note.texts.size());
  for (const std::string& text : note.texts) out.text(text);
}

std::int32_t ClickhouseLedger::price_number(Writing& writing, const PriceUsed& price,
                                            Instant recorded_at) {
  const RecordId identity = record_id("price", {price.id, price.definition});
  auto number = static_cast<std::int32_t>(identity.low & INT32_MAX);
  for (;; number = number == INT32_MAX ? 1 : number + 1) {
    if (number == 0) continue;
    const auto known = writing.prices.find(number);
    if (known == writing.prices.end()) break;
    if (known->second.id == price.id && known->second.definition == price.definition) {
      return number;
    }
  }
  writing.prices[number] = price;
  write_note(writing, {.kind = NoteKind::price,
                       .name = price.id,
                       .recorded_at = microseconds(recorded_at),
                       .id = {},
                       .numbers = {number},
                       .texts = {price.definition}});
  return number;
}

void ClickhouseLedger::write_records(Writing& writing, const LedgerBatch& batch) {
  ClickhouseColumns columns(batch, writing.shards.size());
  std::vector<std::int32_t> prices(batch.prices.size());
  for (const auto& [row, largest] : admission_.insertions()) {
    const std::size_t shard = cluster_->shard_of(batch.usage->ids[row]);
    columns.for_each_new_text(row, largest, shard, [&](std::string_view text) {
      write_text(writing.shards[shard], shard, text);
    });
    ClickhouseEntry entry = columns.entry(row, largest);
    if (const std::uint32_t price = batch.price[largest]; price != kNoPrice) {
      std::int32_t& number = prices[price];
      if (number == 0) number = price_number(writing, batch.prices[price], batch.recorded_at);
      entry.price = number;
    }
    write_entry(writing, shard, entry);
  }
}

std::uint32_t ClickhouseLedger::write_adjustments(Writing& writing, const Loaded& loaded,
                                                  const HistoryLine& target) {
  std::uint32_t line = loaded.entries;
  for (const Adjustment& adjustment : adjustments_between(loaded.record.history.back(), target)) {
    write_change(writing, {.usage = &loaded.record.usage,
                           .at = loaded.record.at,
                           .line = line++,
                           .change = &adjustment.change,
                           .records = adjustment.records,
                           .unpriced = adjustment.unpriced});
  }
  return line - loaded.entries;
}

Result<void> ClickhouseLedger::write_growths(Writing& writing, const LedgerBatch& batch,
                                             AppendCounts& counts) {
  std::map<RecordId, std::uint32_t> rows;
  std::vector<RecordId> ids;
  for (const std::uint32_t row : admission_.growths()) {
    rows[batch.usage->ids[row]] = row;
    ids.push_back(batch.usage->ids[row]);
  }
  const auto records = load_ids(writing.snapshot, ids);
  if (!records) return fail(records.error());
  for (const Loaded& loaded : *records) {
    const std::uint32_t row = rows[loaded.record.usage.id];
    const std::uint32_t price = batch.price[row];
    HistoryLine target = line_of(
        batch, row,
        price == kNoPrice ? 0 : price_number(writing, batch.prices[price], batch.recorded_at));
    target.what = "grown";
    add_difference(loaded.record.history.back(), target, counts.cost);
    write_adjustments(writing, loaded, target);
  }
  return {};
}

Result<void> ClickhouseLedger::judge(const Writing& writing, const LedgerBatch& batch) {
  const auto look_up = [&](std::span<const RecordId> ids) -> Result<std::vector<KnownRecord>> {
    const auto records = load_ids(writing.snapshot, ids);
    if (!records) return fail(records.error());
    std::vector<KnownRecord> known;
    for (const Loaded& loaded : *records) known.push_back(known_of(loaded.record));
    return known;
  };
  const auto ready = known_.is_ready(writing.snapshot);
  if (!ready) return fail(ready.error());
  if (!*ready)
    return admission_.judge(
        batch, [](RecordId) { return true; }, look_up);
  std::vector<std::uint32_t> suspects;
  known_.insert_all(batch.usage->ids, suspects);
  return admission_.judge(batch, suspects, look_up);
}

Result<AppendCounts> ClickhouseLedger::append(const LedgerBatch& batch) {
  const auto lock = lock_and_repair();
  if (!lock) return fail(lock.error());
  auto writing = begin();
  if (!writing) return fail(writing.error());
  if (auto judged = judge(*writing, batch); !judged) return fail(judged.error());
  AppendCounts counts = admission_.counts(batch);
  write_records(*writing, batch);
  admission_.add_costs(batch, counts.cost);
  if (auto done = write_growths(*writing, batch, counts); !done) return fail(done.error());
  write_quarantined(*writing, batch.quarantined);
  write_quarantined(*writing, admission_.doubtful(batch));
  write_journal(*writing, batch.journal);
  if (auto done = commit(*writing, batch.recorded_at); !done) return fail(done.error());
  return counts;
}

Result<std::uint64_t> ClickhouseLedger::reprice(std::span<const Repricing> corrections,
                                                std::span<const PriceUsed> prices,
                                                Instant recorded_at) {
  const auto lock = lock_and_repair();
  if (!lock) return fail(lock.error());
  auto writing = begin();
  if (!writing) return fail(writing.error());
  std::vector<RecordId> ids;
  for (const Repricing& correction : corrections) ids.push_back(correction.id);
  auto loaded = load_ids(writing->snapshot, ids);
  if (!loaded) return fail(loaded.error());
  std::map<RecordId, Loaded*> records;
  for (Loaded& record : *loaded) records[record.record.usage.id] = &record;
  std::uint64_t changed = 0;
  for (const Repricing& correction : corrections) {
    const auto found = records.find(correction.id);
    if (found == records.end()) return fail(nothing_to_reprice(correction.id));
    const std::int32_t price = correction.price == kNoPrice
                                   ? 0
                                   : price_number(*writing, prices[correction.price], recorded_at);
    Loaded& record = *found->second;
    const HistoryLine& now = record.record.history.back();
    auto target = corrected(now, correction, price);
    if (!target) return fail(target.error());
    if (same_state(now, *target)) continue;
    target->recorded_at = recorded_at;
    target->what = "repriced";
    // A later correction of the same record builds on this one.
    record.entries += write_adjustments(*writing, record, *target);
    record.record.history.push_back(std::move(*target));
    ++changed;
  }
  if (auto done = commit(*writing, recorded_at); !done) return fail(done.error());
  return changed;
}

Result<void> ClickhouseLedger::commit(Writing& writing, Instant recorded_at) {
  std::vector<SpooledBlock> blocks;
  std::uint64_t rows = writing.note_rows;
  for (std::uint32_t shard = 0; shard < writing.shards.size(); ++shard) {
    ShardRows& part = writing.shards[shard];
    rows += part.totals.entries;
    blocks.push_back({.shard = shard,
                      .table = "texts",
                      .rows = part.text_rows,
                      .bytes = std::move(part.texts.bytes())});
    blocks.push_back({.shard = shard,
                      .table = "entries",
                      .rows = part.totals.entries,
                      .first = part.first,
                      .last = part.last,
                      .bytes = std::move(part.entries.bytes())});
    RowBinaryWriter last;
    last.number(writing.batch).number(microseconds(recorded_at)).number(part.totals.entries);
    last.number(part.first).number(part.last).number(part.totals.quantity);
    last.number(part.totals.cost_pico).number(part.totals.checksum);
    last.number(shard == 0 ? writing.note_rows : std::uint64_t{0});
    blocks.push_back(
        {.shard = shard, .table = "batches", .rows = 1, .bytes = std::move(last.bytes())});
  }
  if (rows == 0) return {};
  blocks.push_back(
      {.table = "notes", .rows = writing.note_rows, .bytes = std::move(writing.notes.bytes())});
  if (auto kept = spool_.keep(writing.batch, blocks); !kept) return kept;
  if (auto sent = send(writing.batch, Attempt::first, blocks); !sent) return sent;
  spare_.resize(writing.shards.size());
  for (SpooledBlock& block : blocks) {
    if (block.table != "entries") continue;
    block.bytes.clear();
    spare_[block.shard] = std::move(block.bytes);
  }
  known_.add_batch(writing.batch);
  for (std::size_t shard = 0; shard < writing.shards.size(); ++shard) {
    known_texts_[shard].merge(writing.shards[shard].new_texts);
  }
  return {};
}

}  // namespace costops::storage
