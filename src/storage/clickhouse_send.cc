// clickhouse_send.cc - a spooled batch on its way: what arrived is not sent again, what was
// acknowledged is looked for, and the batch's own rows come last.
#include <unordered_set>

#include "storage/clickhouse_ledger.h"

namespace costops::storage {
namespace {

/// How many rows of the block the server has. Texts have no batch: their numbers are looked for.
Result<std::uint64_t> rows_at(const ClickhouseServer& server, std::uint64_t batch,
                              const SpooledBlock& block) {
  Result<std::string> answer;
  if (block.table == "texts") {
    RowBinaryWriter asked;
    RowBinaryReader in(block.bytes);
    while (in.more()) {
      asked.number(in.number<std::uint64_t>());
      static_cast<void>(in.text());
      for (auto tags = in.length(); tags > 0 && !in.failed(); --tags) {
        static_cast<void>(in.number<std::uint64_t>());
      }
    }
    answer =
        server.ask("SELECT uniqExact(number) FROM texts WHERE number IN asked FORMAT RowBinary",
                   {"number UInt64", asked.bytes()});
  } else {
    std::string statement = "SELECT count() FROM " + block.table + " WHERE batch = toUInt64(" +
                            std::to_string(batch) + ")";
    if (block.table == "entries") {  // Rows are in the order of time: only these are read.
      statement += " AND used_at >= toInt64(" + std::to_string(block.first) +
                   ") AND used_at <= toInt64(" + std::to_string(block.last) + ")";
    }
    answer = server.ask(statement + " FORMAT RowBinary");
  }
  if (!answer) return fail(answer.error());
  RowBinaryReader in(*answer);
  const auto rows = in.number<std::uint64_t>();
  if (in.failed() || in.more()) return fail(half_an_answer());
  return rows;
}

Error miscounted(std::uint64_t batch, const SpooledBlock& block, std::uint64_t rows) {
  return {ErrorCode::io_error, "the server holds " + std::to_string(rows) + " of " +
                                   std::to_string(block.rows) + " rows of " + block.table +
                                   " in batch " + std::to_string(batch)};
}

}  // namespace

Result<void> ClickhouseLedger::require_there(std::uint64_t batch, const SpooledBlock& block) const {
  const Patience patience(kCatchUp);
  for (;;) {
    const auto rows = rows_there(batch, block);
    if (!rows) return fail(rows.error());
    if (*rows == block.rows) return {};
    // Another replica may have answered before it fetched them.
    if (!cluster_->is_replicated() || !patience.pause()) {
      return fail(miscounted(batch, block, *rows));
    }
  }
}

Result<std::uint64_t> ClickhouseLedger::rows_there(std::uint64_t batch,
                                                   const SpooledBlock& block) const {
  const auto server = cluster_->complete_replica(block.shard);
  if (!server) return fail(server.error());
  auto rows = rows_at(**server, batch, block);
  if (rows && *rows > block.rows) {  // Sent twice: the table makes one of equal rows.
    const auto merged = (*server)->ask("OPTIMIZE TABLE " + block.table + " FINAL");
    if (!merged) return fail(merged.error());
    rows = rows_at(**server, batch, block);
  }
  return rows;
}

/// What was sent before may not have ended: a server works on although its client is gone.
Result<void> ClickhouseLedger::await_end(std::size_t shard, const std::string& name) const {
  const Patience patience(cluster_->url().timeout);
  for (const ClickhouseServer* const server : cluster_->servers_of(shard)) {
    for (;;) {
      const auto answer = server->ask_outside(
          "SELECT count() FROM system.processes WHERE query_id = '" + name + "' FORMAT RowBinary");
      if (!answer || RowBinaryReader(*answer).number<std::uint64_t>() == 0) break;
      if (patience.pause()) continue;
      return fail(ErrorCode::io_error, "the ClickHouse server " + server->name() +
                                           " still works on what it was sent as " + name);
    }
  }
  return {};
}

Result<void> ClickhouseLedger::send_block(std::uint64_t batch, Attempt attempt,
                                          const SpooledBlock& block) const {
  if (block.rows == 0) return {};
  const std::string name = "cost-ops-" + std::to_string(batch) + "-" + block.table;
  if (attempt == Attempt::repeated) {
    if (auto ended = await_end(block.shard, name); !ended) return ended;
    const auto rows = rows_there(batch, block);
    if (!rows) return fail(rows.error());
    if (*rows == block.rows) return {};
    // A replicated table knows the part that it has; another one would take it twice.
    if (*rows != 0 && block.table != "texts" && !cluster_->is_replicated()) {
      return fail(miscounted(batch, block, *rows));
    }
  }
  if (auto sent = cluster_->insert(block.shard, block.table, block.bytes, name); !sent) return sent;
  return require_there(batch, block);
}

Result<void> ClickhouseLedger::send_blocks(std::uint64_t batch, Attempt attempt,
                                           std::span<const SpooledBlock> blocks) const {
  const std::size_t shards = cluster_->used_shards();
  for (const SpooledBlock& block : blocks) {
    if (block.shard < shards) continue;
    return fail(ErrorCode::io_error, "batch " + std::to_string(batch) + " is for shard " +
                                         std::to_string(block.shard + 1) +
                                         ", which the ledger does not have");
  }
  // All that a batch says, then its rows of `batches`: of shard 0, where it begins to count, last.
  auto done = in_parallel(shards, [&](std::size_t shard) -> Result<void> {
    for (const SpooledBlock& block : blocks) {
      if (block.shard != shard || block.table == "batches") continue;
      if (auto sent = send_block(batch, attempt, block); !sent) return sent;
    }
    return {};
  });
  for (const bool home : {false, true}) {
    for (const SpooledBlock& block : blocks) {
      if (!done || block.table != "batches" || (block.shard == 0) != home) continue;
      done = send_block(batch, attempt, block);
    }
  }
  return done;
}

Result<void> ClickhouseLedger::send_again(std::uint64_t batch) const {
  const auto blocks = spool_.blocks(batch);
  if (!blocks) return fail(blocks.error());
  return send(batch, Attempt::repeated, *blocks);
}

Result<void> ClickhouseLedger::send(std::uint64_t batch, Attempt attempt,
                                    std::span<const SpooledBlock> blocks) const {
  if (auto sent = send_blocks(batch, attempt, blocks); !sent) {
    return fail(sent.error().code, sent.error().message + "; the batch is kept in " +
                                       spool_.file(batch) + " and the next run sends it");
  }
  return spool_.drop(batch);
}

}  // namespace costops::storage
