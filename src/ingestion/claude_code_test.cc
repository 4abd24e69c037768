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

ReadOptions claude_code() {
  ReadOptions options;
  options.format = Format::claude_code;
  return options;
}

Collected read_lines(std::initializer_list<std::string> lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return collect(text, claude_code());
}

/// A line of one response, `output` grown so far.
std::string line(std::string_view id, std::string_view request, std::int64_t output,
                 std::string_view more = "") {
  return fmt::format(
      R"({{"type":"assistant","timestamp":"2026-08-01T10:00:00.000Z","sessionId":"s1",)"
      R"("cwd":"/home/u/p","requestId":"{}",{}"message":{{"id":"{}","role":"assistant",)"
      R"("model":"claude-opus-4-6","usage":{{"input_tokens":10,"output_tokens":{}}}}}}})",
      request, more, id, output);
}

TEST(ClaudeCode, AResponseCountsOnceWithItsLargestOutput) {
  const Collected all = read_lines({line("msg_1", "req_1", 1), line("msg_1", "req_1", 3),
                                    line("msg_1", "req_1", 427), line("msg_1", "req_1", 2)});
  ASSERT_EQ(all.records.size(), 1u);
  EXPECT_EQ(meters_of(all.records[0]), "input_tokens_uncached=10 output_tokens=427");
  EXPECT_EQ(all.records[0].position.line, 3u);
  EXPECT_TRUE(all.records[0].grows);
}

TEST(ClaudeCode, ResponsesComeInTheOrderOfTheirFirstLine) {
  const Collected all =
      read_lines({line("msg_1", "req_1", 1), line("msg_2", "req_2", 5), line("msg_1", "req_1", 9)});
  ASSERT_EQ(all.records.size(), 2u);
  EXPECT_EQ(all.records[0].source_id, "msg_1");
  EXPECT_EQ(meters_of(all.records[0]), "input_tokens_uncached=10 output_tokens=9");
  EXPECT_EQ(all.records[1].source_id, "msg_2");
}

TEST(ClaudeCode, LinesOfAResponseThatLieFarApartKeepOneIdentity) {
  std::string text = line("msg_a", "req_a", 1) + "\n";
  for (int i = 0; i < 200; ++i) text += line(fmt::format("msg_{}", i), "req", 5) + "\n";
  text += line("msg_a", "req_a", 400) + "\n";
  const Collected all = collect(text, claude_code());
  std::map<RecordId, std::int64_t> output;
  for (const UsageRecord& record : all.records) {
    std::int64_t& most = output[record.id];
    most = std::max(most, at(record.quantities, Meter::output_tokens));
  }
  EXPECT_EQ(output.size(), 201u);
  EXPECT_EQ(output[record_id("claude-code", {"msg_a", "req_a"})], 400);
}

TEST(ClaudeCode, TheRequestIdIsPartOfTheIdentityAndMayBeMissing) {
  const Collected all =
      read_lines({line("msg_1", "req_1", 1), line("msg_1", "req_2", 1), line("msg_1", "", 1)});
  ASSERT_EQ(all.records.size(), 3u);
  EXPECT_EQ(all.records[0].id, record_id("claude-code", {"msg_1", "req_1"}));
  EXPECT_EQ(all.records[1].id, record_id("claude-code", {"msg_1", "req_2"}));
  EXPECT_EQ(all.records[2].id, record_id("claude-code", {"msg_1", ""}));
}

TEST(ClaudeCode, WithoutIdsTheLinesOwnUuidIsTheIdentity) {
  const Collected all =
      read_lines({line("", "", 1, R"("uuid":"u-1",)"), line("", "", 1, R"("uuid":"u-2",)"),
                  line("", "", 1, R"("uuid":"u-1",)")});
  ASSERT_EQ(all.records.size(), 2u);
  EXPECT_EQ(all.records[0].id, record_id("claude-code", {"u-1"}));
  EXPECT_EQ(all.records[1].id, record_id("claude-code", {"u-2"}));
}

TEST(ClaudeCode, WithoutAnyIdEachLineCountsAndKeepsItsIdentityWhenReadAgain) {
  const auto read = [] {
    return read_lines({line("msg_1", "req_1", 4), line("", "", 1), line("", "", 1)});
  };
  const Collected once = read();
  const Collected again = read();
  ASSERT_EQ(once.records.size(), 3u);
  EXPECT_EQ(once.records[0].source_id, "msg_1");
  EXPECT_NE(once.records[1].id, once.records[2].id);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(once.records[i].id, again.records[i].id);
}

TEST(ClaudeCode, CacheCountsStandBesideTheInput) {
  const Collected all = read_lines(
      {R"({"type":"assistant","requestId":"r","message":{"id":"m","model":"claude-opus-4-6",)"
       R"("usage":{"input_tokens":504,"cache_creation_input_tokens":123,)"
       R"("cache_read_input_tokens":7,"cache_creation":{"ephemeral_5m_input_tokens":100,)"
       R"("ephemeral_1h_input_tokens":20},"output_tokens":97,)"
       R"("output_tokens_details":{"thinking_tokens":40},)"
       R"("server_tool_use":{"web_search_requests":2,"web_fetch_requests":5},)"
       R"("service_tier":"priority","inference_geo":"us","speed":"fast"}}})"});
  ASSERT_THAT(all.reasons(), IsEmpty());
  ASSERT_EQ(all.records.size(), 1u);
  const UsageRecord& record = all.records[0];
  EXPECT_EQ(meters_of(record),
            "input_tokens_uncached=504 output_tokens=57 cache_read_tokens=7 cache_write_tokens=3 "
            "cache_write_5m_tokens=100 cache_write_1h_tokens=20 output_reasoning_tokens=40 "
            "web_searches=2");
  EXPECT_EQ(record.service_tier, "priority");
  EXPECT_EQ(record.region, "us");
  EXPECT_EQ(record.speed, "fast");
  EXPECT_EQ(record.provider, "anthropic");
}

// A published tool lost a million tokens to this.
TEST(ClaudeCode, ACacheWriteTotalAboveAnAllZeroBreakdownIsCounted) {
  const Collected all = read_lines(
      {R"({"type":"assistant","requestId":"r","message":{"id":"m","model":"claude-opus-4-6",)"
       R"("usage":{"input_tokens":1,"cache_creation_input_tokens":1000000,"output_tokens":2,)"
       R"("cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0}}}})"});
  ASSERT_EQ(all.records.size(), 1u);
  EXPECT_EQ(meters_of(all.records[0]),
            "input_tokens_uncached=1 output_tokens=2 cache_write_tokens=1000000");
}

TEST(ClaudeCode, ABreakdownWithoutItsTotalIsItsSum) {
  const Collected all = read_lines(
      {R"({"type":"assistant","requestId":"r","message":{"id":"m","model":"claude-opus-4-6",)"
       R"("usage":{"input_tokens":1,"output_tokens":2,)"
       R"("cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":4}}}})"});
  ASSERT_EQ(all.records.size(), 1u);
  EXPECT_EQ(meters_of(all.records[0]),
            "input_tokens_uncached=1 output_tokens=2 cache_write_5m_tokens=3 "
            "cache_write_1h_tokens=4");
}

TEST(ClaudeCode, ABreakdownAboveItsTotalIsInDoubt) {
  const Collected all = read_lines(
      {R"({"type":"assistant","requestId":"r","message":{"id":"m","model":"claude-opus-4-6",)"
       R"("usage":{"input_tokens":1,"cache_creation_input_tokens":5,"output_tokens":2,)"
       R"("cache_creation":{"ephemeral_5m_input_tokens":6,"ephemeral_1h_input_tokens":0}}}})"});
  EXPECT_THAT(all.records, IsEmpty());
  EXPECT_THAT(all.reasons(),
              ElementsAre("1: cache_write_5m_tokens (6) exceed cache_write_tokens (5)"));
}

TEST(ClaudeCode, CompactionsAndAdvisorsAreBilledBesideTheResponse) {
  const Collected all = read_lines(
      {R"({"type":"assistant","requestId":"r","message":{"id":"m","model":"claude-opus-4-6",)"
       R"("usage":{"input_tokens":180,"output_tokens":9,"iterations":[)"
       R"({"type":"compaction","input_tokens":20,"output_tokens":300,)"
       R"("cache_creation_input_tokens":55096},)"
       R"({"type":"message","input_tokens":180,"output_tokens":9},)"
       R"({"type":"advisor_message","model":"claude-sonnet-4-5","input_tokens":50,)"
       R"("output_tokens":6}]}}})"});
  ASSERT_THAT(all.reasons(), IsEmpty());
  ASSERT_EQ(all.records.size(), 3u);
  EXPECT_EQ(meters_of(all.records[0]), "input_tokens_uncached=180 output_tokens=9");
  EXPECT_EQ(meters_of(all.records[1]),
            "input_tokens_uncached=20 output_tokens=300 cache_write_tokens=55096");
  EXPECT_EQ(all.records[1].model, "claude-opus-4-6");
  EXPECT_THAT(all.records[1].tags, ElementsAre("compaction"));
  EXPECT_EQ(meters_of(all.records[2]), "input_tokens_uncached=50 output_tokens=6");
  EXPECT_EQ(all.records[2].model, "claude-sonnet-4-5");
  EXPECT_EQ(at(all.records[2].quantities, Meter::requests), 0);
  EXPECT_EQ(all.records[1].id, record_id("claude-code", {"m", "r", "iteration 0"}));
  EXPECT_EQ(all.records[2].id, record_id("claude-code", {"m", "r", "iteration 2"}));
}

TEST(ClaudeCode, WhoAndWhereComesFromTheLine) {
  const Collected all = read_lines(
      {R"({"type":"user","cwd":"/home/u/p","sessionId":"s","message":{"role":"user"}})",
       R"({"type":"assistant","isSidechain":true,"cwd":"/home/u/p/web","sessionId":"s",)"
       R"("version":"2.1.234","gitBranch":"main","timestamp":"2026-08-01T10:00:00.123Z",)"
       R"("costUSD":0.12,"requestId":"r","message":{"id":"m","model":"claude-opus-4-6",)"
       R"("usage":{"input_tokens":1,"output_tokens":2}}})",
       R"({"type":"assistant","cwd":"/home/u/p","sessionId":"s","requestId":"r2",)"
       R"("message":{"id":"m2","model":"claude-opus-4-6",)"
       R"("usage":{"input_tokens":1,"output_tokens":2}}})"});
  ASSERT_EQ(all.records.size(), 2u);
  const UsageRecord& record = all.records[0];
  EXPECT_EQ(to_string(*record.at), "2026-08-01T10:00:00.123Z");
  EXPECT_EQ(record.session, "s");
  EXPECT_EQ(record.project, "/home/u/p");  // Where the session began, not where it went.
  EXPECT_EQ(all.records[1].project, "/home/u/p");
  EXPECT_THAT(record.tags, ElementsAre("sidechain"));
  EXPECT_EQ(record.metadata, R"({"cwd":"/home/u/p/web","gitBranch":"main","version":"2.1.234"})");
  ASSERT_TRUE(record.reported_cost);
  EXPECT_EQ(to_string(record.reported_cost->amount), "0.12");
  EXPECT_EQ(record.source_kind, "claude-code");
}

TEST(ClaudeCode, TheIdsTellBedrockVertexAndGateways) {
  const auto provider = [](std::string_view id, std::string_view model) {
    const Collected all =
        read_lines({fmt::format(R"({{"type":"assistant","message":{{"id":"{}","model":"{}",)"
                                R"("usage":{{"input_tokens":1,"output_tokens":2}}}}}})",
                                id, model)});
    return all.records.at(0).provider;
  };
  EXPECT_EQ(provider("msg_1", "claude-opus-4-6"), "anthropic");
  EXPECT_EQ(provider("msg_bdrk_1", "claude-opus-4-6"), "aws");
  EXPECT_EQ(provider("msg_1", "us.anthropic.claude-opus-4-6-v1:0"), "aws");
  EXPECT_EQ(provider("msg_vrtx_1", "claude-opus-4-6"), "google");
  EXPECT_EQ(provider("msg_1", "claude-opus-4@20250514"), "google");
  EXPECT_EQ(provider("msg_1", "glm-4.6"), "");
}

TEST(ClaudeCode, SyntheticAnswersAndOtherLinesAreNoCalls) {
  const Collected all = read_lines(
      {R"({"type":"summary","summary":"s","leafUuid":"l"})",
       R"({"type":"file-history-snapshot","messageId":"m","snapshot":{}})",
       R"({"type":"system","subtype":"compact_boundary"})",
       R"({"type":"progress","data":{"type":"agent_progress","message":{"message":)"
       R"({"id":"m","usage":{"output_tokens":9}}}}})",
       R"({"type":"user","message":{"role":"user","usage":{"output_tokens":1}}})",
       R"({"type":"user","toolUseResult":{"usage":{"input_tokens":5,"output_tokens":1}}})",
       R"({"message":{"role":"user","content":"x"}})",
       R"({"type":"assistant","isApiErrorMessage":true,"message":{"id":"m",)"
       R"("model":"<synthetic>","usage":{"input_tokens":0,"output_tokens":0}}})",
       ""});
  EXPECT_THAT(all.records, IsEmpty());
  EXPECT_THAT(all.reasons(), IsEmpty());
}

TEST(ClaudeCode, SpacesInJsonChangeNothing) {
  const Collected all = read_lines(
      {R"({ "type" : "assistant" , "requestId" : "r", "message" : { "id" : "m", "model" :)"
       R"( "claude-opus-4-6", "usage": { "input_tokens" : 1, "output_tokens" : 2 } } })"});
  ASSERT_EQ(all.records.size(), 1u);
  EXPECT_EQ(meters_of(all.records[0]), "input_tokens_uncached=1 output_tokens=2");
  EXPECT_EQ(all.records[0].id, record_id("claude-code", {"m", "r"}));
}

TEST(ClaudeCode, ABrokenLineCostsItselfOnly) {
  const Collected all =
      read_lines({line("msg_1", "req_1", 5), R"({"type":"assistant","message":{"id":"cut)",
                  R"({"type":"assistant","message":{"id":"m","model":"claude-opus-4-6"}})",
                  R"({"type":"assistant","message":{"model":"claude-opus-4-6",)"
                  R"("usage":{"input_tokens":"12","output_tokens":2}}})",
                  R"({"type":"assistant","timestamp":"yesterday","message":{"id":"m",)"
                  R"("model":"claude-opus-4-6","usage":{"input_tokens":1,"output_tokens":2}}})",
                  "17", line("msg_2", "req_2", 7)});
  ASSERT_EQ(all.records.size(), 2u);
  ASSERT_EQ(all.rejections.size(), 5u);
  EXPECT_EQ(all.rejections[0].position.line, 2u);
  EXPECT_EQ(all.reasons()[1], "3: an assistant line without the object \"message.usage\"");
  EXPECT_EQ(all.reasons()[2], "4: \"input_tokens\" must be a count, found \"12\"");
  EXPECT_EQ(all.rejections[3].position.line, 5u);
  EXPECT_EQ(all.reasons()[4], "6: expected a JSON object");
}

TEST(ClaudeCode, TheResultOfAPrintedRunAddsWhatItsLinesLack) {
  const std::string responses =
      R"({"type":"assistant","session_id":"s","message":{"id":"m1","model":"claude-opus-4-6",)"
      R"("usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":1}}})"
      "\n"
      R"({"type":"assistant","session_id":"s","message":{"id":"m1","model":"claude-opus-4-6",)"
      R"("usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":3}}})"
      "\n";
  const std::string result =
      R"({"type":"result","session_id":"s","uuid":"u","total_cost_usd":0.5,"modelUsage":{)"
      R"("claude-opus-4-6[1m]":{"inputTokens":10,"outputTokens":250,"cacheReadInputTokens":5,)"
      R"("cacheCreationInputTokens":0,"webSearchRequests":1},)"
      R"("claude-haiku-4-5":{"inputTokens":70,"outputTokens":8,"cacheReadInputTokens":0,)"
      R"("cacheCreationInputTokens":30,"webSearchRequests":0}}})"
      "\n";
  const Collected all = collect(responses + result, claude_code());
  ASSERT_THAT(all.reasons(), IsEmpty());
  ASSERT_EQ(all.records.size(), 3u);
  EXPECT_EQ(meters_of(all.records[0]),
            "input_tokens_uncached=10 output_tokens=3 cache_read_tokens=5");
  EXPECT_EQ(meters_of(all.records[1]), "output_tokens=247 web_searches=1");
  EXPECT_EQ(all.records[1].model, "claude-opus-4-6");
  EXPECT_EQ(meters_of(all.records[2]),
            "input_tokens_uncached=70 output_tokens=8 cache_write_tokens=30");
  EXPECT_EQ(collect(responses, claude_code()).records.size(), 1u);
}

TEST(ClaudeCode, SampleSessionsAreReadWhole) {
  const std::string folder = COSTOPS_SHARED_DATA "/data/agent-logs";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no sample sessions: " << folder;
  Collected all;
  ReadOptions options;
  options.now = kTestNow;
  for (const std::string name : {"alpha", "beta"}) {
    auto input = Input::open(folder + "/claude_project-" + name + ".jsonl");
    ASSERT_TRUE(input);
    ASSERT_TRUE(read(*input, options, all));
  }
  EXPECT_THAT(all.reasons(), IsEmpty());
  std::vector<std::string> meters;
  for (const UsageRecord& record : all.records) meters.push_back(meters_of(record));
  EXPECT_THAT(meters,
              ElementsAre("input_tokens_uncached=100 output_tokens=50 cache_read_tokens=10 "
                          "cache_write_tokens=25",
                          "input_tokens_uncached=200 output_tokens=75 cache_read_tokens=20 "
                          "cache_write_tokens=50",
                          "input_tokens_uncached=300 output_tokens=125 cache_read_tokens=40",
                          "input_tokens_uncached=50 output_tokens=25 cache_read_tokens=15 "
                          "cache_write_tokens=5",
                          "input_tokens_uncached=80 output_tokens=35 cache_read_tokens=25 "
                          "cache_write_tokens=10"));
  EXPECT_EQ(all.records[1].speed, "fast");
}

}  // namespace
}  // namespace costops::ingestion
