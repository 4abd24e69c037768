// ledger_contract_test.cc - what every backend promises, run over all of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <thread>

#include "costops/storage/ledger.h"
#include "storage/clickhouse_fixture.h"
#include "storage/ledger_rows.h"

namespace costops::storage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class LedgerContract : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "clickhouse" && !ClickhouseFixture::shared().runs()) {
      GTEST_SKIP() << "no clickhouse-server here: install Debian's package clickhouse-server";
    }
    if (GetParam() == "cluster" && cluster_servers().empty()) {
      GTEST_SKIP() << "no cluster here: tests/integration/clickhouse_test.py starts one";
    }
    char name[] = "/tmp/costops-ledger-XXXXXX";
    folder_ = mkdtemp(name);
    open();
  }
  void TearDown() override {
    ledger_.reset();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  /// "clickhouse://HOST:PORT,HOST:PORT" of a cluster called "costs".
  static std::string cluster_servers() {
    const char* const servers = std::getenv("COSTOPS_TEST_CLUSTER");
    return servers != nullptr ? servers : "";
  }
  /// Where a ledger of that name is, in the words of its backend.
  std::string place_of(const std::string& name) const {
    if (GetParam() == "duckdb" || GetParam() == "sqlite") return folder_ + "/" + name;
    std::string database = folder_.substr(folder_.rfind('-') + 1) + "_" + name;
    std::ranges::replace(database, '/', '_');
    if (GetParam() == "cluster") return cluster_servers() + "/" + database + "?cluster=costs";
    return ClickhouseFixture::shared().url(database);
  }
  std::string url_of(const std::string& name) const {
    const std::string place = place_of(name);
    if (GetParam() == "cluster") return place + "&spool=" + folder_ + "/spool";
    if (GetParam() == "clickhouse") return place + "?spool=" + folder_ + "/spool";
    return GetParam() + ":" + place;
  }
  std::string url() const { return url_of("deep/ledger"); }
  void open(OpenMode mode = OpenMode::create) {
    ledger_.reset();
    auto opened = open_ledger(url(), mode);
    ASSERT_TRUE(opened) << opened.error().message;
    ledger_ = std::move(*opened);
  }
  AppendCounts append(const std::vector<Row>& rows, Instant recorded_at = time("2026-02-01")) {
    Rows batch(rows, recorded_at);
    auto counts = ledger_->append(batch.batch());
    EXPECT_TRUE(counts) << counts.error().message;
    return counts ? *counts : AppendCounts{};
  }
  std::vector<QueryRow> query(const Query& query) {
    auto rows = ledger_->query(query);
    EXPECT_TRUE(rows) << rows.error().message;
    return rows ? *rows : std::vector<QueryRow>{};
  }
  QueryRow total(std::optional<Instant> as_of = std::nullopt) {
    const auto rows =
        query({.range = {}, .group_by = {}, .steps = {}, .filters = {}, .as_of = as_of});
    EXPECT_LE(rows.size(), 1u);
    return rows.empty() ? QueryRow{} : rows.front();
  }

  std::string folder_;
  std::unique_ptr<Ledger> ledger_;
};

// --- Appending ---

TEST_P(LedgerContract, KeepsARecordWithEverythingItSaid) {
  Row row = priced("a", "2026-01-01T10:00:00Z", 100, 20);
  UsageRecord& usage = row.usage;
  usage.source_id = "resp_1";
  usage.model_version = "2026-01";
  usage.context_window = 200'000;
  usage.organization = "acme";
  usage.project = "search";
  usage.user = "ann";
  usage.session = "s1";
  usage.tags = {"blue", "a \"quoted\" one", "blue"};
  usage.metadata = R"({"k":1})";
  usage.service_tier = "batch";
  usage.region = "us";
  usage.speed = "fast";
  usage.status = CallStatus::failed;
  usage.latency_ms = 12;
  usage.time_to_first_token_ms = 3;
  usage.reported_cost = Money{*parse_amount("0.25"), Currency::usd()};
  usage.ingested_at = time("2026-01-02");
  usage.source_kind = "openai-chat";
  usage.source_endpoint = "/v1/chat";
  usage.position = {"july.jsonl", 17};
  at(usage.quantities, Meter::web_searches) = 2;
  append({row});

  const auto found = ledger_->find(to_string(usage.id));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->usage.id, usage.id);
  EXPECT_EQ(found->usage.source_id, "resp_1");
  EXPECT_EQ(found->usage.at, usage.at);
  EXPECT_EQ(found->at, *usage.at);
  EXPECT_EQ(found->usage.provider, "openai");
  EXPECT_EQ(found->usage.model, "gpt-4o");
  EXPECT_EQ(found->usage.model_version, "2026-01");
  EXPECT_EQ(found->usage.context_window, 200'000);
  EXPECT_EQ(found->usage.organization, "acme");
  EXPECT_EQ(found->usage.project, "search");
  EXPECT_EQ(found->usage.user, "ann");
  EXPECT_EQ(found->usage.session, "s1");
  EXPECT_THAT(found->usage.tags, ElementsAre("blue", "a \"quoted\" one", "blue"));
  EXPECT_EQ(found->usage.metadata, R"({"k":1})");
  EXPECT_EQ(found->usage.service_tier, "batch");
  EXPECT_EQ(found->usage.region, "us");
  EXPECT_EQ(found->usage.speed, "fast");
  EXPECT_EQ(found->usage.status, CallStatus::failed);
  EXPECT_EQ(found->usage.latency_ms, 12);
  EXPECT_EQ(found->usage.time_to_first_token_ms, 3);
  EXPECT_EQ(found->usage.reported_cost, usage.reported_cost);
  EXPECT_EQ(found->usage.ingested_at, usage.ingested_at);
  EXPECT_EQ(found->usage.source_kind, "openai-chat");
  EXPECT_EQ(found->usage.source_endpoint, "/v1/chat");
  EXPECT_EQ(found->usage.position.file, "july.jsonl");
  EXPECT_EQ(found->usage.position.line, 17u);
  EXPECT_EQ(found->usage.quantities, usage.quantities);
  ASSERT_THAT(found->history, SizeIs(1));
  EXPECT_EQ(found->history[0].what, "recorded");
  EXPECT_EQ(found->history[0].status, PricingStatus::priced);
  EXPECT_EQ(found->history[0].costs, row.costs);
  EXPECT_EQ(found->history[0].currency, Currency::usd());
  EXPECT_EQ(found->history[0].price_id, "openai/gpt-4o");
  EXPECT_EQ(found->history[0].recorded_at, time("2026-02-01"));
  EXPECT_EQ(ledger_->price_used(found->history[0].price)->definition, "{\"v\":1}");
}

TEST_P(LedgerContract, AnAbsentLatencyIsNotZero) {
  append({priced("a", "2026-01-01", 1, 1)});
  const auto found = ledger_->find(to_string(id_of("a")));
  EXPECT_EQ(found->usage.latency_ms, std::nullopt);
  EXPECT_EQ(found->usage.time_to_first_token_ms, std::nullopt);
  EXPECT_EQ(found->usage.ingested_at, std::nullopt);
  EXPECT_EQ(found->usage.reported_cost, std::nullopt);
}

TEST_P(LedgerContract, AppendingTwiceIsAppendingOnce) {
  const std::vector<Row> rows{priced("a", "2026-01-01", 100, 20), priced("b", "2026-01-02", 1, 2)};
  EXPECT_EQ(append(rows).added, 2u);
  const AppendCounts again = append(rows);
  EXPECT_EQ(again.added, 0u);
  EXPECT_EQ(again.duplicates, 2u);
  EXPECT_THAT(again.outcomes, ElementsAre(RowOutcome::duplicate, RowOutcome::duplicate));
  EXPECT_EQ(again.cost, CurrencyTotals{});
  EXPECT_EQ(total().requests, 2);
  open();
  EXPECT_EQ(append(rows).duplicates, 2u);
  EXPECT_EQ(total().requests, 2);
}

TEST_P(LedgerContract, WithinABatchTheSameRulesHold) {
  Row conflicting = priced("a", "2026-01-01", 101, 20);
  const AppendCounts counts =
      append({priced("a", "2026-01-01", 100, 20), priced("a", "2026-01-01", 100, 20), conflicting});
  EXPECT_THAT(counts.outcomes,
              ElementsAre(RowOutcome::added, RowOutcome::duplicate, RowOutcome::conflict));
  EXPECT_EQ(total().requests, 1);
  EXPECT_EQ(at(total().quantities, Meter::input_tokens_uncached), 100);
}

TEST_P(LedgerContract, OtherContentUnderOneIdIsQuarantined) {
  append({priced("a", "2026-01-01", 100, 20)});
  Row other = priced("a", "2026-01-01", 100, 21);
  other.usage.position = {"x.jsonl", 3};
  const AppendCounts counts = append({other});
  EXPECT_EQ(counts.conflicts, 1u);
  EXPECT_EQ(counts.quarantined, 1u);
  EXPECT_EQ(at(total().quantities, Meter::output_tokens), 20);
  const auto entries = ledger_->quarantine(10);
  ASSERT_THAT(*entries, SizeIs(1));
  EXPECT_EQ((*entries)[0].reason,
            "record " + to_string(id_of("a")) +
                " is already in the ledger with other content (time, provider, model or "
                "quantities)");
  EXPECT_EQ((*entries)[0].position.file, "x.jsonl");
  EXPECT_EQ((*entries)[0].position.line, 3u);
  EXPECT_EQ((*entries)[0].excerpt,
            R"({"timestamp":"2026-01-01T00:00:00Z","provider":"openai","model":"gpt-4o",)"
            R"("quantities":{"input_tokens_uncached":100,"output_tokens":21}})");
  append({other});
  EXPECT_EQ(ledger_->quarantine_count(), 1u);  // The same conflict again is the same entry.
}

TEST_P(LedgerContract, EveryPartOfTheContentMakesAConflict) {
  append({priced("a", "2026-01-01", 100, 20)});
  Row later = priced("a", "2026-01-02", 100, 20);
  Row model = priced("a", "2026-01-01", 100, 20);
  model.usage.model = "gpt-4o-mini";
  Row provider = priced("a", "2026-01-01", 100, 20);
  provider.usage.provider = "azure";
  Row searched = priced("a", "2026-01-01", 100, 20);
  at(searched.usage.quantities, Meter::web_searches) = 1;
  EXPECT_THAT(append({later, model, provider, searched}).outcomes,
              testing::Each(RowOutcome::conflict));
}

TEST_P(LedgerContract, WhoMadeTheCallIsNoContent) {
  append({priced("a", "2026-01-01", 100, 20)});
  Row elsewhere = priced("a", "2026-01-01", 100, 20);
  elsewhere.usage.project = "other";
  elsewhere.usage.position.file = "copy.jsonl";
  EXPECT_EQ(append({elsewhere}).duplicates, 1u);
}

TEST_P(LedgerContract, ARecordWithoutTimeIsTheSameWheneverItIsRead) {
  Row row = priced("a", "2026-01-01", 100, 20);
  row.usage.at = std::nullopt;
  Rows first({row}, time("2026-02-01"), time("2026-02-01"));
  Rows second({row}, time("2026-03-01"), time("2026-03-01"));
  EXPECT_EQ(ledger_->append(first.batch())->added, 1u);
  EXPECT_EQ(ledger_->append(second.batch())->duplicates, 1u);
  const auto found = ledger_->find(to_string(id_of("a")));
  EXPECT_EQ(found->usage.at, std::nullopt);
  EXPECT_EQ(found->at, time("2026-02-01"));
}

TEST_P(LedgerContract, AGrownRecordCountsOnceWithItsLargestState) {
  append({growing("a", 100, 1)}, time("2026-02-01"));
  const AppendCounts counts = append({growing("a", 100, 427)}, time("2026-02-02"));
  EXPECT_EQ(counts.superseded, 1u);
  // 427 output tokens at 2 pico-units each, less the one that was there.
  EXPECT_EQ(counts.cost.in(Currency::usd()), Amount::pico(426 * 2));
  EXPECT_EQ(append({growing("a", 100, 3)}).duplicates, 1u);  // An earlier state.
  EXPECT_EQ(total().requests, 1);
  EXPECT_EQ(at(total().quantities, Meter::output_tokens), 427);
  EXPECT_EQ(total().costs.total(), Amount::pico(100 + 427 * 2));
  EXPECT_EQ(total(time("2026-02-01")).costs.total(), Amount::pico(100 + 2));

  const auto found = ledger_->find(to_string(id_of("a")));
  ASSERT_THAT(found->history, SizeIs(2));
  EXPECT_EQ(found->history[1].what, "grown");
  EXPECT_EQ(found->history[1].costs.total(), Amount::pico(100 + 427 * 2));
  EXPECT_EQ(at(found->usage.quantities, Meter::output_tokens), 427);
}

TEST_P(LedgerContract, GrowthInOneBatchIsOneRecord) {
  const AppendCounts counts = append({growing("a", 100, 1), growing("a", 100, 427),
                                      growing("a", 100, 3), priced("b", "2026-01-01", 1, 1)});
  EXPECT_THAT(counts.outcomes, ElementsAre(RowOutcome::added, RowOutcome::superseded,
                                           RowOutcome::duplicate, RowOutcome::added));
  EXPECT_EQ(counts.cost.in(Currency::usd()), Amount::pico(100 + 854 + 1 + 2));
  EXPECT_EQ(at(total().quantities, Meter::output_tokens), 428);
  EXPECT_THAT(ledger_->find(to_string(id_of("a")))->history, SizeIs(1));
}

TEST_P(LedgerContract, WithEqualOutputTheLargerTotalWins) {
  append({growing("a", 100, 5)});
  EXPECT_EQ(append({growing("a", 90, 5)}).duplicates, 1u);
  EXPECT_EQ(append({growing("a", 110, 5)}).superseded, 1u);
  EXPECT_EQ(at(total().quantities, Meter::input_tokens_uncached), 110);
}

TEST_P(LedgerContract, GrowthReachesMetersWithoutAColumn) {
  Row first = growing("a", 100, 5);
  at(first.usage.quantities, Meter::web_searches) = 1;
  Row second = growing("a", 100, 6);
  at(second.usage.quantities, Meter::web_searches) = 3;
  at(second.usage.quantities, Meter::output_audio_tokens) = 9;
  append({first});
  append({second});
  EXPECT_EQ(append({second}).duplicates, 1u);
  EXPECT_EQ(at(total().quantities, Meter::web_searches), 3);
  EXPECT_EQ(at(total().quantities, Meter::output_audio_tokens), 9);
  EXPECT_EQ(ledger_->find(to_string(id_of("a")))->usage.quantities, second.usage.quantities);
}

TEST_P(LedgerContract, AnUnpricedRecordThatGrowsPricedMovesToItsCurrency) {
  Row first = growing("a", 100, 1);
  first.make_unpriced("no price");
  append({first}, time("2026-02-01"));
  append({growing("a", 100, 2)}, time("2026-02-02"));
  EXPECT_EQ(total().requests, 1);
  EXPECT_EQ(total().unpriced, 0);
  EXPECT_EQ(total().currency, Currency::usd());
  EXPECT_EQ(total(time("2026-02-01")).unpriced, 1);
  EXPECT_TRUE(total(time("2026-02-01")).currency.is_none());
}

TEST_P(LedgerContract, ADoubtfulRowIsKeptOutAndQuarantined) {
  Row row = priced("a", "2026-01-01", 1, 1);
  row.status = PricingStatus::quarantined;
  row.reason = "a charge does not fit";
  const AppendCounts counts = append({row, priced("b", "2026-01-01", 1, 1)});
  EXPECT_THAT(counts.outcomes, ElementsAre(RowOutcome::quarantined, RowOutcome::added));
  EXPECT_EQ(total().requests, 1);
  EXPECT_EQ((*ledger_->quarantine(9))[0].reason, "a charge does not fit");
}

TEST_P(LedgerContract, AnEmptyBatchIsFine) {
  EXPECT_EQ(append({}).added, 0u);
  EXPECT_EQ(ledger_->extent()->has_value(), false);
  EXPECT_THAT(query({}), IsEmpty());
}

TEST_P(LedgerContract, ManyBatchesOfManyRowsStayExact) {
  // 3 batches over the block size, every third record a repetition of the batch before.
  std::int64_t expected = 0;
  std::vector<Row> rows;
  for (int batch = 0; batch < 3; ++batch) {
    rows.clear();
    for (int i = 0; i < 5000; ++i) {
      const int number = batch * 4000 + i;
      rows.push_back(priced("r" + std::to_string(number), "2026-01-01", number, 1));
      rows.back().usage.session = "s" + std::to_string(number);
    }
    append(rows);
  }
  for (int number = 0; number < 13'000; ++number) expected += number;
  EXPECT_EQ(total().requests, 13'000);
  EXPECT_EQ(at(total().quantities, Meter::input_tokens_uncached), expected);
  EXPECT_EQ(
      query(
          {.range = {}, .group_by = {Dimension::session}, .steps = {}, .filters = {}, .as_of = {}})
          .size(),
      13'000u);
}

// --- Repricing ---

TEST_P(LedgerContract, RepricingWritesTheDifferenceAndKeepsTheOldAnswer) {
  Row row = priced("a", "2026-01-01", 100, 20);
  append({row, priced("b", "2026-01-01", 1, 1)}, time("2026-02-01"));
  const PriceUsed prices[] = {{"openai/gpt-4o", "{\"v\":2}"}};
  Repricing correction = repricing("a", 50, 0);
  EXPECT_EQ(ledger_->reprice({&correction, 1}, prices, time("2026-02-05")), 1u);
  EXPECT_EQ(ledger_->reprice({&correction, 1}, prices, time("2026-02-06")), 0u);
  EXPECT_EQ(total().costs.total(), Amount::pico(50 + 3));
  EXPECT_EQ(total().requests, 2);
  EXPECT_EQ(total(time("2026-02-04")).costs.total(), Amount::pico(140 + 3));
  const auto found = ledger_->find(to_string(id_of("a")));
  ASSERT_THAT(found->history, SizeIs(2));
  EXPECT_EQ(found->history[1].what, "repriced");
  EXPECT_EQ(found->history[1].price_id, "openai/gpt-4o");
  EXPECT_NE(found->history[1].price, found->history[0].price);
  EXPECT_EQ(ledger_->price_used(found->history[1].price)->definition, "{\"v\":2}");
  EXPECT_EQ(ledger_->price_used(found->history[0].price)->definition, "{\"v\":1}");
}

TEST_P(LedgerContract, RepricingAnUnpricedRecordMovesItToItsCurrency) {
  Row row = priced("a", "2026-01-01", 100, 20);
  row.make_unpriced("no price");
  row.usage.reported_cost = Money{Amount::pico(7), Currency::usd()};
  at(row.usage.quantities, Meter::web_searches) = 4;
  append({row}, time("2026-02-01"));
  EXPECT_EQ(total().unpriced, 1);
  EXPECT_EQ(total().reported_cost, Amount());
  const PriceUsed prices[] = {{"p", "{}"}};
  const Repricing correction = repricing("a", 10, 5);
  ASSERT_EQ(ledger_->reprice({&correction, 1}, prices, time("2026-02-02")), 1u);
  EXPECT_EQ(total().unpriced, 0);
  EXPECT_EQ(total().requests, 1);
  EXPECT_EQ(total().currency, Currency::usd());
  EXPECT_EQ(total().reported_cost, Amount::pico(7));
  EXPECT_EQ(at(total().quantities, Meter::web_searches), 4);
  const auto found = ledger_->find(to_string(id_of("a")));
  EXPECT_THAT(found->history, SizeIs(2));
  EXPECT_EQ(found->usage.quantities, row.usage.quantities);
  EXPECT_EQ(found->usage.reported_cost, row.usage.reported_cost);
}

TEST_P(LedgerContract, RepricingAnUnknownRecordChangesNothing) {
  append({priced("a", "2026-01-01", 100, 20)});
  const Repricing corrections[] = {repricing("a", 1, 1), repricing("nobody", 1, 1)};
  const PriceUsed prices[] = {{"p", "{}"}};
  const auto result = ledger_->reprice(corrections, prices, time("2026-02-05"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), (Error{ErrorCode::not_found, "no record " + to_string(id_of("nobody")) +
                                                             " in the ledger to reprice"}));
  EXPECT_EQ(total().costs.total(), Amount::pico(140));
  EXPECT_EQ(append({priced("c", "2026-01-01", 1, 1)}).added, 1u);
}

// --- Finding ---

TEST_P(LedgerContract, FindsByIdPrefixAndSourceId) {
  Row row = priced("a", "2026-01-01", 1, 1);
  row.usage.source_id = "chatcmpl-7";
  append({row, priced("b", "2026-01-01", 1, 1)});
  const std::string id = to_string(id_of("a"));
  EXPECT_EQ(ledger_->find(id)->usage.id, id_of("a"));
  EXPECT_EQ(ledger_->find(id.substr(0, 8))->usage.id, id_of("a"));
  EXPECT_EQ(ledger_->find("chatcmpl-7")->usage.id, id_of("a"));
  EXPECT_EQ(ledger_->find("chatcmpl-8").error(),
            (Error{ErrorCode::not_found,
                   "no record \"chatcmpl-8\" in the ledger: give its id, at least the first 4 "
                   "digits of it, or its source's own id"}));
}

TEST_P(LedgerContract, ASourcesIdComesBeforeTheBeginningOfAnother) {
  Row row = priced("b", "2026-01-01", 1, 1);
  row.usage.source_id = to_string(id_of("a")).substr(0, 4);
  append({priced("a", "2026-01-01", 1, 1), row});
  EXPECT_EQ(ledger_->find(row.usage.source_id)->usage.id, id_of("b"));
}

TEST_P(LedgerContract, SeveralMatchesAreNamed) {
  Row first = priced("a", "2026-01-01", 1, 1);
  Row second = priced("b", "2026-01-01", 1, 1);
  first.usage.source_id = second.usage.source_id = "same";
  append({first, second});
  const auto [low, high] = std::minmax({id_of("a"), id_of("b")});
  EXPECT_EQ(ledger_->find("same").error(),
            (Error{ErrorCode::conflict, "several records match \"same\": " + to_string(low) + ", " +
                                            to_string(high) + "; give one of these ids"}));
}

TEST_P(LedgerContract, ScansInOrderOfTimeThenId) {
  append({priced("late", "2026-01-03", 1, 1), priced("x", "2026-01-01", 1, 1),
          priced("y", "2026-01-01", 1, 1), growing("g", 5, 1)});
  append({growing("g", 5, 9)});
  std::vector<RecordId> seen;
  Query selection;
  selection.range = {time("2026-01-01"), time("2026-01-03")};
  auto done = ledger_->scan(selection, [&](const StoredRecord& record) {
    seen.push_back(record.usage.id);
    if (record.usage.id == id_of("g")) {
      EXPECT_THAT(record.history, SizeIs(2));
    }
    return true;
  });
  ASSERT_TRUE(done);
  const auto [low, high] = std::minmax({id_of("x"), id_of("y")});
  EXPECT_THAT(seen, ElementsAre(low, high, id_of("g")));

  seen.clear();
  ASSERT_TRUE(ledger_->scan({}, [&](const StoredRecord& record) {
    seen.push_back(record.usage.id);
    return false;
  }));
  EXPECT_THAT(seen, SizeIs(1));
}

/// One line per record, with everything that a columnar scan says.
std::vector<std::string> lines_of(const RecordBatch& batch) {
  std::vector<std::string> lines;
  for (std::size_t row = 0; row < batch.rows; ++row) {
    std::string line = to_string(batch.ids[row]);
    const auto add = [&line](std::string_view text) { line.append("|").append(text); };
    const auto add_whole = [&](std::int64_t number) { add(std::to_string(number)); };
    add_whole(batch.at[row]);
    add_whole(batch.at_given[row]);
    add_whole(batch.recorded_at[row]);
    add_whole(batch.corrected_at[row]);
    for (const auto& texts : batch.dimensions) add(texts.empty() ? "-" : texts[row]);
    add(batch.source_ids.empty() ? "-" : batch.source_ids[row]);
    add(batch.metadata.empty() ? "-" : batch.metadata[row]);
    add(batch.currencies[row]);
    add(batch.price_ids[row]);
    add(batch.reasons[row]);
    add(to_string(batch.status[row]));
    add(to_string(batch.call_status[row]));
    for (const auto& column : batch.quantities) add_whole(column.empty() ? 0 : column[row]);
    for (const auto& column : batch.pico) add_whole(column[row]);
    add(to_string(batch.reported_pico[row]));
    add(batch.reported_currencies[row]);
    add_whole(batch.context_window[row]);
    add_whole(batch.latency_ms[row]);
    add_whole(batch.time_to_first_token_ms[row]);
    add_whole(batch.ingested_at[row]);
    add_whole(batch.line[row]);
    lines.push_back(std::move(line));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

TEST_P(LedgerContract, ColumnsSayWhatScanSays) {
  std::vector<Row> rows = {priced("a", "2026-01-01", 10, 5), priced("b", "2026-01-02", 7, 3),
                           growing("c", 4, 1), priced("d", "2026-02-03", 1, 1)};
  rows[0].usage.project = "shop";
  rows[0].usage.tags = {"x", "y\"z"};
  rows[0].usage.source_id = "resp_1";
  rows[0].usage.latency_ms = 12;
  rows[0].usage.reported_cost = Money{Amount::pico(77), Currency::usd()};
  at(rows[1].usage.quantities, Meter::input_images) = 2;
  rows[1].usage.metadata = R"({"k":1})";
  rows[3].make_unpriced("no price");
  append(rows, time("2026-02-01"));
  append({growing("c", 4, 9)}, time("2026-02-02"));
  const std::vector<PriceUsed> prices{{"openai/gpt-4o", "{\"v\":2}"}};
  const std::vector<Repricing> corrections{repricing("a", 100, 200), repricing("d", 5, 6)};
  ASSERT_TRUE(ledger_->reprice(corrections, prices, time("2026-02-03")));

  std::vector<Query> selections(6);
  selections[1].range = {time("2026-01-02"), time("2026-02-01")};
  selections[2].filters = {{Dimension::project, {"shop"}, Filter::Kind::include}};
  selections[3].filters = {{Dimension::tags, {"x"}, Filter::Kind::exclude}};
  selections[4].as_of = time("2026-02-01");
  selections[5].as_of = time("2026-02-02");
  for (const Query& selection : selections) {
    RecordColumnsWanted fewer = RecordColumnsWanted::all();
    fewer.dimensions.reset();
    fewer.columns.reset(static_cast<std::size_t>(RecordColumn::source_ids));
    fewer.columns.reset(static_cast<std::size_t>(RecordColumn::metadata));
    for (const auto& wanted : {fewer, RecordColumnsWanted::all()}) {
      std::vector<std::string> columns, by_scan;
      const auto into = [](std::vector<std::string>& lines) {
        return [&lines](const RecordBatch& batch) {
          for (std::string& line : lines_of(batch)) lines.push_back(std::move(line));
          return Result<void>();
        };
      };
      ASSERT_TRUE(ledger_->scan_batches(selection, wanted, into(columns)));
      ASSERT_TRUE(ledger_->Ledger::scan_batches(selection, wanted, into(by_scan)));
      std::sort(columns.begin(), columns.end());
      std::sort(by_scan.begin(), by_scan.end());
      EXPECT_FALSE(columns.empty());
      EXPECT_EQ(columns, by_scan);
    }
  }
}

TEST_P(LedgerContract, AScanOfColumnsReadsWhatIsAskedFor) {
  std::vector<Row> rows = {priced("a", "2026-01-01", 10, 5), priced("b", "2026-01-02", 7, 3)};
  at(rows[1].usage.quantities, Meter::input_images) = 2;
  append(rows);

  std::size_t counted = 0;
  ASSERT_TRUE(ledger_->scan_batches({}, {}, [&](const RecordBatch& batch) {
    counted += batch.rows;
    return Result<void>();
  }));
  EXPECT_EQ(counted, 2);

  RecordColumnsWanted images;
  images.meters.set(static_cast<std::size_t>(Meter::input_images));
  std::int64_t sum = 0;
  ASSERT_TRUE(ledger_->scan_batches({}, images, [&](const RecordBatch& batch) {
    for (const std::int64_t n : batch.quantities[static_cast<std::size_t>(Meter::input_images)]) {
      sum += n;
    }
    return Result<void>();
  }));
  EXPECT_EQ(sum, 2);
}

TEST_P(LedgerContract, WritingDuringAScanIsAllowed) {
  std::vector<Row> rows;
  for (int i = 0; i < 5000; ++i)
    rows.push_back(priced("r" + std::to_string(i), "2026-01-01", 1, 1));
  append(rows);
  int seen = 0;
  ASSERT_TRUE(ledger_->scan({}, [&](const StoredRecord&) {
    if (seen == 10) append({priced("new", "2026-01-01", 1, 1)});
    ++seen;
    return true;
  }));
  EXPECT_EQ(seen, 5000);
  EXPECT_EQ(total().requests, 5001);
}

TEST_P(LedgerContract, ExtentIsHalfOpen) {
  append({priced("a", "2026-01-01", 1, 1), priced("b", "2026-03-01T00:00:00.000001Z", 1, 1)});
  EXPECT_EQ((*ledger_->extent())->from, time("2026-01-01"));
  EXPECT_EQ((*ledger_->extent())->to, time("2026-03-01T00:00:00.000002Z"));
}

// --- Quarantine and journal ---

TEST_P(LedgerContract, QuarantineKeepsReasonAndExcerptUntilResolved) {
  Rows batch({}, time("2026-02-01"));
  const std::string excerpt = "{\"bad\": \xc3\xa9 'quote'; DROP TABLE records; --}";
  const std::vector<Quarantined> entries{doubtful("q1", 2, "no model", excerpt),
                                         doubtful("q2", 9, "no provider", ""),
                                         doubtful("q2", 9, "no provider", "")};
  LedgerBatch given = batch.batch();
  given.quarantined = entries;
  EXPECT_EQ(ledger_->append(given)->quarantined, 3u);
  EXPECT_TRUE(ledger_->append(given));
  auto open_entries = ledger_->quarantine(10);
  ASSERT_THAT(*open_entries, SizeIs(2));
  EXPECT_EQ((*open_entries)[0].reason, "no model");
  EXPECT_EQ((*open_entries)[0].excerpt, excerpt);
  EXPECT_EQ((*open_entries)[0].position.line, 2u);
  EXPECT_THAT(*ledger_->quarantine(1), SizeIs(1));
  const RecordId resolved[] = {id_of("q1")};
  ASSERT_TRUE(ledger_->resolve(resolved, time("2026-02-03")));
  EXPECT_EQ(ledger_->quarantine_count(), 1u);
  EXPECT_TRUE(ledger_->append(given));
  EXPECT_EQ(ledger_->quarantine_count(), 1u);  // Resolved stays resolved.
}

TEST_P(LedgerContract, TheJournalAnswersItsLastEntry) {
  Rows batch({}, time("2026-02-01"));
  const JournalEntry first[] = {{"/a", 10, id_of("f1"), time("2026-01-01"), 3, time("2026-02-01")}};
  const JournalEntry second[] = {
      {"/a", 20, id_of("f2"), time("2026-01-02"), 5, time("2026-02-02")}};
  LedgerBatch given = batch.batch();
  EXPECT_EQ(*ledger_->journal("/a"), std::nullopt);
  given.journal = first;
  ASSERT_TRUE(ledger_->append(given));
  EXPECT_EQ((*ledger_->journal("/a"))->size, 10u);
  given.journal = second;
  ASSERT_TRUE(ledger_->append(given));
  for (int opened = 0; opened < 2; ++opened, open()) {
    const auto entry = *ledger_->journal("/a");
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->size, 20u);
    EXPECT_EQ(entry->fingerprint, id_of("f2"));
    EXPECT_EQ(entry->modified, time("2026-01-02"));
    EXPECT_EQ(entry->records, 5u);
  }
}

TEST_P(LedgerContract, DocumentsStayInTheirOrderByKind) {
  EXPECT_THAT(*ledger_->documents("budget"), IsEmpty());
  const Document first[] = {{"budget", "team", time("2026-01-01T10:00:00.5Z"), R"({"a":"ü"})"},
                            {"alert", "team", time("2026-01-02"), "{}"}};
  const Document second[] = {{"budget", "team", time("2025-01-01"), ""}};
  ASSERT_TRUE(ledger_->append_documents(first));
  ASSERT_TRUE(ledger_->append_documents({}));
  ASSERT_TRUE(ledger_->append_documents(second));
  for (int opened = 0; opened < 2; ++opened, open(OpenMode::read_only)) {
    EXPECT_THAT(*ledger_->documents("budget"), ElementsAre(first[0], second[0]));
    EXPECT_THAT(*ledger_->documents("alert"), ElementsAre(first[1]));
  }
  EXPECT_EQ(ledger_->append_documents(second).error().code, ErrorCode::io_error);
}

// --- Asking ---

TEST_P(LedgerContract, FiltersKeepAndExcludeAndKnowUnassigned) {
  Row blue = priced("a", "2026-01-01", 1, 0);
  blue.usage.project = "blue";
  blue.usage.tags = {"x", "y"};
  Row red = priced("b", "2026-01-01", 10, 0);
  red.usage.project = "red";
  red.usage.tags = {"y"};
  append({blue, red, priced("c", "2026-01-01", 100, 0)});
  const auto input = [&](std::vector<Filter> filters) {
    std::int64_t sum = 0;
    for (const QueryRow& row :
         query({.range = {}, .group_by = {}, .steps = {}, .filters = filters, .as_of = {}})) {
      sum += at(row.quantities, Meter::input_tokens_uncached);
    }
    return sum;
  };
  using enum Filter::Kind;
  EXPECT_EQ(input({{Dimension::project, {"blue"}, include}}), 1);
  EXPECT_EQ(input({{Dimension::project, {"blue", "red"}, include}}), 11);
  EXPECT_EQ(input({{Dimension::project, {""}, include}}), 100);
  EXPECT_EQ(input({{Dimension::project, {"", "red"}, exclude}}), 1);
  EXPECT_EQ(input({{Dimension::project, {"no such"}, include}}), 0);
  EXPECT_EQ(input({{Dimension::project, {"' OR 1=1 --"}, include}}), 0);
  EXPECT_EQ(input({{Dimension::project, {}, include}}), 0);
  EXPECT_EQ(input({{Dimension::project, {}, exclude}}), 111);
  EXPECT_EQ(input({{Dimension::tags, {"x"}, include}}), 1);
  EXPECT_EQ(input({{Dimension::tags, {"y"}, include}}), 11);
  EXPECT_EQ(input({{Dimension::tags, {"x", ""}, include}}), 101);
  EXPECT_EQ(input({{Dimension::tags, {"y"}, exclude}}), 100);
  EXPECT_EQ(input({{Dimension::tags, {"y"}, include}, {Dimension::project, {"red"}, include}}), 10);
}

TEST_P(LedgerContract, GroupsByTagsOnceUnderEach) {
  Row both = priced("a", "2026-01-01", 1, 0);
  both.usage.tags = {"x", "y", "x"};
  append({both, priced("b", "2026-01-01", 10, 0)});
  const auto rows =
      query({.range = {}, .group_by = {Dimension::tags}, .steps = {}, .filters = {}, .as_of = {}});
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_THAT(rows[0].keys, ElementsAre(""));
  EXPECT_EQ(at(rows[0].quantities, Meter::input_tokens_uncached), 10);
  EXPECT_THAT(rows[1].keys, ElementsAre("x"));
  EXPECT_EQ(rows[1].requests, 1);
  EXPECT_THAT(rows[2].keys, ElementsAre("y"));
}

TEST_P(LedgerContract, RangesAreHalfOpen) {
  append({priced("a", "2026-01-01", 1, 0), priced("b", "2026-01-02", 10, 0)});
  Query first_day;
  first_day.range = {time("2026-01-01"), time("2026-01-02")};
  EXPECT_EQ(query(first_day)[0].requests, 1);
  EXPECT_EQ(at(query(first_day)[0].quantities, Meter::input_tokens_uncached), 1);
}

TEST_P(LedgerContract, StepsFollowTheOffsetAndAreCutByItsChange) {
  constexpr std::int64_t kHour = 3'600'000'000;
  // Berlin, 29 March 2026: +1 h until 01:00 UTC, +2 h after.
  Query by_day;
  by_day.steps =
      LocalSteps{24 * kHour, {{min_instant(), kHour}, {time("2026-03-29T01:00:00Z"), 2 * kHour}}};
  append({priced("a", "2026-03-28T22:59:59Z", 1, 0), priced("b", "2026-03-28T23:00:00Z", 1, 0),
          priced("c", "2026-03-29T01:00:00Z", 1, 0), priced("d", "2026-03-29T21:59:59Z", 1, 0),
          priced("e", "2026-03-29T22:00:00Z", 1, 0), priced("f", "1969-12-31T23:30:00Z", 1, 0)});
  std::vector<std::string> starts;
  for (const QueryRow& row : query(by_day)) {
    starts.push_back(to_string(row.step_start) + " " + std::to_string(row.requests));
  }
  EXPECT_THAT(starts, ElementsAre("1969-12-31T23:00:00Z 1", "2026-03-27T23:00:00Z 1",
                                  "2026-03-28T23:00:00Z 1", "2026-03-29T01:00:00Z 2",
                                  "2026-03-29T22:00:00Z 1"));
}

TEST_P(LedgerContract, CurrenciesNeverMix) {
  Row euro = priced("a", "2026-01-01", 5, 0);
  euro.currency = *Currency::parse("EUR");
  append({euro, priced("b", "2026-01-01", 7, 0)});
  const auto rows = query({});
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].currency.code(), "EUR");
  EXPECT_EQ(rows[0].costs.total(), Amount::pico(5));
  EXPECT_EQ(rows[1].currency.code(), "USD");
  EXPECT_EQ(rows[1].costs.total(), Amount::pico(7));
}

TEST_P(LedgerContract, SumsOfMoneyPassSixtyFourBits) {
  Row large = priced("a", "2026-01-01", 1, 0);
  large.costs.by_class[0] = Amount::pico(INT64_MAX);
  Row larger = large;
  larger.usage.id = id_of("b");
  append({large, larger});
  EXPECT_EQ(total().costs.total(), Amount::pico(Int128{INT64_MAX} * 2));
}

TEST_P(LedgerContract, ASumOfTokensBeyondSixtyFourBitsIsRefused) {
  std::vector<Row> rows;
  for (int i = 0; i < 9224; ++i) {
    rows.push_back(priced("r" + std::to_string(i), "2026-01-01", kQuantityMax, 0));
    rows.back().costs = {};
  }
  append(rows);
  EXPECT_EQ(ledger_->query({}).error(),
            (Error{ErrorCode::unsupported,
                   "the sum of input_tokens_uncached, 9224000000000000000, leaves 64 bits: ask for "
                   "a shorter range"}));
}

TEST_P(LedgerContract, EveryQueryShapeEqualsABruteForceSum) {
  std::mt19937_64 random(20260821);
  const auto any = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  std::vector<Row> rows;
  for (int i = 0; i < 3000; ++i) {
    Row row = priced("r" + std::to_string(i), "2026-01-01", static_cast<std::int64_t>(any(1000)),
                     static_cast<std::int64_t>(any(1000)));
    row.usage.at = time("2026-01-01") + std::chrono::seconds(any(90 * 86'400));
    row.usage.model = "model-" + std::to_string(any(5));
    row.usage.project = any(3) == 0 ? "" : "project-" + std::to_string(any(3));
    row.usage.user = "user-" + std::to_string(any(40));
    if (any(2) == 0) row.usage.tags.push_back("t" + std::to_string(any(2)));
    if (any(3) == 0) row.usage.tags.push_back("t2");
    if (any(4) == 0) at(row.usage.quantities, Meter::web_searches) = 3;
    if (any(4) == 0) row.currency = *Currency::parse("EUR");
    if (any(5) == 0) row.make_unpriced("no price");
    if (any(5) == 0) row.usage.reported_cost = Money{Amount::pico(11), Currency::usd()};
    rows.push_back(std::move(row));
  }
  append(rows);
  constexpr std::int64_t kDay = 86'400'000'000;
  const LocalSteps days{kDay, {{min_instant(), -5 * kDay / 24}}};
  for (int shape = 0; shape < 60; ++shape) {
    Query question;
    if (any(2) == 0) question.range = {time("2026-01-20"), time("2026-03-01")};
    for (const Dimension d :
         {Dimension::model, Dimension::project, Dimension::user, Dimension::tags}) {
      if (any(3) == 0) question.group_by.push_back(d);
      if (any(4) == 0) {
        question.filters.push_back({d,
                                    {"", "t2", "model-1", "project-2", "user-7"},
                                    any(2) == 0 ? Filter::Kind::include : Filter::Kind::exclude});
      }
    }
    if (any(2) == 0) question.steps = days;
    const auto expected = brute_force(rows, question);
    const auto found = query(question);
    ASSERT_EQ(found.size(), expected.size()) << "shape " << shape;
    for (std::size_t i = 0; i < found.size(); ++i) expect_equal(found[i], expected[i]);
  }
}

TEST_P(LedgerContract, KnownTellsContentOutputAndTotal) {
  Row row = growing("a", 100, 1);
  at(row.usage.quantities, Meter::output_reasoning_tokens) = 5;
  at(row.usage.quantities, Meter::web_searches) = 2;
  append({row});
  const RecordId ids[] = {id_of("a"), id_of("nobody")};
  const auto known = ledger_->known(ids);
  ASSERT_THAT(*known, SizeIs(1));
  EXPECT_EQ((*known)[0].id, id_of("a"));
  EXPECT_EQ((*known)[0].output, 6);
  EXPECT_EQ((*known)[0].total, 108);
}

TEST_P(LedgerContract, ARehearsalAnswersLikeAnAppendAndWritesNothing) {
  append({growing("a", 100, 1), priced("b", "2026-01-01", 1, 1)});
  AppendRehearsal rehearsal(ledger_.get());
  Rows batch({growing("a", 100, 7), priced("b", "2026-01-01", 1, 1),
              priced("b", "2026-01-01", 2, 1), priced("c", "2026-01-01", 3, 0)},
             time("2026-02-01"));
  const auto first = rehearsal.append(batch.batch());
  const auto second = rehearsal.append(batch.batch());
  ASSERT_TRUE(first && second);
  EXPECT_EQ(total().requests, 2);
  const auto real = ledger_->append(batch.batch());
  EXPECT_EQ(first->outcomes, real->outcomes);
  EXPECT_EQ(first->cost, real->cost);
  EXPECT_EQ(first->quarantined, real->quarantined);
  EXPECT_EQ(second->outcomes, ledger_->append(batch.batch())->outcomes);
}

// --- Opening ---

TEST_P(LedgerContract, HoldsWhatItsControlTotalsSay) {
  Row row = growing("a", 100, 20);
  row.usage.tags = {"x"};
  at(row.usage.quantities, Meter::web_searches) = 2;
  append({row, priced("b", "2026-01-01", 1, 2)});
  append({growing("a", 100, 30)}, time("2026-02-02"));
  const auto report = ledger_->verify();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_THAT(report->findings, IsEmpty());
  EXPECT_EQ(report->batches, 2u);
}

TEST_P(LedgerContract, ReopeningChangesNothing) {
  append({priced("a", "2026-01-01", 100, 20), growing("g", 1, 1)});
  append({growing("g", 1, 5)});
  const QueryRow before = total();
  open(OpenMode::existing);
  expect_equal(total(), before);
  open(OpenMode::read_only);
  expect_equal(total(), before);
  Rows batch({priced("b", "2026-01-01", 1, 1)}, time("2026-02-01"));
  EXPECT_EQ(ledger_->append(batch.batch()).error().code, ErrorCode::io_error);
}

TEST_P(LedgerContract, AnAbsentLedgerIsNotCreatedUnlessAsked) {
  ledger_.reset();
  const auto absent = open_ledger(url_of("none"), OpenMode::existing);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error(),
            (Error{ErrorCode::not_found, "no ledger at " + place_of("none") +
                                             ": create it with `cost-ops init` or by ingesting"}));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/none"));
}

TEST_P(LedgerContract, ReadersSeeWholeBatchesOnly) {
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) {
      const auto rows = ledger_->query({});
      ASSERT_TRUE(rows) << rows.error().message;
      if (!rows->empty()) {
        ASSERT_EQ(rows->front().requests % 50, 0);
      }
    }
  });
  for (int batch = 0; batch < 20; ++batch) {
    std::vector<Row> rows;
    for (int i = 0; i < 50; ++i) {
      rows.push_back(priced(std::to_string(batch) + "-" + std::to_string(i), "2026-01-01", 1, 1));
    }
    append(rows);
  }
  done = true;
  reader.join();
  EXPECT_EQ(total().requests, 1000);
}

INSTANTIATE_TEST_SUITE_P(Backends, LedgerContract,
                         testing::Values("duckdb", "sqlite", "clickhouse", "cluster"),
                         [](const auto& backend) { return backend.param; });

TEST(OpenLedger, SaysWhichLedgersThereAre) {
  EXPECT_EQ(open_ledger("mysql:x", OpenMode::create).error(),
            (Error{ErrorCode::unsupported,
                   "unknown ledger \"mysql:x\": expected duckdb:PATH, sqlite:PATH, or either with "
                   ":memory: as its path"}));
  EXPECT_EQ(open_ledger("duckdb:", OpenMode::create).error(),
            (Error{ErrorCode::invalid_input, "\"duckdb:\" lacks a path: give duckdb:PATH"}));
  EXPECT_EQ(open_ledger("sqlite:", OpenMode::create).error(),
            (Error{ErrorCode::invalid_input, "\"sqlite:\" lacks a path: give sqlite:PATH"}));
}

}  // namespace
}  // namespace costops::storage
