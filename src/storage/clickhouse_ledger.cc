// clickhouse_ledger.cc - opening a ledger on ClickHouse, and when its records are from.
#include "storage/clickhouse_ledger.h"

#include <algorithm>

#include "storage/clickhouse_schema.h"

namespace costops::storage {

Result<std::unique_ptr<Ledger>> ClickhouseLedger::open(const ClickhouseUrl& url, OpenMode mode) {
  if (url.spool.empty() && mode != OpenMode::read_only) {
    return fail(ErrorCode::invalid_input,
                "ledger " + url.text() + " lacks a folder for batches on their way: give " +
                    url.text() + (url.cluster.empty() ? "?" : "&") + "spool=FOLDER");
  }
  auto cluster = ClickhouseCluster::connect(url);
  if (!cluster) return fail(cluster.error());
  const auto layout = prepare_clickhouse_tables(**cluster, mode);
  if (!layout) return fail(layout.error());
  (*cluster)->use_shards(layout->shards);
  std::unique_ptr<ClickhouseLedger> ledger(new ClickhouseLedger(std::move(*cluster), mode));
  ledger->known_texts_.resize(layout->shards);
  if (mode == OpenMode::read_only) return ledger;
  // Named by the ledger, not by the URL: a server may get another name.
  ledger->spool_ = ClickhouseSpool(url.spool + "/" + to_string(layout->ledger));
  if (const auto lock = ledger->lock_and_repair(); !lock) return fail(lock.error());
  return ledger;
}

Result<std::optional<TimeRange>> ClickhouseLedger::extent() const {
  const auto seen = snapshot();
  if (!seen) return fail(seen.error());
  const auto answers = seen->ask_each([&](std::size_t shard) {
    return "SELECT sum(entries), min(first_used_at), max(last_used_at) FROM batches WHERE "
           "entries > 0 AND " +
           seen->holds(shard) + " FORMAT RowBinary";
  });
  if (!answers) return fail(answers.error());
  std::optional<TimeRange> extent;
  for (const std::string& answer : *answers) {
    RowBinaryReader in(answer);
    if (!in.more() || in.number<std::uint64_t>() == 0) continue;
    const Instant first{Microseconds(in.number<std::int64_t>())};
    const Instant end{Microseconds(in.number<std::int64_t>() + 1)};
    if (in.failed()) return fail(half_an_answer());
    extent = extent ? TimeRange{std::min(extent->from, first), std::max(extent->to, end)}
                    : TimeRange{first, end};
  }
  return extent;
}

}  // namespace costops::storage
