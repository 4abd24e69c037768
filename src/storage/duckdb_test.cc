// duckdb_test.cc - what only the DuckDB ledger promises: its file, its locks, its faults.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "costops/storage/ledger.h"
#include "storage/duckdb_ledger.h"
#include "storage/duckdb_schema.h"
#include "storage/fingerprint_set.h"
#include "storage/ledger_rows.h"

namespace costops::storage {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

constexpr const char* kChildPath = "COSTOPS_TEST_LEDGER";
constexpr int kRowsPerChildBatch = 1000;

class DuckdbFile : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/costops-duckdb-XXXXXX";
    folder_ = mkdtemp(name);
    path_ = folder_ + "/ledger.duckdb";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Result<std::unique_ptr<Ledger>> open(OpenMode mode = OpenMode::create) const {
    return open_ledger("duckdb:" + path_, mode);
  }
  /// Runs SQL on the file, behind the ledger's back.
  void run_sql(std::string_view sql) const {
    auto database = duck::Database::open(path_, duck::Access::read_write);
    ASSERT_TRUE(database) << database.error().message;
    auto connection = database->connect();
    const auto done = connection->run(sql);
    ASSERT_TRUE(done) << done.error().message;
  }
  std::string ask_text(const std::string& sql) const {
    auto database = duck::Database::open(path_, duck::Access::read_only);
    auto connection = database->connect();
    std::string text;
    auto rows = connection->ask(sql);
    auto read = duck::for_each_row(
        rows, [&](std::size_t row) { text += std::string(rows->text(0, row)) + "\n"; });
    EXPECT_TRUE(read) << read.error().message;
    return text;
  }
  /// This program again, running one test that is a role of another process.
  pid_t start(const std::string& role) const {
    setenv(kChildPath, path_.c_str(), 1);
    std::string filter = "--gtest_filter=Child.DISABLED_" + role;
    std::string all = "--gtest_also_run_disabled_tests";
    std::string name = "storage_test";
    char* arguments[] = {name.data(), filter.data(), all.data(), nullptr};
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = 0;
    EXPECT_EQ(posix_spawn(&child, "/proc/self/exe", &quiet, nullptr, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&quiet);
    return child;
  }
  static void end(pid_t child) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }

  std::string folder_;
  std::string path_;
};

std::vector<Row> child_rows(int batch) {
  std::vector<Row> rows;
  for (int i = 0; i < kRowsPerChildBatch; ++i) {
    rows.push_back(priced(std::to_string(batch) + "/" + std::to_string(i), "2026-01-01", 1, batch));
    rows.back().usage.session = "session " + std::to_string(batch);
  }
  return rows;
}

/// Appends batch after batch and notes each acknowledged one in PATH.done.
TEST(Child, DISABLED_AppendsBatches) {
  const char* path = std::getenv(kChildPath);
  ASSERT_NE(path, nullptr);
  auto ledger = open_ledger(std::string("duckdb:") + path, OpenMode::create);
  ASSERT_TRUE(ledger);
  std::ofstream done(std::string(path) + ".done", std::ios::app);
  for (int batch = 0; batch < 10'000; ++batch) {
    Rows rows(child_rows(batch), time("2026-02-01"));
    const auto counts = (*ledger)->append(rows.batch());
    ASSERT_TRUE(counts);
    done << batch << '\n' << std::flush;
  }
}

TEST(Child, DISABLED_HoldsTheLedger) {
  const char* path = std::getenv(kChildPath);
  auto ledger = open_ledger(std::string("duckdb:") + path, OpenMode::create);
  std::ofstream(std::string(path) + ".held") << "yes\n" << std::flush;
  pause();
}

// Why the ledger sets the limit back by its value. Once this fails, RESET is enough.
TEST(DuckdbMemory, IsLiftedBySettingAValueButNotByReset) {
  auto database = *duck::Database::open(":memory:", duck::Access::read_write);
  auto connection = *database.connect();
  const auto groups = [&connection] {
    return connection
        .ask("SELECT count(*) FROM (SELECT range, sum(range) FROM range(3000000) GROUP BY 1)")
        .has_value();
  };
  ASSERT_TRUE(connection.run("SET temp_directory = ''; SET memory_limit = '64MB'"));
  EXPECT_FALSE(groups());
  ASSERT_TRUE(connection.run("RESET memory_limit"));
  EXPECT_FALSE(groups());
  ASSERT_TRUE(connection.run("SET memory_limit = '4GB'"));
  EXPECT_TRUE(groups());
}

TEST_F(DuckdbFile, KilledAtAnyInstantItHoldsWholeBatchesAndAllThatWereAcknowledged) {
  std::mt19937_64 random(17);
  for (int round = 0; round < 6; ++round) {
    const pid_t child = start("AppendsBatches");
    std::this_thread::sleep_for(std::chrono::milliseconds(300 + random() % 900));
    end(child);
    int acknowledged = 0;
    std::ifstream done(path_ + ".done");
    for (std::string line; std::getline(done, line);) acknowledged = std::stoi(line) + 1;

    auto ledger = open();
    ASSERT_TRUE(ledger) << ledger.error().message;
    const auto rows = (*ledger)->query({});
    ASSERT_TRUE(rows) << rows.error().message;
    if (rows->empty()) continue;
    EXPECT_EQ(rows->front().requests % kRowsPerChildBatch, 0);
    EXPECT_GE(rows->front().requests, acknowledged * kRowsPerChildBatch);
    const std::int64_t batches = rows->front().requests / kRowsPerChildBatch;
    // 0 + 1 + 2 + ... output tokens in each row of the batches.
    EXPECT_EQ(at(rows->front().quantities, Meter::output_tokens),
              kRowsPerChildBatch * batches * (batches - 1) / 2);
    Rows again(child_rows(0), time("2026-02-02"));
    EXPECT_EQ((*ledger)->append(again.batch())->duplicates,
              static_cast<std::uint64_t>(kRowsPerChildBatch));
  }
}

TEST_F(DuckdbFile, ASecondProcessIsToldWhoHoldsTheLedger) {
  const pid_t child = start("HoldsTheLedger");
  for (int i = 0; i < 600 && !std::filesystem::exists(path_ + ".held"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  const auto second = open();
  const auto reader = open(OpenMode::read_only);
  end(child);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(),
            (Error{ErrorCode::conflict,
                   "ledger " + path_ + " is in use by process " + std::to_string(child) +
                       " (storage_test): try again when it has ended, or give --wait"}));
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, ErrorCode::conflict);
  EXPECT_TRUE(open());
}

TEST_F(DuckdbFile, ALedgerTooLargeForFingerprintsStillKnowsItsRecords) {
  for (int opened = 0; opened < 2; ++opened) {
    auto ledger = DuckdbLedger::open(path_, OpenMode::create, {.fingerprints = 1500});
    ASSERT_TRUE(ledger) << ledger.error().message;
    for (int batch = 0; batch < 4; ++batch) {
      Rows rows(child_rows(batch), time("2026-02-01"));
      EXPECT_EQ((*ledger)->append(rows.batch())->added, opened == 0 ? 1000u : 0u);
      EXPECT_EQ((*ledger)->append(rows.batch())->duplicates, 1000u);
    }
    EXPECT_EQ((*(*ledger)->query({}))[0].requests, 4000);
  }
}

TEST_F(DuckdbFile, ANewerSchemaIsRefused) {
  ASSERT_TRUE(open());
  run_sql("UPDATE meta SET value = '9' WHERE key = 'schema'");
  const Error expected{
      ErrorCode::unsupported,
      "ledger " + path_ + " has schema 9, this cost-ops knows up to 4: use a newer cost-ops"};
  EXPECT_EQ(open().error(), expected);
  EXPECT_EQ(open(OpenMode::read_only).error(), expected);
}

TEST_F(DuckdbFile, ADatabaseThatIsNoLedgerIsLeftAlone) {
  run_sql("CREATE TABLE mine (x INTEGER)");
  EXPECT_EQ(open().error(),
            (Error{ErrorCode::unsupported,
                   path_ + " is a DuckDB database, but no cost-ops ledger: name another file"}));
  EXPECT_EQ(ask_text("SELECT string_agg(table_name, ',') FROM duckdb_tables()"), "mine\n");
}

TEST_F(DuckdbFile, AFileThatIsNoDatabaseIsLeftAlone) {
  std::ofstream(path_) << "usage,cost\n";
  EXPECT_EQ(open().error(),
            (Error{ErrorCode::io_error, path_ + " is no ledger: not a DuckDB file"}));
}

TEST_F(DuckdbFile, AFolderIsNoLedger) {
  std::filesystem::create_directory(path_);
  EXPECT_EQ(open().error(),
            (Error{ErrorCode::io_error, path_ + " is a folder: name a file for the ledger"}));
}

TEST_F(DuckdbFile, AMigrationIsBackedUpAndAllOrNothing) {
  {
    auto ledger = open();
    Rows rows({priced("a", "2026-01-01", 1, 1)}, time("2026-02-01"));
    ASSERT_TRUE((*ledger)->append(rows.batch()));
  }
  std::vector<Migration> steps(duckdb_migrations().begin(), duckdb_migrations().end());
  steps.push_back({5, "CREATE TABLE budgets (id INTEGER)"});
  steps.push_back({6, "CREATE TABLE budgets (id INTEGER)"});  // Fails: it is there already.
  {
    auto database = duck::Database::open(path_, duck::Access::read_write);
    auto connection = database->connect();
    EXPECT_FALSE(migrate(*connection, path_, steps));
  }
  EXPECT_TRUE(std::filesystem::exists(path_ + ".schema-4.backup"));
  EXPECT_EQ(ask_text("SELECT value FROM meta WHERE key = 'schema'"), "4\n");
  std::filesystem::remove(path_ + ".schema-4.backup");
  steps.pop_back();
  {
    auto database = duck::Database::open(path_, duck::Access::read_write);
    auto connection = database->connect();
    const auto migrated = migrate(*connection, path_, steps);
    EXPECT_TRUE(migrated) << migrated.error().message;
  }
  EXPECT_EQ(ask_text("SELECT value FROM meta WHERE key = 'schema'"), "5\n");
  EXPECT_EQ(open().error().code, ErrorCode::unsupported);  // Newer than this program.
  std::filesystem::rename(path_ + ".schema-4.backup", path_);
  EXPECT_EQ((*(*open())->query({}))[0].requests, 1);
}

TEST_F(DuckdbFile, ALedgerOfSchema1LearnsToKeepDocuments) {
  {
    auto database = duck::Database::open(path_, duck::Access::read_write);
    auto connection = database->connect();
    ASSERT_TRUE(migrate(*connection, path_, duckdb_migrations().first(1)));
  }
  EXPECT_EQ(ask_text("SELECT value FROM meta WHERE key = 'schema'"), "1\n");
  const Document document{"budget", "team", time("2026-01-01"), "{}"};
  auto ledger = open();
  ASSERT_TRUE(ledger) << ledger.error().message;
  ASSERT_TRUE((*ledger)->append_documents({&document, 1}));
  EXPECT_EQ((*ledger)->documents("budget")->front(), document);
  EXPECT_TRUE(std::filesystem::exists(path_ + ".schema-1.backup"));
}

// Schema 3 holds the input costs of a plain record, schema 4 the total; a total of more than 64
// bits makes it a record with a column for each class.
TEST_F(DuckdbFile, ALedgerOfSchema3KeepsItsCosts) {
  {
    auto database = duck::Database::open(path_, duck::Access::read_write);
    auto connection = database->connect();
    ASSERT_TRUE(migrate(*connection, path_, duckdb_migrations().first(3)));
    const std::string insert =
        "INSERT INTO plain_records SELECT {}, uuid(), TIMESTAMP '2026-01-01', 1, 0, 0, 0, 0, 0, 0, "
        "0, 0, 0, 1, 2, 3, 0, {}, {}, {}, NULL, NULL, 1, 'a'";
    ASSERT_TRUE(connection->run(
        "INSERT INTO circumstances SELECT 1, TIMESTAMP '2026-02-01', true, 0, 0, 0, 0, 0, 0, 0, 0, "
        "0, false, 0, 0"));
    ASSERT_TRUE(connection->run(fmt::format(fmt::runtime(insert), 1, 10, 20, 30)));
    ASSERT_TRUE(connection->run(fmt::format(fmt::runtime(insert), 2, INT64_MAX, 2, 3)));
    ASSERT_TRUE(connection->run(fmt::format(fmt::runtime(insert), 3, -7, 1, 1)));
    ASSERT_TRUE(
        connection->run("INSERT INTO batches VALUES (1, 3, TIMESTAMP '2026-02-01', 0, 0, 0)"));
  }
  auto ledger = open();
  ASSERT_TRUE(ledger) << ledger.error().message;
  const auto sums = (*ledger)->query({});
  ASSERT_TRUE(sums) << sums.error().message;
  ASSERT_EQ(sums->size(), 1u);
  const QueryRow& all = sums->front();
  EXPECT_EQ(all.requests, 3);
  EXPECT_EQ(all.costs[CostClass::input], Amount::pico(Int128{INT64_MAX} + 10 - 7));
  EXPECT_EQ(all.costs[CostClass::cache_read], Amount::pico(23));
  EXPECT_EQ(all.costs[CostClass::output], Amount::pico(34));
  EXPECT_EQ(at(all.quantities, Meter::output_tokens), 9);
  ledger->reset();
  EXPECT_EQ(ask_text("SELECT count(*) || ' ' || min(total_cost_pico) FROM plain_records"),
            "1 60\n");
  EXPECT_EQ(ask_text("SELECT count(*)::VARCHAR FROM records"), "2\n");
}

TEST_F(DuckdbFile, AFullDiskRefusesTheBatchAndKeepsTheLedger) {
  if (mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=6m") != 0) {
    GTEST_SKIP() << "NOT TESTED: a full disk needs the right to mount a small tmpfs";
  }
  auto ledger = open();
  ASSERT_TRUE(ledger) << ledger.error().message;
  std::int64_t kept = 0;
  std::optional<Error> refusal;
  for (int batch = 0; batch < 400 && !refusal; ++batch) {
    std::vector<Row> rows = child_rows(batch);
    for (Row& row : rows) row.usage.metadata = to_string(row.usage.id) + to_string(id_of("x"));
    Rows given(rows, time("2026-02-01"));
    const auto counts = (*ledger)->append(given.batch());
    if (counts) kept += kRowsPerChildBatch;
    if (!counts) refusal = counts.error();
  }
  EXPECT_TRUE(refusal.has_value());
  if (refusal) {
    EXPECT_EQ(refusal->code, ErrorCode::io_error) << refusal->message;
  }
  if (refusal) {
    EXPECT_THAT(refusal->message, HasSubstr("No space left on device"));
  }
  const auto during = (*ledger)->query({});
  EXPECT_TRUE(during) << during.error().message;
  if (during) {
    EXPECT_EQ((*during)[0].requests, kept);
  }

  // With room again, the same open ledger goes on.
  EXPECT_EQ(mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT, "size=64m"), 0);
  Rows more({priced("after", "2026-01-01", 1, 1)}, time("2026-02-01"));
  const auto after = (*ledger)->append(more.batch());
  EXPECT_TRUE(after) << after.error().message;
  const auto rows = (*ledger)->query({});
  if (rows) {
    EXPECT_EQ((*rows)[0].requests, kept + 1);
  }
  ledger->reset();
  umount(folder_.c_str());
}

TEST_F(DuckdbFile, AnybodyCanAskTheFileInSql) {
  {
    auto ledger = open();
    Row row = priced("a", "2026-01-01", 1'500'000, 2);
    row.usage.user = "ann";
    Rows rows({row, growing("g", 1, 1)}, time("2026-02-01"));
    ASSERT_TRUE((*ledger)->append(rows.batch()));
    Rows grown({growing("g", 1, 3)}, time("2026-02-02"));
    ASSERT_TRUE((*ledger)->append(grown.batch()));
  }
  EXPECT_EQ(ask_text("SELECT model || ' ' || sum(records) || ' ' || sum(total_cost) FROM usage "
                     "GROUP BY model"),
            "gpt-4o 2 0.000001500011\n");
  EXPECT_EQ(ask_text("SELECT id FROM usage WHERE \"user\" = 'ann'"), to_string(id_of("a")) + "\n");
}

TEST(FingerprintSet, NeverDeniesWhatItHolds) {
  FingerprintSet set;
  for (std::uint64_t i = 0; i < 600'000; ++i) set.insert({i, i * 7});
  std::uint64_t denied = 0;
  std::uint64_t mistaken = 0;
  for (std::uint64_t i = 0; i < 600'000; ++i) {
    denied += !set.may_contain({i, i * 7});
    mistaken += set.may_contain({i, i * 7 + 1});
  }
  EXPECT_EQ(denied, 0u);
  EXPECT_LE(mistaken, 3u);
  EXPECT_EQ(set.size(), 600'000u);
}

TEST(IdSieve, KeepsTheBatchAndNothingElse) {
  std::vector<RecordId> batch;
  for (std::uint64_t i = 0; i < 122'880; ++i) batch.push_back({i * 31, i});
  const IdSieve sieve(batch);
  EXPECT_TRUE(std::ranges::all_of(batch, [&](RecordId id) { return sieve.may_contain(id); }));
  std::uint64_t mistaken = 0;
  for (std::uint64_t i = 0; i < 600'000; ++i) mistaken += sieve.may_contain({i * 31, i + 1});
  EXPECT_LE(mistaken, 3u);
}

}  // namespace
}  // namespace costops::storage
