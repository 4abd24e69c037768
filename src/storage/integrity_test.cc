// integrity_test.cc - a ledger finds out what was changed behind its back, and what a crash left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "costops/storage/ledger.h"
#include "storage/duck.h"
#include "storage/ledger_rows.h"
#include "storage/sqlite.h"

namespace costops::storage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Folder : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/costops-integrity-XXXXXX";
    folder_ = mkdtemp(name);
    path_ = folder_ + "/ledger";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string folder_, path_;
};

std::unique_ptr<Ledger> opened(const std::string& url, OpenMode mode = OpenMode::create) {
  auto ledger = open_ledger(url, mode);
  EXPECT_TRUE(ledger) << ledger.error().message;
  return ledger ? std::move(*ledger) : nullptr;
}

std::int64_t requests_of(const Ledger& ledger) {
  const auto rows = ledger.query({});
  EXPECT_TRUE(rows) << rows.error().message;
  return rows && !rows->empty() ? rows->front().requests : 0;
}

std::vector<Row> rows_of(const std::string& prefix, std::size_t count) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < count; ++i) {
    rows.push_back(priced(prefix + std::to_string(i), "2026-01-01", 10, 20));
    rows.back().usage.session = "session of " + prefix;
    at(rows.back().usage.quantities, Meter::requests) = 1;
  }
  return rows;
}

std::vector<std::string> findings_of(const std::string& url) {
  const auto ledger = opened(url, OpenMode::read_only);
  const auto report = ledger->verify();
  EXPECT_TRUE(report) << report.error().message;
  return report ? report->findings : std::vector<std::string>();
}

// --- Changed behind its back ---

class Integrity : public Folder, public testing::WithParamInterface<std::string> {
 protected:
  /// Three batches: entries 1 to 3, 4 to 7 (one of them of all columns), 8 (a growth).
  void SetUp() override {
    Folder::SetUp();
    const auto ledger = opened(url());
    std::vector<Row> second = rows_of("second", 3);
    second.push_back(growing("grown", 1, 1));
    second.back().usage.metadata = R"({"note":"as it was"})";
    append(*ledger, rows_of("first", 3), "2026-02-01");
    append(*ledger, second, "2026-02-02");
    append(*ledger, {growing("grown", 1, 5)}, "2026-02-03");
  }
  static void append(Ledger& ledger, const std::vector<Row>& rows, std::string_view when) {
    Rows batch(rows, time(when));
    ASSERT_TRUE(ledger.append(batch.batch()));
  }
  std::string url() const { return GetParam() + ":" + path_; }
  bool is_duckdb() const { return GetParam() == "duckdb"; }
  /// Runs SQL on the file, behind the ledger's back.
  void run_sql(const std::string& sql) const {
    if (is_duckdb()) {
      auto database = duck::Database::open(path_, duck::Access::read_write);
      ASSERT_TRUE(database->connect()->run(sql));
      return;
    }
    auto connection = sqlite::Connection::open(path_, sqlite::Access::read_write, {});
    ASSERT_TRUE(connection->run(sql));
  }
  std::string table() const { return is_duckdb() ? "plain_records" : "entries"; }
};

TEST_P(Integrity, AnUntouchedLedgerIsSound) {
  const auto ledger = opened(url(), OpenMode::read_only);
  const auto report = ledger->verify();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_THAT(report->findings, IsEmpty());
  EXPECT_EQ(report->batches, 3u);
  EXPECT_EQ(report->entries_without_batch, 0u);
}

TEST_P(Integrity, AChangedCountNamesItsBatch) {
  run_sql("UPDATE " + table() + " SET output_tokens = 25 WHERE entry = 2");
  EXPECT_THAT(findings_of(url()),
              ElementsAre("the batch of entries 1 to 3, recorded at 2026-02-01T00:00:00Z, is not "
                          "what was written: quantities 98, not 93"));
}

TEST_P(Integrity, AChangedCostNamesItsBatch) {
  run_sql("UPDATE " + table() + " SET " +
          (is_duckdb() ? "total_cost_pico = 1000000 + cache_read_cost_pico + output_cost_pico"
                       : "input_cost_pico = 1000000") +
          " WHERE entry = 5");
  EXPECT_THAT(findings_of(url()),
              ElementsAre("the batch of entries 4 to 7, recorded at 2026-02-02T00:00:00Z, is not "
                          "what was written: costs 0.000001000143, not 0.000000000153"));
}

TEST_P(Integrity, TwoChangesThatCancelOutAreFoundByTheChecksum) {
  run_sql("UPDATE " + table() + " SET output_tokens = 21 WHERE entry = 4");
  run_sql("UPDATE " + table() + " SET output_tokens = 19 WHERE entry = 5");
  EXPECT_THAT(findings_of(url()),
              ElementsAre("the batch of entries 4 to 7, recorded at 2026-02-02T00:00:00Z, is not "
                          "what was written: the sums are right, the checksum is not"));
}

TEST_P(Integrity, AnotherModelIsFoundByTheChecksum) {
  run_sql("UPDATE " + table() + " SET model_id = 0 WHERE entry = 4");
  EXPECT_THAT(findings_of(url()), ElementsAre(HasSubstr("entries 4 to 7")));
}

TEST_P(Integrity, AnEntryThatIsGoneIsMissed) {
  run_sql("DELETE FROM " + table() + " WHERE entry = 3");
  const auto findings = findings_of(url());
  ASSERT_FALSE(findings.empty());
  EXPECT_EQ(findings[0],
            "the batch of entries 1 to 3, recorded at 2026-02-01T00:00:00Z, is not what was "
            "written: entries 2, not 3; quantities 62, not 93; costs 0.0000000001, not "
            "0.00000000015");
}

TEST_P(Integrity, AChangedAdjustmentNamesItsBatch) {
  run_sql(std::string("UPDATE ") + (is_duckdb() ? "adjustments" : "entries") +
          " SET output_tokens = 5 WHERE entry = 8");
  EXPECT_THAT(findings_of(url()),
              ElementsAre("the batch of entries 8 to 8, recorded at 2026-02-03T00:00:00Z, is not "
                          "what was written: quantities 5, not 4"));
}

INSTANTIATE_TEST_SUITE_P(Backends, Integrity, testing::Values("duckdb", "sqlite"),
                         [](const auto& backend) { return backend.param; });

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_bytes(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), std::ssize(bytes));
}

TEST_F(Folder, AFlippedByteInASqliteFileIsFound) {
  const std::string url = "sqlite:" + path_;
  {
    const auto ledger = opened(url);
    auto rows = rows_of("a", 3);
    rows[1].usage.metadata = R"({"note":"as it was"})";
    Rows batch(rows, time("2026-02-01"));
    ASSERT_TRUE(ledger->append(batch.batch()));
  }
  const std::string whole = bytes_of(path_);
  const auto flip = [&](std::string_view text) {
    std::string bytes = whole;
    const auto at = bytes.find(text);
    ASSERT_NE(at, std::string::npos);
    bytes[at] ^= 1;
    write_bytes(path_, bytes);
  };
  flip("as it was");
  EXPECT_THAT(findings_of(url),
              ElementsAre("the batch of entries 1 to 3, recorded at 2026-02-01T00:00:00Z, is not "
                          "what was written: the sums are right, the checksum is not"));
  flip("session of a");
  EXPECT_THAT(findings_of(url), ElementsAre(HasSubstr("the file: ")));
}

TEST_F(Folder, AFlippedByteInADuckdbFileNamesTheBatchesThatCannotBeRead) {
  const std::string url = "duckdb:" + path_;
  {
    const auto ledger = opened(url);
    for (const char* name : {"a", "b"}) {
      Rows batch(rows_of(name, kRowsPerBatch), time("2026-02-01"));
      ASSERT_TRUE(ledger->append(batch.batch()));
    }
  }
  std::string bytes = bytes_of(path_);
  bytes[bytes.size() / 3] ^= 1;
  write_bytes(path_, bytes);
  const auto findings = findings_of(url);
  ASSERT_FALSE(findings.empty());
  EXPECT_THAT(findings[0], HasSubstr("the batch of entries 1 to 122880, recorded at "
                                     "2026-02-01T00:00:00Z, cannot be read: "));
}

// --- Left by a crash ---

/// A process that appends, and dies without closing the ledger.
void append_and_die(const std::string& url, const std::vector<std::vector<Row>>& batches) {
  const pid_t child = fork();
  if (child == 0) {
    auto ledger = open_ledger(url, OpenMode::create);
    for (const auto& rows : batches) {
      Rows batch(rows, time("2026-02-01"));
      if (!ledger || !(*ledger)->append(batch.batch())) _exit(1);
    }
    _exit(0);
  }
  int status = 1;
  waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
}

// Full row groups are in the file before their transaction's commit is in the log: a log that ends
// within that commit must bring back nothing of it.
TEST_F(Folder, ADuckdbLogThatEndsAnywhereHoldsWholeBatchesOnly) {
  const std::string url = "duckdb:" + path_;
  const auto large = rows_of("large", kRowsPerBatch);
  constexpr std::int64_t kFirst = 10;
  constexpr std::int64_t kAll = kFirst + std::int64_t{kRowsPerBatch};
  ASSERT_NO_FATAL_FAILURE(append_and_die(url, {rows_of("first", kFirst), large}));
  const std::string file = bytes_of(path_);
  const std::string log = bytes_of(path_ + ".wal");
  ASSERT_GT(log.size(), 1000u);
  int halves = 0;
  for (const std::size_t cut : {0UL, 1UL, 60UL, 300UL, 1000UL, log.size() / 4, log.size() / 2}) {
    for (const OpenMode first_mode : {OpenMode::read_only, OpenMode::create}) {
      write_bytes(path_, file);
      write_bytes(path_ + ".wal", std::string_view(log).substr(0, log.size() - cut));
      const std::int64_t seen = requests_of(*opened(url, first_mode));
      EXPECT_TRUE(seen == 0 || seen == kFirst || seen == kAll) << cut << ": " << seen;
      halves += seen == kFirst ? 1 : 0;
      const auto ledger = opened(url);
      Rows again(large, time("2026-02-02"));
      const auto counts = ledger->append(again.batch());
      ASSERT_TRUE(counts) << counts.error().message;
      EXPECT_EQ(counts->added, seen == kAll ? 0 : kRowsPerBatch) << cut;
      EXPECT_EQ(requests_of(*ledger), seen == 0 ? kAll - kFirst : kAll) << cut;
      EXPECT_THAT(ledger->verify()->findings, IsEmpty()) << cut;
    }
  }
  EXPECT_GT(halves, 0);
}

TEST_F(Folder, ASqliteLogThatEndsAnywhereHoldsWholeBatchesOnly) {
  const std::string url = "sqlite:" + path_;
  ASSERT_NO_FATAL_FAILURE(append_and_die(url, {rows_of("first", 10), rows_of("more", 500)}));
  const std::string file = bytes_of(path_);
  const std::string log = bytes_of(path_ + "-wal");
  ASSERT_GT(log.size(), 1000u);
  for (std::size_t cut = 0; cut < log.size() / 2; cut += log.size() / 17) {
    std::filesystem::remove(path_ + "-shm");
    write_bytes(path_, file);
    write_bytes(path_ + "-wal", std::string_view(log).substr(0, log.size() - cut));
    const auto ledger = opened(url);
    const std::int64_t seen = requests_of(*ledger);
    EXPECT_TRUE(seen == 0 || seen == 10 || seen == 510) << cut << ": " << seen;
    EXPECT_THAT(ledger->verify()->findings, IsEmpty()) << cut;
  }
}

}  // namespace
}  // namespace costops::storage
