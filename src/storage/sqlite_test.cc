// sqlite_test.cc - what only a SQLite ledger does: memory shared by all calls, several processes.
#include "storage/sqlite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "costops/storage/ledger_copy.h"
#include "storage/ledger_rows.h"

namespace costops::storage {
namespace {

class SqliteFile : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/costops-sqlite-XXXXXX";
    folder_ = mkdtemp(name);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ + "/ledger"; }
  std::string url() const { return "sqlite:" + path(); }
  std::unique_ptr<Ledger> open(OpenMode mode = OpenMode::create) const {
    auto ledger = open_ledger(url(), mode);
    EXPECT_TRUE(ledger) << ledger.error().message;
    return std::move(*ledger);
  }
  std::string folder_;
};

std::int64_t requests_of(const Ledger& ledger) {
  const auto rows = ledger.query({});
  EXPECT_TRUE(rows) << rows.error().message;
  return rows && !rows->empty() ? rows->front().requests : 0;
}

std::vector<Row> fifty(const std::string& prefix) {
  std::vector<Row> rows;
  for (int i = 0; i < 50; ++i) {
    rows.push_back(priced(prefix + std::to_string(i), "2026-01-01", 1, 1));
  }
  return rows;
}

TEST(SqliteInMemory, IsOneDatabaseForAllThreads) {
  const auto ledger = *open_ledger("sqlite::memory:", OpenMode::create);
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) ASSERT_EQ(requests_of(*ledger) % 50, 0);
  });
  for (int batch = 0; batch < 20; ++batch) {
    Rows rows(fifty(std::to_string(batch) + "-"), time("2026-02-01"));
    ASSERT_TRUE(ledger->append(rows.batch()));
  }
  done = true;
  reader.join();
  EXPECT_EQ(requests_of(*ledger), 1000);
}

TEST(SqliteInMemory, AppendsDuringAScan) {
  const auto ledger = *open_ledger("sqlite::memory:", OpenMode::create);
  Rows first(fifty("a"), time("2026-02-01"));
  ASSERT_TRUE(ledger->append(first.batch()));
  int seen = 0;
  ASSERT_TRUE(ledger->scan({}, [&](const StoredRecord&) {
    if (seen++ == 0) {
      Rows second(fifty("b"), time("2026-02-01"));
      EXPECT_TRUE(ledger->append(second.batch()));
    }
    return true;
  }));
  EXPECT_EQ(seen, 50);
  EXPECT_EQ(requests_of(*ledger), 100);
}

// A second ledger object has connections of its own, as another process would.
TEST_F(SqliteFile, TwoWritersNumberTextsAndFindDuplicatesTogether) {
  const auto one = open();
  const auto other = open();
  for (int round = 0; round < 3; ++round) {
    Row row = priced("from-one-" + std::to_string(round), "2026-01-01", 1, 0);
    row.usage.model = "model-one-" + std::to_string(round);
    Rows first({row}, time("2026-02-01"));
    EXPECT_EQ(one->append(first.batch())->added, 1u);
    row.usage.id = id_of("from-other-" + std::to_string(round));
    row.usage.model = "model-other-" + std::to_string(round);
    Rows second({row, priced("common", "2026-01-01", 1, 0)}, time("2026-02-01"));
    EXPECT_EQ(other->append(second.batch())->added, round == 0 ? 2u : 1u);
    EXPECT_EQ(one->append(second.batch())->duplicates, 2u);
  }
  Query by_model;
  by_model.group_by = {Dimension::model};
  EXPECT_EQ(one->query(by_model)->size(), 7u);
  EXPECT_EQ(requests_of(*other), 7);
}

/// Another process that is in the middle of writing to a ledger.
class Writer {
 public:
  explicit Writer(const std::string& path) {
    int begun[2];
    EXPECT_EQ(pipe(begun), 0);
    pid_ = fork();
    if (pid_ == 0) {
      auto connection = sqlite::Connection::open(path, sqlite::Access::read_write, {});
      auto writing = sqlite::Transaction::begin(*connection, sqlite::Transaction::Kind::writing);
      if (!writing || write(begun[1], "x", 1) != 1) _exit(1);
      for (;;) pause();
    }
    close(begun[1]);
    char x = 0;
    EXPECT_EQ(read(begun[0], &x, 1), 1);
    close(begun[0]);
  }
  ~Writer() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] Error in_the_way_of(const std::string& path) const {
    return {ErrorCode::conflict,
            "ledger " + path + " is in use by process " + std::to_string(pid_) +
                " (storage_test): try again when it has ended, or give --wait"};
  }

 private:
  pid_t pid_ = 0;
};

TEST_F(SqliteFile, AWriterInTheWayIsNamed) {
  const auto ledger = open();
  const Writer writer(path());
  Rows rows(fifty("a"), time("2026-02-01"));
  EXPECT_EQ(ledger->append(rows.batch()).error(), writer.in_the_way_of(path()));
  EXPECT_EQ(requests_of(*ledger), 0);  // Readers go on.
}

TEST_F(SqliteFile, ALedgerInUseIsNeitherCompactedNorReplaced) {
  open();
  ASSERT_TRUE(copy_ledger(url(), folder_ + "/backup"));
  const Writer writer(path());
  EXPECT_EQ(compact_ledger(url()).error(), writer.in_the_way_of(path()));
  EXPECT_EQ(restore_ledger(folder_ + "/backup", url()).error(), writer.in_the_way_of(path()));
  EXPECT_FALSE(std::filesystem::exists(path() + ".restored"));
}

TEST_F(SqliteFile, ALedgerOfSchema1LearnsToKeepChecksums) {
  {
    const auto ledger = open();
    Rows rows(fifty("a"), time("2026-02-01"));
    ASSERT_TRUE(ledger->append(rows.batch()));
  }
  {
    auto connection = sqlite::Connection::open(path(), sqlite::Access::read_write, {});
    ASSERT_TRUE(
        connection->run("DROP TABLE batches; UPDATE meta SET value = 1 WHERE key = 'schema'"));
  }
  EXPECT_EQ(open_ledger(url(), OpenMode::read_only).error(),
            (Error{ErrorCode::unsupported,
                   "ledger " + path() +
                       " has schema 1, older than 2: open it once to write, which migrates it"}));
  const auto ledger = open();
  EXPECT_TRUE(std::filesystem::exists(path() + ".schema-1.backup"));
  Rows rows(fifty("b"), time("2026-02-01"));
  ASSERT_TRUE(ledger->append(rows.batch()));
  const auto report = ledger->verify();
  EXPECT_TRUE(report->findings.empty());
  EXPECT_EQ(report->batches, 1u);
  EXPECT_EQ(report->entries_without_batch, 50u);
}

TEST_F(SqliteFile, AKilledWriterLeavesWholeAcknowledgedBatches) {
  std::int64_t earlier = 0;
  for (int round = 0; round < 5; ++round) {
    int acknowledged[2];
    ASSERT_EQ(pipe(acknowledged), 0);
    const pid_t writer = fork();
    if (writer == 0) {
      const auto ledger = open();
      for (int batch = 0;; ++batch) {
        Rows rows(fifty(std::to_string(round) + "-" + std::to_string(batch) + "-"),
                  time("2026-02-01"));
        if (!ledger->append(rows.batch())) _exit(1);
        if (write(acknowledged[1], "x", 1) != 1) _exit(1);
      }
    }
    close(acknowledged[1]);
    char byte = 0;
    const int before_kill = 3 + round * 2;
    for (int i = 0; i < before_kill; ++i) ASSERT_EQ(read(acknowledged[0], &byte, 1), 1);
    kill(writer, SIGKILL);
    int status = 0;
    waitpid(writer, &status, 0);
    std::int64_t told = before_kill;
    while (read(acknowledged[0], &byte, 1) == 1) ++told;
    close(acknowledged[0]);

    const auto ledger = open();
    const std::int64_t found = requests_of(*ledger);
    EXPECT_EQ(found % 50, 0);
    EXPECT_GE(found - earlier, told * 50);
    EXPECT_LE(found - earlier, (told + 1) * 50);
    earlier = found;
  }
}

TEST_F(SqliteFile, AFileThatIsNoLedgerIsRefused) {
  auto connection = sqlite::Connection::open(path(), sqlite::Access::create, {});
  ASSERT_TRUE(connection->run("CREATE TABLE t (x)"));
  EXPECT_EQ(open_ledger(url(), OpenMode::create).error(),
            (Error{ErrorCode::unsupported,
                   path() + " is a SQLite database, but no cost-ops ledger: name another file"}));
}

TEST_F(SqliteFile, ANewerSchemaIsRefused) {
  open();
  auto connection = sqlite::Connection::open(path(), sqlite::Access::read_write, {});
  ASSERT_TRUE(connection->run("UPDATE meta SET value = '99' WHERE key = 'schema'"));
  EXPECT_EQ(open_ledger(url(), OpenMode::create).error(),
            (Error{ErrorCode::unsupported, "ledger " + path() +
                                               " has schema 99, this cost-ops knows up to 2: use a "
                                               "newer cost-ops"}));
}

}  // namespace
}  // namespace costops::storage
