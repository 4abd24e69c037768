// clickhouse_verify.cc - whether every batch still is what was written.
#include <map>

#include "storage/clickhouse_ledger.h"
#include "storage/clickhouse_schema.h"

namespace costops::storage {
namespace {

using TotalsOfBatches = std::map<std::uint64_t, ClickhouseTotals>;

Result<TotalsOfBatches> read_totals(const ClickhouseSnapshot& snapshot, std::size_t shard,
                                    const std::string& columns, const std::string& table) {
  const auto answer =
      snapshot.ask(shard, "SELECT batch, " + columns + " FROM " + table + " WHERE " +
                              snapshot.holds(shard) + " GROUP BY batch FORMAT RowBinary");
  if (!answer) return fail(answer.error());
  TotalsOfBatches all;
  RowBinaryReader in(*answer);
  while (in.more()) {
    ClickhouseTotals& totals = all[in.number<std::uint64_t>()];
    totals.entries = in.number<std::uint64_t>();
    totals.quantity = in.number<Int128>();
    totals.cost_pico = in.number<Int128>();
    totals.checksum = in.number<std::uint64_t>();
  }
  if (in.failed()) return fail(half_an_answer());
  return all;
}

std::string differences(const ClickhouseTotals& held, const ClickhouseTotals& written) {
  std::string text;
  const auto add = [&](std::string_view what, Int128 now, Int128 then) {
    if (now == then) return;
    text.append(text.empty() ? "" : ", ").append(what).append(" ");
    text += to_string(now) + " instead of " + to_string(then);
  };
  add("entries", Int128{held.entries}, Int128{written.entries});
  add("quantity", held.quantity, written.quantity);
  add("cost in pico-units", held.cost_pico, written.cost_pico);
  if (text.empty() && held.checksum != written.checksum) return "another checksum";
  return text;
}

}  // namespace

Result<IntegrityReport> ClickhouseLedger::verify() const {
  const auto seen = snapshot();
  if (!seen) return fail(seen.error());
  IntegrityReport report;
  for (std::size_t shard = 0; shard < seen->shards(); ++shard) {
    const auto written = read_totals(
        *seen, shard, "any(entries), any(quantity), any(cost_pico), any(checksum)", "batches");
    if (!written) return fail(written.error());
    auto held = read_totals(*seen, shard, clickhouse_totals_sql(), "entries");
    if (!held) return fail(held.error());
    if (shard == 0) report.batches = written->size() - written->count(kUnseenBatch);
    for (const auto& [batch, totals] : *written) {
      const std::string wrong = differences((*held)[batch], totals);
      if (wrong.empty()) continue;
      report.findings.push_back("batch " + std::to_string(batch) + " on shard " +
                                std::to_string(shard + 1) + " has " + wrong);
    }
  }
  return report;
}

}  // namespace costops::storage
