// clickhouse_ledger.cc - opening a ledger on a ClickHouse server, and what is known of its batches.
#include "storage/clickhouse_ledger.h"

#include "storage/ledger_columns.h"

namespace costops::storage {
namespace {

std::string spool_folder(const ClickhouseUrl& url) {
  return url.spool + "/" + to_string(record_id("spool", {url.text()}));
}

std::string entries_sql() {
  std::string sql =
      "CREATE TABLE IF NOT EXISTS entries (batch UInt64, used_at Int64, id_high UInt64, "
      "id_low UInt64, history_line UInt32, recorded_at Int64, time_given UInt8";
  for (std::size_t d = 0; d < kDimensionCount; ++d) {
    sql += ", " + id_column(static_cast<Dimension>(d)) + " UInt64";
  }
  sql += ", currency String, status UInt8, price_number Int32, reason_id UInt64, why String";
  for (const Meter meter : kColumnMeters) sql.append(", ").append(to_string(meter)) += " Int64";
  sql += ", more_meters Array(String), more_quantities Array(Int64)";
  for (const std::string_view cost : kCostColumns) sql.append(", ").append(cost) += " Int64";
  return sql +
         ", reported_cost_pico Decimal(38, 0), reported_currency String, records Int32, "
         "unpriced Int32, grows UInt8, call_status UInt8, context_window Int64, latency_ms Int64, "
         "time_to_first_token_ms Int64, ingested_at Int64, line UInt64, source_id String, "
         "metadata String) ENGINE = ReplacingMergeTree "
         "ORDER BY (used_at, id_high, id_low, history_line)";
}

}  // namespace

std::string in_batches(std::uint64_t last) {
  return "batch IN (SELECT batch FROM batches WHERE batch <= toUInt64(" + std::to_string(last) +
         "))";
}

Result<std::unique_ptr<Ledger>> ClickhouseLedger::open(const ClickhouseUrl& url, OpenMode mode) {
  if (url.spool.empty() && mode != OpenMode::read_only) {
    return fail(ErrorCode::invalid_input, "ledger " + url.text() +
                                              " lacks a folder for batches on their way: give " +
                                              url.text() + "?spool=FOLDER");
  }
  std::unique_ptr<ClickhouseLedger> ledger(new ClickhouseLedger(url, mode, spool_folder(url)));
  if (auto ready = ledger->prepare_tables(); !ready) return fail(ready.error());
  if (mode == OpenMode::read_only) return ledger;
  const auto lock = ledger->spool_.lock();
  if (!lock) return fail(lock.error());
  for (const std::uint64_t batch : ledger->spool_.pending()) {
    if (auto sent = ledger->send(batch); !sent) return fail(sent.error());
  }
  return ledger;
}

Result<void> ClickhouseLedger::prepare_tables() {
  const std::string& database = server_.url().database;
  const auto there = server_.ask_outside("SELECT count() FROM system.tables WHERE database = '" +
                                         database + "' AND name = 'batches' FORMAT RowBinary");
  if (!there) return fail(there.error());
  if (RowBinaryReader(*there).number<std::uint64_t>() == 1) return {};
  if (mode_ != OpenMode::create) {
    return fail(ErrorCode::not_found,
                "no ledger at " + url() + ": create it with `cost-ops init` or by ingesting");
  }
  const auto made = server_.ask_outside("CREATE DATABASE IF NOT EXISTS `" + database + "`");
  if (!made) return fail(made.error());
  // `batches` is last: with it, the others are there.
  for (const std::string& sql : {
           entries_sql(),
           std::string("CREATE TABLE IF NOT EXISTS texts (number UInt64, value String, "
                       "tags Array(UInt64)) ENGINE = ReplacingMergeTree ORDER BY number"),
           std::string("CREATE TABLE IF NOT EXISTS notes (batch UInt64, position UInt32, "
                       "kind UInt8, name String, recorded_at Int64, id_high UInt64, "
                       "id_low UInt64, numbers Array(Int64), texts Array(String)) "
                       "ENGINE = ReplacingMergeTree ORDER BY (kind, batch, position)"),
           std::string("CREATE TABLE IF NOT EXISTS batches (batch UInt64, recorded_at Int64, "
                       "entries UInt64, first_used_at Int64, last_used_at Int64) "
                       "ENGINE = ReplacingMergeTree ORDER BY batch"),
       }) {
    if (auto done = server_.ask(sql); !done) return fail(done.error());
  }
  return {};
}

Result<std::uint64_t> ClickhouseLedger::last_batch() const {
  const auto answer = server_.ask("SELECT max(batch) FROM batches FORMAT RowBinary");
  if (!answer) return fail(answer.error());
  RowBinaryReader in(*answer);
  const auto last = in.number<std::uint64_t>();
  if (in.failed()) return fail(half_an_answer());
  return last;
}

Result<std::optional<TimeRange>> ClickhouseLedger::extent() const {
  const auto answer = server_.ask(
      "SELECT sum(entries), min(first_used_at), max(last_used_at) FROM batches "
      "WHERE entries > 0 FORMAT RowBinary");
  if (!answer) return fail(answer.error());
  RowBinaryReader in(*answer);
  if (!in.more() || in.number<std::uint64_t>() == 0) return std::nullopt;
  const auto first = in.number<std::int64_t>();
  const auto last = in.number<std::int64_t>();
  if (in.failed()) return fail(half_an_answer());
  return TimeRange{Instant(Microseconds(first)), Instant(Microseconds(last + 1))};
}

}  // namespace costops::storage
