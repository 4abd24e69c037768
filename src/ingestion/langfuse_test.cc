#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingestion/collected.h"

namespace costops::ingestion {
namespace {

using costops::to_string;
using testing::ElementsAre;
using testing::IsEmpty;

Collected langfuse(std::string_view bytes) {
  ReadOptions options;
  options.format = Format::langfuse;
  return collect(bytes, options);
}

std::vector<std::string> meters(const Collected& all) {
  std::vector<std::string> texts;
  for (const UsageRecord& record : all.records) texts.push_back(meters_of(record));
  return texts;
}

constexpr std::string_view kGeneration =
    R"({"id":"obs-1","trace_id":"t","type":"GENERATION","name":"answer",)"
    R"("start_time":"2026-08-01 10:00:00.250000","end_time":"2026-08-01 10:00:02.000000",)"
    R"("completion_start_time":"2026-08-01 10:00:00.750000","model":"gpt-5.5",)"
    R"("usage_details":{"input":40,"input_cached_tokens":60,"output":12,)"
    R"("output_reasoning_tokens":8,"total":120},"total_cost":0.00121,"project_id":"p",)"
    R"("user_id":"u","session_id":"s","tags":["b","a"],"metadata":{"ls_provider":"openai"}})";

TEST(Langfuse, UsageDetailsAreDisjointButForTheTotal) {
  const Collected all = langfuse(kGeneration);
  ASSERT_THAT(all.reasons(), IsEmpty());
  ASSERT_EQ(all.records.size(), 1u);
  const UsageRecord& record = all.records[0];
  EXPECT_EQ(meters_of(record),
            "input_tokens_uncached=40 output_tokens=12 cache_read_tokens=60 "
            "output_reasoning_tokens=8");
  EXPECT_EQ(record.id, record_id("langfuse", {"obs-1"}));
  EXPECT_EQ(record.model, "gpt-5.5");
  EXPECT_EQ(record.provider, "openai");
  EXPECT_EQ(record.project, "p");
  EXPECT_EQ(record.user, "u");
  EXPECT_EQ(record.session, "s");
  EXPECT_THAT(record.tags, ElementsAre("a", "b"));
  EXPECT_EQ(to_string(*record.at), "2026-08-01T10:00:00.250Z");
  EXPECT_EQ(record.latency_ms, 1750);
  EXPECT_EQ(record.time_to_first_token_ms, 500);
  EXPECT_EQ(to_string(record.reported_cost->amount), "0.00121");
  EXPECT_TRUE(record.grows);
}

TEST(Langfuse, ATotalOfInputAndOutputHasThePartsInside) {
  const Collected all = langfuse(
      R"({"id":"1","type":"GENERATION","model":"m","usage_details":{"input":100,)"
      R"("input_cached_tokens":60,"output":20,"output_reasoning_tokens":8,"total":120}})"
      "\n"
      R"({"id":"2","type":"GENERATION","model":"m","usage_details":{"input":100,)"
      R"("cache_read_input_tokens":60,"output":12,"output_reasoning_tokens":8,"total":120}})"
      "\n");
  ASSERT_THAT(all.reasons(), IsEmpty());
  EXPECT_THAT(meters(all), ElementsAre("input_tokens_uncached=40 output_tokens=12 "
                                       "cache_read_tokens=60 output_reasoning_tokens=8",
                                       "input_tokens_uncached=40 output_tokens=12 "
                                       "cache_read_tokens=60 output_reasoning_tokens=8"));
}

TEST(Langfuse, ATotalThatIsNoSumIsInDoubt) {
  const Collected all = langfuse(
      R"({"id":"1","type":"GENERATION","model":"m",)"
      R"("usage_details":{"input":100,"input_cached_tokens":60,"output":20,"total":999}})");
  EXPECT_THAT(
      all.reasons(),
      ElementsAre("1: the total (999) is not the sum of input (100) and output (20), with or "
                  "without cached and written input (60) and parts of output (0)"));
}

TEST(Langfuse, NamesOfOtherProvidersAreUnderstood) {
  const Collected all = langfuse(
      R"({"id":"1","type":"GENERATION","model":"m","usageDetails":{"input":10,"output":5,)"
      R"("input_cache_creation":30,"input_cache_read":20,"input_cache_creation_1h":30}})"
      "\n"
      R"({"id":"2","type":"GENERATION","model":"m","usageDetails":{"input_text_tokens":10,)"
      R"("input_audio_tokens":7,"output_audio_tokens":3,"output_text_tokens":4,"output":0}})"
      "\n"
      R"({"id":"3","type":"EMBEDDING","model":"m","usageDetails":{"input":10}})");
  ASSERT_THAT(all.reasons(), IsEmpty());
  ASSERT_EQ(all.records.size(), 3u);
  EXPECT_EQ(meters_of(all.records[1]),
            "input_tokens_uncached=10 output_tokens=4 input_audio_tokens=7 output_audio_tokens=3");
  EXPECT_EQ(meters_of(all.records[2]), "input_tokens_uncached=10");
}

TEST(Langfuse, AnUnknownUsageTypeIsNotSilentlyDropped) {
  const Collected all = langfuse(
      R"({"id":"1","type":"GENERATION","model":"m","usage_details":{"input":1,"pages":4}})");
  EXPECT_THAT(all.reasons(),
              ElementsAre("1: usage_details: \"pages\" is no usage type that is known"));
}

TEST(Langfuse, OnlyGenerationsAndEmbeddingsAreCalls) {
  const Collected all =
      langfuse(R"({"id":"1","trace_id":"t","type":"SPAN","usage_details":{}})"
               "\n"
               R"({"id":"2","trace_id":"t","type":"AGENT","usage_details":{"input":5,"output":1}})"
               "\n"
               R"({"id":"3","trace_id":"t","type":"GENERATION","model":"m","usage_details":{}})"
               "\n");
  EXPECT_THAT(all.records, IsEmpty());
  ASSERT_EQ(all.rejections.size(), 1u);  // A call without counts is no free call.
  EXPECT_EQ(all.rejections[0].position.line, 3u);
}

TEST(Langfuse, CsvRowsHoldJsonAsText) {
  const Collected all = langfuse(
      "id,trace_id,type,start_time,model,usage_details,total_cost,tags\r\n"
      "obs-1,t,GENERATION,2026-08-01 10:00:00.250000,gpt-5.5,"
      "\"{\"\"input\"\": 40, \"\"input_cached_tokens\"\": 60, \"\"output\"\": 12}\",1.5e-3,"
      "\"[\"\"a\"\"]\"\r\n");
  ASSERT_THAT(all.reasons(), IsEmpty());
  ASSERT_EQ(all.records.size(), 1u);
  EXPECT_EQ(meters_of(all.records[0]),
            "input_tokens_uncached=40 output_tokens=12 cache_read_tokens=60");
  EXPECT_EQ(to_string(all.records[0].reported_cost->amount), "0.0015");
  EXPECT_THAT(all.records[0].tags, ElementsAre("a"));
}

TEST(Langfuse, OlderExportsHaveColumns) {
  const Collected all = langfuse(
      R"({"data":[{"id":"1","traceId":"t","type":"GENERATION","model":"m",)"
      R"("startTime":"2026-08-01T10:00:00Z","promptTokens":10,"completionTokens":4,)"
      R"("totalTokens":14,"calculatedTotalCost":"0.5"},)"
      R"({"id":"2","traceId":"t","type":"GENERATION","model":"m",)"
      R"("usage":{"input":7,"output":2,"total":9,"unit":"TOKENS"}},)"
      R"({"id":"3","traceId":"t","type":"GENERATION","model":"m",)"
      R"("usage":{"input":7,"output":2,"total":9,"unit":"CHARACTERS"}}],"meta":{"page":1}})");
  EXPECT_THAT(meters(all), ElementsAre("input_tokens_uncached=10 output_tokens=4",
                                       "input_tokens_uncached=7 output_tokens=2"));
  EXPECT_THAT(all.reasons(), ElementsAre("1: usage in CHARACTERS is not supported, only TOKENS"));
}

}  // namespace
}  // namespace costops::ingestion
