#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingestion/collected.h"

namespace costops::ingestion {
namespace {

using costops::to_string;
using testing::ElementsAre;
using testing::IsEmpty;

Collected litellm(std::string_view bytes) {
  ReadOptions options;
  options.format = Format::litellm_spend_logs;
  return collect(bytes, options);
}

std::vector<std::string> meters(const Collected& all) {
  std::vector<std::string> texts;
  for (const UsageRecord& record : all.records) texts.push_back(meters_of(record));
  return texts;
}

constexpr std::string_view kRow =
    R"({"request_id":"chatcmpl-1","call_type":"acompletion","api_key":"88dc","spend":0.000123,)"
    R"("total_tokens":130,"prompt_tokens":110,"completion_tokens":20,)"
    R"("startTime":"2026-08-01T10:00:00.123000Z","endTime":"2026-08-01T10:00:01.623000Z",)"
    R"("model":"openai/gpt-4o-mini","model_group":"fast","custom_llm_provider":"openai",)"
    R"("user":"u1","team_id":"t1","organization_id":"o1","end_user":"","session_id":"s1",)"
    R"("request_tags":["env:prod","b"],"cache_hit":"False","metadata":{"status":"success",)"
    R"("user_api_key_alias":"ci","usage_object":{"prompt_tokens":110,"completion_tokens":20,)"
    R"("prompt_tokens_details":{"cached_tokens":60,"audio_tokens":10},)"
    R"("completion_tokens_details":{"reasoning_tokens":8}}}})";

TEST(LiteLlm, PromptContainsCachedAndCompletionContainsReasoning) {
  const Collected all = litellm(kRow);
  ASSERT_THAT(all.reasons(), IsEmpty());
  ASSERT_EQ(all.records.size(), 1u);
  const UsageRecord& record = all.records[0];
  // Cached tokens are taken to be text first: all 10 audio tokens are uncached.
  EXPECT_EQ(meters_of(record),
            "input_tokens_uncached=40 output_tokens=12 cache_read_tokens=60 "
            "input_audio_tokens=10 output_reasoning_tokens=8");
  EXPECT_EQ(record.id, record_id("litellm", {"chatcmpl-1"}));
  EXPECT_EQ(record.model, "gpt-4o-mini");
  EXPECT_EQ(record.provider, "openai");
  EXPECT_EQ(record.organization, "o1");
  EXPECT_EQ(record.project, "t1");
  EXPECT_EQ(record.user, "u1");
  EXPECT_EQ(record.session, "s1");
  EXPECT_THAT(record.tags, ElementsAre("b", "env:prod"));
  EXPECT_EQ(record.metadata, R"({"model_group":"fast","key_alias":"ci"})");
  EXPECT_EQ(to_string(*record.at), "2026-08-01T10:00:00.123Z");
  EXPECT_EQ(record.latency_ms, 1500);
  EXPECT_EQ(to_string(record.reported_cost->amount), "0.000123");
  EXPECT_EQ(record.source_endpoint, "acompletion");
  EXPECT_EQ(record.status, CallStatus::ok);
}

TEST(LiteLlm, RowsComeOneALineAsAnArrayOrUnderData) {
  const std::string row(kRow);
  EXPECT_EQ(litellm(row + "\n" + row + "\n").records.size(), 2u);
  EXPECT_EQ(litellm("[" + row + ",\n" + row + "]").records.size(), 2u);
  EXPECT_EQ(litellm(R"({"data":[)" + row + "],\"total\":1}").records.size(), 1u);
}

TEST(LiteLlm, CsvRowsHoldJsonAsText) {
  const Collected all = litellm(
      "request_id,call_type,spend,total_tokens,prompt_tokens,completion_tokens,startTime,model,"
      "custom_llm_provider,team_id,request_tags,cache_hit,metadata\n"
      "r1,acompletion,1.5e-05,130,110,20,2026-08-01 10:00:00.123,gpt-4o-mini,openai,t1,"
      "\"[\"\"env:prod\"\"]\",False,"
      "\"{\"\"status\"\": \"\"success\"\", \"\"usage_object\"\": {\"\"prompt_tokens_details\"\": "
      "{\"\"cached_tokens\"\": 60}}}\"\n");
  ASSERT_THAT(all.reasons(), IsEmpty());
  ASSERT_EQ(all.records.size(), 1u);
  EXPECT_EQ(meters_of(all.records[0]),
            "input_tokens_uncached=50 output_tokens=20 cache_read_tokens=60");
  EXPECT_THAT(all.records[0].tags, ElementsAre("env:prod"));
  EXPECT_EQ(to_string(all.records[0].reported_cost->amount), "0.000015");
  EXPECT_EQ(to_string(*all.records[0].at), "2026-08-01T10:00:00.123Z");
}

TEST(LiteLlm, AGatewaysCacheHitAndAFailureAreStates) {
  const Collected all = litellm(
      R"({"request_id":"a","cache_hit":"True","spend":0,"prompt_tokens":5,"completion_tokens":1,)"
      R"("total_tokens":6,"model":"m"})"
      "\n"
      R"({"request_id":"b","cache_hit":"None","prompt_tokens":5,"completion_tokens":0,)"
      R"("total_tokens":5,"model":"m","metadata":{"status":"failure"}})"
      "\n"
      R"({"request_id":"c","status":"failure","prompt_tokens":0,"completion_tokens":0,)"
      R"("total_tokens":0,"spend":0,"model":"m"})"
      "\n");
  ASSERT_THAT(all.reasons(), IsEmpty());  // The last one failed before anything was billed.
  ASSERT_EQ(all.records.size(), 2u);
  EXPECT_EQ(all.records[0].status, CallStatus::gateway_cache_hit);
  EXPECT_EQ(all.records[1].status, CallStatus::failed);
}

TEST(LiteLlm, TheTotalTellsCountsThatStandBeside) {
  const Collected all = litellm(
      R"({"request_id":"a","prompt_tokens":10,"completion_tokens":1,"total_tokens":511,)"
      R"("model":"m",)"
      R"("metadata":{"usage_object":{"cache_read_input_tokens":500}}})"
      "\n"
      R"({"request_id":"b","prompt_tokens":10,"completion_tokens":3,"total_tokens":20,"model":"m",)"
      R"("metadata":{"usage_object":{"completion_tokens_details":{"reasoning_tokens":7}}}})"
      "\n");
  ASSERT_THAT(all.reasons(), IsEmpty());
  EXPECT_THAT(meters(all),
              ElementsAre("input_tokens_uncached=10 output_tokens=1 cache_read_tokens=500",
                          "input_tokens_uncached=10 output_tokens=3 output_reasoning_tokens=7"));
}

// A published tool gave -0.0035 for 100 prompt and 500 cached tokens.
TEST(LiteLlm, CachedAbovePromptIsInDoubt) {
  const Collected all =
      litellm(R"({"request_id":"a","prompt_tokens":100,"completion_tokens":0,"total_tokens":100,)"
              R"("model":"m","metadata":{"usage_object":{"prompt_tokens_details":)"
              R"({"cached_tokens":500}}}})");
  EXPECT_THAT(all.records, IsEmpty());
  EXPECT_THAT(
      all.reasons(),
      ElementsAre("1: the total (100) is not the sum of input (100) and output (0), with or "
                  "without cached and written input (500) and parts of output (0)"));
}

TEST(LiteLlm, WritesByTimeToLiveArePartsOfTheWrites) {
  const Collected all =
      litellm(R"({"request_id":"a","prompt_tokens":1000,"completion_tokens":1,"total_tokens":1001,)"
              R"("model":"claude-opus-4-6","custom_llm_provider":"anthropic",)"
              R"("metadata":"{\"usage_object\":)"
              R"({\"cache_creation_input_tokens\":300,\"cache_read_input_tokens\":600,)"
              R"(\"prompt_tokens_details\":{\"cached_tokens\":600,\"cache_creation_tokens\":300},)"
              R"(\"cache_creation_token_details\":{\"ephemeral_5m_input_tokens\":100,)"
              R"(\"ephemeral_1h_input_tokens\":200}}}"})");
  ASSERT_THAT(all.reasons(), IsEmpty());
  EXPECT_THAT(meters(all), ElementsAre("input_tokens_uncached=100 output_tokens=1 "
                                       "cache_read_tokens=600 cache_write_5m_tokens=100 "
                                       "cache_write_1h_tokens=200"));
}

TEST(LiteLlm, BadRowsSayWhatIsWrong) {
  const Collected all = litellm(
      R"({"request_id":"a","prompt_tokens":"x","completion_tokens":1,"model":"m"})"
      "\n"
      R"({"request_id":"b","prompt_tokens":1,"completion_tokens":1,"model":"m",)"
      R"("startTime":"noon"})"
      "\n"
      R"({"request_id":"c","prompt_tokens":1,"completion_tokens":1,"model":"m","spend":"free"})"
      "\n"
      R"({"request_id":"d","prompt_tokens":1,"completion_tokens":1})"
      "\n");
  EXPECT_THAT(all.records, IsEmpty());
  ASSERT_EQ(all.rejections.size(), 4u);
  EXPECT_EQ(all.reasons()[0], "1: \"prompt_tokens\" must be a count, found \"x\"");
  EXPECT_THAT(all.reasons()[1], testing::StartsWith("2: \"startTime\" is no time: "));
  EXPECT_THAT(all.reasons()[2], testing::StartsWith("3: \"spend\" is no amount: "));
  EXPECT_EQ(all.reasons()[3], "4: the model is missing");
}

}  // namespace
}  // namespace costops::ingestion
