// files_ahead_test.cc - many files at once give what they give one after the other.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "costops/accounting/ingest.h"

namespace costops::accounting {
namespace {

Instant time(std::string_view text) { return parse_instant(text).value(); }

/// A response of Claude Code with an output of `output` tokens.
std::string response(int number, int output) {
  const std::string id = std::to_string(number);
  return R"({"type":"assistant","cwd":"/home/a","sessionId":"s","requestId":"req_)" + id +
         R"(","timestamp":"2026-06-01T00:00:00Z","message":{"id":"msg_)" + id +
         R"(","role":"assistant","model":"claude-sonnet-4-5","usage":{"input_tokens":10,)" +
         R"("output_tokens":)" + std::to_string(output) + "}}}\n";
}

class FilesAheadTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/costops-files-XXXXXX";
    folder_ = mkdtemp(name);
    options_.read.now = options_.default_at = time("2026-08-01");
    ledger_ = storage::open_ledger("duckdb::memory:", storage::OpenMode::create).value();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, std::string_view text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  /// 24 sessions of 1 to 12,000 responses, some of them also in the session before; between them a
  /// broken line, an empty file, one that is not there and one of plain usage records.
  std::vector<std::string> many_files() {
    std::vector<std::string> files;
    for (int session = 0; session < 24; ++session) {
      const int responses = session % 6 == 0 ? 12'000 : 1 + session * 3;
      std::string text;
      for (int i = 0; i < responses; ++i) text += response(session * 10'000 + i, session + i % 50);
      if (session == 7) text += "{\"type\":\"assistant\",\n";
      files.push_back(file("session-" + std::to_string(session) + ".jsonl", text));
    }
    files.insert(files.begin() + 3, file("empty.jsonl", ""));
    files.insert(files.begin() + 5, folder_ + "/missing.jsonl");
    files.insert(files.begin() + 9,
                 file("plain.jsonl",
                      R"({"id":"1","timestamp":"2026-06-01T00:00:00Z","provider":"openai",)"
                      R"("model":{"name":"gpt-4o"},"organization_id":"acme","prompt_tokens":3,)"
                      R"("completion_tokens":2,"total_tokens":5})"
                      "\n"));
    return files;
  }
  IngestReport ingest_files(const std::vector<std::string>& files) {
    const pricing::PriceBook book = pricing::PriceBook::build({}).value();
    auto done = ingest(files, options_, book, *ledger_, nullptr);
    EXPECT_TRUE(done) << done.error().message;
    return done ? *done : IngestReport{};
  }
  /// Every record with where it was read, and every rejection.
  std::string content() {
    std::string text;
    EXPECT_TRUE(ledger_->scan({}, [&](const storage::StoredRecord& record) {
      text += to_string(record.usage.id) + ' ' + record.usage.position.file + ' ' +
              std::to_string(record.usage.position.line) + ' ' +
              std::to_string(at(record.usage.quantities, Meter::output_tokens)) + '\n';
      return true;
    }));
    return text;
  }

  std::string folder_;
  IngestOptions options_;
  std::unique_ptr<storage::Ledger> ledger_;
};

TEST_F(FilesAheadTest, TheNumberOfThreadsChangesNothing) {
  const std::vector<std::string> files = many_files();
  std::vector<std::string> contents;
  for (const unsigned threads : {1U, 2U, 7U}) {
    options_.threads = threads;
    ledger_ = storage::open_ledger("duckdb::memory:", storage::OpenMode::create).value();
    const IngestReport done = ingest_files(files);
    EXPECT_EQ(done.files, files.size());
    EXPECT_EQ(done.files_skipped, 0u);
    // 4 of 12,000; 20 of 1 + 3 s; the plain one. Sessions 1, 7, 13, 19 repeat some of 0, 6, 12, 18.
    EXPECT_EQ(done.read, 48'000u + 20 + 3 * (276 - 36) + 1);
    ASSERT_EQ(done.first_rejections.size(), 3u);
    EXPECT_EQ(done.first_rejections[0].position.file, files[3]);
    EXPECT_EQ(done.first_rejections[1].position.file, files[5]);
    EXPECT_EQ(done.first_rejections[2].position.file, files[10]);
    contents.push_back(content());
  }
  EXPECT_GT(contents[0].size(), 1'000'000u);
  EXPECT_EQ(contents[1], contents[0]);
  EXPECT_EQ(contents[2], contents[0]);
}

TEST_F(FilesAheadTest, NothingNewNeedsNoPrices) {
  const std::string path = file("a.jsonl", response(1, 5));
  std::filesystem::last_write_time(path, std::chrono::file_clock::from_sys(time("2026-07-01")));
  EXPECT_EQ(ingest_files({path}).added, 1u);
  const BookSource no_prices = [] {
    return Result<const pricing::PriceBook*>(fail(ErrorCode::io_error, "asked for prices"));
  };
  const auto again = ingest({path}, options_, no_prices, *ledger_, nullptr);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->files_skipped, 1u);
  std::ofstream(path, std::ios::app) << response(2, 5);
  EXPECT_EQ(ingest({path}, options_, no_prices, *ledger_, nullptr).error().message,
            "asked for prices");
}

TEST_F(FilesAheadTest, AFileThatWasOnlyTouchedIsKnownByItsContent) {
  const std::string path = file("a.jsonl", response(1, 5) + response(2, 6));
  EXPECT_EQ(ingest_files({path}).added, 2u);
  std::filesystem::last_write_time(path, std::chrono::file_clock::from_sys(time("2026-07-31")));
  EXPECT_EQ(ingest_files({path}).files_skipped, 1u);
  // As many bytes, other content.
  file("a.jsonl", response(1, 5) + response(3, 6));
  const IngestReport other = ingest_files({path});
  EXPECT_EQ(other.files_skipped, 0u);
  EXPECT_EQ(other.added, 1u);
}

}  // namespace
}  // namespace costops::accounting
