#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "ingestion/collected.h"

namespace costops::ingestion {
namespace {

using costops::to_string;
using testing::ElementsAre;
using testing::IsEmpty;

ReadOptions codex() {
  ReadOptions options;
  options.format = Format::codex;
  return options;
}

Collected read_lines(std::initializer_list<std::string> lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return collect(text, codex());
}

std::vector<std::string> meters(const Collected& all) {
  std::vector<std::string> texts;
  for (const UsageRecord& record : all.records) texts.push_back(meters_of(record));
  return texts;
}

std::string session(std::string_view id, std::string_view parent = "") {
  return fmt::format(
      R"({{"timestamp":"2026-07-03T18:14:00.000Z","type":"session_meta","payload":)"
      R"({{"id":"{}","cwd":"/home/u/p","cli_version":"0.142.0","model_provider":"openai",)"
      R"("git":{{"branch":"main"}}{}}}}})",
      id, parent.empty() ? "" : fmt::format(R"(,"forked_from_id":"{}")", parent));
}

const std::string kTurn =
    R"({"timestamp":"2026-07-03T18:15:00.000Z","type":"turn_context","payload":)"
    R"({"model":"gpt-5.5","cwd":"/home/u/p"}})";

struct Counts {
  std::int64_t input, cached, output, reasoning;
};
std::string usage(Counts c) {
  return fmt::format(R"({{"input_tokens":{},"cached_input_tokens":{},"output_tokens":{},)"
                     R"("reasoning_output_tokens":{},"total_tokens":{}}})",
                     c.input, c.cached, c.output, c.reasoning, c.input + c.output);
}
/// An event with running totals and the last call's own counts.
std::string event(Counts total, Counts last, std::string_view time = "2026-07-03T18:15:19.978Z") {
  return fmt::format(
      R"({{"timestamp":"{}","type":"event_msg","payload":{{"type":"token_count","info":)"
      R"({{"total_token_usage":{},"last_token_usage":{},"model_context_window":258400}}}}}})",
      time, usage(total), usage(last));
}

TEST(Codex, RunningTotalsBecomeCalls) {
  const Collected all =
      read_lines({session("s"), kTurn, event({14475, 2432, 216, 128}, {14475, 2432, 216, 128}),
                  event({30000, 12000, 500, 228}, {15525, 9568, 284, 100})});
  ASSERT_THAT(all.reasons(), IsEmpty());
  EXPECT_THAT(meters(all), ElementsAre("input_tokens_uncached=12043 output_tokens=88 "
                                       "cache_read_tokens=2432 output_reasoning_tokens=128",
                                       "input_tokens_uncached=5957 output_tokens=184 "
                                       "cache_read_tokens=9568 output_reasoning_tokens=100"));
  const UsageRecord& record = all.records[0];
  EXPECT_EQ(record.provider, "openai");
  EXPECT_EQ(record.model, "gpt-5.5");
  EXPECT_EQ(record.session, "s");
  EXPECT_EQ(record.project, "/home/u/p");
  EXPECT_EQ(record.context_window, 258400);
  EXPECT_EQ(to_string(*record.at), "2026-07-03T18:15:19.978Z");
  EXPECT_EQ(record.metadata, R"({"version":"0.142.0","gitBranch":"main"})");
}

TEST(Codex, EqualTotalsWrittenAgainAreNoCall) {
  const Collected all =
      read_lines({session("s"), kTurn, event({100, 0, 10, 0}, {100, 0, 10, 0}),
                  event({100, 0, 10, 0}, {100, 0, 10, 0}, "2026-07-03T18:15:19.990Z")});
  EXPECT_THAT(meters(all), ElementsAre("input_tokens_uncached=100 output_tokens=10"));
}

TEST(Codex, AnEventThatWasLostIsInTheNextDifference) {
  const Collected all = read_lines({session("s"), kTurn, event({100, 0, 10, 0}, {100, 0, 10, 0}),
                                    event({700, 0, 70, 0}, {300, 0, 30, 0})});
  EXPECT_THAT(meters(all), ElementsAre("input_tokens_uncached=100 output_tokens=10",
                                       "input_tokens_uncached=600 output_tokens=60"));
}

TEST(Codex, TotalsThatWentDownBeginAnew) {
  const Collected all =
      read_lines({session("s"), kTurn, event({900, 0, 90, 0}, {900, 0, 90, 0}),
                  event({200, 0, 20, 0}, {50, 0, 5, 0}), event({260, 0, 26, 0}, {60, 0, 6, 0})});
  EXPECT_THAT(meters(all), ElementsAre("input_tokens_uncached=900 output_tokens=90",
                                       "input_tokens_uncached=50 output_tokens=5",
                                       "input_tokens_uncached=60 output_tokens=6"));
}

// A full context window is written as a total without input and output.
TEST(Codex, AFullContextWindowIsNoCall) {
  const Collected all = read_lines(
      {session("s"), kTurn, event({900, 0, 90, 0}, {900, 0, 90, 0}),
       R"({"timestamp":"2026-07-03T18:16:00Z","type":"event_msg","payload":{"type":"token_count",)"
       R"("info":{"total_token_usage":{"input_tokens":0,"cached_input_tokens":0,)"
       R"("output_tokens":0,"reasoning_output_tokens":0,"total_tokens":258400},)"
       R"("last_token_usage":{"input_tokens":0,"cached_input_tokens":0,"output_tokens":0,)"
       R"("reasoning_output_tokens":0,"total_tokens":257410}}}})",
       R"({"timestamp":"2026-07-03T18:17:00Z","type":"event_msg","payload":{"type":"token_count",)"
       R"("info":{"total_token_usage":{"input_tokens":40,"output_tokens":2,)"
       R"("total_tokens":258442}}}})"});
  EXPECT_THAT(all.reasons(), IsEmpty());
  EXPECT_THAT(meters(all), ElementsAre("input_tokens_uncached=900 output_tokens=90",
                                       "input_tokens_uncached=40 output_tokens=2"));
}

TEST(Codex, EventsWithoutCountsAreNoCalls) {
  const Collected all = read_lines(
      {R"({"type":"event_msg","payload":{"type":"token_count","info":null,"rate_limits":{}}})",
       R"({"type":"event_msg","payload":{"type":"agent_message","message":"x"}})",
       R"({"type":"response_item","payload":{"type":"message","content":[]}})",
       R"({"id":"old","timestamp":"2025-05-01T00:00:00Z","instructions":null})"});
  EXPECT_THAT(all.records, IsEmpty());
  EXPECT_THAT(all.reasons(), IsEmpty());
}

TEST(Codex, CacheWritesAreInsideTheInput) {
  const Collected all = read_lines(
      {kTurn,
       R"({"timestamp":"2026-07-03T18:17:00Z","type":"event_msg","payload":{"type":"token_count",)"
       R"("info":{"total_token_usage":{"input_tokens":1000,"cached_input_tokens":600,)"
       R"("cache_write_input_tokens":300,"output_tokens":50,"total_tokens":1050}}}})"});
  EXPECT_THAT(meters(all),
              ElementsAre("input_tokens_uncached=100 output_tokens=50 cache_read_tokens=600 "
                          "cache_write_tokens=300"));
}

TEST(Codex, TheLatestModelCountsAndAnEventsOwnComesFirst) {
  const Collected all = read_lines(
      {kTurn, event({100, 0, 10, 0}, {100, 0, 10, 0}),
       R"({"type":"turn_context","payload":{"model":"gpt-5.6"}})",
       event({200, 0, 20, 0}, {100, 0, 10, 0}),
       R"({"timestamp":"2026-07-03T18:17:00Z","type":"event_msg","payload":{"type":"token_count",)"
       R"("info":{"model":"gpt-5.7","total_token_usage":{"input_tokens":300,)"
       R"("output_tokens":30}}}})"});
  ASSERT_EQ(all.records.size(), 3u);
  EXPECT_EQ(all.records[0].model, "gpt-5.5");
  EXPECT_EQ(all.records[1].model, "gpt-5.6");
  EXPECT_EQ(all.records[2].model, "gpt-5.7");
}

TEST(Codex, WithoutAnyModelTheCallIsInDoubt) {
  const Collected all = read_lines({session("s"), event({100, 0, 10, 0}, {100, 0, 10, 0})});
  EXPECT_THAT(all.reasons(), ElementsAre("2: the model is missing"));
}

/// What a ledger does with records of one identity: the first stands unless a later one is larger.
std::map<RecordId, std::string> kept(std::initializer_list<std::string> files) {
  std::map<RecordId, std::string> all;
  for (const std::string& file : files) {
    for (const UsageRecord& record : collect(file, codex()).records) {
      all.emplace(record.id, meters_of(record));
    }
  }
  return all;
}

const Counts kFirst{1000, 200, 50, 10};
const Counts kSecond{3000, 900, 120, 30};
const Counts kSecondCall{2000, 700, 70, 20};
const std::string kParent = session("parent") + "\n" + kTurn + "\n" + event(kFirst, kFirst) + "\n" +
                            event(kSecond, kSecondCall, "2026-07-03T18:20:00.000Z") + "\n";
// The copy has the times of the fork, and a call of its own.
const std::string kFork =
    session("fork", "parent") + "\n" + session("parent") + "\n" + kTurn + "\n" +
    event(kFirst, kFirst, "2026-07-05T09:00:00.001Z") + "\n" +
    event(kSecond, kSecondCall, "2026-07-05T09:00:00.001Z") + "\n" +
    event({3700, 1500, 150, 40}, {700, 600, 30, 10}, "2026-07-05T09:01:00.000Z") + "\n";
// A fork of the fork names its whole ancestry.
const std::string kForkOfFork =
    session("fork2", "fork") + "\n" + kFork +
    event({3800, 1500, 160, 40}, {100, 0, 10, 0}, "2026-07-06T10:00:00.000Z") + "\n";

TEST(Codex, AForkRepeatsItsParentsCallsAndThoseCountOnce) {
  EXPECT_EQ(kept({kParent}).size(), 2u);
  EXPECT_EQ(kept({kFork}).size(), 3u);
  EXPECT_EQ(kept({kForkOfFork}).size(), 4u);
  EXPECT_EQ(kept({kParent, kFork}).size(), 3u);
  EXPECT_EQ(kept({kFork, kParent}), kept({kParent, kFork}));
  EXPECT_EQ(kept({kForkOfFork, kFork, kParent}), kept({kParent, kForkOfFork}));
  EXPECT_EQ(kept({kParent, kFork, kForkOfFork}).size(), 4u);
}

TEST(Codex, AForksCallsAreOfItsOwnSession) {
  const Collected all = collect(kFork, codex());
  ASSERT_EQ(all.records.size(), 3u);
  EXPECT_EQ(all.records[2].session, "fork");
  EXPECT_TRUE(all.records[0].grows);
  EXPECT_EQ(all.records[2].metadata,
            R"({"version":"0.142.0","gitBranch":"main","forked_from_id":"parent"})");
}

TEST(Codex, AForkThatCopiedNoCallsGoesOnFromItsParentsTotals) {
  const Collected all = read_lines(
      {session("fork", "parent"), kTurn, event({3700, 1500, 150, 40}, {700, 600, 30, 10})});
  EXPECT_THAT(meters(all), ElementsAre("input_tokens_uncached=100 output_tokens=20 "
                                       "cache_read_tokens=600 output_reasoning_tokens=10"));
}

TEST(Codex, SessionsWithEqualCountsAreDifferentCalls) {
  const std::string one = session("a") + "\n" + kTurn + "\n" + event(kFirst, kFirst) + "\n";
  const std::string other = session("b") + "\n" + kTurn + "\n" + event(kFirst, kFirst) + "\n";
  EXPECT_EQ(kept({one, other}).size(), 2u);
  EXPECT_EQ(kept({one, one}).size(), 1u);
}

TEST(Codex, ATotalThatIsNoSumIsInDoubt) {
  const Collected all = read_lines(
      {kTurn,
       R"({"timestamp":"2026-07-03T18:17:00Z","type":"event_msg","payload":{"type":"token_count",)"
       R"("info":{"total_token_usage":{"input_tokens":1000,"output_tokens":125,)"
       R"("reasoning_output_tokens":75,"total_tokens":1500}}}})"});
  EXPECT_THAT(all.records, IsEmpty());
  EXPECT_THAT(all.reasons(),
              ElementsAre("2: total_tokens (1500) is neither input_tokens + output_tokens (1125) "
                          "nor that and reasoning_output_tokens (1200)"));
}

TEST(Codex, CachedAboveInputIsInDoubt) {
  const Collected all =
      read_lines({session("s"), kTurn, event({100, 500, 10, 0}, {100, 500, 10, 0})});
  EXPECT_THAT(all.reasons(), ElementsAre("3: cache_read_tokens (500) exceed input_tokens (100)"));
}

TEST(Codex, ExecPrintsRunningTotalsOfItsThread) {
  const Collected all =
      read_lines({R"({"type":"thread.started","thread_id":"t"})", R"({"type":"turn.started"})",
                  R"({"type":"turn.completed","model":"gpt-5.5","usage":{"input_tokens":100,)"
                  R"("cached_input_tokens":40,"output_tokens":10,"reasoning_output_tokens":4}})",
                  R"({"type":"turn.completed","model":"gpt-5.5","usage":{"input_tokens":150,)"
                  R"("cached_input_tokens":60,"output_tokens":15,"reasoning_output_tokens":4}})"});
  ASSERT_THAT(all.reasons(), IsEmpty());
  EXPECT_THAT(meters(all), ElementsAre("input_tokens_uncached=60 output_tokens=6 "
                                       "cache_read_tokens=40 output_reasoning_tokens=4",
                                       "input_tokens_uncached=30 output_tokens=5 "
                                       "cache_read_tokens=20"));
  EXPECT_EQ(all.records[0].session, "t");
  EXPECT_EQ(all.records[0].source_kind, "codex-exec");
}

TEST(Codex, ABrokenLineCostsItselfOnly) {
  const Collected all =
      read_lines({session("s"), kTurn, R"({"type":"event_msg","payload":{"type":"tok)",
                  event({100, 0, 10, 0}, {100, 0, 10, 0}),
                  R"({"type":"event_msg","payload":{"type":"token_count","info":)"
                  R"({"total_token_usage":{"input_tokens":-5}}}})"});
  EXPECT_EQ(all.records.size(), 1u);
  ASSERT_EQ(all.rejections.size(), 2u);
  EXPECT_EQ(all.rejections[0].position.line, 3u);
  EXPECT_EQ(all.reasons()[1], "5: \"input_tokens\" must be a count, found -5");
}

// ccusage's sample: total_tokens add reasoning to an output that contains it.
TEST(Codex, TheSampleSessionIsReadWhole) {
  const std::string path = COSTOPS_SHARED_DATA "/data/agent-logs/codex_session-alpha.jsonl";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no sample session: " << path;
  Collected all;
  ReadOptions options;
  options.now = kTestNow;
  auto input = Input::open(path);
  ASSERT_TRUE(input);
  ASSERT_TRUE(read(*input, options, all));
  EXPECT_THAT(all.reasons(), IsEmpty());
  EXPECT_THAT(meters(all), ElementsAre("input_tokens_uncached=750 output_tokens=50 "
                                       "cache_read_tokens=250 output_reasoning_tokens=75",
                                       "input_tokens_uncached=2000 output_tokens=100 "
                                       "cache_read_tokens=500 output_reasoning_tokens=200"));
  EXPECT_EQ(all.records[1].model, "gpt-5.3-codex");
}

}  // namespace
}  // namespace costops::ingestion
