#include "costops/benchmarks/io.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace costops::benchmarks {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

class ResultFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "cost-ops-io-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override { fs::remove_all(dir_); }

  void put(const std::string& name, std::string_view content) {
    fs::create_directories(dir_ / "raw");
    std::ofstream(dir_ / "raw" / name) << content;
  }
  std::vector<std::string> names(const fs::path& folder) {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder))
      found.push_back(entry.path().filename());
    std::ranges::sort(found);
    return found;
  }
  fs::path dir_;
};

constexpr const char* kGood =
    R"({"target_id":"storage","metrics":{"avg_duration_ns":5},"timestamp":"2025-12-02T05:48:49Z"})";

TEST_F(ResultFiles, ComeBackAsWritten) {
  const BenchmarkResult result("aggregator", {{"avg_duration_ns", 16}, {"note", "caf\u00e9"}});
  const auto path = write_json(result, dir_ / "new" / "folder");
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_THAT(path->string(), EndsWith("new/folder/raw/aggregator.json"));
  const auto back = read_json("aggregator", dir_ / "new" / "folder");
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, result);
}

TEST_F(ResultFiles, AreThreePrettyPrintedFieldsWithIntegersAsIntegers) {
  BenchmarkResult result("aggregator", {{"avg_duration_ns", 16}});
  result.timestamp = *parse_timestamp("2025-12-02T05:48:49Z");
  ASSERT_TRUE(write_json(result, dir_));
  std::ifstream file(dir_ / "raw/aggregator.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text,
            "{\n  \"metrics\": {\n    \"avg_duration_ns\": 16\n  },\n"
            "  \"target_id\": \"aggregator\",\n"
            "  \"timestamp\": \"2025-12-02T05:48:49.000000000Z\"\n}\n");
}

TEST_F(ResultFiles, LeaveNothingElseInRaw) {
  ASSERT_TRUE(write_json(BenchmarkResult("storage", Json::object()), dir_));
  ASSERT_TRUE(write_json(BenchmarkResult("export", Json::object()), dir_));
  ASSERT_TRUE(write_json(BenchmarkResult("storage", {{"x", 1}}), dir_));
  EXPECT_THAT(names(dir_ / "raw"), ElementsAre("export.json", "storage.json"));
}

TEST_F(ResultFiles, AnIdIsNoPath) {
  const auto written = write_json(BenchmarkResult("../evil", Json::object()), dir_);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message,
            "target id \"../evil\" is no file name: it must match ^[a-z][a-z0-9_]{0,63}$");
  EXPECT_FALSE(read_json("../evil", dir_));
}

TEST_F(ResultFiles, AFileWhereAFolderShouldBeIsSaid) {
  std::ofstream(dir_ / "out") << "a file";
  const auto written = write_json(BenchmarkResult("storage", Json::object()), dir_ / "out");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::io_error);
  EXPECT_THAT(written.error().message, HasSubstr("cannot create folder"));
}

TEST_F(ResultFiles, AWriteThatFailsKeepsTheOldFile) {
  ASSERT_TRUE(write_json(BenchmarkResult("storage", {{"x", 1}}), dir_));
  // The temporary file's name is taken by a folder, so that it cannot be opened for writing.
  fs::create_directories(dir_ / "storage.json.tmp");
  const auto written = write_json(BenchmarkResult("storage", {{"x", 2}}), dir_);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::io_error);
  EXPECT_EQ(read_json("storage", dir_)->get_metric_u64("x"), 1u);
}

TEST_F(ResultFiles, ForeignAndBrokenOnesAreSkippedAndReported) {
  put("storage.json", kGood);
  put("broken.json", "{\"target_id\":");
  put("list.json", "[]");
  put("readme.txt", "hello");
  put("deep.json", std::string(100'000, '['));
  const auto all = read_all(dir_);
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->results.size(), 1u);
  EXPECT_EQ(all->results[0].target_id, "storage");
  EXPECT_THAT(all->skipped, ElementsAre(EndsWith("broken.json: not valid JSON"),
                                        EndsWith("deep.json: not valid JSON"),
                                        EndsWith("list.json: a result must be an object"),
                                        EndsWith("readme.txt: not a .json file")));
}

TEST_F(ResultFiles, AHugeFileIsNotRead) {
  put("storage.json", "");
  fs::resize_file(dir_ / "raw/storage.json", kResultFileBytesMax + 1);
  const auto result = read_json("storage", dir_);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message,
              HasSubstr("4194305 bytes, a result file has at most 4194304"));
}

TEST_F(ResultFiles, ANamedPipeDoesNotHang) {
  fs::create_directories(dir_ / "raw");
  ASSERT_EQ(::mkfifo((dir_ / "raw/storage.json").c_str(), 0600), 0);
  const auto result = read_json("storage", dir_);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, EndsWith("storage.json: not a regular file"));
}

TEST_F(ResultFiles, AnotherTargetsFileIsRefused) {
  put("export.json", kGood);
  const auto result = read_json("export", dir_);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, EndsWith("export.json: holds target \"storage\""));
}

TEST_F(ResultFiles, AnAbsentFolderIsNotFound) {
  const auto all = read_all(dir_ / "absent");
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace costops::benchmarks
