#include "costops/benchmarks/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "costops/benchmarks/environment.h"
#include "costops/benchmarks/history.h"
#include "costops/benchmarks/io.h"

namespace costops::benchmarks {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

/// A workload that adds numbers, or misbehaves.
class Sum final : public Workload {
 public:
  explicit Sum(void (*misbehave)()) : misbehave_(misbehave) {}
  Result<void> check() override {
    if (misbehave_ != nullptr) misbehave_();
    return {};
  }
  void run(std::uint64_t iterations) override {
    for (std::uint64_t i = 0; i < iterations; ++i) consume(sum_ += i);
  }

 private:
  void (*misbehave_)();
  std::uint64_t sum_ = 0;
};

class SumTarget : public BenchTarget {
 public:
  explicit SumTarget(std::string id, void (*misbehave)() = nullptr)
      : id_(std::move(id)), misbehave_(misbehave) {}
  std::string id() const override { return id_; }
  std::string description() const override { return "adds numbers"; }
  std::string workload() const override { return "v1"; }
  Result<std::unique_ptr<Workload>> prepare() const override {
    return std::make_unique<Sum>(misbehave_);
  }

 private:
  std::string id_;
  void (*misbehave_)();
};

class WrongAnswer final : public Workload {
 public:
  Result<void> check() override { return fail(ErrorCode::conflict, "gave 4, expected 5"); }
  void run(std::uint64_t) override {}
};

class WrongTarget final : public SumTarget {
 public:
  WrongTarget() : SumTarget("wrong") {}
  Result<std::unique_ptr<Workload>> prepare() const override {
    return std::make_unique<WrongAnswer>();
  }
};

/// Starts its work on a thread of its own and answers later.
class AsynchronousTarget final : public SumTarget {
 public:
  AsynchronousTarget() : SumTarget("later") {}
  std::future<Result<Json>> start(const MeasureOptions& options) const override {
    return std::async(std::launch::async, [this, options] { return run(options); });
  }
};

RunOptions fast() {
  RunOptions options;
  options.measure = {
      .block_ns = 100'000, .measured_ns_min = 1'000'000, .measured_ns_max = 9'000'000};
  options.timeout = std::chrono::seconds{20};
  return options;
}

// SIGKILL: the one signal that no sanitizer takes over.
void crash() { ::kill(::getpid(), SIGKILL); }
void hang() {
  while (true) ::pause();
}
void leave() { ::_exit(0); }
/// More than any limit, and really used.
void eat() {
  std::vector<std::unique_ptr<std::string>> eaten;
  while (true) eaten.push_back(std::make_unique<std::string>(16u << 20, 'x'));
}

template <typename... T>
Targets list_of(T... target) {
  Targets targets;
  (targets.push_back(std::move(target)), ...);
  return targets;
}

TEST(Execute, MeasuresWithTheMetricsOfTheContract) {
  const auto result = execute(SumTarget("sum"), fast());
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->target_id, "sum");
  EXPECT_THAT(lint(*result), testing::IsEmpty());
  EXPECT_GE(result->get_metric_u64("total_iterations").value_or(0), 100u);
  EXPECT_GT(result->get_metric_f64("operations_per_second").value_or(0), 0);
  EXPECT_GE(result->get_metric_u64("samples").value_or(0), 30u);
}

TEST(Execute, AwaitsAnAsynchronousTarget) {
  const auto result = execute(AsynchronousTarget(), fast());
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->target_id, "later");
}

TEST(Execute, NeverTimesAWrongAnswer) {
  const auto result = execute(WrongTarget(), fast());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "gave 4, expected 5");
}

TEST(Execute, RunsTwiceWithTheSameWorkload) {
  const SumTarget target("sum");
  const auto first = execute(target, fast());
  const auto second = execute(target, fast());
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->metrics["workload_hash"], second->metrics["workload_hash"]);
}

TEST(Execute, IsSafeFromAnyThreadInThisProcess) {
  const SumTarget target("sum");
  RunOptions options = fast();
  options.isolation = Isolation::none;
  bool ok = false;
  std::thread([&] { ok = execute(target, options).has_value(); }).join();
  EXPECT_TRUE(ok);
}

TEST(ExecuteAll, ACrashLosesOneTarget) {
  const auto report = execute_all(
      list_of(std::make_unique<SumTarget>("first"), std::make_unique<SumTarget>("crashes", crash),
              std::make_unique<SumTarget>("last")),
      fast());
  ASSERT_EQ(report.results.size(), 2u);
  EXPECT_EQ(report.results[0].target_id, "first");
  EXPECT_EQ(report.results[1].target_id, "last");
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_EQ(report.failures[0].target_id, "crashes");
  EXPECT_EQ(report.failures[0].error, "killed by signal 9 (Killed)");
}

TEST(ExecuteAll, AHangEndsWithItsTime) {
  RunOptions options = fast();
  options.timeout = std::chrono::seconds{1};
  const auto report = execute_all(list_of(std::make_unique<SumTarget>("hangs", hang)), options);
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_EQ(report.failures[0].error, "no answer within 1 s");
}

TEST(ExecuteAll, EatingMemoryEndsAtTheLimit) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need more memory than any limit";
#endif
  RunOptions options = fast();
  options.memory_bytes_max = 256u << 20;
  const auto report = execute_all(
      list_of(std::make_unique<SumTarget>("eats", eat), std::make_unique<SumTarget>("last")),
      options);
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_EQ(report.failures[0].error, "out of memory; a target may use 256 MiB");
  EXPECT_EQ(report.results.size(), 1u);
}

/// Answers, but not what the contract asks for.
class BareTarget final : public SumTarget {
 public:
  BareTarget() : SumTarget("bare") {}
  Result<Json> run(const MeasureOptions&) const override {
    return Json{{"operations_per_second", nullptr}, {"avg_duration_ns", 8000.0}};
  }
};

TEST(Execute, MetricsThatBreakTheContractAreAFailure) {
  const auto result = execute(BareTarget(), fast());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message,
            "its metrics break the contract: \"operations_per_second\" must be a number; "
            "\"avg_duration_ns\" must be a JSON integer");
}

TEST(ExecuteAll, SilenceIsNoAnswer) {
  const auto report = execute_all(list_of(std::make_unique<SumTarget>("leaves", leave)), fast());
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_EQ(report.failures[0].error, "its answer is not valid JSON");
}

TEST(ExecuteAll, StopsWhenInterruptedAndKeepsWhatIsDone) {
  std::atomic<bool> interrupted = false;
  RunOptions options = fast();
  options.interrupted = &interrupted;
  options.completed = [&](const BenchmarkResult&) { interrupted = true; };
  const auto report = execute_all(
      list_of(std::make_unique<SumTarget>("first"), std::make_unique<SumTarget>("never")), options);
  EXPECT_TRUE(report.interrupted);
  ASSERT_EQ(report.results.size(), 1u);
  EXPECT_TRUE(report.failures.empty());
}

TEST(ExecuteAll, TellsTheCurrentTarget) {
  std::vector<std::string> told;
  RunOptions options = fast();
  options.progress = [&](std::size_t index, std::size_t count, const std::string& target) {
    told.push_back(std::to_string(index) + "/" + std::to_string(count) + " " + target);
  };
  (void)execute_all(list_of(std::make_unique<SumTarget>("a"), std::make_unique<SumTarget>("b")),
                    options);
  EXPECT_THAT(told, ElementsAre("0/2 a", "1/2 b", "2/2 "));
}

class RunAndSave : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "cost-ops-run-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override { fs::remove_all(dir_); }
  fs::path dir_;
};

TEST_F(RunAndSave, WritesResultsManifestAndSummary) {
  const auto report = run_and_save(
      list_of(std::make_unique<SumTarget>("sum"), std::make_unique<SumTarget>("crashes", crash)),
      dir_ / "out", {}, fast());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(read_all(dir_ / "out")->results.size(), 1u);
  EXPECT_TRUE(fs::exists(dir_ / "out/summary.md"));
  EXPECT_TRUE(fs::exists(dir_ / "out/run.json"));
}

TEST_F(RunAndSave, AppendsEachResultToTheHistoryOfItsEnvironment) {
  const std::string key = current_environment().env_key;
  for (int i = 0; i < 2; ++i) {
    const auto report =
        run_and_save(list_of(std::make_unique<SumTarget>("sum")), dir_ / "out",
                     {Summary::skip, Start::fresh, dir_ / "history", "abc"}, fast());
    ASSERT_TRUE(report) << report.error().message;
  }
  const auto stored = read_history(dir_ / "history", key, "sum");
  ASSERT_TRUE(stored) << stored.error().message;
  ASSERT_EQ(stored->entries.size(), 2u);
  EXPECT_EQ(stored->entries[1].revision, "abc");
  EXPECT_EQ(stored->entries[1].result, *read_json("sum", dir_ / "out"));
  EXPECT_EQ(stored->entries[1].result.metrics["env_key"], key);
  EXPECT_NE(stored->entries[0].run_id, stored->entries[1].run_id);
  EXPECT_EQ(history_environments(dir_ / "history")->front().targets,
            std::vector<std::string>{"sum"});
}

TEST_F(RunAndSave, AFailedTargetLeavesItsEarlierResult) {
  ASSERT_TRUE(write_json(BenchmarkResult("crashes", {{"x", 1}}), dir_));
  const auto report = run_and_save(list_of(std::make_unique<SumTarget>("crashes", crash)), dir_,
                                   {Summary::skip, Start::fresh, {}, {}}, fast());
  ASSERT_TRUE(report);
  EXPECT_EQ(read_json("crashes", dir_)->get_metric_u64("x"), 1u);
  EXPECT_FALSE(fs::exists(dir_ / "summary.md"));
}

TEST_F(RunAndSave, ResumesWithWhatIsNotMeasured) {
  std::atomic<bool> interrupted = false;
  RunOptions options = fast();
  options.interrupted = &interrupted;
  options.completed = [&](const BenchmarkResult&) { interrupted = true; };
  const auto both = [] {
    return list_of(std::make_unique<SumTarget>("first"), std::make_unique<SumTarget>("second"));
  };
  const auto half = run_and_save(both(), dir_, {}, options);
  ASSERT_TRUE(half);
  EXPECT_TRUE(half->interrupted);
  const auto first = read_json("first", dir_);
  ASSERT_TRUE(first);

  const auto rest = run_and_save(both(), dir_, {Summary::write, Start::resumed, {}, {}}, fast());
  ASSERT_TRUE(rest);
  ASSERT_EQ(rest->results.size(), 2u);
  EXPECT_EQ(rest->results[0], *first);
  EXPECT_EQ(rest->results[1].target_id, "second");
}

TEST_F(RunAndSave, SaysSoBeforeMeasuringIfItCannotWrite) {
  fs::create_directories(dir_ / "run.json.tmp");
  RunOptions options = fast();
  bool ran = false;
  options.completed = [&](const BenchmarkResult&) { ran = true; };
  const auto report = run_and_save(list_of(std::make_unique<SumTarget>("sum")), dir_, {}, options);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::io_error);
  EXPECT_FALSE(ran);
}

TEST_F(RunAndSave, KnowsTheRevisionThatIsCheckedOut) {
  const std::string revision(40, 'a');
  const auto put = [this](const fs::path& file, const std::string& text) {
    fs::create_directories((dir_ / file).parent_path());
    std::ofstream(dir_ / file) << text << "\n";
  };
  fs::create_directories(dir_ / "src/deep");
  put(".git/HEAD", revision);
  EXPECT_EQ(checked_out_revision(dir_ / "src/deep"), revision);
  put(".git/HEAD", "ref: refs/heads/main");
  EXPECT_EQ(checked_out_revision(dir_), "");
  put(".git/packed-refs", "# pack-refs with: peeled\n" + std::string(40, 'b') + " refs/heads/main");
  EXPECT_EQ(checked_out_revision(dir_), std::string(40, 'b'));
  put(".git/refs/heads/main", std::string(40, 'c'));
  EXPECT_EQ(checked_out_revision(dir_), std::string(40, 'c'));
  put("linked/.git", "gitdir: " + (dir_ / ".git/worktrees/linked").string());
  put(".git/worktrees/linked/HEAD", "ref: refs/heads/main");
  put(".git/worktrees/linked/commondir", "../..");
  EXPECT_EQ(checked_out_revision(dir_ / "linked"), std::string(40, 'c'));
}

TEST(Registry, ListsTheKnownTargetsForAnUnknownOne) {
  const auto targets = targets_named({"xyz"});
  ASSERT_FALSE(targets);
  EXPECT_THAT(targets.error().message,
              HasSubstr("no benchmark target \"xyz\"; known: cost_calculator, aggregator"));
  EXPECT_FALSE(targets_containing("xyz"));
}

TEST(Registry, EveryTargetHasAValidIdAndAChecksOutWorkload) {
  for (const auto& target : all_targets()) {
    SCOPED_TRACE(target->id());
    EXPECT_TRUE(is_valid_target_id(target->id()));
    EXPECT_FALSE(target->description().empty());
    auto workload = target->prepare();
    ASSERT_TRUE(workload) << workload.error().message;
    const auto checked = (*workload)->check();
    EXPECT_TRUE(checked) << checked.error().message;
    (*workload)->run(3);
  }
}

}  // namespace
}  // namespace costops::benchmarks
