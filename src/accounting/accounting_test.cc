// accounting_test.cc - the flows from files to answers, over a real ledger.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "accounting/ledger_fixture.h"
#include "accounting/local_steps.h"
#include "accounting/price_definition.h"
#include "costops/accounting/ingest.h"
#include "costops/accounting/report.h"

namespace costops::accounting {
namespace {

using storage::Filter;
using storage::OpenMode;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Instant time(std::string_view text) { return parse_instant(text).value(); }
Amount amount(std::string_view text) { return parse_amount(text).value(); }

pricing::Price price(std::string id, std::string model, std::string_view input,
                     std::string_view output, TimeRange effective = {}) {
  pricing::Price price = pricing::per_token_price(input, output, std::nullopt).value();
  price.id = std::move(id);
  price.provider = "openai";
  price.model = std::move(model);
  price.conditions.effective = effective;
  price.provenance = {"custom", "https://example.com/prices", "", time("2026-01-01")};
  return price;
}

pricing::PriceBook book_of(std::vector<pricing::Price> prices) {
  pricing::PriceBookBuilder builder;
  for (pricing::Price& price : prices) {
    const auto added = builder.add(std::move(price));
    EXPECT_TRUE(added) << added.error().message;
  }
  return pricing::PriceBook::build(std::move(builder)).value();
}

/// gpt-a: 2 and 10 per million until July 2026, 1 and 5 from then on. gpt-b: 4 and 4.
pricing::PriceBook test_book() {
  const Instant july = time("2026-07-01");
  return book_of({price("openai/gpt-a", "gpt-a", "2", "10", {min_instant(), july}),
                  price("openai/gpt-a@2026-07-01", "gpt-a", "1", "5", {july, max_instant()}),
                  price("openai/gpt-b", "gpt-b", "4", "4")});
}

std::string call(std::string_view id, std::string_view at, std::string_view model, int input,
                 int output, std::string_view project = "search") {
  return R"({"id":")" + std::string(id) + R"(","timestamp":")" + std::string(at) +
         R"(","provider":"openai","model":{"name":")" + std::string(model) +
         R"("},"organization_id":"acme","project_id":")" + std::string(project) +
         R"(","prompt_tokens":)" + std::to_string(input) + R"(,"completion_tokens":)" +
         std::to_string(output) + R"(,"total_tokens":)" + std::to_string(input + output) + "}\n";
}

/// A line of a Claude Code session: grows by (message id, request id).
std::string claude_line(std::string_view message, std::string_view model, int output) {
  return R"({"type":"assistant","sessionId":"s","requestId":"req_1","uuid":"u)" +
         std::to_string(output) + R"(","timestamp":"2026-06-01T00:00:00Z","message":{"id":")" +
         std::string(message) + R"(","role":"assistant","model":")" + std::string(model) +
         R"(","usage":{"input_tokens":10,"output_tokens":)" + std::to_string(output) + "}}}\n";
}

class Accounting : public LedgerFixture {
 protected:
  void SetUp() override {
    LedgerFixture::SetUp();
    options_.read.now = time("2026-08-01");
    options_.default_at = time("2026-08-01");
  }

  std::string file(std::string_view name, std::string_view text) {
    const std::string path = folder_ + "/" + std::string(name);
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  IngestReport ingest_files(const std::vector<std::string>& files) {
    auto done = ingest(files, options_, book_, *ledger_, nullptr);
    EXPECT_TRUE(done) << done.error().message;
    return done ? *done : IngestReport{};
  }
  Report ask(const ReportRequest& request) {
    auto answer = report(*ledger_, request);
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *answer : Report{};
  }
  Amount total(std::optional<Instant> as_of = std::nullopt) {
    ReportRequest request;
    request.as_of = as_of;
    CurrencyTotals totals;
    for (const ReportRow& row : ask(request).totals) {
      totals.add({row.costs.total(), row.currency});
    }
    return totals.in(Currency::usd());
  }
  std::string id_of_first() {
    std::string id;
    EXPECT_TRUE(ledger_->scan({}, [&](const storage::StoredRecord& record) {
      id = to_string(record.usage.id);
      return false;
    }));
    return id;
  }

  IngestOptions options_;
  pricing::PriceBook book_ = test_book();
};

// --- Ingest ---

TEST_F(Accounting, IngestingTwiceIsIngestingOnce) {
  const std::string path = file("a.jsonl", call("1", "2026-06-01T00:00:00Z", "gpt-a", 1000, 100) +
                                               call("2", "2026-06-02T00:00:00Z", "gpt-b", 10, 1));
  const IngestReport first = ingest_files({path});
  EXPECT_EQ(first.read, 2u);
  EXPECT_EQ(first.added, 2u);
  // 1000 x 2 / 10^6 + 100 x 10 / 10^6 + 11 x 4 / 10^6.
  EXPECT_EQ(first.cost.in(Currency::usd()), amount("0.003044"));
  EXPECT_EQ(ingest_files({path}).files_skipped, 1u);
  options_.journal = IngestOptions::Journal::ignore;
  const IngestReport again = ingest_files({path});
  EXPECT_EQ(again.added, 0u);
  EXPECT_EQ(again.duplicates, 2u);
  EXPECT_EQ(again.cost, CurrencyTotals{});
  EXPECT_EQ(total(), amount("0.003044"));
}

TEST_F(Accounting, AFileThatGrewIsReadOn) {
  const std::string one = call("1", "2026-06-01T00:00:00Z", "gpt-b", 1, 1);
  const std::string path = file("a.jsonl", one);
  ingest_files({path});
  file("a.jsonl", one + call("2", "2026-06-01T00:00:00Z", "gpt-b", 1, 1));
  const IngestReport second = ingest_files({path});
  EXPECT_EQ(second.files_skipped, 0u);
  EXPECT_EQ(second.read, 1u);
  EXPECT_EQ(second.added, 1u);
  EXPECT_EQ(ingest_files({path}).files_skipped, 1u);
}

TEST_F(Accounting, AFileThatGrewAndChangedIsReadAnew) {
  const std::string path = file("a.jsonl", call("1", "2026-06-01T00:00:00Z", "gpt-b", 1, 1));
  ingest_files({path});
  file("a.jsonl", call("3", "2026-06-01T00:00:00Z", "gpt-b", 1, 1) +
                      call("2", "2026-06-01T00:00:00Z", "gpt-b", 1, 1));
  EXPECT_EQ(ingest_files({path}).added, 2u);
}

TEST_F(Accounting, ALastLineWithoutItsEndIsReadAgainWithIt) {
  std::string one = call("1", "2026-06-01T00:00:00Z", "gpt-b", 1, 1);
  one.pop_back();
  const std::string path = file("a.jsonl", one);
  ingest_files({path});
  file("a.jsonl", one + "\n" + call("2", "2026-06-01T00:00:00Z", "gpt-b", 1, 1));
  const IngestReport second = ingest_files({path});
  EXPECT_EQ(second.added, 1u);
  EXPECT_EQ(second.duplicates, 1u);
}

TEST_F(Accounting, AFileChangedInPlaceIsReadThoughItsSizeIsTheSame) {
  const std::string path = file("a.jsonl", call("1", "2026-06-01T00:00:00Z", "gpt-b", 1, 1));
  ingest_files({path});
  file("a.jsonl", call("2", "2026-06-01T00:00:00Z", "gpt-b", 1, 1));
  EXPECT_EQ(ingest_files({path}).added, 1u);
}

TEST_F(Accounting, ATouchedFileIsSkippedByItsContent) {
  const std::string path = file("a.jsonl", call("1", "2026-06-01T00:00:00Z", "gpt-b", 1, 1));
  ingest_files({path});
  std::filesystem::last_write_time(
      path, std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_EQ(ingest_files({path}).files_skipped, 1u);
}

TEST_F(Accounting, ABadLineIsQuarantinedWithFileAndLineAndTheRestIsKept) {
  const std::string path =
      file("a.jsonl", call("1", "2026-06-01T00:00:00Z", "gpt-b", 1, 1) + "{\"broken\":\n" +
                          call("2", "2026-06-01T00:00:00Z", "gpt-b", 1, 1));
  const IngestReport report = ingest_files({path});
  EXPECT_EQ(report.added, 2u);
  EXPECT_EQ(report.quarantined, 1u);
  ASSERT_THAT(report.first_rejections, SizeIs(1));
  EXPECT_EQ(report.first_rejections[0].position.line, 2u);
  const auto kept = ledger_->quarantine(10);
  ASSERT_THAT(*kept, SizeIs(1));
  EXPECT_EQ((*kept)[0].position.file, path);
  EXPECT_EQ((*kept)[0].position.line, 2u);
  EXPECT_EQ((*kept)[0].excerpt, "{\"broken\":");
  EXPECT_EQ(ask({}).quarantined, 1u);
  ingest_files({path});
  EXPECT_EQ(ledger_->quarantine_count(), 1u);
}

TEST_F(Accounting, AFileThatCannotBeReadDoesNotStopTheRest) {
  const std::string path = file("a.jsonl", call("1", "2026-06-01T00:00:00Z", "gpt-b", 1, 1));
  const IngestReport report = ingest_files({folder_ + "/absent.jsonl", path});
  EXPECT_EQ(report.added, 1u);
  EXPECT_EQ(report.quarantined, 1u);
  ASSERT_THAT(report.first_rejections, SizeIs(1));
  EXPECT_EQ(report.first_rejections[0].position.file, folder_ + "/absent.jsonl");
}

TEST_F(Accounting, FilesThatCannotBeReadAreQuarantinedEvenWhereAllAre) {
  const IngestReport report = ingest_files({file("a.txt", "hello world\n")});
  EXPECT_EQ(report.files, 1u);
  EXPECT_EQ(report.added, 0u);
  EXPECT_EQ(report.quarantined, 1u);
}

TEST_F(Accounting, AnUnknownModelIsUnpricedAndSaidSo) {
  const std::string path = file("a.jsonl", call("1", "2026-06-01T00:00:00Z", "gpt-z", 1, 1) +
                                               call("2", "2026-06-01T00:00:00Z", "gpt-b", 1, 1));
  const IngestReport report = ingest_files({path});
  EXPECT_EQ(report.added, 2u);
  EXPECT_EQ(report.unpriced, 1u);
  ASSERT_THAT(report.unpriced_reasons, SizeIs(1));
  EXPECT_EQ(report.unpriced_reasons[0].second, 1u);
  std::int64_t unpriced = 0;
  for (const ReportRow& row : ask({}).totals) unpriced += row.unpriced;
  EXPECT_EQ(unpriced, 1);
}

TEST_F(Accounting, ADryRunSaysTheSameAndWritesNothing) {
  const std::string path = file("a.jsonl", call("1", "2026-06-01T00:00:00Z", "gpt-b", 1, 1) +
                                               call("1", "2026-06-01T00:00:00Z", "gpt-b", 1, 1));
  options_.mode = IngestOptions::Mode::dry_run;
  const IngestReport rehearsed = ingest_files({path});
  EXPECT_EQ(total(), Amount());
  options_.mode = IngestOptions::Mode::write;
  const IngestReport real = ingest_files({path});
  EXPECT_EQ(rehearsed.added, 1u);
  EXPECT_EQ(rehearsed.duplicates, real.duplicates);
  EXPECT_EQ(rehearsed.cost, real.cost);
}

TEST_F(Accounting, ACancelledIngestCanBeRunAgain) {
  std::atomic<bool> cancel = true;
  options_.cancel = &cancel;
  const std::string path = file("a.jsonl", call("1", "2026-06-01T00:00:00Z", "gpt-b", 1, 1));
  EXPECT_TRUE(ingest_files({path}).cancelled);
  cancel = false;
  EXPECT_EQ(ingest_files({path}).added, 1u);
}

/// Records of many shapes, models and projects, about 7 MB: enough for several threads.
std::string many_calls(int records) {
  std::string text;
  for (int i = 0; i < records; ++i) {
    const std::string id = std::to_string(i % 7 == 0 ? i / 2 : i);  // Some ids come twice.
    text += call(id, i % 3 == 0 ? "2026-06-01T00:00:00Z" : "2026-06-02T00:00:00.5Z",
                 i % 5 == 0 ? "gpt-b" : "gpt-unknown", 1 + i % 900, i % 70,
                 "project-" + std::to_string(i % 40));
    if (i % 1000 == 17) text += "{\"broken\":\n";
    if (i % 500 == 3) text += " {\"id\": \"odd-" + id + "\", \"model\": \"gpt-b\"}\n";
  }
  return text;
}

TEST_F(Accounting, TheNumberOfThreadsChangesNothing) {
  const std::string path = file("many.jsonl", many_calls(30'000));
  std::vector<std::string> contents;
  for (const unsigned threads : {1U, 2U, 8U}) {
    options_.threads = threads;
    ledger_ = storage::open_ledger("duckdb::memory:", OpenMode::create).value();
    const IngestReport done = ingest_files({path});
    std::string content = std::to_string(done.added) + " new, " + std::to_string(done.duplicates) +
                          " again, " + std::to_string(done.conflicts) + " in conflict, " +
                          std::to_string(done.quarantined) + " doubtful\n";
    EXPECT_TRUE(ledger_->scan({}, [&](const storage::StoredRecord& record) {
      content += to_string(record.usage.id) + ' ' + std::to_string(record.usage.position.line) +
                 ' ' + record.usage.project + ' ' + record.usage.model + ' ' +
                 to_string(record.history.back().costs.total()) + '\n';
      return true;
    }));
    contents.push_back(std::move(content));
  }
  EXPECT_GT(contents[0].size(), 1'000'000u);
  EXPECT_EQ(contents[1], contents[0]);
  EXPECT_EQ(contents[2], contents[0]);
}

TEST_F(Accounting, AnInterruptedIngestGoesOnBehindItsLastCommit) {
  constexpr std::uint64_t kRecords = 40'000;
  std::string text;
  for (std::uint64_t i = 0; i < kRecords; ++i) {
    text += call(std::to_string(i), "2026-06-01T00:00:00Z", "gpt-b", 1, 1);
  }
  const std::string path = file("many.jsonl", text);
  std::atomic<bool> cancel = false;
  options_.cancel = &cancel;
  const auto stopped =
      ingest({path}, options_, book_, *ledger_, [&](const IngestProgress& progress) {
        if (progress.records > kRecords / 4) cancel = true;
      });
  ASSERT_TRUE(stopped) << stopped.error().message;
  EXPECT_TRUE(stopped->cancelled);
  EXPECT_GT(stopped->added, kRecords / 4);
  EXPECT_LT(stopped->added, kRecords);

  cancel = false;
  open();
  const IngestReport rest = ingest_files({path});
  EXPECT_EQ(rest.read, kRecords - stopped->added);
  EXPECT_EQ(rest.added, rest.read);
  EXPECT_EQ(rest.duplicates, 0u);
  EXPECT_EQ(ingest_files({path}).files_skipped, 1u);
  EXPECT_EQ(total(), Amount::pico(Int128{2 * kRecords} * 4'000'000));
}

TEST_F(Accounting, GrowingLinesCountOnceWhateverTheirOrderAndFile) {
  book_ = book_of({[] {
    pricing::Price p = price("anthropic/claude-x", "claude-x", "1", "1");
    p.provider = "anthropic";
    return p;
  }()});
  const std::string first =
      file("a.jsonl", claude_line("msg_1", "claude-x", 1) + claude_line("msg_1", "claude-x", 3) +
                          claude_line("msg_1", "claude-x", 427));
  const std::string copy = file("b.jsonl", claude_line("msg_1", "claude-x", 3));
  options_.read.format = ingestion::Format::claude_code;
  ingest_files({first});
  ingest_files({copy});
  EXPECT_EQ(total(), amount("0.000437"));  // 10 + 427 tokens at 1 per million.
}

TEST_F(Accounting, RetryResolvesWhatCanBeReadNow) {
  options_.read.now = time("2026-05-01");  // The call seems to come from the future.
  const std::string path =
      file("a.jsonl", call("1", "2026-06-01T00:00:00Z", "gpt-b", 1, 1) + "{\"broken\":\n");
  EXPECT_EQ(ingest_files({path}).quarantined, 2u);
  options_.read.now = time("2026-08-01");
  const auto retried = retry_quarantined(options_, book_, *ledger_);
  ASSERT_TRUE(retried) << retried.error().message;
  EXPECT_EQ(retried->files, 2u);
  EXPECT_EQ(retried->added, 1u);
  EXPECT_EQ(retried->quarantined, 1u);
  EXPECT_EQ(ledger_->quarantine_count(), 1u);
  EXPECT_EQ(total(), amount("0.000008"));
}

/// Another process: ingests the file until it is done, or killed.
TEST(Child, DISABLED_Ingests) {
  const std::string folder = std::getenv("COSTOPS_TEST_FOLDER");
  auto ledger = storage::open_ledger("duckdb:" + folder + "/ledger", OpenMode::create);
  ASSERT_TRUE(ledger) << ledger.error().message;
  IngestOptions options;
  options.read.now = options.default_at = time("2026-08-01");
  ASSERT_TRUE(ingest({folder + "/large.jsonl"}, options, test_book(), **ledger, nullptr));
}

TEST_F(Accounting, AnIngestKilledAtAnyInstantAndRunAgainIsACleanRun) {
  constexpr int kRecords = 300'000;  // Three batches.
  std::string text;
  std::int64_t output = 0;
  for (int i = 0; i < kRecords; ++i) {
    text += call(std::to_string(i), "2026-06-01T00:00:00Z", "gpt-b", 1, i % 1000);
    output += i % 1000;
  }
  file("large.jsonl", text);
  ledger_.reset();
  setenv("COSTOPS_TEST_FOLDER", folder_.c_str(), 1);
  std::mt19937_64 random(3);
  for (int round = 0; round < 5; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      execl("/proc/self/exe", "accounting_test", "--gtest_filter=Child.DISABLED_Ingests",
            "--gtest_also_run_disabled_tests", "--gtest_brief=1", nullptr);
      _exit(127);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200 + random() % 2000));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
  open();
  const IngestReport last = ingest_files({folder_ + "/large.jsonl"});
  // It reads on from the last commit that a killed run reached, or finds nothing left to read.
  EXPECT_LE(last.added + last.duplicates, kRecords * 1u);
  const Report whole = ask({});
  ASSERT_THAT(whole.totals, SizeIs(1));
  EXPECT_EQ(whole.totals[0].requests, kRecords);
  EXPECT_EQ(at(whole.totals[0].quantities, Meter::output_tokens), output);
  // (300,000 + output) tokens at 4 per million.
  EXPECT_EQ(total(), Amount::pico(Int128{kRecords + output} * 4'000'000));
}

// --- Price ---

struct Priced final : PriceVisitor {
  std::vector<std::string> lines;
  void priced(const UsageRecord& usage, const CostRecord& cost) override {
    lines.push_back(usage.source_id + " " + to_string(cost.costs.total()) + " " +
                    std::string(to_string(cost.status)));
  }
  void rejected(const ingestion::Rejection& rejection) override {
    lines.push_back("rejected " + std::to_string(rejection.position.line));
  }
};

TEST_F(Accounting, PricesEveryRecordInOrderDuplicatesIncluded) {
  const std::string one = call("1", "2026-06-01T00:00:00Z", "gpt-b", 1, 1);
  const std::string path =
      file("a.jsonl", one + "nonsense\n" + one + call("2", "2026-06-30T23:59:59Z", "gpt-a", 1, 0) +
                          call("3", "2026-07-01T00:00:00Z", "gpt-a", 1, 0));
  Priced visitor;
  ASSERT_TRUE(price_files({path}, options_, book_, visitor));
  EXPECT_THAT(visitor.lines, ElementsAre("1 0.000008 priced", "rejected 2", "1 0.000008 priced",
                                         "2 0.000002 priced", "3 0.000001 priced"));
}

// --- Report ---

TEST_F(Accounting, APriceChangesAtItsInstant) {
  const std::string path =
      file("a.jsonl", call("1", "2026-06-30T23:59:59.999999Z", "gpt-a", 1'000'000, 0) +
                          call("2", "2026-07-01T00:00:00Z", "gpt-a", 1'000'000, 0));
  ingest_files({path});
  ReportRequest by_month;
  by_month.grain = Grain::month;
  const Report months = ask(by_month);
  ASSERT_THAT(months.rows, SizeIs(2));
  EXPECT_THAT(months.key_names, ElementsAre("month"));
  EXPECT_THAT(months.rows[0].keys, ElementsAre("2026-06"));
  EXPECT_EQ(months.rows[0].costs.total(), amount("2"));
  EXPECT_THAT(months.rows[1].keys, ElementsAre("2026-07"));
  EXPECT_EQ(months.rows[1].costs.total(), amount("1"));
}

TEST_F(Accounting, DaysFollowTheZoneOverAChangeOfItsOffset) {
  // Berlin: 29 March 2026 has 23 hours; its last one ends at 22:00 UTC.
  ingest_files({file("a.jsonl", call("1", "2026-03-28T22:59:59Z", "gpt-b", 1, 0) +
                                    call("2", "2026-03-28T23:00:00Z", "gpt-b", 1, 0) +
                                    call("3", "2026-03-29T21:59:59Z", "gpt-b", 1, 0) +
                                    call("4", "2026-03-29T22:00:00Z", "gpt-b", 1, 0))});
  ReportRequest by_day;
  by_day.grain = Grain::day;
  by_day.zone = TimeZone::find("Europe/Berlin").value();
  std::vector<std::string> days;
  for (const ReportRow& row : ask(by_day).rows) {
    days.push_back(row.keys[0] + " " + std::to_string(row.requests));
  }
  EXPECT_THAT(days, ElementsAre("2026-03-28 1", "2026-03-29 2", "2026-03-30 1"));
}

TEST_F(Accounting, AnyDimensionAndGrainSumsToTheTotal) {
  std::mt19937_64 random(7);
  const auto any = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  std::string text;
  for (int i = 0; i < 2000; ++i) {
    const Instant at = time("2026-01-01") + std::chrono::minutes(any(300'000));
    text += call(std::to_string(i), to_string(at),
                 any(9) == 0 ? "gpt-z"
                 : any(2)    ? "gpt-a"
                             : "gpt-b",
                 any(5000), 1 + any(500), "p" + std::to_string(any(6)));
  }
  ingest_files({file("a.jsonl", text)});
  const Report whole = ask({});
  for (const auto& zone : {TimeZone(), TimeZone::find("America/New_York").value()}) {
    for (const Grain grain : {Grain::hour, Grain::day, Grain::week, Grain::month, Grain::year}) {
      for (const Dimension dimension : {Dimension::model, Dimension::project, Dimension::user}) {
        for (const std::size_t top : {0u, 2u}) {
          ReportRequest request;
          request.group_by = {dimension};
          request.grain = grain;
          request.zone = zone;
          request.top = top;
          const Report parts = ask(request);
          CurrencyTotals sum;
          std::int64_t requests = 0;
          for (const ReportRow& row : parts.rows) {
            sum.add({row.costs.total(), row.currency});
            requests += row.requests;
          }
          EXPECT_EQ(requests, 2000);
          EXPECT_EQ(sum.in(Currency::usd()), total());
          EXPECT_EQ(parts.totals.size(), whole.totals.size());
        }
      }
    }
  }
}

TEST_F(Accounting, TopKeepsTheMostExpensiveAndSumsTheRest) {
  ingest_files({file("a.jsonl", call("1", "2026-06-01T00:00:00Z", "gpt-b", 1, 0, "small") +
                                    call("2", "2026-06-01T00:00:00Z", "gpt-b", 90, 0, "large") +
                                    call("3", "2026-06-02T00:00:00Z", "gpt-b", 50, 0, "middle") +
                                    call("4", "2026-06-02T00:00:00Z", "gpt-b", 2, 0, "tiny"))});
  ReportRequest request;
  request.group_by = {Dimension::project};
  request.top = 2;
  std::vector<std::string> rows;
  for (const ReportRow& row : ask(request).rows) {
    rows.push_back(row.keys[0] + " " + to_string(row.costs.total()));
  }
  EXPECT_THAT(rows, ElementsAre("large 0.00036", "middle 0.0002", "(other) 0.000012"));
}

TEST_F(Accounting, AnEmptyLedgerAnswersWithNoRows) {
  ReportRequest request;
  request.grain = Grain::day;
  EXPECT_THAT(ask(request).rows, IsEmpty());
  EXPECT_THAT(ask(request).totals, IsEmpty());
}

// --- Explain and reprice ---

TEST_F(Accounting, ExplainRecomputesWhatTheLedgerHolds) {
  ingest_files({file("a.jsonl", call("1", "2026-06-01T00:00:00Z", "gpt-a", 1000, 100))});
  const auto why = explain(*ledger_, "1");
  ASSERT_TRUE(why) << why.error().message;
  ASSERT_TRUE(why->price.has_value());
  EXPECT_EQ(why->price->id, "openai/gpt-a");
  EXPECT_EQ(why->price->provenance.url, "https://example.com/prices");
  EXPECT_EQ(why->cost.costs.total(), amount("0.003"));
  std::vector<std::string> charges;
  for (const Charge& charge : why->cost.charges) {
    charges.push_back(std::string(to_string(charge.meter)) + " " + std::to_string(charge.quantity) +
                      " " + to_string(charge.cost));
  }
  EXPECT_THAT(charges, testing::IsSupersetOf(
                           {"input_tokens_uncached 1000 0.002", "output_tokens 100 0.001"}));
}

TEST_F(Accounting, RepricingKeepsTheOldAnswerForAnOldDate) {
  ingest_files({file("a.jsonl", call("1", "2026-06-01T00:00:00Z", "gpt-z", 1'000'000, 0) +
                                    call("2", "2026-06-01T00:00:00Z", "gpt-b", 1'000'000, 0))});
  EXPECT_EQ(total(), amount("4"));
  const auto book =
      book_of({price("openai/gpt-z", "gpt-z", "3", "3"), price("openai/gpt-b", "gpt-b", "5", "5")});
  const auto unpriced = reprice(*ledger_, book, {}, RepriceScope::unpriced, time("2026-08-02"));
  ASSERT_TRUE(unpriced) << unpriced.error().message;
  EXPECT_EQ(unpriced->looked_at, 1u);
  EXPECT_EQ(unpriced->changed, 1u);
  EXPECT_EQ(unpriced->difference.in(Currency::usd()), amount("3"));
  EXPECT_EQ(total(), amount("7"));
  const auto all = reprice(*ledger_, book, {}, RepriceScope::all, time("2026-08-03"));
  EXPECT_EQ(all->looked_at, 2u);
  EXPECT_EQ(all->changed, 1u);
  EXPECT_EQ(total(), amount("8"));
  EXPECT_EQ(total(time("2026-08-01")), amount("4"));
  EXPECT_EQ(total(time("2026-08-02")), amount("7"));
  EXPECT_EQ(explain(*ledger_, "2")->cost.costs.total(), amount("5"));
  EXPECT_EQ(explain(*ledger_, "1")->record.history.back().what, "repriced");
  EXPECT_EQ(reprice(*ledger_, book, {}, RepriceScope::all, time("2026-08-04"))->changed, 0u);
}

TEST(PriceDefinition, HoldsOnePriceThereAndBack) {
  const pricing::PriceBook book = test_book();
  for (const pricing::Price& price : book.prices()) {
    const auto definition = definition_of(price, book);
    ASSERT_TRUE(definition) << definition.error().message;
    const auto back = price_of_definition(*definition);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, price);
  }
}

TEST(LocalSteps, HoldTheOffsetsOfTheRangeOnly) {
  const TimeZone berlin = TimeZone::find("Europe/Berlin").value();
  const auto steps = local_steps(berlin, Grain::day, {time("2026-01-01"), time("2026-12-31")});
  ASSERT_THAT(steps.offsets, SizeIs(3));
  EXPECT_EQ(steps.offsets[0].offset_us, 3'600'000'000);
  EXPECT_EQ(to_string(steps.offsets[1].from), "2026-03-29T01:00:00Z");
  EXPECT_EQ(steps.offsets[1].offset_us, 7'200'000'000);
  EXPECT_EQ(to_string(steps.offsets[2].from), "2026-10-25T01:00:00Z");
  EXPECT_EQ(steps.step_us, 86'400'000'000);
  EXPECT_THAT(local_steps(berlin, Grain::hour, {time("2026-01-01"), time("2026-02-01")}).offsets,
              SizeIs(1));
}

}  // namespace
}  // namespace costops::accounting
