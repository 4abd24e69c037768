#include "costops/benchmarks/sibling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace costops::benchmarks {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

/// What one file holds; `file` decides how it is read.
SiblingResults read(std::string_view text, const std::string& file = "raw/results.json") {
  SiblingResults into;
  read_sibling_text(text, file, "repo", into);
  return into;
}

/// The one result of a text.
SiblingResult one(std::string_view text, const std::string& file = "raw/results.json") {
  SiblingResults results = read(text, file);
  EXPECT_THAT(results.results, SizeIs(1)) << testing::PrintToString(results.skipped);
  return results.results.empty() ? SiblingResult() : results.results.front();
}

std::string canonical(std::string_view metrics, std::string_view id = "t") {
  return R"({"target_id":")" + std::string(id) + R"(","metrics":)" + std::string(metrics) +
         R"(,"timestamp":"2025-12-02T01:39:22.322827225Z"})";
}

struct NameCase {
  const char* name;
  Meaning meaning;
  double factor;
};

TEST(MetricName, FoldsTheVocabulary) {
  const NameCase cases[] = {
      {"operations_per_second", Meaning::operations_per_second, 1},
      {"ops_per_second", Meaning::operations_per_second, 1},
      {"ops_per_sec", Meaning::operations_per_second, 1},
      {"opsPerSecond", Meaning::operations_per_second, 1},
      {"throughput_ops_per_sec", Meaning::operations_per_second, 1},
      {"throughput", Meaning::operations_per_second, 1},
      {"throughput_rps", Meaning::operations_per_second, 1},
      {"requests_per_second", Meaning::operations_per_second, 1},
      {"requestsPerSecond", Meaning::operations_per_second, 1},
      {"throughput_per_sec", Meaning::operations_per_second, 1},
      {"items_per_sec", Meaning::operations_per_second, 1},
      {"embeddings_per_second", Meaning::operations_per_second, 1},
      {"throughput_mb_per_sec", Meaning::bytes_per_second, 1e6},
      {"throughput_mb_s", Meaning::bytes_per_second, 1e6},
      {"bytes_per_second", Meaning::bytes_per_second, 1},
      {"avg_duration_ns", Meaning::mean, 1},
      {"mean_duration_ns", Meaning::mean, 1},
      {"mean_ns", Meaning::mean, 1},
      {"avg_duration_us", Meaning::mean, 1e3},
      {"avg_validation_us", Meaning::mean, 1e3},
      {"avg_lookup_ns", Meaning::mean, 1},
      {"latency_ms", Meaning::mean, 1e6},
      {"mean_latency_ms", Meaning::mean, 1e6},
      {"latency_avg_ms", Meaning::mean, 1e6},
      {"mean_latency_us", Meaning::mean, 1e3},
      {"averageTime", Meaning::mean, 1e6},
      {"min_ns", Meaning::minimum, 1},
      {"latency_min_ms", Meaning::minimum, 1e6},
      {"max_duration_us", Meaning::maximum, 1e3},
      {"p50_duration_ns", Meaning::p50, 1},
      {"median_ns", Meaning::p50, 1},
      {"p90_ms", Meaning::p90, 1e6},
      {"latency_p95_ms", Meaning::p95, 1e6},
      {"p99_latency_us", Meaning::p99, 1e3},
      {"latency_p99", Meaning::p99, 1e6},
      {"std_dev_ms", Meaning::deviation, 1e6},
      {"total_duration_ms", Meaning::total, 1e6},
      {"duration_ms", Meaning::total, 1e6},
      {"duration_secs", Meaning::total, 1e9},
      {"execution_time_ms", Meaning::total, 1e6},
      {"bridge_execution_ns", Meaning::total, 1},
      {"total_time_secs", Meaning::total, 1e9},
      {"totalTime", Meaning::total, 1e6},
      {"total_iterations", Meaning::iterations, 1},
      {"operation_count", Meaning::iterations, 1},
      {"success_rate", Meaning::success_rate, 1},
  };
  for (const NameCase& expected : cases) {
    SCOPED_TRACE(expected.name);
    const auto found = metric_name(expected.name, MetricPlace::result);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->meaning, expected.meaning);
    EXPECT_DOUBLE_EQ(found->factor, expected.factor);
  }
}

TEST(MetricName, LeavesOtherThingsAlone) {
  for (const char* name : {"steps", "cache_hits", "hit_rate", "avg_tokens_per_request", "score",
                           "total", "duration", "max", "noise_grade", "min_score", "p99.9_ms",
                           "ci99_low_ns", "mad_duration_ns", "cpu_duration_ns", "", "___"}) {
    EXPECT_FALSE(metric_name(name, MetricPlace::result)) << name;
  }
}

TEST(MetricName, TakesTheUnitOfItsPlace) {
  EXPECT_EQ(metric_name("max", MetricPlace::latency)->factor, 1e6);
  EXPECT_EQ(metric_name("max", MetricPlace::distribution)->factor, 1);
  EXPECT_EQ(metric_name("p95", MetricPlace::result)->factor, 1e6);
}

TEST(Sibling, CanonicalResultIsRead) {
  const SiblingResult result = one(canonical(R"({"operations_per_second":125000,
      "avg_duration_ns":8000,"total_iterations":10000})"));
  EXPECT_EQ(result.target_id, "t");
  EXPECT_EQ(result.status, SiblingStatus::ok);
  EXPECT_EQ(result.metrics[Meaning::operations_per_second], 125000);
  EXPECT_EQ(result.metrics[Meaning::mean], 8000);
  EXPECT_EQ(to_string(*result.at), "2025-12-02T01:39:22.322827225Z");
}

TEST(Sibling, ThePreciseMeanCounts) {
  const SiblingResult result = one(canonical(R"({"avg_duration_ns":3,"mean_duration_ns":3.4})"));
  EXPECT_EQ(result.metrics[Meaning::mean], 3.4);
}

TEST(Sibling, OperationsThatAreInnerOnesAreToldApart) {
  const SiblingResult result = one(canonical(R"({"duration_ms":4.606421999999999,"iterations":100,
                    "ops_per_sec":434176.4606021767,"avg_coordination_overhead_us":46.06})"));
  EXPECT_EQ(result.note, "operations/s counts 20 operations per iteration");
  EXPECT_DOUBLE_EQ(*result.metrics[Meaning::mean], 46060);
}

TEST(Sibling, ATotalAloneGivesNoRate) {
  const SiblingResult result = one(canonical(R"({"bridge_execution_ns":25556852201})"));
  EXPECT_EQ(result.note, "a total time without a count: no rate");
}

struct FailureCase {
  const char* text;
  SiblingStatus status;
  const char* note;
};

TEST(Sibling, MarksOfFailureAreSeen) {
  const FailureCase cases[] = {
      {R"({"target_id":"t","metrics":{"success":false,"error":"no route"}})", SiblingStatus::failed,
       "no route"},
      {R"({"target_id":"t","metrics":{"status":"failed"}})", SiblingStatus::failed, ""},
      {R"({"target_id":"t","metrics":{},"passed":false,"error":"boom"})", SiblingStatus::failed,
       "boom"},
      {R"({"target_id":"t","metrics":{"mean_ns":1},"status":"failed","error":"late"})",
       SiblingStatus::failed, "late"},
      {R"({"target_id":"t","metrics":{},"status":"skipped","error":null})", SiblingStatus::skipped,
       ""},
      {R"({"target_id":"t","metrics":{"successful_requests":0,"mean_ns":1}})",
       SiblingStatus::failed, "no request succeeded"},
      {R"({"target_id":"t","metrics":{"mean_ns":1,"error_rate":1.0}})", SiblingStatus::failed,
       "0 % of operations succeeded"},
      {R"({"target_id":"t","metrics":{"mean_ns":1,"success_rate":0.5}})", SiblingStatus::partial,
       "50 % of operations succeeded"},
      {R"({"target_id":"t","metrics":{"mean_ns":1,"success_rate":100.0}})", SiblingStatus::ok, ""},
      {R"({"target_id":"t","metrics":{"mean_ns":1,"error":null}})", SiblingStatus::ok, ""},
  };
  for (const FailureCase& expected : cases) {
    SCOPED_TRACE(expected.text);
    const SiblingResult result = one(expected.text);
    EXPECT_EQ(result.status, expected.status);
    EXPECT_EQ(result.note, expected.note);
  }
}

TEST(Sibling, GroupsStandBelowTheirResult) {
  const SiblingResult result = one(canonical(
      R"({"ops_per_sec":60202.7,"large_workflow":{"avg_ms":0.5,"steps":100},"tags":["a"]})"));
  ASSERT_THAT(result.groups, SizeIs(1));
  EXPECT_EQ(result.groups[0].first, "large_workflow");
  EXPECT_EQ(result.groups[0].second[Meaning::mean], 500000);
}

struct SkipCase {
  std::string text;
  const char* file;
  const char* reason;
};

TEST(Sibling, WhatIsNoResultIsSkippedWithTheReason) {
  const SkipCase cases[] = {
      {R"({"target_id":"t","metrics":{"x":NaN}})", "a.json", ""},
      {R"({"target_id":"t","target_id":"u","metrics":{"mean_ns":1}})", "a.json", ""},
      {std::string(100'000, '['), "a.json", ""},
      {R"({"target_id":"t")", "a.json", ""},
      {"", "a.json", ""},
      {"[]", "a.json", "an empty list"},
      {"7", "a.json", "no benchmark result: not an object"},
      {R"({"name":"package","version":"1.0.0"})", "a.json",
       "target \"package\": none of its metrics tells a speed"},
      {R"({"mean_latency_us":2320.6,"requests_per_second":62500.0})", "a.json",
       "metrics without a target_id: what was measured is not said"},
      {R"({"x":1})", "a.json", "no benchmark result: no target_id"},
      {canonical(R"({"mean_ns":1})", "../../etc/passwd"), "a.json",
       "target_id \"../../etc/passwd\" is a path"},
      {canonical(R"({"mean_ns":1})", "/etc/passwd"), "a.json",
       "target_id \"/etc/passwd\" is a path"},
      {canonical(R"({"cache_hits":1})"), "a.json",
       "target \"t\": none of its metrics tells a speed"},
      {R"({"target_id":"t","metrics":{"mean_ns":1},"timestamp":"yesterday"})", "a.json",
       "target \"t\": \"timestamp\" must be RFC 3339 in UTC, found \"yesterday\""},
      {R"({"modelId":"m","taskType":"code","score":0.9,"timestamp":1730721045})", "a.json",
       "a score of a model's answers, not a speed"},
      {R"({"run_id":"r","env_key":"00","environment":{},"targets":{}})", "run.json",
       "the manifest of a run, not a result"},
      {"target_id,metrics,timestamp\nx,{\"a\":1,\"b\":2},2025\n", "benchmarks.csv",
       "a CSV table with unquoted JSON in a column: it cannot be divided; the results are in the "
       ".json file beside it"},
      {"scenario,language,mean_ms\n", "x.csv",
       "a CSV table without the columns of benchmark results (target_id, ...)"},
  };
  for (const SkipCase& expected : cases) {
    SCOPED_TRACE(expected.text.substr(0, 80));
    const SiblingResults results = read(expected.text, expected.file);
    EXPECT_THAT(results.results, IsEmpty());
    EXPECT_THAT(results.skipped,
                ElementsAre(AllOf(testing::StartsWith(std::string(expected.file) + ": "),
                                  EndsWith(expected.reason))));
  }
}

TEST(Sibling, ALongIdIsRefused) {
  const auto results = read(canonical(R"({"mean_ns":1})", std::string(1000, 'x')));
  EXPECT_THAT(results.skipped, ElementsAre(HasSubstr("has 1000 bytes; 256 at most")));
}

/// One repository's habits: a file where it writes it, and what it must become.
struct Layout {
  const char* repository;
  const char* path;
  std::string content;
  std::size_t results;
};

/// The layouts of the 24 repositories, as the reference lists them.
std::vector<Layout> layouts() {
  const std::string fast = canonical(R"({"ops_per_sec":1000.5,"avg_ms":1.0})", "a-b");
  const std::string slow = canonical(R"({"mean_ns":5,"p99_ns":9})", "c");
  const std::string failed = canonical(R"({"success":false,"error":"no"})", "d");
  const std::string list = "[" + fast + "," + slow + "," + failed + "]";
  return {
      {"auto-optimizer", "benchmarks/output/raw/results_20251202_013922.json", list, 3},
      {"benchmark-exchange", "benchmarks/output/benchmark_results_20251202_013922.json", list, 3},
      {"config-manager", "benchmarks/output/raw/config_get_20251202_013922.json",
       canonical(R"({"duration_ns":340282366920938463463374607431768211455,"iterations":1})",
                 "config_get"),
       1},
      {"connector-hub", "connector-hub-benchmarks/benchmarks/output/raw/results-latest.json",
       "[" + canonical(R"({"bridge_execution_ns":25556852201,"status":"completed"})", "cache") +
           "]",
       1},
      {"copilot-agent", "benchmarks/output/raw/nlp__intent__simple_20251202_013922.json",
       canonical(R"({"avg_duration_us":3})", "nlp::intent::simple"), 1},
      {"cost-ops-lib", "benchmarks/output/summary.json",
       R"({"by_category":{"engine":[)" + fast + R"(],"storage":{"insert":{"passed":false,
          "error":"x","metrics":{}}}}})",
       2},
      {"cost-ops-cli", "benchmarks/output/raw/benchmark-results-20251202-013922.json",
       R"({"suite":"all","timestamp":"2025-12-02T01:39:22Z","results":[{"name":"single_cost",
          "iterations":100,"avg_ns":950,"ops_per_second":1052631.5}]})",
       1},
      {"data-vault", "benchmarks/output/raw/x_20251202_013922.json", fast, 1},
      {"edge-agent", "benchmarks/output/raw/benchmarks-20251202-013922.json", list, 3},
      {"forge", "forge-benchmarks/benchmarks/output/history.jsonl", fast + "\n" + slow + "\n\n", 2},
      {"governance-dashboard", "benchmarks/output/raw/results_20251202_013922.json", list, 3},
      {"incident-manager", "benchmarks/output/benchmark_results_20251202_013922.json", list, 3},
      {"inference-gateway", "benchmarks/output/all_results.json",
       "[" + canonical(R"({"latency_ms":0.00064,"p50_ms":0.00063,"throughput_rps":1545690.1})") +
           "]",
       1},
      {"latency-lens", "benchmarks/output/raw/openai_gpt-4_20251202_013922.json",
       canonical(R"({"total_requests":10,"successful_requests":10,"success_rate":100.0,
          "total_latency_distribution":{"mean":1500000,"p50":1400000,"p99":2000000},
          "ttft_distribution":{"mean":200000},"provider_breakdown":[["openai",10]]})",
                 "openai:gpt-4"),
       1},
      {"marketplace", "marketplace-benchmarks/output/raw/search_20251202_013922.json",
       R"({"target_id":"search","metrics":{"latency_p50":1.5,"latency_p99":4.0,"throughput":900.0,
          "error_rate":0.0},"metadata":{"os":"linux"},"timestamp":"2025-12-02T01:39:22+00:00"})",
       1},
      {"memory-graph", "benchmarks/output/raw/benchmarks_20251202_013922.json", list, 3},
      {"observatory", "benchmarks/output/all_results.json", list, 3},
      {"orchestrator", "benchmarks/output/latest_results.json", list, 3},
      {"policy-engine", "policy-engine-benchmarks/benchmarks/output/raw/all_results.json", list, 3},
      {"registry", "benchmarks/output/benchmark_results_20251202_013922.csv",
       "target_id,status,duration_ms,throughput_ops_per_sec,memory_bytes,success_count,"
       "error_count,timestamp,error\n"
       "cache.lookup,success,12.5,80000,,1000,0,2025-12-02T01:39:22Z,\n"
       "cache.store,failed,0,,,0,1,2025-12-02T01:39:22Z,refused, twice\n",
       2},
      {"research-lab", "benchmarks/benchmark_results_20251202_013922.json", list, 3},
      {"schema-registry", "benchmarks/output/raw/latest.json", list, 3},
      {"sentinel", "benchmarks/output/combined_20251202_013922.json", list, 3},
      {"shield", "benchmarks/output/results.json",
       "[" + canonical(R"({"mean_ms":0.0014,"p99_ms":0.0018})", "llm-shield/latency-simple") + "]",
       1},
      {"simulator", "src/benchmarks/output/results_20251202_013922.json", list, 3},
      {"test-bench", "core/results.json",
       R"({"dataset_name":"coding","provider_name":"openai","timestamp":"2025-11-04T12:30:45Z",
          "results":[],"summary":{"total":6,"success_rate":1.0,"avg_duration_ms":5854.5}})",
       1},
      {"analytics-hub", "benchmarks/results.json",
       R"({"benchmarks":[{"target_name":"ingest","operation":"write",
          "duration":{"secs":1,"nanos":5},
          "operations_count":100,"throughput_ops_per_sec":100.0,"avg_latency_ms":10}],
          "total_time_secs":1,"timestamp":"2025-11-04T12:30:45Z"})",
       1},
      {"connector-hub-ts", "benchmarks/ts.json",
       R"([{"name":"fetch","iterations":10,"totalTime":20,"averageTime":2,"minTime":1,"maxTime":3,
          "p50":2,"p95":3,"p99":3,"stdDev":0.1,"opsPerSecond":500}])",
       1},
  };
}

class SiblingFolders : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "cost-ops-siblings-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override { fs::remove_all(dir_); }
  void put(const fs::path& path, std::string_view content) {
    fs::create_directories((dir_ / path).parent_path());
    std::ofstream(dir_ / path) << content;
  }
  fs::path dir_;
};

TEST_F(SiblingFolders, EveryLayoutIsRead) {
  for (const Layout& layout : layouts()) {
    SCOPED_TRACE(layout.repository);
    put(fs::path(layout.repository) / layout.path, layout.content);
    const auto read = read_siblings({dir_ / layout.repository});
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_THAT(read->skipped, IsEmpty());
    ASSERT_EQ(read->results.size(), layout.results);
    for (const SiblingResult& result : read->results) {
      EXPECT_EQ(result.repository, layout.repository);
      EXPECT_FALSE(result.metrics.empty() && result.status == SiblingStatus::ok);
    }
  }
}

TEST_F(SiblingFolders, AFolderOfRepositoriesHoldsThemAll) {
  std::size_t expected = 0;
  for (const Layout& layout : layouts()) {
    put(fs::path(layout.repository) / layout.path, layout.content);
    expected += layout.results;
  }
  const auto read = read_siblings({dir_});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->results.size(), expected);
  EXPECT_EQ(read->results.front().repository, "analytics-hub");
}

TEST_F(SiblingFolders, CopiesCountOnce) {
  const std::string result = canonical(R"({"mean_ns":5})");
  put("repo/benchmarks/output/raw/t.json", result);
  put("repo/benchmarks/output/raw/latest.json", "[" + result + "]");
  put("repo/benchmarks/output/history.jsonl", result + "\n");
  put("repo/benchmarks/output/raw/other.json", canonical(R"({"mean_ns":6})"));
  const auto read = read_siblings({dir_ / "repo"});
  ASSERT_TRUE(read);
  EXPECT_THAT(read->results, SizeIs(1));
  EXPECT_EQ(read->duplicates, 2u);
  EXPECT_THAT(read->skipped, ElementsAre(HasSubstr("but with other figures")));
}

TEST_F(SiblingFolders, HugeFilesLinksAndPipesAreNotRead) {
  put("repo/raw/huge.json", "");
  fs::resize_file(dir_ / "repo/raw/huge.json", std::uintmax_t{1} << 30);
  fs::create_symlink("/etc", dir_ / "repo/raw/link");
  put("repo/raw/readme.txt", "hello");
  put("repo/summary.md", "# Summary");
  const auto read = read_siblings({dir_ / "repo"});
  ASSERT_TRUE(read);
  EXPECT_THAT(read->results, IsEmpty());
  EXPECT_EQ(read->other_files, 1u);
  EXPECT_THAT(
      read->skipped,
      ElementsAre(EndsWith("huge.json: 1073741824 bytes, a result file has at most 67108864"),
                  EndsWith("link: a link, not followed"),
                  EndsWith("summary.md: a summary for people; the results are in JSON")));
}

TEST_F(SiblingFolders, AnAbsentFolderIsAnError) {
  EXPECT_EQ(read_siblings({dir_ / "no"}).error().message,
            (dir_ / "no").string() + " is not a folder");
}

TEST_F(SiblingFolders, HostileTextsStayTexts) {
  put("repo/raw/a.json", canonical(R"({"mean_ns":1,"error":"<script>|x|"})", "<b>|</b>"));
  const auto read = read_siblings({dir_ / "repo"});
  ASSERT_TRUE(read);
  ASSERT_THAT(read->results, SizeIs(1));
  EXPECT_THAT(siblings_html(*read), Not(HasSubstr("<script")));
  EXPECT_THAT(siblings_markdown(*read), Not(HasSubstr("<b>")));
}

TEST(RealSiblings, AreReadOrSkippedWithTheReason) {
  const fs::path dir = fs::path(COSTOPS_SHARED_DATA) / "data/bench-results";
  if (!fs::exists(dir)) GTEST_SKIP() << "no real results at " << dir;
  const auto read = read_siblings({dir});
  ASSERT_TRUE(read) << read.error().message;
  std::vector<std::string> found;
  for (const SiblingResult& result : read->results) {
    found.push_back(result.repository + " " + result.target_id);
  }
  EXPECT_THAT(
      found, ElementsAre(
                 "connector-hub cache-operations", "inference-gateway backend_routing",
                 "orchestrator context_template_rendering", "orchestrator evaluation_feedback_loop",
                 "orchestrator multi_model_routing", "orchestrator parallel_step_coordination",
                 "orchestrator workflow_dag_construction", "orchestrator workflow_validation",
                 "test-bench coding-tasks/openai"));
  // latest copies: one of connector-hub, one of inference-gateway, six of orchestrator.
  EXPECT_EQ(read->duplicates, 8u);
  std::size_t tables = 0, summaries = 0;
  for (const std::string& skipped : read->skipped) {
    tables += skipped.find(".csv: a CSV table without the columns") != std::string::npos ? 1u : 0u;
    summaries += skipped.find("summary.md: a summary for people") != std::string::npos ? 1u : 0u;
  }
  EXPECT_EQ(tables, 6u);
  EXPECT_EQ(summaries, 3u);
  EXPECT_EQ(read->skipped.size(), 10u);
  EXPECT_THAT(read->skipped,
              testing::Contains(EndsWith("server_metrics.json: metrics without a target_id: what "
                                         "was measured is not said")));
}

}  // namespace
}  // namespace costops::benchmarks
