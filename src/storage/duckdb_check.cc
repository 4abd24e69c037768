// duckdb_check.cc - a DuckDB ledger compared with its own checksums. The database checks each block
// that it reads against a checksum of its own; a batch in a damaged block cannot be read.
#include "storage/batch_check.h"
#include "storage/duckdb_ledger.h"
#include "storage/duckdb_schema.h"

namespace costops::storage {
namespace {

// Columns of facts_sql(), in its order.
enum Column : std::size_t {
  kEntry,
  kId,
  kUsedAt,
  kDimensions,
  kCurrency = kDimensions + kCheckedDimensions.size(),
  kStatus,
  kMeters,
  kCosts = kMeters + kColumnMeters.size()
};

std::string facts_of_table(std::string_view table, std::string_view meters,
                           std::string_view costs) {
  std::string sql = "SELECT entry, id, used_at";
  for (const Dimension d : kCheckedDimensions) sql.append(", ").append(id_column(d));
  sql.append(", currency_id, status, ").append(meters).append(", ").append(costs);
  return sql.append(" FROM ").append(table).append(" WHERE entry BETWEEN $1 AND $2");
}

std::string facts_sql() {
  std::string meters;
  for (const Meter meter : kColumnMeters) {
    meters.append(meters.empty() ? "" : ", ").append(to_string(meter));
  }
  std::string costs;
  for (const std::string_view cost : kCostColumns) {
    costs.append(costs.empty() ? "" : ", ").append(cost);
  }
  return facts_of_table("records", meters, costs) + " UNION ALL " +
         facts_of_table("adjustments", meters, costs) + " UNION ALL " +
         facts_of_table("plain_records",
                        "input_tokens_uncached, cache_read_tokens, 0::BIGINT, 0::BIGINT, "
                        "0::BIGINT, output_tokens, output_reasoning_tokens, 1::BIGINT",
                        "total_cost_pico - cache_read_cost_pico - output_cost_pico, "
                        "cache_read_cost_pico, 0::BIGINT, output_cost_pico, 0::BIGINT");
}

EntryFacts facts_of(const duck::Rows& rows, std::size_t row) {
  EntryFacts facts;
  facts.entry = rows.column<std::int64_t>(kEntry)[row];
  facts.id = duck::id_of(rows.column<duckdb_hugeint>(kId)[row]);
  facts.used_at = rows.column<std::int64_t>(kUsedAt)[row];
  for (std::size_t d = 0; d < kCheckedDimensions.size(); ++d) {
    facts.dimensions[d] = rows.column<std::int32_t>(kDimensions + d)[row];
  }
  facts.currency = rows.column<std::int32_t>(kCurrency)[row];
  facts.status = rows.column<std::int8_t>(kStatus)[row];
  for (std::size_t m = 0; m < kColumnMeters.size(); ++m) {
    facts.meters[m] = rows.column<std::int64_t>(kMeters + m)[row];
  }
  for (std::size_t c = 0; c < kCostClassCount; ++c) {
    facts.costs[c] = rows.column<std::int64_t>(kCosts + c)[row];
  }
  return facts;
}

Result<void> expect_batches(duck::Connection& connection, BatchCheck& check) {
  auto rows = connection.ask(
      "SELECT first_entry, entries, epoch_us(recorded_at), quantity, cost_pico, checksum "
      "FROM batches");
  return duck::for_each_row(rows, [&](std::size_t row) {
    EntrySums written;
    written.entries = rows->column<std::int64_t>(1)[row];
    written.quantity = duck::int128_of(rows->column<duckdb_hugeint>(3)[row]);
    written.cost_pico = duck::int128_of(rows->column<duckdb_hugeint>(4)[row]);
    written.checksum = rows->column<std::uint64_t>(5)[row];
    check.expect(rows->column<std::int64_t>(0)[row],
                 Instant(Microseconds(rows->column<std::int64_t>(2)[row])), written);
  });
}

Result<void> add_entries(duck::Connection& connection, std::int64_t first, std::int64_t last,
                         BatchCheck& check) {
  auto select = connection.prepare(facts_sql());
  if (!select) return fail(select.error());
  auto rows = select->bind(first).bind(last).stream();
  return duck::for_each_row(rows, [&](std::size_t row) { check.add(facts_of(*rows, row)); });
}

}  // namespace

Result<IntegrityReport> DuckdbLedger::verify() const {
  auto question = asking();
  if (!question) return fail(question.error());
  duck::Connection& connection = question->connection;
  BatchCheck whole;
  if (auto read = expect_batches(connection, whole); !read) return fail(read.error());
  whole.begin();
  BatchCheck one_by_one = whole;
  if (add_entries(connection, INT64_MIN, INT64_MAX, whole)) return whole.report();
  // Something is damaged: which batches is it in?
  for (const auto& [first, last] : one_by_one.ranges()) {
    const auto read = add_entries(connection, first, last, one_by_one);
    if (!read) one_by_one.unreadable(first, last, read.error().message);
  }
  return one_by_one.report();
}

}  // namespace costops::storage
