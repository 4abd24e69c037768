// sqlite_check.cc - a SQLite ledger compared with its own checksums.
#include "storage/batch_check.h"
#include "storage/sqlite_ledger.h"
#include "storage/sqlite_row.h"

namespace costops::storage {
namespace {

/// Calls `visit(row)` for every row.
template <typename Visit>
Result<void> for_each_row(sqlite::Connection& connection, const std::string& sql,
                          const Visit& visit) {
  auto select = connection.prepare(sql);
  if (!select) return fail(select.error());
  for (;;) {
    const auto more = select->step();
    if (!more) return fail(more.error());
    if (!*more) return {};
    visit(*select);
  }
}

Result<void> expect_batches(sqlite::Connection& connection, BatchCheck& check) {
  return for_each_row(
      connection,
      "SELECT first_entry, entries, recorded_at, quantity, cost_pico, checksum FROM batches",
      [&](const sqlite::Statement& row) {
        const EntrySums written{row.integer(1), row.wide(3), row.wide(4),
                                static_cast<std::uint64_t>(row.integer(5))};
        check.expect(row.integer(0), Instant(Microseconds(row.integer(2))), written);
      });
}

Result<void> add_entries(sqlite::Connection& connection, std::int64_t first, std::int64_t last,
                         BatchCheck& check) {
  return for_each_row(connection,
                      "SELECT " + sqlite_columns() + " FROM entries WHERE entry BETWEEN " +
                          std::to_string(first) + " AND " + std::to_string(last) +
                          " ORDER BY entry",
                      [&](const sqlite::Statement& row) { check.add(SqliteRowFacts::of(row)); });
}

/// The database's own look at pages, keys and indexes.
Result<void> check_file(sqlite::Connection& connection, std::vector<std::string>& findings) {
  return for_each_row(connection, "PRAGMA integrity_check(20)", [&](const sqlite::Statement& row) {
    if (row.text(0) != "ok") findings.push_back("the file: " + std::string(row.text(0)));
  });
}

Result<void> check_identities(sqlite::Connection& connection, std::vector<std::string>& findings) {
  const auto lacking = connection.number(
      "SELECT count(*) FROM entries e WHERE record IS NULL AND NOT EXISTS "
      "(SELECT 1 FROM identities i WHERE i.id = e.id AND i.entry = e.entry)");
  if (!lacking) return fail(lacking.error());
  if (*lacking > 0) {
    findings.push_back(std::to_string(*lacking) + " records are not in the table of identities");
  }
  return {};
}

}  // namespace

Result<IntegrityReport> SqliteLedger::verify() const {
  auto connection = lease();
  if (!connection) return fail(connection.error());
  BatchCheck check;
  if (auto read = expect_batches(**connection, check); !read) return fail(read.error());
  check.begin();
  BatchCheck one_by_one = check;
  if (!add_entries(**connection, INT64_MIN, INT64_MAX, check)) {
    // Something is damaged: which batches is it in?
    for (const auto& [first, last] : one_by_one.ranges()) {
      const auto read = add_entries(**connection, first, last, one_by_one);
      if (!read) one_by_one.unreadable(first, last, read.error().message);
    }
    check = one_by_one;
  }
  IntegrityReport report = check.report();
  for (const auto look : {check_identities, check_file}) {
    if (auto done = look(**connection, report.findings); !done) {
      report.findings.push_back(done.error().message);
    }
  }
  return report;
}

// --- Writing them ---

Result<void> SqliteLedger::insert_batch_sums(Instant recorded_at) {
  const EntrySums sums = std::exchange(sums_, {});
  if (sums.entries == 0) return {};
  const auto insert = writer_.kept("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?)");
  if (!insert) return fail(insert.error());
  (*insert)->bind(next_entry_ - sums.entries).bind(sums.entries);
  (*insert)->bind(std::int64_t{recorded_at.time_since_epoch().count()});
  (*insert)->bind(sums.quantity).bind(sums.cost_pico);
  return (*insert)->bind(static_cast<std::int64_t>(sums.checksum)).run();
}

}  // namespace costops::storage
