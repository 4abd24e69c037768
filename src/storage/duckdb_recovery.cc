// duckdb_recovery.cc - a ledger whose last process died.
//
// DuckDB writes a transaction's full row groups (122,880 rows) into the file before it commits, and
// its log only points to them. When it replays a log that ends in the middle of a transaction, it
// undoes that transaction, but not the row groups it has already attached: rows stay in sight whose
// texts, journal entry and control totals do not exist, until the next replay loses them again
// (seen with DuckDB 1.5; a record would be missing or counted twice). So:
//
// * What a replay has brought is written into the file before anything builds on it.
// * Entries are numbered without gaps and each transaction says in `batches` which ones it added.
//   Entries behind the last batch belong to a transaction that never ended, and are removed. The
//   comparison costs three row counts, which the database knows without reading.
#include <filesystem>
#include <system_error>

#include "storage/duckdb_ledger.h"
#include "storage/duckdb_schema.h"

namespace costops::storage {
namespace {

/// Counts of entries: there, and completely written. A ledger that had entries before there were
/// batches, and has had none since, is complete; one with entries and no provider's name is not.
constexpr const char* kCounts = R"sql(
SELECT present,
  (CASE WHEN last IS NOT NULL THEN last WHEN providers > 1 THEN present ELSE 0 END)::BIGINT
FROM (SELECT
  (SELECT count(*) FROM records) + (SELECT count(*) FROM plain_records)
    + (SELECT count(*) FROM adjustments) AS present,
  (SELECT max(first_entry + entries) - 1 FROM batches) AS last,
  (SELECT count(*) FROM providers) AS providers)
)sql";

struct EntryCounts {
  std::int64_t present = 0, complete = 0;
};

Result<EntryCounts> count_entries(duck::Connection& connection) {
  EntryCounts counts;
  auto rows = connection.ask(kCounts);
  const auto read = duck::for_each_row(rows, [&](std::size_t row) {
    counts = {rows->column<std::int64_t>(0)[row], rows->column<std::int64_t>(1)[row]};
  });
  if (!read) return fail(read.error());
  return counts;
}

/// In a transaction of its own, between checkpoints: a log must not speak of rows that the next
/// replay does not bring back.
Result<void> remove_entries_after(duck::Connection& connection, std::int64_t last) {
  std::string sql = "CHECKPOINT; BEGIN; ";
  for (const char* table : {"records", "plain_records", "adjustments", "other_quantities"}) {
    sql.append("DELETE FROM ").append(table).append(" WHERE entry > ").append(std::to_string(last));
    sql.append("; ");
  }
  sql += "DELETE FROM tag_lists WHERE id > 0 AND id NOT IN (SELECT list_id FROM tag_members); ";
  return connection.run(sql + "COMMIT; CHECKPOINT;");
}

}  // namespace

bool DuckdbLedger::has_log() const {
  std::error_code absent;
  const auto bytes = std::filesystem::file_size(path_ + ".wal", absent);
  return !absent && bytes > 0;
}

Result<void> DuckdbLedger::recover(Recovery recovery) const {
  if (recovery == Recovery::after_replay) {
    if (auto kept = writer_.run("CHECKPOINT"); !kept) return kept;
  }
  const auto counts = count_entries(writer_);
  if (!counts) return fail(counts.error());
  if (counts->present == counts->complete) return {};
  if (counts->present < counts->complete) return {};  // Damaged: `store check` says where.
  if (recovery == Recovery::look_only) {
    return fail(ErrorCode::io_error, "ledger " + path_ + " holds " +
                                         std::to_string(counts->present - counts->complete) +
                                         " entries of a batch that a crash cut short: open it "
                                         "once where it can be written, which removes them");
  }
  return remove_entries_after(writer_, counts->complete);
}

}  // namespace costops::storage
