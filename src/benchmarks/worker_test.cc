#include "costops/benchmarks/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace costops::benchmarks {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::MatchesRegex;

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

TEST(ServeWorker, SpeaksItsProtocol) {
  EXPECT_THAT(conversation("hello\ncalibrate 100000\nblock 10 1\nquit\n", 0),
              MatchesRegex("ready 1 sum [0-9a-f]+\niterations [0-9]+\n"
                           "block [0-9]+ [0-9]+ [0-9]+ [0-9]+\n"));
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
  fs::path dir_;
};

constexpr const char* kHello = "read line; echo ready 1 sum abc\n";

TEST_F(WorkerProcess, AnswersThroughPipes) {
  auto worker =
      Worker::start(program(std::string(kHello) +
                            "read line; echo iterations 42\nread line; echo block 5 4 1 0\n"),
                    "sum", 17);
  ASSERT_TRUE(worker) << worker.error().message;
  EXPECT_EQ(worker->workload_hash(), "abc");
  EXPECT_EQ(worker->calibrate(1000), 42u);
  const auto block = worker->block(42, 1);
  ASSERT_TRUE(block);
  EXPECT_EQ(block->wall_ns, 5);
  EXPECT_EQ(block->cpu_ns, 4);
  EXPECT_EQ(block->preemptions, 1);
}

TEST_F(WorkerProcess, DiesLoudly) {
  auto worker = Worker::start(program(kHello), "sum", 0);
  ASSERT_TRUE(worker) << worker.error().message;
  const auto block = worker->block(1, 0);
  ASSERT_FALSE(block);
  EXPECT_EQ(block.error().code, ErrorCode::io_error);
}

TEST_F(WorkerProcess, GarbageIsRefused) {
  auto worker =
      Worker::start(program(std::string(kHello) + "read line; echo block -5 x\n"), "sum", 0);
  ASSERT_TRUE(worker) << worker.error().message;
  const auto block = worker->block(1, 0);
  ASSERT_FALSE(block);
  EXPECT_THAT(block.error().message, HasSubstr("answered \"block -5 x\""));
}

TEST_F(WorkerProcess, AnotherProtocolIsUnsupported) {
  const auto worker = Worker::start(program("read line; echo ready 2 sum abc\n"), "sum", 0);
  ASSERT_FALSE(worker);
  EXPECT_EQ(worker.error().code, ErrorCode::unsupported);
}

TEST_F(WorkerProcess, ItsOwnErrorIsPassedOn) {
  const auto worker = Worker::start(program("echo error no target xyz\n"), "sum", 0);
  ASSERT_FALSE(worker);
  EXPECT_THAT(worker.error().message, HasSubstr("no target xyz"));
}

TEST_F(WorkerProcess, AnAbsentBinaryIsSaid) {
  const auto worker = Worker::start(dir_ / "absent", "sum", 0);
  ASSERT_FALSE(worker);
  EXPECT_THAT(worker.error().message, HasSubstr("absent: No such file or directory"));
}

}  // namespace
}  // namespace costops::benchmarks
