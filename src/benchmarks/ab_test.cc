#include "costops/benchmarks/ab.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "costops/benchmarks/ab_text.h"
#include "costops/benchmarks/selftest.h"

namespace costops::benchmarks {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

/// Builds of cost-ops played by scripts: what each target of theirs answers is fixed.
class Builds : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "cost-ops-ab-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
    options_.budget_s = 2e-4;  // The scripts claim blocks of a microsecond.
    options_.answer_limit = std::chrono::milliseconds(2000);
  }
  void TearDown() override { fs::remove_all(dir_); }

  /// A script that does `worker` when started as worker of target "sum", and works in 1,000 ns as
  /// any other target.
  fs::path build(const std::string& name, const std::string& worker) {
    const fs::path path = dir_ / name;
    std::ofstream(path)
        << "#!/bin/sh\nif [ \"$1\" = run ]; then echo 'sum  adds'; echo 'max  finds'\n"
           "elif [ \"$2\" = sum ]; then\n"
        << worker << "\nelse\n"
        << takes(1000) << "\nfi\n";
    ::chmod(path.c_str(), 0700);
    return path;
  }
  void script(const std::string& name, const std::string& text) const {
    std::ofstream(dir_ / name) << "#!/bin/sh\n" << text;
    ::chmod((dir_ / name).c_str(), 0700);
  }
  static std::string takes(int ns, const std::string& hash = "abc",
                           const std::string& answer = "7") {
    return "while read verb rest; do case $verb in\n"
           "hello) echo ready 3 $2 " +
           hash + " cpu " + answer +
           ";;\nmove) echo moved 1;;\ncalibrate) echo iterations 16;;\nblock) echo block " +
           std::to_string(ns) + " " + std::to_string(ns) + " " + std::to_string(ns) +
           " 0 0;;\nesac; done";
  }
  AbReport compared(const std::string& base, const std::string& head) {
    return compare_builds(build("base", base), build("head", head), {"sum", "max"}, options_);
  }

  fs::path dir_;
  AbOptions options_;
};

TEST_F(Builds, ASlowerOneIsARegression) {
  const AbReport report = compared(takes(1000), takes(1100));
  ASSERT_EQ(report.targets.size(), 2u);
  EXPECT_EQ(report.targets[0].comparison.verdict, Verdict::regression);
  EXPECT_EQ(report.targets[0].why, "confirmed by a second session (first: +10.0 %)");
  EXPECT_EQ(report.targets[1].comparison.verdict, Verdict::equivalent);
  EXPECT_EQ(report.targets[1].why, "within +-1 %");
  EXPECT_EQ(decision_of(report, Gate::regression), Decision::regression);
  EXPECT_EQ(decision_of(report, Gate::none), Decision::fine);
  EXPECT_THAT(to_table(report), HasSubstr("REGRESSION"));
  EXPECT_THAT(to_markdown(report),
              HasSubstr("### Benchmarks: 2 of 2 compared: 1 regression, 1 equivalent"));
}

TEST_F(Builds, AFasterOneIsAnImprovement) {
  const AbReport report = compared(takes(1100), takes(1000));
  EXPECT_EQ(report.targets[0].comparison.verdict, Verdict::improvement);
  EXPECT_EQ(decision_of(report, Gate::regression), Decision::fine);
}

TEST_F(Builds, ACrashLosesOneTarget) {
  const AbReport report = compared(takes(1000), "read line; kill -SEGV $$");
  EXPECT_EQ(report.targets[0].outcome, Outcome::failed);
  EXPECT_EQ(report.targets[0].why, "head: benchmark worker " + (dir_ / "head").string() +
                                       ": killed by signal 11 (Segmentation fault)");
  EXPECT_EQ(report.targets[1].comparison.verdict, Verdict::equivalent);
  EXPECT_EQ(decision_of(report, Gate::regression), Decision::failed);
}

TEST_F(Builds, AHangLosesOneTarget) {
  options_.answer_limit = std::chrono::milliseconds(200);
  const AbReport report = compared("exec tail -f /dev/null", takes(1000));
  EXPECT_THAT(report.targets[0].why, HasSubstr("base: benchmark worker"));
  EXPECT_THAT(report.targets[0].why, HasSubstr("no answer within 200 ms"));
}

TEST_F(Builds, OtherWorkIsNotCompared) {
  AbReport report = compared(takes(1000, "abc"), takes(500, "abd"));
  EXPECT_EQ(report.targets[0].outcome, Outcome::not_comparable);
  EXPECT_EQ(report.targets[0].why,
            "the workloads differ (base abc, head abd): their times cannot be compared");
  report = compared(takes(1000, "abc", "7"), takes(500, "abc", "0"));
  EXPECT_EQ(report.targets[0].outcome, Outcome::not_comparable);
  EXPECT_EQ(report.targets[0].why,
            "the answers differ (base 7, head 0): builds that do different work are not compared");
  report = compared(takes(1000, "abc", "7"), takes(1000, "abc", "-"));
  EXPECT_EQ(report.targets[0].outcome, Outcome::compared);
}

TEST_F(Builds, AnotherProtocolIsNotCompared) {
  const AbReport report = compared("read line; echo ready 1 sum abc", takes(1000));
  EXPECT_EQ(report.targets[0].outcome, Outcome::not_comparable);
}

TEST_F(Builds, AControlThatMovedIsSaid) {
  const Arms arms = {build("base", takes(1000)), build("control", takes(1050)),
                     build("head", takes(1000))};
  const auto target = compare_target(arms, "sum", options_);
  ASSERT_TRUE(target);
  EXPECT_EQ(target->outcome, Outcome::invalid);
  EXPECT_EQ(target->why, "the control, a copy of base, moved by +5.0 %");
}

TEST_F(Builds, AnInterruptEndsItAll) {
  const std::atomic<bool> interrupted = true;
  options_.interrupted = &interrupted;
  const AbReport report = compared(takes(1000), takes(1000));
  EXPECT_TRUE(report.interrupted);
  EXPECT_TRUE(report.targets.empty());
  EXPECT_EQ(decision_of(report, Gate::regression), Decision::interrupted);
}

/// Programs are looked for in one folder alone while it lives.
class OnlyPath {
 public:
  explicit OnlyPath(const std::string& folder) : before_(std::getenv("PATH")) {
    ::setenv("PATH", folder.c_str(), 1);
  }
  OnlyPath(const OnlyPath&) = delete;
  OnlyPath& operator=(const OnlyPath&) = delete;
  ~OnlyPath() { ::setenv("PATH", before_.c_str(), 1); }

 private:
  std::string before_;
};

TEST_F(Builds, InstructionsAreCountedByPerfWhereThereIsNoValgrind) {
  // 1,000 to start, 100 an operation, in head 105.
  script("perf", R"(case "$*" in
*true) echo 7,,instructions:u,1,100.00,, >&2; exit 0 ;;
*head*) each=105 ;;
*) each=100 ;;
esac
while read verb count rest; do [ "$verb" = block ] && n=$count; done
echo words of its own >&2
echo "$((1000 + n * each)),,instructions:u,500,100.00,," >&2
)");
  const OnlyPath path(dir_.string());
  const Arms arms{dir_ / "base", dir_ / "base", dir_ / "head"};
  const auto counted = count_instructions(arms, "sum", 320, nullptr);
  ASSERT_TRUE(counted) << counted.error().message;
  EXPECT_EQ(counted->base, 100);
  EXPECT_EQ(counted->head, 105);
}

TEST_F(Builds, WithoutACounterTheReasonIsSaid) {
  script("perf", "echo '<not supported>,,instructions:u,0,100.00,,' >&2\n");
  const OnlyPath path(dir_.string());
  const auto counted = count_instructions({dir_, dir_, dir_}, "sum", 320, nullptr);
  ASSERT_FALSE(counted);
  EXPECT_EQ(counted.error().code, ErrorCode::not_found);
  EXPECT_EQ(counted.error().message,
            "valgrind, which counts instructions, is not installed, and perf does not count them "
            "here");
}

TEST_F(Builds, SayWhichTargetsTheyHave) {
  const auto targets = targets_of(build("base", takes(1000)), nullptr);
  ASSERT_TRUE(targets);
  EXPECT_THAT(*targets, ElementsAre("sum", "max"));
  const auto none = targets_of("/bin/false", nullptr);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message,
            "/bin/false does not list benchmark targets (ended with exit code 1): is it a build of "
            "cost-ops?");
}

TEST_F(Builds, TheSameSamplesGiveTheSameText) {
  AbReport report = compared(takes(1000), takes(1100));
  report.environment = {};
  for (TargetComparison& target : report.targets) target.total_cpu_s = 0;
  const std::string once = to_json(report).dump();
  EXPECT_EQ(to_json(report).dump(), once);
  EXPECT_THAT(once, HasSubstr("\"verdict\":\"regression\""));
}

TEST(Decision, NothingComparedIsNeverSuccess) {
  AbReport report;
  for (const Gate gate : {Gate::regression, Gate::inconclusive, Gate::none}) {
    EXPECT_EQ(decision_of(report, gate), Decision::not_comparable);
  }
  report.targets.resize(1);
  report.targets[0].outcome = Outcome::invalid;
  EXPECT_EQ(decision_of(report, Gate::regression), Decision::invalid);
  report.targets[0].outcome = Outcome::compared;
  EXPECT_EQ(decision_of(report, Gate::regression), Decision::fine);
  EXPECT_EQ(decision_of(report, Gate::inconclusive), Decision::inconclusive);
}

TEST(Cause, IsToldByInstructions) {
  EXPECT_EQ(cause_of(Verdict::regression, {1000, 1050}), Cause::code);
  EXPECT_EQ(cause_of(Verdict::improvement, {1000, 950}), Cause::code);
  EXPECT_EQ(cause_of(Verdict::regression, {1000, 1000}), Cause::layout_or_memory);
  EXPECT_EQ(cause_of(Verdict::regression, {1000, 950}), Cause::unknown);
  EXPECT_EQ(cause_of(Verdict::regression, {1000, 1002}), Cause::unknown);
}

// R: binom.test(0, 300)$conf.int = 0, 0.01222; binom.test(57, 60)$conf.int = 0.8608, 0.9896.
TEST(ShareInterval, AgreesWithTables) {
  EXPECT_EQ(share_interval(0, 300, 0.95).low, 0);
  EXPECT_NEAR(share_interval(0, 300, 0.95).high, 0.01222, 1e-5);
  EXPECT_NEAR(share_interval(57, 60, 0.95).low, 0.8608, 1e-4);
  EXPECT_NEAR(share_interval(57, 60, 0.95).high, 0.9896, 1e-4);
  EXPECT_EQ(share_interval(60, 60, 0.95).high, 1);
}

}  // namespace
}  // namespace costops::benchmarks
