// clickhouse_scan.cc - records in order: page by page from each shard, merged.
#include <algorithm>
#include <deque>
#include <iterator>

#include "storage/clickhouse_ledger.h"

namespace costops::storage {

/// The records of one shard, in order.
class ClickhouseLedger::Cursor {
 public:
  Cursor(const ClickhouseSnapshot& snapshot, std::size_t shard, std::string condition,
         const Prices& prices)
      : snapshot_(snapshot), shard_(shard), condition_(std::move(condition)), prices_(prices) {}

  /// The next record, or null at the end.
  Result<const StoredRecord*> next() {
    while (records_.empty() && !ended_) {
      if (auto done = fetch(); !done) return fail(done.error());
    }
    return records_.empty() ? nullptr : &records_.front().record;
  }
  void pop() { records_.pop_front(); }

 private:
  Result<void> fetch();

  const ClickhouseSnapshot& snapshot_;
  std::size_t shard_;
  std::string condition_, after_;
  const Prices& prices_;
  std::size_t page_ = 20'000;
  std::deque<Loaded> records_;
  bool ended_ = false;
};

Result<void> ClickhouseLedger::Cursor::fetch() {
  const auto answer = snapshot_.ask(
      shard_, "SELECT " + clickhouse_columns() + " FROM entries WHERE " + snapshot_.holds(shard_) +
                  condition_ + after_ + " ORDER BY used_at, id_high, id_low, history_line LIMIT " +
                  std::to_string(page_) + " FORMAT RowBinary");
  if (!answer) return fail(answer.error());
  auto records = load(snapshot_, shard_, *answer, prices_);
  if (!records) return fail(records.error());
  std::size_t entries = 0;
  for (const Loaded& loaded : *records) entries += loaded.entries;
  if (entries < page_) {
    ended_ = true;
  } else if (records->size() == 1) {  // The page ends within its history.
    page_ *= 2;
    return {};
  } else {
    records->pop_back();
  }
  if (records->empty()) return {};
  const StoredRecord& end = records->back().record;
  const std::string at = "toInt64(" + std::to_string(end.at.time_since_epoch().count()) + ")";
  const std::string high = "toUInt64(" + std::to_string(end.usage.id.high) + ")";
  const std::string low = "toUInt64(" + std::to_string(end.usage.id.low) + ")";
  after_ = " AND used_at >= " + at + " AND (used_at > " + at + " OR id_high > " + high +
           " OR (id_high = " + high + " AND id_low > " + low + "))";
  std::ranges::move(*records, std::back_inserter(records_));
  return {};
}

Result<void> ClickhouseLedger::scan(const Query& selection,
                                    const std::function<bool(const StoredRecord&)>& visit) const {
  const auto seen = snapshot();
  if (!seen) return fail(seen.error());
  const auto known = prices(*seen);
  if (!known) return fail(known.error());
  std::deque<Cursor> cursors;
  for (std::size_t shard = 0; shard < seen->shards(); ++shard) {
    cursors.emplace_back(*seen, shard, clickhouse_where(selection), *known);
  }
  for (;;) {
    Cursor* first = nullptr;
    const StoredRecord* record = nullptr;
    for (Cursor& cursor : cursors) {
      const auto next = cursor.next();
      if (!next) return fail(next.error());
      if (*next == nullptr) continue;
      const bool before = record == nullptr || std::pair((*next)->at, (*next)->usage.id) <
                                                   std::pair(record->at, record->usage.id);
      if (!before) continue;
      first = &cursor;
      record = *next;
    }
    if (record == nullptr || !visit(*record)) return {};
    first->pop();
  }
}

}  // namespace costops::storage
