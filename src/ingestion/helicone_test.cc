#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingestion/collected.h"

namespace costops::ingestion {
namespace {

using costops::to_string;
using testing::ElementsAre;
using testing::IsEmpty;

Collected helicone(std::string_view bytes) {
  ReadOptions options;
  options.format = Format::helicone;
  return collect(bytes, options);
}

constexpr std::string_view kRequest =
    R"({"request_id":"h-1","request_created_at":"2026-08-01T10:00:00.5Z","provider":"ANTHROPIC",)"
    R"("request_model":"claude-opus-4-6","response_model":"claude-opus-4-6-20260101",)"
    R"("prompt_tokens":10,"prompt_cache_read_tokens":500,"prompt_cache_write_tokens":30,)"
    R"("completion_tokens":20,"total_tokens":560,"delay_ms":1200,"time_to_first_token":300,)"
    R"("costUSD":0.0012,"request_user_id":"u","request_properties":{"env":"prod",)"
    R"("Helicone-Session-Id":"s"},"response_status":200,)"
    R"("cache_reference_id":"00000000-0000-0000-0000-000000000000"})";

TEST(Helicone, ColumnsStandBesideEachOther) {
  const Collected all = helicone(kRequest);
  ASSERT_THAT(all.reasons(), IsEmpty());
  ASSERT_EQ(all.records.size(), 1u);
  const UsageRecord& record = all.records[0];
  EXPECT_EQ(
      meters_of(record),
      "input_tokens_uncached=10 output_tokens=20 cache_read_tokens=500 cache_write_tokens=30");
  EXPECT_EQ(record.id, record_id("helicone", {"h-1"}));
  EXPECT_EQ(record.provider, "anthropic");
  EXPECT_EQ(record.model, "claude-opus-4-6-20260101");
  EXPECT_EQ(record.user, "u");
  EXPECT_EQ(record.session, "s");
  EXPECT_THAT(record.tags, ElementsAre("env:prod"));
  EXPECT_EQ(record.latency_ms, 1200);
  EXPECT_EQ(record.time_to_first_token_ms, 300);
  EXPECT_EQ(to_string(record.reported_cost->amount), "0.0012");
  EXPECT_EQ(to_string(*record.at), "2026-08-01T10:00:00.500Z");
  EXPECT_EQ(record.status, CallStatus::ok);
}

TEST(Helicone, ATotalOfPromptAndCompletionHasTheCacheInside) {
  const Collected all =
      helicone(R"({"request_id":"1","model":"m","prompt_tokens":100,"prompt_cache_read_tokens":60,)"
               R"("completion_tokens":20,"total_tokens":120})");
  ASSERT_EQ(all.records.size(), 1u);
  EXPECT_EQ(meters_of(all.records[0]),
            "input_tokens_uncached=40 output_tokens=20 cache_read_tokens=60");
}

TEST(Helicone, ATotalThatIsNoSumIsInDoubt) {
  const Collected all =
      helicone(R"({"request_id":"1","model":"m","prompt_tokens":100,"completion_tokens":20,)"
               R"("total_tokens":121})");
  EXPECT_THAT(
      all.reasons(),
      ElementsAre("1: the total (121) is not the sum of input (100) and output (20), with or "
                  "without cached and written input (0) and parts of output (0)"));
}

TEST(Helicone, CacheHitsAndFailuresAreStates) {
  const Collected all = helicone(
      R"({"request_id":"1","model":"m","prompt_tokens":5,"completion_tokens":1,)"
      R"("response_status":200,"cache_reference_id":"8d7f3f2e-0000-4000-8000-000000000001"})"
      "\n"
      R"({"request_id":"2","model":"m","prompt_tokens":5,"completion_tokens":0,)"
      R"("response_status":499})"
      "\n"
      R"({"request_id":"3","model":"m","prompt_tokens":0,"completion_tokens":0,)"
      R"("response_status":429})"
      "\n"
      R"({"request_id":"4","model":"m","prompt_tokens":0,"completion_tokens":0,)"
      R"("response_status":200})");
  ASSERT_EQ(all.records.size(), 2u);
  EXPECT_EQ(all.records[0].status, CallStatus::gateway_cache_hit);
  EXPECT_EQ(all.records[1].status, CallStatus::failed);
  // Refused before it cost anything: no record. Answered without counts: in doubt.
  ASSERT_EQ(all.rejections.size(), 1u);
  EXPECT_EQ(all.rejections[0].position.line, 4u);
}

TEST(Helicone, CsvAndPagesAreRead) {
  const Collected csv = helicone(
      "request_id,request_created_at,response_model,provider,prompt_tokens,completion_tokens,"
      "cost,request_properties\n"
      "h-1,2026-08-01 10:00:00.500,gpt-5.5,OPENAI,10,20,0.5,\"{\"\"env\"\":\"\"prod\"\"}\"\n");
  ASSERT_THAT(csv.reasons(), IsEmpty());
  ASSERT_EQ(csv.records.size(), 1u);
  EXPECT_EQ(meters_of(csv.records[0]), "input_tokens_uncached=10 output_tokens=20");
  EXPECT_THAT(csv.records[0].tags, ElementsAre("env:prod"));
  const Collected page = helicone(R"({"data":[)" + std::string(kRequest) + R"(],"error":null})");
  EXPECT_EQ(page.records.size(), 1u);
}

}  // namespace
}  // namespace costops::ingestion
