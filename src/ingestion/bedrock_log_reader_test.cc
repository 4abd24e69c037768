#include <gtest/gtest.h>

#include "ingestion/collected.h"

namespace costops::ingestion {
namespace {

using Texts = std::vector<std::string>;

/// A log line whose member `from` is replaced.
std::string call(std::string_view from = {}, std::string_view to = {}) {
  std::string text =
      R"({"schemaType":"ModelInvocationLog","schemaVersion":"1.0",)"
      R"("timestamp":"2026-05-01T12:00:00Z",)"
      R"("accountId":"123456789012",)"
      R"("identity":{"arn":"arn:aws:sts::123456789012:assumed-role/app"},)"
      R"("region":"us-east-1","requestId":"r-1","operation":"Converse",)"
      R"("modelId":"us.anthropic.claude-sonnet-4-5-20250929-v1:0","input":{"inputTokenCount":120,)"
      R"("cacheReadInputTokenCount":30,"cacheWriteInputTokenCount":7},"output":{)"
      R"("outputTokenCount":80},"requestMetadata":{"team":"search","env":"prod"},)"
      R"("inferenceRegion":"us-west-2"})";
  if (from.empty()) return text;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

UsageRecord only(const std::string& text) {
  const Collected all = collect(text);
  EXPECT_EQ(all.reasons(), Texts{});
  EXPECT_EQ(all.records.size(), 1u);
  return all.records.empty() ? UsageRecord{} : all.records.front();
}

TEST(BedrockLog, ACallWithEverything) {
  const UsageRecord r = only(call());
  EXPECT_EQ(r.provider, "aws");
  EXPECT_EQ(r.model, "us.anthropic.claude-sonnet-4-5-20250929-v1:0");
  EXPECT_EQ(time_text(r.at), "2026-05-01T12:00:00Z");
  EXPECT_EQ(r.region, "us-east-1");
  EXPECT_EQ(r.project, "123456789012");
  EXPECT_EQ(r.user, "arn:aws:sts::123456789012:assumed-role/app");
  EXPECT_EQ(r.tags, (Texts{"env:prod", "team:search"}));
  EXPECT_EQ(r.metadata, R"({"team":"search","env":"prod","inferenceRegion":"us-west-2"})");
  EXPECT_EQ(r.source_kind, "bedrock-log");
  EXPECT_EQ(r.source_endpoint, "Converse");
  EXPECT_EQ(r.source_id, "r-1");
  EXPECT_EQ(r.id, record_id("bedrock", {"r-1"}));
  // The input count excludes the cache.
  EXPECT_EQ(meters_of(r),
            "input_tokens_uncached=120 output_tokens=80 cache_read_tokens=30 cache_write_tokens=7");
}

TEST(BedrockLog, OfAnArnTheLastPartIsTheModel) {
  constexpr std::string_view kId = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
  EXPECT_EQ(
      only(call(kId, "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0")).model,
      "amazon.nova-lite-v1:0");
  EXPECT_EQ(only(call(kId, "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc")).model,
            "abc");
}

TEST(BedrockLog, CacheCountsMayBeInTheBodyOnly) {
  const std::string text = call(
      R"("cacheReadInputTokenCount":30,"cacheWriteInputTokenCount":7},"output":{)",
      R"("x":1},"output":{"outputBodyJson":[{"type":"message_start","message":{"usage":)"
      R"({"input_tokens":120,"cache_read_input_tokens":5,"cache_creation_input_tokens":6}}}],)");
  EXPECT_EQ(meters_of(only(text)),
            "input_tokens_uncached=120 output_tokens=80 cache_read_tokens=5 cache_write_tokens=6");
}

TEST(BedrockLog, FailedCallsAreBilledByWhatTheyCount) {
  EXPECT_EQ(
      only(call(R"("operation")", R"("errorCode":"ModelStreamErrorException","operation")")).status,
      CallStatus::failed);
  EXPECT_EQ(collect(R"({"schemaType":"ModelInvocationLog","modelId":"m","errorCode":)"
                    R"("ThrottlingException","input":{}})")
                .reasons(),
            (Texts{"1: the call failed (ThrottlingException): nothing was counted"}));
}

TEST(BedrockLog, WhatIsWrongIsNamed) {
  const Collected all =
      collect(call("120", "-1") + "\n" + call("80", "\"80\"") + "\n" +
              call(R"("modelId":"us.anthropic.claude-sonnet-4-5-20250929-v1:0",)", "") + "\n" +
              "17\n" + call() + "\n");
  EXPECT_EQ(all.records.size(), 1u);
  ASSERT_EQ(all.rejections.size(), 4u);
  EXPECT_EQ(all.reasons()[0], "1: \"inputTokenCount\" must be a count, found -1");
  EXPECT_EQ(all.reasons()[1], "2: \"outputTokenCount\" must be a count, found \"80\"");
  EXPECT_EQ(all.rejections[2].position.line, 3u);
  EXPECT_EQ(all.reasons()[3], "4: an invocation log entry must be an object");
}

}  // namespace
}  // namespace costops::ingestion
