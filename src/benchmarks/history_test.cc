#include "costops/benchmarks/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "costops/benchmarks/io.h"

namespace costops::benchmarks {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* kKey = "00ff00ff00ff00ff";

/// A run `minutes` after a fixed time.
HistoryEntry run_at(int minutes, double ns, const std::string& revision = "") {
  HistoryEntry entry;
  entry.result.target_id = "storage";
  entry.result.metrics = {{"median_duration_ns", ns}, {"operations_per_second", 1e9 / ns}};
  entry.result.timestamp = *parse_timestamp("2026-07-01T00:00:00Z") + std::chrono::minutes(minutes);
  entry.env_key = kKey;
  entry.revision = revision;
  return entry;
}

/// Runs with alternating noise of 1 %: `count` at `ns` from minute `from` on.
void add_runs(std::vector<HistoryEntry>& entries, int count, double ns) {
  for (int i = 0; i < count; ++i) {
    const auto n = static_cast<int>(entries.size());
    entries.push_back(run_at(n, ns * (1 + 0.01 * ((n * 7) % 5 - 2)), "rev" + std::to_string(n)));
  }
}

class HistoryFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "cost-ops-history-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override { fs::remove_all(dir_); }
  fs::path file() const { return dir_ / kKey / "storage.ndjson"; }
  fs::path dir_;
};

TEST_F(HistoryFiles, ComeBackInTheOrderOfTime) {
  ASSERT_TRUE(append_history(dir_, run_at(2, 20, "b")));
  ASSERT_TRUE(append_history(dir_, run_at(1, 10, "a")));
  const auto stored = read_history(dir_, kKey, "storage");
  ASSERT_TRUE(stored) << stored.error().message;
  ASSERT_THAT(stored->entries, SizeIs(2));
  EXPECT_EQ(stored->entries[0].revision, "a");
  EXPECT_EQ(stored->entries[1].result, run_at(2, 20).result);
  EXPECT_THAT(stored->skipped, IsEmpty());
}

TEST_F(HistoryFiles, ATornLastLineSpoilsOnlyItself) {
  ASSERT_TRUE(append_history(dir_, run_at(1, 10)));
  std::ofstream(file(), std::ios::app) << R"({"target_id":"stor)";
  ASSERT_TRUE(append_history(dir_, run_at(3, 30)));
  const auto stored = read_history(dir_, kKey, "storage");
  ASSERT_TRUE(stored);
  EXPECT_THAT(stored->entries, SizeIs(2));
  EXPECT_THAT(stored->skipped, ElementsAre(EndsWith("storage.ndjson:2: not valid JSON, or torn")));
}

TEST_F(HistoryFiles, ForeignLinesAreReported) {
  ASSERT_TRUE(append_history(dir_, run_at(1, 10)));
  std::ofstream(file(), std::ios::app)
      << "[]\n"
      << R"({"target_id":"export","metrics":{},"timestamp":"2026-07-01T00:00:00Z"})"
      << "\n"
      << R"({"target_id":"storage","metrics":{},"timestamp":"yesterday"})"
      << "\n";
  const auto stored = read_history(dir_, kKey, "storage");
  ASSERT_TRUE(stored);
  EXPECT_THAT(stored->entries, SizeIs(1));
  EXPECT_THAT(stored->skipped,
              ElementsAre(EndsWith(":2: not an object"), EndsWith(":3: it is of target \"export\""),
                          EndsWith(":4: \"timestamp\" must be RFC 3339 in UTC, found "
                                   "\"yesterday\"")));
}

TEST_F(HistoryFiles, TakeAppendsOfSeveralAtOnce) {
  std::vector<std::thread> writers;
  for (int w = 0; w < 4; ++w) {
    writers.emplace_back([this, w] {
      for (int i = 0; i < 10; ++i) ASSERT_TRUE(append_history(dir_, run_at(10 * w + i, 5)));
    });
  }
  for (std::thread& writer : writers) writer.join();
  const auto stored = read_history(dir_, kKey, "storage");
  ASSERT_TRUE(stored);
  EXPECT_THAT(stored->entries, SizeIs(40));
  EXPECT_THAT(stored->skipped, IsEmpty());
}

TEST_F(HistoryFiles, NamesOfFilesAreNoPaths) {
  HistoryEntry entry = run_at(1, 10);
  entry.env_key = "../..";
  const auto appended = append_history(dir_, entry);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().message,
            "no history for target \"storage\" in environment \"../..\": both become names of "
            "files");
  EXPECT_FALSE(read_history(dir_, kKey, "../storage"));
}

TEST_F(HistoryFiles, AreListedByEnvironment) {
  EXPECT_EQ(history_environments(dir_).error().message,
            "no history in " + dir_.string() + ": \"cost-ops run\" writes one");
  ASSERT_TRUE(append_history(dir_, run_at(1, 10)));
  ASSERT_TRUE(describe_environment(dir_, {{{"cpu_model", "Abacus"}}, kKey}));
  fs::create_directories(dir_ / "not-a-key");
  const auto environments = history_environments(dir_);
  ASSERT_TRUE(environments);
  ASSERT_THAT(*environments, SizeIs(1));
  EXPECT_EQ(environments->front().env_key, kKey);
  EXPECT_EQ(environments->front().facts["cpu_model"], "Abacus");
  EXPECT_THAT(environments->front().targets, ElementsAre("storage"));
}

TEST(History, FindsARegressionAndItsRevisions) {
  std::vector<HistoryEntry> entries;
  add_runs(entries, 30, 100);
  add_runs(entries, 12, 110);
  const auto report = analyse_history(entries, {});
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_THAT(report->changes, SizeIs(1));
  EXPECT_EQ(report->changes[0].index, 30u);
  EXPECT_NEAR(report->changes[0].relative, 0.10, 0.01);
  EXPECT_LT(report->changes[0].interval.low, 0.10);
  EXPECT_GT(report->changes[0].interval.high, 0.10);
  EXPECT_EQ(report->changes[0].verdict, Verdict::regression);
  ASSERT_THAT(report->segments, SizeIs(2));
  EXPECT_NEAR(report->segments[0].level, 100, 1);
  EXPECT_NEAR(report->segments[1].level, 110, 1);
  const Json json = to_json(*report);
  EXPECT_EQ(json["changes"][0]["first_with"], "rev30");
  EXPECT_EQ(json["changes"][0]["last_without"], "rev29");
}

TEST(History, AHigherRateIsAnImprovement) {
  std::vector<HistoryEntry> entries;
  add_runs(entries, 30, 110);
  add_runs(entries, 12, 100);
  const auto report =
      analyse_history(entries, {.metric = "operations_per_second", .last = 0, .margin = 0.01});
  ASSERT_TRUE(report);
  ASSERT_THAT(report->changes, SizeIs(1));
  EXPECT_GT(report->changes[0].relative, 0);
  EXPECT_EQ(report->changes[0].verdict, Verdict::improvement);
}

TEST(History, LeavesOutChangesBelowTheMargin) {
  std::vector<HistoryEntry> entries;
  add_runs(entries, 30, 100);
  add_runs(entries, 30, 105);
  EXPECT_THAT(analyse_history(entries, {})->changes, SizeIs(1));
  const auto report =
      analyse_history(entries, {.metric = "median_duration_ns", .last = 0, .margin = 0.10});
  EXPECT_THAT(report->changes, IsEmpty());
  EXPECT_THAT(report->segments, SizeIs(1));
}

TEST(History, AnotherWorkloadIsAnotherSeries) {
  std::vector<HistoryEntry> entries;
  add_runs(entries, 20, 100);
  for (HistoryEntry& entry : entries) entry.result.metrics["workload_hash"] = "old";
  add_runs(entries, 7, 300);
  const auto report = analyse_history(entries, {});
  ASSERT_TRUE(report);
  EXPECT_THAT(report->points, SizeIs(7));
  EXPECT_EQ(report->other_workload, 20u);
}

TEST(History, LooksAtTheNewestOnly) {
  std::vector<HistoryEntry> entries;
  add_runs(entries, 30, 100);
  add_runs(entries, 12, 110);
  const auto report =
      analyse_history(entries, {.metric = "median_duration_ns", .last = 12, .margin = 0.01});
  EXPECT_THAT(report->points, SizeIs(12));
  EXPECT_THAT(report->changes, IsEmpty());
}

TEST(History, NamesTheMetricsThatThereAre) {
  std::vector<HistoryEntry> entries;
  add_runs(entries, 1, 100);
  const auto report = analyse_history(entries, {.metric = "speed", .last = 0, .margin = 0});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().message,
            "no run has a metric \"speed\" above zero; they have: median_duration_ns, "
            "operations_per_second");
}

TEST(History, DrawsOneRunAndHostileTexts) {
  std::vector<HistoryEntry> entries = {run_at(0, 5, "<script>alert(1)</script>&\"")};
  const auto report = analyse_history(entries, {});
  ASSERT_TRUE(report);
  HistoryEnvironment environment;
  environment.facts = {{"cpu_model", "<b>"}};
  const std::string page = history_html({*report}, environment);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<b>")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;"));
}

TEST(MetricText, HasThreeDigitsAndAUnit) {
  EXPECT_EQ(metric_text("median_duration_ns", 83.24), "83.2 ns");
  EXPECT_EQ(metric_text("median_duration_ns", 999.6), "1.00 us");
  EXPECT_EQ(metric_text("median_duration_ns", 25556852201.0), "25.6 s");
  EXPECT_EQ(metric_text("operations_per_second", 12017344), "12.0 M/s");
  EXPECT_EQ(metric_text("throughput_mb_per_sec", 412.7), "413 MB/s");
  EXPECT_EQ(metric_text("noise", 0.25), "0.25");
}

}  // namespace
}  // namespace costops::benchmarks
