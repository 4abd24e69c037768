// backends_test.cc - random ledgers, random questions: every backend gives the same answer, bit for
// bit, to each of them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>

#include "storage/clickhouse_fixture.h"
#include "storage/ledger_rows.h"

namespace costops::storage {
namespace {

constexpr std::int64_t kHour = 3'600'000'000;

/// The same ledger in each backend.
class Backends : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/costops-backends-XXXXXX";
    folder_ = mkdtemp(name);
    add("duckdb:" + folder_ + "/ledger.duckdb");
    add("sqlite:" + folder_ + "/ledger.sqlite");
    if (ClickhouseFixture::shared().runs()) {
      add(ClickhouseFixture::shared().url("random_ledger") + "?spool=" + folder_);
    }
  }
  void TearDown() override {
    ledgers_.clear();
    std::filesystem::remove_all(folder_);
  }
  void add(const std::string& url) {
    auto ledger = open_ledger(url, OpenMode::create);
    ASSERT_TRUE(ledger) << ledger.error().message;
    ledgers_.push_back(std::move(*ledger));
  }
  std::size_t any(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

  Row row();
  std::vector<Repricing> corrections(std::size_t count);
  Query question();
  /// The first ledger's answer; all others gave the same.
  void expect_same_answers(const Query& question, int number);

  std::mt19937_64 random_{20261123};
  std::string folder_;
  std::vector<std::unique_ptr<Ledger>> ledgers_;
};

Row Backends::row() {
  const std::string name = "r" + std::to_string(any(600));  // Some come again, grown or not.
  Row row = priced(name, "2026-01-01", static_cast<std::int64_t>(any(1'000'000)),
                   static_cast<std::int64_t>(any(1000)));
  UsageRecord& usage = row.usage;
  usage.at = time("2026-01-01") + std::chrono::seconds(any(90 * 86'400));
  usage.grows = any(3) != 0;
  usage.model = "model-" + std::to_string(any(5));
  usage.organization = any(2) == 0 ? "" : "org \"" + std::to_string(any(3)) + "\\'";
  usage.project = any(3) == 0 ? "" : "projekt-\xc3\xbc" + std::to_string(any(3));
  usage.user = "user-" + std::to_string(any(40));
  if (any(2) == 0) usage.tags.push_back("t" + std::to_string(any(2)));
  if (any(3) == 0) usage.tags.push_back("t,2\n");
  if (any(4) == 0) at(usage.quantities, Meter::web_searches) = 3;
  if (any(4) == 0) at(usage.quantities, Meter::input_audio_tokens) = 1;
  // Sums of costs leave 64 bits.
  if (any(9) == 0) row.costs[CostClass::other] = Amount::pico(INT64_MAX - 7);
  if (any(4) == 0) row.currency = *Currency::parse("EUR");
  if (any(5) == 0) row.make_unpriced("no price");
  if (any(5) == 0) usage.reported_cost = Money{Amount::pico(11), Currency::usd()};
  return row;
}

std::vector<Repricing> Backends::corrections(std::size_t count) {
  std::vector<RecordId> ids;
  const auto scanned = ledgers_[0]->scan({}, [&](const StoredRecord& record) {
    ids.push_back(record.usage.id);
    return true;
  });
  EXPECT_TRUE(scanned);
  std::vector<Repricing> out;
  for (std::size_t i = 0; i < count; ++i) {
    Repricing correction = repricing("", static_cast<std::int64_t>(any(1000)), 5);
    correction.id = ids[any(ids.size())];
    if (any(3) == 0) correction.currency = *Currency::parse("EUR");
    out.push_back(correction);
  }
  return out;
}

Query Backends::question() {
  Query question;
  if (any(2) == 0) {
    question.range.from = time("2026-01-01") + std::chrono::hours(any(1000));
    question.range.to = question.range.from + std::chrono::hours(any(1000));
  }
  if (any(3) == 0) question.as_of = time("2026-02-01") + std::chrono::hours(any(12));
  for (const Dimension d : {Dimension::model, Dimension::organization, Dimension::project,
                            Dimension::user, Dimension::tags}) {
    if (any(3) == 0) question.group_by.push_back(d);
    if (any(5) == 0) {
      question.filters.push_back({d,
                                  {"", "t,2\n", "model-1", "org \"1\\'", "user-7"},
                                  any(2) == 0 ? Filter::Kind::include : Filter::Kind::exclude});
    }
  }
  if (any(2) == 0) {
    question.steps = LocalSteps{
        any(2) == 0 ? kHour : 24 * kHour,
        {{min_instant(), -5 * kHour}, {time("2026-02-03T07:30:00Z"), -4 * kHour + kHour / 2}}};
  }
  if (any(2) == 0) question.measures = {Measure::unpriced, Measure::total_cost};
  if (any(2) == 0) question.order = Order::cost;
  if (any(3) == 0) question.limit = 1 + any(5);
  return question;
}

void Backends::expect_same_answers(const Query& question, int number) {
  const auto expected = ledgers_[0]->query(question);
  ASSERT_TRUE(expected) << expected.error().message;
  for (std::size_t i = 1; i < ledgers_.size(); ++i) {
    SCOPED_TRACE("question " + std::to_string(number) + " to " + ledgers_[i]->url());
    const auto found = ledgers_[i]->query(question);
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->size(), expected->size());
    for (std::size_t row = 0; row < found->size(); ++row) {
      expect_equal((*found)[row], (*expected)[row]);
    }
  }
}

TEST_F(Backends, GiveTheSameAnswers) {
  int asked = 0;
  const PriceUsed prices[] = {{"openai/gpt-4o", "{\"v\":2}"}};
  for (int hour = 0; hour < 8; ++hour) {
    std::vector<Row> rows;
    for (std::size_t i = any(400); i > 0; --i) rows.push_back(row());
    const Instant now = time("2026-02-01") + std::chrono::hours(hour);
    const auto fixes = hour % 3 == 2 ? corrections(20) : std::vector<Repricing>();
    std::vector<RowOutcome> outcomes;
    for (const auto& ledger : ledgers_) {
      Rows batch(rows, now);
      const auto counts = ledger->append(batch.batch());
      ASSERT_TRUE(counts) << counts.error().message;
      if (ledger == ledgers_[0]) outcomes = counts->outcomes;
      EXPECT_EQ(counts->outcomes, outcomes) << ledger->url();
      ASSERT_TRUE(ledger->reprice(fixes, prices, now + std::chrono::minutes(7)));
    }
    for (int i = 0; i < 15; ++i) expect_same_answers(question(), ++asked);
  }
  if (ledgers_.size() < 3) {
    GTEST_SKIP() << "ClickHouse left out: install Debian's package clickhouse-server";
  }
}

}  // namespace
}  // namespace costops::storage
