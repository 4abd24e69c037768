#include "costops/benchmarks/stored.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "costops/benchmarks/io.h"

namespace costops::benchmarks {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

BenchmarkResult result_of(const std::string& id, double ns, const std::string& workload = "w") {
  return {id, Json{{"median_duration_ns", ns}, {"workload_hash", workload}}};
}

StoredRun run_of(double ns, const std::string& env_key = "aa", const std::string& id = "sum") {
  StoredRun run;
  run.env_key = env_key;
  run.environment = {{"cpu_model", "EPYC"}, {"logical_cpus", 2}};
  run.results = {result_of(id, ns)};
  return run;
}

StoredSide side_of(std::vector<StoredRun> runs) { return {std::move(runs), {}}; }

TEST(Stored, OneRunASideIsAdvice) {
  const auto report = compare_stored(side_of({run_of(100)}), side_of({run_of(150)}));
  ASSERT_EQ(report.targets.size(), 1u);
  EXPECT_TRUE(report.targets[0].advisory);
  EXPECT_EQ(report.targets[0].verdict, Verdict::inconclusive);
  EXPECT_EQ(report.targets[0].why, "advice: a verdict needs 3 runs a side");
}

TEST(Stored, ThreeRunsASideCanBeAVerdict) {
  const auto before = side_of({run_of(100), run_of(101), run_of(99)});
  const auto slower = side_of({run_of(112), run_of(111), run_of(113)});
  auto report = compare_stored(before, slower);
  EXPECT_EQ(report.targets[0].verdict, Verdict::regression);
  EXPECT_EQ(report.targets[0].why, "+12.0 % is beyond 10 %, which runs differ by");
  report = compare_stored(slower, before);
  EXPECT_EQ(report.targets[0].verdict, Verdict::improvement);
  report = compare_stored(before, side_of({run_of(109), run_of(109), run_of(109)}));
  EXPECT_EQ(report.targets[0].verdict, Verdict::inconclusive);
  EXPECT_EQ(report.targets[0].why, "below 10 %, the least that such runs can show");
}

// Old runs 90, 100, 111 deviate by ln 1.11 = 10.4 % at the median; three times that is 37 %.
TEST(Stored, NoisyRunsNeedALargerChange) {
  const auto before = side_of({run_of(100.0 / 1.11), run_of(100), run_of(111)});
  const auto report = compare_stored(before, side_of({run_of(130), run_of(130), run_of(130)}));
  EXPECT_EQ(report.targets[0].verdict, Verdict::inconclusive);
  EXPECT_EQ(report.targets[0].why, "below 37 %, the least that such runs can show");
}

TEST(Stored, AnotherMachineGetsNoVerdict) {
  StoredRun other = run_of(100, "bb");
  other.environment["cpu_model"] = "Xeon";
  const auto report = compare_stored(side_of({run_of(100)}), side_of({other}));
  EXPECT_THAT(report.differing_facts, ElementsAre("cpu_model: EPYC, then Xeon"));
  EXPECT_THAT(to_table(report), HasSubstr("Different machines or builds, so no verdicts"));
}

TEST(Stored, AnUnknownMachineGivesAdvice) {
  const auto before = side_of({run_of(100), run_of(100), run_of(100)});
  const auto after = side_of({run_of(150, ""), run_of(150, ""), run_of(150, "")});
  const auto report = compare_stored(before, after);
  EXPECT_TRUE(report.unknown_environment);
  EXPECT_EQ(report.targets[0].verdict, Verdict::inconclusive);
}

TEST(Stored, TargetsOfOneSideAreCounted) {
  const auto report = compare_stored(side_of({run_of(100, "aa", "old_one")}),
                                     side_of({run_of(100, "aa", "new_one")}));
  EXPECT_THAT(report.targets, IsEmpty());
  EXPECT_THAT(report.only_old, ElementsAre("old_one"));
  EXPECT_THAT(report.only_new, ElementsAre("new_one"));
  EXPECT_THAT(to_table(report),
              HasSubstr("nothing compared; only in the old: old_one; only in the new: new_one"));
}

TEST(Stored, OtherWorkloadsAreNotCompared) {
  StoredRun other = run_of(100);
  other.results = {result_of("sum", 100, "v")};
  const auto report = compare_stored(side_of({run_of(100)}), side_of({other}));
  EXPECT_THAT(report.targets, IsEmpty());
  EXPECT_THAT(report.not_comparable, ElementsAre("sum: the workloads differ"));
}

TEST(Stored, ReadsOneRunOrAFolderOfRuns) {
  std::string pattern = (fs::temp_directory_path() / "cost-ops-stored-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  const fs::path dir = pattern;
  ASSERT_TRUE(write_json(result_of("sum", 100), dir / "a"));
  ASSERT_TRUE(write_json(result_of("sum", 101), dir / "b"));
  std::ofstream(dir / "b" / "run.json") << R"({"env_key":"aa","environment":{"virt":"kvm"}})";
  std::ofstream(dir / "a" / "run.json") << "{ broken";
  std::ofstream(dir / "a" / "raw" / "foreign.json") << "[]";

  const auto both = read_side(dir);
  ASSERT_TRUE(both) << both.error().message;
  ASSERT_EQ(both->runs.size(), 2u);
  EXPECT_EQ(both->runs[0].env_key, "");
  EXPECT_EQ(both->runs[1].env_key, "aa");
  EXPECT_EQ(both->skipped.size(), 1u);
  EXPECT_EQ(read_side(dir / "b")->runs.size(), 1u);
  const auto none = read_side(dir / "absent");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::not_found);
  fs::remove_all(dir);
}

}  // namespace
}  // namespace costops::benchmarks
