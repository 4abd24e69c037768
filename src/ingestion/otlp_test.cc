#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingestion/collected.h"
#include "ingestion/span_tree.h"

namespace costops::ingestion {
namespace {

using costops::to_string;
using testing::ElementsAre;
using testing::IsEmpty;

Collected otlp(std::string_view bytes) {
  ReadOptions options;
  options.format = Format::otlp;
  return collect(bytes, options);
}

std::vector<std::string> meters(const Collected& all) {
  std::vector<std::string> texts;
  for (const UsageRecord& record : all.records) texts.push_back(meters_of(record));
  return texts;
}

std::string text(std::string_view key, std::string_view value) {
  return fmt::format(R"({{"key":"{}","value":{{"stringValue":"{}"}}}},)", key, value);
}
/// As protobuf's JSON writes 64 bits: text.
std::string count(std::string_view key, std::int64_t value) {
  return fmt::format(R"({{"key":"{}","value":{{"intValue":"{}"}}}},)", key, value);
}
std::string span(std::string_view id, std::string_view parent, std::string attributes,
                 std::string_view more = "") {
  if (!attributes.empty()) attributes.pop_back();
  return fmt::format(
      R"({{"traceId":"t1","spanId":"{}","parentSpanId":"{}","name":"call",)"
      R"("startTimeUnixNano":"1785578400123456789","endTimeUnixNano":"1785578401623456789",{})"
      R"("attributes":[{}]}},)",
      id, parent, more, attributes);
}
std::string traces(std::string spans) {
  spans.pop_back();
  return R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name",)"
         R"("value":{"stringValue":"shop"}}]},"scopeSpans":[{"scope":{"name":"x"},"spans":[)" +
         spans + "]}]}]}";
}

TEST(Otlp, ASpanOfTheCurrentConvention) {
  const Collected all = otlp(traces(
      span("s1", "",
           text("gen_ai.operation.name", "chat") + text("gen_ai.provider.name", "aws.bedrock") +
               text("gen_ai.request.model", "gpt") + text("gen_ai.response.model", "gpt-5.5-2026") +
               text("gen_ai.response.id", "resp_1") + text("gen_ai.conversation.id", "c1") +
               text("openai.request.service_tier", "priority") +
               text("openai.response.service_tier", "flex") + text("user.id", "u1") +
               count("gen_ai.usage.input_tokens", 1000) + count("gen_ai.usage.output_tokens", 50) +
               count("gen_ai.usage.cache_read.input_tokens", 600) +
               count("gen_ai.usage.cache_creation.input_tokens", 300) +
               count("gen_ai.usage.reasoning.output_tokens", 20) +
               R"({"key":"gen_ai.usage.cost","value":{"doubleValue":0.00125}},)")));
  ASSERT_THAT(all.reasons(), IsEmpty());
  ASSERT_EQ(all.records.size(), 1u);
  const UsageRecord& record = all.records[0];
  EXPECT_EQ(meters_of(record),
            "input_tokens_uncached=100 output_tokens=30 cache_read_tokens=600 "
            "cache_write_tokens=300 output_reasoning_tokens=20");
  EXPECT_EQ(record.id, record_id("otlp", {"t1", "s1"}));
  EXPECT_EQ(record.provider, "aws");
  EXPECT_EQ(record.model, "gpt-5.5-2026");
  EXPECT_EQ(record.source_id, "resp_1");
  EXPECT_EQ(record.session, "c1");
  EXPECT_EQ(record.user, "u1");
  EXPECT_EQ(record.project, "shop");
  EXPECT_EQ(record.service_tier, "flex");  // Served, not asked for.
  EXPECT_EQ(record.source_endpoint, "chat");
  EXPECT_EQ(to_string(*record.at), "2026-08-01T10:00:00.123456Z");
  EXPECT_EQ(record.latency_ms, 1500);
  EXPECT_EQ(to_string(record.reported_cost->amount), "0.00125");
}

TEST(Otlp, OldNamesAndNamesInTheWildAreUnderstood) {
  const std::string model = text("gen_ai.request.model", "m");
  const Collected all = otlp(traces(
      span("1", "",
           model + text("gen_ai.system", "openai") + count("gen_ai.usage.prompt_tokens", 10) +
               count("gen_ai.usage.completion_tokens", 2)) +
      span("2", "",
           text("llm.model_name", "m") + count("llm.token_count.prompt", 10) +
               count("llm.token_count.completion", 3) + count("llm.token_count.total", 13) +
               count("llm.token_count.prompt_details.cache_read", 4) +
               count("llm.token_count.completion_details.reasoning", 1)) +
      span("3", "",
           text("ai.model.id", "m") + text("ai.model.provider", "openai.chat") +
               count("ai.usage.promptTokens", 10) + count("ai.usage.completionTokens", 4)) +
      span("4", "",
           model +
               R"({"key":"gen_ai.usage.input_tokens","value":{"intValue":10}},)"
               R"({"key":"gen_ai.usage.output_tokens","value":{"doubleValue":5.0}},)" +
               count("gen_ai.usage.details.cached_tokens", 5))));
  ASSERT_THAT(all.reasons(), IsEmpty());
  EXPECT_THAT(meters(all),
              ElementsAre("input_tokens_uncached=10 output_tokens=2",
                          "input_tokens_uncached=6 output_tokens=2 cache_read_tokens=4 "
                          "output_reasoning_tokens=1",
                          "input_tokens_uncached=10 output_tokens=4",
                          "input_tokens_uncached=5 output_tokens=5 cache_read_tokens=5"));
  EXPECT_EQ(all.records[2].provider, "openai");
}

TEST(Otlp, CachedTokensAboveTheInputStandBesideIt) {
  const Collected all =
      otlp(traces(span("1", "",
                       text("gen_ai.request.model", "m") + count("gen_ai.usage.input_tokens", 10) +
                           count("gen_ai.usage.output_tokens", 2) +
                           count("gen_ai.usage.cache_read_input_tokens", 500)) +
                  span("2", "",
                       text("gen_ai.request.model", "m") + count("gen_ai.usage.input_tokens", 100) +
                           count("gen_ai.usage.output_tokens", 2) +
                           count("gen_ai.usage.cache_read_input_tokens", 50) +
                           count("gen_ai.usage.total_tokens", 152))));
  ASSERT_THAT(all.reasons(), IsEmpty());
  EXPECT_THAT(meters(all),
              ElementsAre("input_tokens_uncached=10 output_tokens=2 cache_read_tokens=500",
                          "input_tokens_uncached=100 output_tokens=2 cache_read_tokens=50"));
}

// Agent spans repeat the sum of their children (pydantic-ai #3995), also through spans between.
TEST(Otlp, OnlyLeavesAreCountedInAnyOrder) {
  const std::string call = text("gen_ai.request.model", "m") +
                           count("gen_ai.usage.input_tokens", 10) +
                           count("gen_ai.usage.output_tokens", 2);
  const std::string sum = text("gen_ai.request.model", "m") +
                          count("gen_ai.usage.input_tokens", 20) +
                          count("gen_ai.usage.output_tokens", 4);
  const std::vector<std::string> spans{span("agent", "", sum), span("tool", "agent", ""),
                                       span("call1", "agent", call), span("call2", "tool", call),
                                       span("other", "", call)};
  std::vector<int> order{0, 1, 2, 3, 4};
  do {
    std::string text;
    for (const int i : order) text += spans[static_cast<std::size_t>(i)];
    const Collected all = otlp(traces(text));
    ASSERT_EQ(all.records.size(), 3u);
    for (const UsageRecord& record : all.records) {
      EXPECT_EQ(meters_of(record), "input_tokens_uncached=10 output_tokens=2");
    }
  } while (std::ranges::next_permutation(order).found);
}

TEST(Otlp, ExportRequestsOneALineAreOneTraceSet) {
  const std::string call = text("gen_ai.request.model", "m") +
                           count("gen_ai.usage.input_tokens", 10) +
                           count("gen_ai.usage.output_tokens", 2);
  const Collected all =
      otlp(traces(span("agent", "", call)) + "\n" + traces(span("call", "agent", call)) + "\n");
  ASSERT_EQ(all.records.size(), 1u);
  EXPECT_EQ(all.records[0].position.line, 2u);
}

TEST(Otlp, ACallWithoutCountsIsNoFreeCall) {
  const Collected all = otlp(traces(
      span("1", "", text("gen_ai.operation.name", "chat") + text("gen_ai.request.model", "m")) +
      span("2", "", text("http.method", "GET")) +
      span("3", "", text("gen_ai.operation.name", "chat"), R"("status":{"code":2},)")));
  EXPECT_THAT(all.records, IsEmpty());
  EXPECT_THAT(all.reasons(), ElementsAre("1: a model call without token counts"));
}

TEST(Otlp, AFailedCallWithCountsIsCounted) {
  const Collected all = otlp(traces(
      span("1", "", text("gen_ai.request.model", "m") + count("gen_ai.usage.input_tokens", 10),
           R"("status":{"code":"STATUS_CODE_ERROR"},)")));
  ASSERT_EQ(all.records.size(), 1u);
  EXPECT_EQ(all.records[0].status, CallStatus::failed);
}

TEST(Otlp, BadCountsSayWhatIsWrong) {
  const Collected all = otlp(traces(
      span("1", "", text("gen_ai.request.model", "m") + text("gen_ai.usage.input_tokens", "many")) +
      span("2", "",
           text("gen_ai.request.model", "m") + count("gen_ai.usage.input_tokens", 10) +
               count("gen_ai.usage.output_tokens", 2) + count("gen_ai.usage.total_tokens", 99))));
  EXPECT_THAT(all.reasons(),
              ElementsAre("1: \"gen_ai.usage.input_tokens\" must be a count, found \"many\"",
                          "1: the total (99) is not the sum of input (10) and output (2), with or "
                          "without cached and written input (0) and parts of output (0)"));
}

std::string logs(std::string attributes, std::string_view body = "claude_code.api_request") {
  attributes.pop_back();
  return R"({"resourceLogs":[{"resource":{"attributes":[{"key":"service.name",)"
         R"("value":{"stringValue":"claude-code"}}]},"scopeLogs":[{"logRecords":[)"
         R"({"timeUnixNano":"1785578400000000000","body":{"stringValue":")" +
         std::string(body) + R"("},"attributes":[)" + attributes + "]}]}]}]}";
}

TEST(Otlp, ClaudeCodesEventsHaveCountsThatExcludeEachOther) {
  const Collected all = otlp(logs(
      text("event.name", "api_request") + text("model", "claude-opus-4-6") +
      text("input_tokens", "100") + count("output_tokens", 20) + count("cache_read_tokens", 50) +
      count("cache_creation_tokens", 30) + text("cost_usd", "0.0123") + count("duration_ms", 1500) +
      text("request_id", "req_1") + text("session.id", "s1") + text("user.email", "a@b.c") +
      text("organization.id", "org") + text("speed", "fast")));
  ASSERT_THAT(all.reasons(), IsEmpty());
  ASSERT_EQ(all.records.size(), 1u);
  const UsageRecord& record = all.records[0];
  EXPECT_EQ(meters_of(record),
            "input_tokens_uncached=100 output_tokens=20 cache_read_tokens=50 "
            "cache_write_tokens=30");
  EXPECT_EQ(record.id, record_id("claude-code-otel", {"req_1"}));
  EXPECT_EQ(record.provider, "anthropic");
  EXPECT_EQ(record.session, "s1");
  EXPECT_EQ(record.user, "a@b.c");
  EXPECT_EQ(record.organization, "org");
  EXPECT_EQ(record.speed, "fast");
  EXPECT_EQ(record.latency_ms, 1500);
  EXPECT_EQ(to_string(record.reported_cost->amount), "0.0123");
  EXPECT_EQ(record.source_kind, "claude-code-otel");
}

TEST(Otlp, TheAgentsCostMayBeInMillionths) {
  const Collected all = otlp(logs(text("model", "claude-opus-4-6") + count("input_tokens", 1) +
                                  count("output_tokens", 1) + count("cost_usd_micros", 1234)));
  ASSERT_EQ(all.records.size(), 1u);
  EXPECT_EQ(to_string(all.records[0].reported_cost->amount), "0.001234");
}

TEST(Otlp, OtherLogsAreNoCallsAndMetricsAreRefused) {
  EXPECT_THAT(otlp(logs(text("model", "m"), "claude_code.api_error")).records, IsEmpty());
  EXPECT_THAT(otlp(R"({"resourceMetrics":[{"scopeMetrics":[]}]})").reasons(),
              ElementsAre("1: OTLP metrics are sums over calls and are not read; export traces or "
                          "logs"));
}

TEST(Otlp, MemoryIsBoundedAndNothingIsLost) {
  std::string spans;
  const std::string call = text("gen_ai.request.model", "m") +
                           count("gen_ai.usage.input_tokens", 10) +
                           count("gen_ai.usage.output_tokens", 2);
  for (int i = 0; i < 20000; ++i) {
    spans += span(fmt::format("c{}", i), fmt::format("a{}", i), call) +
             span(fmt::format("a{}", i), "", call);
  }
  const Collected all = otlp(traces(spans));
  ASSERT_EQ(all.records.size(), 20000u);
  EXPECT_EQ(all.records[19999].id, record_id("otlp", {"t1", "c19999"}));
}

TEST(SpanTree, CyclesEnd) {
  SpanTree tree;
  const RecordId a{1, 1}, b{2, 2};
  tree.add(a, b, SpanTree::Usage::some);
  tree.add(b, a, SpanTree::Usage::some);
  EXPECT_TRUE(tree.has_usage_below(a));
  EXPECT_TRUE(tree.has_usage_below(b));
}

}  // namespace
}  // namespace costops::ingestion
