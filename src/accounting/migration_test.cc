// migration_test.cc - a ledger moved to another backend answers every question as before.
#include "costops/accounting/migration.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "storage/ledger_rows.h"

namespace costops::accounting {
namespace {

using storage::growing;
using storage::HistoryLine;
using storage::id_of;
using storage::Ledger;
using storage::OpenMode;
using storage::priced;
using storage::Row;
using storage::Rows;
using storage::StoredRecord;
using storage::time;
using testing::IsEmpty;
using testing::SizeIs;

std::unique_ptr<Ledger> in_memory(const std::string& scheme) {
  auto ledger = storage::open_ledger(scheme + "::memory:", OpenMode::create);
  EXPECT_TRUE(ledger) << ledger.error().message;
  return std::move(*ledger);
}

void append(Ledger& ledger, const std::vector<Row>& rows, std::string_view recorded_at) {
  Rows batch(rows, time(recorded_at), time(recorded_at));
  const auto counts = ledger.append(batch.batch());
  ASSERT_TRUE(counts) << counts.error().message;
}

/// Records that grew, changed their price, changed their currency, have no time; other meters,
/// reported costs, resolved and open quarantine, a source, a document.
void fill(Ledger& ledger) {
  Row timeless = priced("timeless", "2026-01-01", 3, 4);
  timeless.usage.at = std::nullopt;
  Row unpriced = priced("unpriced", "2026-01-03", 7, 1);
  unpriced.make_unpriced("no price");
  unpriced.usage.reported_cost = Money{Amount::pico(9), Currency::usd()};
  Row grown = growing("grown", 100, 1);
  grown.usage.tags = {"x", "y"};
  grown.usage.reported_cost = Money{Amount::pico(5), Currency::usd()};
  append(ledger, {priced("plain", "2026-01-01", 1, 2), timeless, unpriced, grown}, "2026-02-01");

  grown = growing("grown", 100, 50);
  at(grown.usage.quantities, Meter::web_searches) = 2;
  grown.usage.reported_cost = Money{Amount::pico(6), Currency::usd()};
  append(ledger, {grown}, "2026-02-02");
  const storage::PriceUsed prices[] = {{"euro", "{\"v\":9}"}};
  storage::Repricing corrections[] = {storage::repricing("unpriced", 70, 10),
                                      storage::repricing("grown", 1, 1)};
  corrections[0].currency = *Currency::parse("EUR");
  ASSERT_TRUE(ledger.reprice(corrections, prices, time("2026-02-03")));
  ASSERT_TRUE(ledger.reprice({corrections + 1, 1}, prices, time("2026-02-03")));
  corrections[1].costs[CostClass::output] = Amount::pico(8);
  ASSERT_TRUE(ledger.reprice({corrections + 1, 1}, prices, time("2026-02-04")));

  Rows none({}, time("2026-02-05"));
  storage::LedgerBatch batch = none.batch();
  const std::vector<storage::Quarantined> doubts{storage::doubtful("q1", 1, "no model", "{}"),
                                                 storage::doubtful("q2", 2, "no model", "{'}")};
  batch.quarantined = doubts;
  const storage::JournalEntry journal[] = {
      {"/a", 10, id_of("f"), time("2026-01-01"), 3, time("2026-02-01")}};
  batch.journal = journal;
  ASSERT_TRUE(ledger.append(batch));
  const RecordId resolved[] = {id_of("q1")};
  ASSERT_TRUE(ledger.resolve(resolved, time("2026-02-06")));
  const storage::Document document[] = {{"budget", "team", time("2026-02-01"), "{}"}};
  ASSERT_TRUE(ledger.append_documents(document));
}

std::vector<StoredRecord> records_of(const Ledger& ledger) {
  std::vector<StoredRecord> records;
  EXPECT_TRUE(ledger.scan({}, [&](const StoredRecord& record) {
    records.push_back(record);
    return true;
  }));
  return records;
}

void expect_equal_histories(const Ledger& a, const Ledger& b) {
  const auto before = records_of(a);
  const auto after = records_of(b);
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].usage.id, after[i].usage.id);
    EXPECT_EQ(before[i].at, after[i].at);
    EXPECT_EQ(before[i].usage.at, after[i].usage.at);
    EXPECT_EQ(before[i].usage.tags, after[i].usage.tags);
    ASSERT_EQ(before[i].history.size(), after[i].history.size());
    for (std::size_t line = 0; line < before[i].history.size(); ++line) {
      const HistoryLine& x = before[i].history[line];
      const HistoryLine& y = after[i].history[line];
      EXPECT_EQ(x.recorded_at, y.recorded_at);
      EXPECT_EQ(x.what, y.what);
      EXPECT_EQ(x.status, y.status);
      EXPECT_EQ(x.reason, y.reason);
      EXPECT_EQ(x.currency, y.currency);
      EXPECT_EQ(x.quantities, y.quantities);
      EXPECT_EQ(x.costs, y.costs);
      EXPECT_EQ(x.price_id, y.price_id);
      EXPECT_EQ(x.reported_cost, y.reported_cost);
    }
  }
}

using Pair = std::pair<const char*, const char*>;
class Migration : public testing::TestWithParam<Pair> {};

TEST_P(Migration, KeepsEveryHistoryAndEveryAnswer) {
  const auto from = in_memory(GetParam().first);
  const auto to = in_memory(GetParam().second);
  fill(*from);
  const auto report = migrate_ledger(*from, *to, nullptr);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->records, 4u);
  EXPECT_EQ(report->adjustments, 4u);
  EXPECT_EQ(report->compared, 5u);  // 1, 2, 3 and 4 February, and now.
  expect_equal_histories(*from, *to);
  EXPECT_THAT(*to->quarantine(9), SizeIs(1));
  EXPECT_EQ((*to->quarantine_history())[0].resolved_at, time("2026-02-06"));
  EXPECT_EQ((*to->journal("/a"))->fingerprint, id_of("f"));
  EXPECT_EQ(*to->documents(""), *from->documents("budget"));
  const auto check = check_ledger(*to, nullptr);
  EXPECT_THAT(check->findings, IsEmpty());
  EXPECT_EQ(check->lines, 8u);
}

TEST_P(Migration, GoesIntoAnEmptyLedgerOnly) {
  const auto from = in_memory(GetParam().first);
  const auto to = in_memory(GetParam().second);
  append(*to, {priced("there", "2026-01-01", 1, 1)}, "2026-02-01");
  EXPECT_EQ(migrate_ledger(*from, *to, nullptr).error(),
            (Error{ErrorCode::conflict, to->url() + " is not empty: migrate into a new ledger"}));
}

TEST_P(Migration, StopsWhenAskedTo) {
  const auto from = in_memory(GetParam().first);
  const auto to = in_memory(GetParam().second);
  std::vector<Row> rows;
  for (int i = 0; i < 20'001; ++i) rows.push_back(priced(std::to_string(i), "2026-01-01", 1, 1));
  append(*from, rows, "2026-02-01");
  const auto stopped = migrate_ledger(*from, *to, [](std::uint64_t) { return false; });
  EXPECT_EQ(stopped.error().code, ErrorCode::cancelled);
}

INSTANTIATE_TEST_SUITE_P(Pairs, Migration,
                         testing::Values(Pair{"duckdb", "sqlite"}, Pair{"sqlite", "duckdb"}),
                         [](const auto& pair) {
                           return std::string(pair.param.first) + "_to_" + pair.param.second;
                         });

}  // namespace
}  // namespace costops::accounting
