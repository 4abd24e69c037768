#include "costops/benchmarks/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "benchmarks/own_pages.h"

namespace costops::benchmarks {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

class Sum final : public Workload {
 public:
  Result<void> check() override { return {}; }
  void run(std::uint64_t iterations) override {
    for (std::uint64_t i = 0; i < iterations; ++i) consume(sum_ += i);
  }

 private:
  std::uint64_t sum_ = 0;
};

class SumTarget final : public BenchTarget {
 public:
  std::string id() const override { return "sum"; }
  std::string description() const override { return "adds numbers"; }
  std::string workload() const override { return "v1"; }
  Result<std::unique_ptr<Workload>> prepare() const override { return std::make_unique<Sum>(); }
};

std::string conversation(const std::string& requests, int expected_code) {
  std::istringstream in(requests);
  std::ostringstream out;
  EXPECT_EQ(serve_worker(SumTarget(), in, out), expected_code);
  return out.str();
}

/// The line of /proc/self/maps that holds this address.
std::string mapping_of(const void* address) {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::uintptr_t from = 0, to = 0;
    char dash = 0;
    words >> std::hex >> from >> dash >> to;
    if (from <= wanted && wanted < to) return line;
  }
  return "";
}

// Before the tests of workers, which take them too.
TEST(OwnPages, TakeTheProgramsCodeOutOfItsFile) {
  const auto* here = reinterpret_cast<const void*>(&mapping_of);
  if (take_own_pages() == 0) GTEST_SKIP() << "this system gives no process pages of its own";
  EXPECT_THAT(mapping_of(here), Not(HasSubstr("benchmarks_test")));
  EXPECT_THAT(mapping_of(here), HasSubstr("r-xp"));
}

TEST(ServeWorker, SpeaksItsProtocol) {
  EXPECT_THAT(conversation("hello\nmove\ncalibrate 100000\nblock 10 1\nquit\n", 0),
              MatchesRegex("ready 3 sum [0-9a-f]+ cpu -\nmoved [0-9]+\niterations [0-9]+\n"
                           "block [0-9]+ [0-9]+ [0-9]+ [0-9]+ [0-9]+\n"));
}

TEST(ServeWorker, EndsWithItsInput) { EXPECT_THAT(conversation("hello\n", 0), HasSubstr("ready")); }

TEST(ServeWorker, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(conversation("block zero\n", 1), "error not understood: block zero\n");
  EXPECT_EQ(conversation("block 0 0\n", 1), "error not understood: block 0 0\n");
  EXPECT_EQ(conversation("rm -rf\n", 1), "error not understood: rm -rf\n");
}

class WorkerProcess : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "cost-ops-worker-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override { fs::remove_all(dir_); }
  /// A program that plays the worker.
  fs::path program(const std::string& script) {
    const fs::path path = dir_ / "worker";
    std::ofstream(path) << "#!/bin/sh\n" << script;
    ::chmod(path.c_str(), 0700);
    return path;
  }
  /// Why this worker gives no block.
  std::string why(const std::string& script) {
    const fs::path binary = program(script);
    auto worker = Worker::start(binary, "sum", {.answer_limit = std::chrono::milliseconds(300)});
    const auto block = worker ? worker->block(1, 0) : tl::unexpected<Error>(worker.error());
    const std::string message = block ? "no error" : block.error().message;
    const std::string prefix = "benchmark worker " + binary.string() + ": ";
    return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
  }
  fs::path dir_;
};

constexpr const char* kHello = "read line; echo ready 3 sum abc cpu 7\n";

TEST_F(WorkerProcess, AnswersThroughPipes) {
  auto worker = Worker::start(
      program(std::string(kHello) + "read line; echo iterations 42\n"
                                    "read line; echo \"# $line\" >&2; echo block 5 4 3 1 0\n"),
      "sum", {.padding = 17});
  ASSERT_TRUE(worker) << worker.error().message;
  EXPECT_EQ(worker->identity().workload_hash, "abc");
  EXPECT_EQ(worker->identity().answer, "7");
  EXPECT_EQ(worker->identity().clock, GatingClock::cpu);
  EXPECT_EQ(worker->calibrate(1000), 42u);
  const auto block = worker->block(42, 1);
  ASSERT_TRUE(block) << block.error().message;
  EXPECT_EQ(block->wall_ns, 5);
  EXPECT_EQ(block->cpu_ns, 4);
  EXPECT_EQ(block->typical_ns, 3);
  EXPECT_EQ(block->preemptions, 1);
}

TEST_F(WorkerProcess, SaysHowItEnded) {
  const std::string hello = kHello;
  EXPECT_EQ(why(hello + "read line\n"), "ended with exit code 0");
  EXPECT_EQ(why(hello + "echo no memory >&2; echo really >&2; exit 3\n"),
            "ended with exit code 3: no memory");
  EXPECT_EQ(why(hello + "read line; kill -9 $$\n"), "killed by signal 9 (Killed)");
  EXPECT_EQ(why(hello + "read line; kill -SEGV $$\n"), "killed by signal 11 (Segmentation fault)");
  EXPECT_EQ(why("exit 2\n"), "ended with exit code 2");
}

TEST_F(WorkerProcess, AHangIsNotWaitedOut) {
  EXPECT_EQ(why(std::string(kHello) + "exec tail -f /dev/null\n"), "no answer within 300 ms");
  EXPECT_EQ(why(std::string(kHello) + "exec cat /dev/zero\n"), "its answer has no end");
}

TEST_F(WorkerProcess, GarbageIsRefused) {
  EXPECT_EQ(why(std::string(kHello) + "read line; echo block -5 x\n"),
            "answered \"block -5 x\": expected the times of a block");
  EXPECT_EQ(why(std::string(kHello) + "read line; echo block 5 4 3 0 0 9\n"),
            "answered \"block 5 4 3 0 0 9\": expected the times of a block");
  EXPECT_EQ(why("read line; echo Segmentation fault\n"),
            "answered \"Segmentation fault\": is no benchmark worker of cost-ops");
  EXPECT_EQ(why("read line; echo ready 3 other abc cpu 7\n"),
            "answered \"ready 3 other abc cpu 7\": is no benchmark worker of this target");
}

TEST_F(WorkerProcess, AnotherProtocolIsUnsupported) {
  const auto worker = Worker::start(program("read line; echo ready 1 sum abc\n"), "sum");
  ASSERT_FALSE(worker);
  EXPECT_EQ(worker.error().code, ErrorCode::unsupported);
  EXPECT_THAT(worker.error().message,
              HasSubstr("speaks protocol 1, this program protocol 3: compare builds of the same "
                        "protocol"));
}

TEST_F(WorkerProcess, ItsOwnErrorIsPassedOn) {
  EXPECT_EQ(why("echo error no target xyz\n"), "no target xyz");
}

TEST_F(WorkerProcess, StopsWaitingWhenInterrupted) {
  const std::atomic<bool> interrupted = true;
  const auto worker =
      Worker::start(program("exec tail -f /dev/null\n"), "sum", {.interrupted = &interrupted});
  ASSERT_FALSE(worker);
  EXPECT_EQ(worker.error().code, ErrorCode::cancelled);
}

TEST_F(WorkerProcess, AnAbsentBinaryIsSaid) {
  const auto worker = Worker::start(dir_ / "absent", "sum");
  ASSERT_FALSE(worker);
  EXPECT_EQ(worker.error().message,
            "cannot start " + (dir_ / "absent").string() + ": No such file or directory");
}

}  // namespace
}  // namespace costops::benchmarks
