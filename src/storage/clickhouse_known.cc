// clickhouse_known.cc - ids as a stream of 16 bytes each.
#include "storage/clickhouse_known.h"

#include <algorithm>
#include <iterator>

#include "storage/row_binary.h"

namespace costops::storage {
namespace {

constexpr std::uint64_t kMostRecords = 20'000'000;

}  // namespace

Result<bool> ClickhouseKnown::is_ready(const ClickhouseSnapshot& snapshot) {
  if (!asked_) {  // A single batch is looked up more cheaply than all ids are fetched.
    asked_ = true;
    return false;
  }
  if (loaded_ && snapshot.is_of(batches_)) return ids_.size() <= kMostRecords;
  if (!loaded_) {
    const auto records = snapshot.entries();
    if (!records) return fail(records.error());
    if (*records > kMostRecords) return false;
  }
  auto batches = snapshot.batches();
  if (!batches) return fail(batches.error());
  std::vector<std::uint64_t> unseen;
  std::ranges::set_difference(*batches, batches_, std::back_inserter(unseen));
  if (auto done = fetch(snapshot, unseen); !done) return fail(done.error());
  batches_ = std::move(*batches);
  loaded_ = true;
  return ids_.size() <= kMostRecords;
}

Result<void> ClickhouseKnown::fetch(const ClickhouseSnapshot& snapshot,
                                    const std::vector<std::uint64_t>& batches) {
  RowBinaryWriter asked;
  for (const std::uint64_t batch : batches) asked.number(batch);
  if (batches.empty()) return {};
  for (std::size_t shard = 0; shard < snapshot.shards(); ++shard) {
    // A few at a time: the answer stays small.
    constexpr std::uint64_t kParts = 16;
    const std::uint64_t parts = batches.size() < kParts ? 1 : kParts;
    for (std::uint64_t part = 0; part < parts; ++part) {
      const auto answer = snapshot.ask(
          shard,
          "SELECT id_high, id_low FROM entries PREWHERE batch IN asked WHERE "
          "history_line = 0 AND id_high % " +
              std::to_string(parts) + " = " + std::to_string(part) + " FORMAT RowBinary",
          {"batch UInt64", asked.bytes()});
      if (!answer) return fail(answer.error());
      RowBinaryReader in(*answer);
      while (in.more()) ids_.insert(in.id());
      if (in.failed()) return fail(half_an_answer());
    }
  }
  return {};
}

void ClickhouseKnown::add_batch(std::uint64_t batch) {
  if (!loaded_) return;
  batches_.insert(std::ranges::lower_bound(batches_, batch), batch);
}

}  // namespace costops::storage
