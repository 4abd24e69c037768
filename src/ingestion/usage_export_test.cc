// Organization usage exports of OpenAI and Anthropic.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingestion/collected.h"

namespace costops::ingestion {
namespace {

using costops::to_string;
using testing::ElementsAre;
using testing::IsEmpty;

Collected read_as(Format format, std::string_view bytes) {
  ReadOptions options;
  options.format = format;
  return collect(bytes, options);
}

std::string page(std::string_view results) {
  return R"({"object":"page","data":[{"object":"bucket","start_time":1785542400,)"
         R"("end_time":1785628800,"results":[)" +
         std::string(results) + R"(]}],"has_more":true,"next_page":"page_x"})";
}
Collected openai(std::string_view results) { return read_as(Format::openai_usage, page(results)); }

std::string bucket(std::string_view results) {
  return R"({"data":[{"starting_at":"2026-08-01T00:00:00Z","ending_at":"2026-08-02T00:00:00Z",)"
         R"("results":[)" +
         std::string(results) + R"(]}],"has_more":false,"next_page":null})";
}
Collected anthropic(std::string_view results) {
  return read_as(Format::anthropic_usage, bucket(results));
}

TEST(OpenAiUsage, InputContainsCachedAndTheBucketCountsItsRequests) {
  const Collected all = openai(
      R"({"object":"organization.usage.completions.result","input_tokens":1000,)"
      R"("output_tokens":500,"input_cached_tokens":800,"input_audio_tokens":0,)"
      R"("output_audio_tokens":0,"num_model_requests":5,"project_id":"proj_1","user_id":"u",)"
      R"("api_key_id":"key_1","model":"gpt-4o-2024-08-06","batch":true,"service_tier":null})");
  ASSERT_THAT(all.reasons(), IsEmpty());
  ASSERT_EQ(all.records.size(), 1u);
  const UsageRecord& record = all.records[0];
  EXPECT_EQ(meters_of(record),
            "input_tokens_uncached=200 output_tokens=500 cache_read_tokens=800 requests=5");
  EXPECT_EQ(record.provider, "openai");
  EXPECT_EQ(record.model, "gpt-4o-2024-08-06");
  EXPECT_EQ(record.project, "proj_1");
  EXPECT_EQ(record.user, "u");
  EXPECT_EQ(record.service_tier, "batch");
  EXPECT_EQ(record.metadata, R"({"api_key_id":"key_1"})");
  EXPECT_EQ(to_string(*record.at), "2026-08-01T00:00:00Z");
  EXPECT_TRUE(record.grows);
}

TEST(OpenAiUsage, NewerCountsAreDisjoint) {
  const Collected all = openai(
      R"({"object":"organization.usage.completions.result","input_tokens":1000,)"
      R"("input_uncached_tokens":300,"input_cached_tokens":600,"input_cache_write_tokens":100,)"
      R"("input_text_tokens":250,"input_audio_tokens":50,"input_cached_text_tokens":580,)"
      R"("input_cached_audio_tokens":20,"output_tokens":90,"output_text_tokens":60,)"
      R"("output_audio_tokens":30,"num_model_requests":2,"model":"gpt-5.6"})");
  ASSERT_THAT(all.reasons(), IsEmpty());
  ASSERT_EQ(all.records.size(), 1u);
  EXPECT_EQ(meters_of(all.records[0]),
            "input_tokens_uncached=250 output_tokens=60 cache_read_tokens=580 "
            "cache_write_tokens=100 input_audio_tokens=50 output_audio_tokens=30 "
            "cache_audio_read_tokens=20 requests=2");
}

TEST(OpenAiUsage, NewerCountsThatAreNoSumAreInDoubt) {
  const Collected all =
      openai(R"({"object":"organization.usage.completions.result","input_tokens":1000,)"
             R"("input_uncached_tokens":300,"input_cached_tokens":600,"model":"m"})");
  EXPECT_THAT(all.reasons(),
              ElementsAre("1: input_uncached_tokens (300) + input_cached_tokens (600) + "
                          "input_cache_write_tokens (0) are not input_tokens (1000)"));
}

TEST(OpenAiUsage, OtherKindsHaveTheirOwnMeters) {
  const Collected all =
      openai(R"({"object":"organization.usage.embeddings.result","input_tokens":16,)"
             R"("num_model_requests":2,"model":"text-embedding-3-small"},)"
             R"({"object":"organization.usage.images.result","images":2,"num_model_requests":2,)"
             R"("size":"1024x1024","source":"image.generation","model":"dall-e-3"},)"
             R"({"object":"organization.usage.audio_speeches.result","characters":45,)"
             R"("num_model_requests":1,"model":"tts-1"},)"
             R"({"object":"organization.usage.audio_transcriptions.result","seconds":20,)"
             R"("num_model_requests":1,"model":"whisper-1"},)"
             R"({"object":"organization.usage.code_interpreter_sessions.result","num_sessions":3},)"
             R"({"object":"organization.usage.web_search_calls.result","num_requests":7,)"
             R"("num_model_requests":5,"model":"gpt-5.5","context_level":"low"})");
  ASSERT_THAT(all.reasons(), IsEmpty());
  std::vector<std::string> texts;
  for (const UsageRecord& record : all.records) texts.push_back(meters_of(record));
  EXPECT_THAT(texts,
              ElementsAre("input_tokens_uncached=16 requests=2", "requests=2 output_images=2",
                          "input_characters=45", "input_audio_seconds=20", "code_executions=3",
                          "web_searches=7 requests=5"));
  EXPECT_EQ(all.records[4].model, "code_interpreter");
}

TEST(OpenAiUsage, ABucketExportedAgainIsTheSameRecordWhateverItGrewTo) {
  const auto id = [](std::string_view model, int tokens, std::string_view more = "") {
    return openai(R"({"object":"organization.usage.completions.result","input_tokens":)" +
                  std::to_string(tokens) + R"(,"output_tokens":1,"model":")" + std::string(model) +
                  "\"" + std::string(more) + "}")
        .records.at(0)
        .id;
  };
  EXPECT_EQ(id("m", 10), id("m", 99));
  EXPECT_NE(id("m", 10), id("n", 10));
  EXPECT_NE(id("m", 10), id("m", 10, R"(,"project_id":"p")"));
  EXPECT_NE(id("m", 10), id("m", 10, R"(,"batch":true)"));
  EXPECT_NE(id("m", 10, R"(,"batch":false)"), id("m", 10, R"(,"batch":true)"));
}

TEST(OpenAiUsage, WhatCannotBePricedSaysWhy) {
  const Collected all =
      openai(R"({"object":"organization.usage.completions.result","input_tokens":1,"model":null},)"
             R"({"object":"organization.costs.result","amount":{"value":0.06,"currency":"usd"},)"
             R"("line_item":"gpt-4o-2024-08-06, input"},)"
             R"({"object":"organization.usage.vector_stores.result","usage_bytes":1024},)"
             R"({"object":"organization.usage.dreams.result"})");
  EXPECT_THAT(all.records, IsEmpty());
  EXPECT_THAT(
      all.reasons(),
      ElementsAre("1: \"model\" is null: export the usage grouped by model",
                  "1: a cost report, not usage: export /v1/organization/usage to compute costs",
                  "1: vector store bytes are storage and have no meter",
                  "1: \"object\": expected \"organization.usage.<kind>.result\", found "
                  "\"organization.usage.dreams.result\""));
}

TEST(AnthropicUsage, CountsExcludeEachOther) {
  const Collected all = anthropic(
      R"({"uncached_input_tokens":1500,"cache_creation":{"ephemeral_1h_input_tokens":1000,)"
      R"("ephemeral_5m_input_tokens":500},"cache_read_input_tokens":200,"output_tokens":500,)"
      R"("server_tool_use":{"web_search_requests":10},"api_key_id":"apikey_1",)"
      R"("workspace_id":"wrkspc_1","model":"claude-opus-4-20250514","service_tier":"batch",)"
      R"("context_window":"200k-1M","inference_geo":"us","speed":"fast"})");
  ASSERT_THAT(all.reasons(), IsEmpty());
  ASSERT_EQ(all.records.size(), 1u);
  const UsageRecord& record = all.records[0];
  EXPECT_EQ(meters_of(record),
            "input_tokens_uncached=1500 output_tokens=500 cache_read_tokens=200 "
            "cache_write_5m_tokens=500 cache_write_1h_tokens=1000 web_searches=10");
  EXPECT_EQ(at(record.quantities, Meter::requests), 0);  // The report does not say.
  EXPECT_EQ(record.provider, "anthropic");
  EXPECT_EQ(record.project, "wrkspc_1");
  EXPECT_EQ(record.user, "apikey_1");
  EXPECT_EQ(record.service_tier, "batch");
  EXPECT_EQ(record.context_window, 1'000'000);
  EXPECT_EQ(record.region, "us");
  EXPECT_EQ(record.speed, "fast");
  EXPECT_EQ(to_string(*record.at), "2026-08-01T00:00:00Z");
}

TEST(AnthropicUsage, DimensionsAreTheIdentity) {
  const auto id = [](std::string_view more, int tokens = 1) {
    return anthropic(R"({"uncached_input_tokens":)" + std::to_string(tokens) +
                     R"(,"output_tokens":2,"model":"m")" + std::string(more) + "}")
        .records.at(0)
        .id;
  };
  EXPECT_EQ(id("", 1), id("", 9));
  EXPECT_NE(id(""), id(R"(,"context_window":"200k-1M")"));
  EXPECT_NE(id(R"(,"service_tier":"standard")"), id(R"(,"service_tier":"batch")"));
  EXPECT_NE(id(R"(,"workspace_id":"x")"), id(R"(,"api_key_id":"x")"));
}

TEST(AnthropicUsage, WhatCannotBePricedSaysWhy) {
  const Collected all = anthropic(R"({"currency":"USD","amount":"123.45","cost_type":"tokens"},)"
                                  R"({"uncached_input_tokens":1,"output_tokens":2,"model":null},)"
                                  R"({"uncached_input_tokens":-1,"output_tokens":2,"model":"m"})");
  EXPECT_THAT(all.records, IsEmpty());
  EXPECT_THAT(all.reasons(), ElementsAre("1: a cost report, not usage: export "
                                         "/v1/organizations/usage_report/messages to compute costs",
                                         "1: \"model\" is null: export the usage grouped by model",
                                         "1: \"uncached_input_tokens\" must be a count, found -1"));
}

TEST(UsageExports, AreTold) {
  EXPECT_EQ(*detect(page(R"({"object":"organization.usage.completions.result"})"), "x.json"),
            Format::openai_usage);
  EXPECT_EQ(*detect(bucket(R"({"uncached_input_tokens":1})"), "x.json"), Format::anthropic_usage);
}

}  // namespace
}  // namespace costops::ingestion
