#include <gtest/gtest.h>

#include "ingestion/collected.h"

namespace costops::ingestion {
namespace {

using Texts = std::vector<std::string>;

Collected collect_records(std::string_view text) { return collect_as(Format::usage_record, text); }
/// The only record; a failed expectation if there is another outcome.
UsageRecord only(std::string_view text) {
  const Collected all = collect(text);
  EXPECT_EQ(all.reasons(), Texts{}) << text;
  EXPECT_EQ(all.records.size(), 1u) << text;
  return all.records.empty() ? UsageRecord{} : all.records.front();
}
std::string only_reason(std::string_view text) {
  const Collected all = collect_records(text);
  EXPECT_EQ(all.records.size(), 0u) << text;
  EXPECT_EQ(all.rejections.size(), 1u) << text;
  return all.rejections.empty() ? "" : all.rejections.front().reason;
}

TEST(UsageRecord, SnakeCaseWithEveryField) {
  const UsageRecord r = only(
      R"({"id":"0191d6a0-0000-7000-8000-000000000001","timestamp":"2026-07-01T12:00:00Z",)"
      R"("provider":"openai","model":{"name":"gpt-4o","version":"2024-08-06",)"
      R"("context_window":128000},"organization_id":"acme","project_id":"search","user_id":"u7",)"
      R"("prompt_tokens":1000,"completion_tokens":500,"total_tokens":1500,"cached_tokens":400,)"
      R"("reasoning_tokens":120,"latency_ms":830,"time_to_first_token_ms":210,)"
      R"("tags":["team:b","team:a","team:b"],"metadata":{"k":1},)"
      R"("ingested_at":"2026-07-01T12:00:05Z","source":{"type":"api","endpoint":"/v1/chat"}})");
  EXPECT_EQ(r.source_id, "0191d6a0-0000-7000-8000-000000000001");
  EXPECT_EQ(time_text(r.at), "2026-07-01T12:00:00Z");
  EXPECT_EQ(r.provider, "openai");
  EXPECT_EQ(r.model, "gpt-4o");
  EXPECT_EQ(r.model_version, "2024-08-06");
  EXPECT_EQ(r.context_window, 128000);
  EXPECT_EQ(r.organization, "acme");
  EXPECT_EQ(r.project, "search");
  EXPECT_EQ(r.user, "u7");
  // Cached tokens are part of the prompt, reasoning of the completion: 600 + 400, 380 + 120.
  EXPECT_EQ(meters_of(r),
            "input_tokens_uncached=600 output_tokens=380 cache_read_tokens=400 "
            "output_reasoning_tokens=120");
  EXPECT_EQ(r.latency_ms, 830);
  EXPECT_EQ(r.time_to_first_token_ms, 210);
  EXPECT_EQ(r.tags, (Texts{"team:a", "team:b"}));
  EXPECT_EQ(r.metadata, R"({"k":1})");
  EXPECT_EQ(time_text(r.ingested_at), "2026-07-01T12:00:05Z");
  EXPECT_EQ(r.source_kind, "usage-record:api");
  EXPECT_EQ(r.source_endpoint, "/v1/chat");
  EXPECT_EQ(r.position.file, "test.jsonl");
  EXPECT_EQ(r.position.line, 1u);
  EXPECT_EQ(at(r.quantities, Meter::requests), 1);
}

/// The same call in every spelling in use: what must come out is the same in all.
struct Flavour {
  const char* name;
  const char* text;
};
class Flavours : public testing::TestWithParam<Flavour> {};

TEST_P(Flavours, GiveTheSameRecord) {
  const UsageRecord r = only(GetParam().text);
  EXPECT_EQ(r.provider, "anthropic");
  EXPECT_EQ(r.model, "claude-sonnet-4-5");
  EXPECT_EQ(r.organization, "acme");
  EXPECT_EQ(meters_of(r), "input_tokens_uncached=100 output_tokens=50");
  EXPECT_EQ(time_text(r.at), "2026-07-01T12:00:00Z");
}

// 2026-07-01T12:00:00Z is 1,782,907,200 seconds after 1970.
INSTANTIATE_TEST_SUITE_P(
    All, Flavours,
    testing::Values(
        Flavour{"A_snake_case",
                R"({"id":"a","timestamp":"2026-07-01T12:00:00Z","provider":"anthropic",
                "model":{"name":"claude-sonnet-4-5"},"organization_id":"acme","prompt_tokens":100,
                "completion_tokens":50,"total_tokens":150})"},
        Flavour{"B_camel_case",
                R"([{"id":"a","timestamp":"2026-07-01T12:00:00Z","provider":"anthropic",
                "model":{"name":"claude-sonnet-4-5","version":null,"contextWindow":200000},
                "organizationId":"acme","projectId":null,"promptTokens":100,"completionTokens":50,
                "totalTokens":150,"cachedTokens":null,"tags":[],"metadata":{}}])"},
        Flavour{"C_webhook",
                R"({"request_id":"r","timestamp":"2026-07-01T12:00:00Z","provider":"anthropic",
                "model":{"name":"claude-sonnet-4-5"},"organization_id":"acme","usage":
                {"prompt_tokens":100,"completion_tokens":50,"total_tokens":150},
                "performance":{"latency_ms":12.75}})"},
        Flavour{"D_webhook_batch",
                R"({"batch_id":"b","source":"x","records":[{"request_id":"r",
                "timestamp":"2026-07-01T12:00:00Z","provider":"anthropic","organization_id":"acme",
                "model":{"name":"claude-sonnet-4-5"},"usage":{"prompt_tokens":100,
                "completion_tokens":50,"total_tokens":150}}]})"},
        Flavour{"E_stream",
                R"({"message_id":"m","event_type":"usage","created_at":"2026-07-01T12:00:00Z",
                "retry_count":0,"payload":{"provider":"anthropic","organization_id":"acme",
                "model":{"name":"claude-sonnet-4-5"},"usage":{"prompt_tokens":100,
                "completion_tokens":50,"total_tokens":150}}})"},
        Flavour{"F_rest",
                R"({"organization_id":"acme","provider":"anthropic","model_id":"claude-sonnet-4-5",
                "input_tokens":100,"output_tokens":50,"total_tokens":150,
                "timestamp":"2026-07-01T14:00:00+02:00"})"},
        Flavour{"G_unix_seconds",
                R"({"organization_id":"acme","provider":"anthropic","model":"claude-sonnet-4-5",
                "prompt_tokens":100,"completion_tokens":50,"total_tokens":150,
                "timestamp":1782907200})"},
        Flavour{"H_records",
                R"({"records":[{"id":"a","timestamp":"2026-07-01T12:00:00Z","provider":"anthropic",
                "model":{"name":"claude-sonnet-4-5"},"organization_id":"acme","prompt_tokens":100,
                "completion_tokens":50,"total_tokens":150}]})"},
        Flavour{"I_telemetry",
                R"({"event_id":"e","timestamp":"2026-07-01T12:00:00Z","event_type":"llm_call",
                "provider":"anthropic","model":"claude-sonnet-4-5","organization_id":"acme",
                "prompt_tokens":100,"completion_tokens":50,"metadata":{}})"},
        Flavour{"J_trace",
                R"({"trace_id":"t","parent_span_id":null,"timestamp":"2026-07-01T12:00:00Z",
                "provider":"anthropic","model":"claude-sonnet-4-5","prompt_tokens":100,
                "completion_tokens":50,"organization_id":"acme"})"},
        Flavour{"K_agent",
                R"({"requestId":"r","timestamp":"2026-07-01T12:00:00Z","usage":
                {"provider":"anthropic","model":"claude-sonnet-4-5","inputTokens":100,
                "outputTokens":50,"cachedTokens":0,"latencyMs":9},"pricingContext":
                {"tier":"standard","currency":"USD"},"dimensions":{"userId":"u","projectId":"p",
                "organizationId":"acme","environment":"prod","tags":{"team":"a"}}})"}),
    [](const auto& flavour) { return std::string(flavour.param.name); });

TEST(UsageRecord, AgentDimensionsBecomeTags) {
  const UsageRecord r = only(
      R"({"requestId":"r","usage":{"provider":"openai","model":"m","inputTokens":1},)"
      R"("dimensions":{"organizationId":"o","environment":"prod","tags":{"team":"a","n":3}}})");
  EXPECT_EQ(r.tags, (Texts{"environment:prod", "n:3", "team:a"}));
}

TEST(UsageRecord, ProvidersAreFoldedAndMayBeCustom) {
  constexpr std::string_view kRest =
      R"(,"model":"m","organization_id":"o","prompt_tokens":1,"completion_tokens":1})";
  const auto provider = [&](std::string_view value) {
    return only("{\"provider\":" + std::string(value) + std::string(kRest)).provider;
  };
  EXPECT_EQ(provider(R"("VertexAI")"), "google");
  EXPECT_EQ(provider(R"("azure_openai")"), "azure");
  EXPECT_EQ(provider(R"("aws-bedrock")"), "aws");
  EXPECT_EQ(provider(R"({"custom":"My-Gateway"})"), "my-gateway");
}

TEST(UsageRecord, TheRecordsOwnIdIsItsIdentity) {
  constexpr std::string_view kRest = R"("provider":"p","model":"m","organization_id":"o",)"
                                     R"("prompt_tokens":1,"completion_tokens":1})";
  const auto id = [&](std::string_view member) {
    return only("{" + std::string(member) + std::string(kRest)).id;
  };
  EXPECT_EQ(id(R"("id":"x",)"), record_id("usage-record", {"o", "x"}));
  EXPECT_EQ(id(R"("request_id":"x",)"), record_id("usage-record", {"o", "x"}));
  EXPECT_EQ(id(R"("requestId":"y","id":"x",)"), record_id("usage-record", {"o", "x"}));
  EXPECT_EQ(id(R"("event_id":"x",)"), record_id("usage-record", {"o", "x"}));
  EXPECT_EQ(id(R"("id":17,)"), record_id("usage-record", {"o", "17"}));
  // A trace has many calls: its id names none of them.
  EXPECT_NE(id(R"("trace_id":"x",)"), record_id("usage-record", {"o", "x"}));
}

TEST(UsageRecord, EqualRecordsWithoutIdAreTwoCalls) {
  const std::string line = R"({"provider":"p","model":"m","organization_id":"o",)"
                           R"("prompt_tokens":1,"completion_tokens":1})";
  const Collected once = collect(line + "\n" + line + "\n");
  ASSERT_EQ(once.records.size(), 2u);
  EXPECT_EQ(once.records[0].id, content_id(line, 0));
  EXPECT_EQ(once.records[1].id, content_id(line, 1));
  EXPECT_EQ(collect(line + "\n" + line + "\n").records[1].id, once.records[1].id);
}

TEST(UsageRecord, OneMissingCountIsWhatTheTotalLeaves) {
  EXPECT_EQ(meters_of(only(R"({"provider":"p","model":"m","organization_id":"o",)"
                           R"("prompt_tokens":100,"total_tokens":150})")),
            "input_tokens_uncached=100 output_tokens=50");
}

/// A sound record in which `from` is replaced by `to`.
std::string changed(std::string_view from, std::string_view to) {
  std::string text =
      R"({"id":"a","timestamp":"2026-07-01T12:00:00Z","provider":"p","model":"m",)"
      R"("organization_id":"o","prompt_tokens":100,"completion_tokens":50,"total_tokens":150,)"
      R"("cached_tokens":10})";
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(UsageRecord, WhatIsWrongIsNamed) {
  const auto reason = [](std::string_view from, std::string_view to) {
    return only_reason(changed(from, to));
  };
  EXPECT_EQ(reason("150", "180"),
            "total_tokens (180) is not prompt_tokens (100) + completion_tokens (50)");
  EXPECT_EQ(reason(R"("cached_tokens":10)", R"("cached_tokens":500)"),
            "cached_tokens (500) exceed prompt_tokens (100)");
  EXPECT_EQ(reason(R"("cached_tokens":10)", R"("reasoning_tokens":51)"),
            "reasoning_tokens (51) exceed completion_tokens (50)");
  EXPECT_EQ(reason(R"(100,"completion_tokens":50,"total_tokens":150,"cached_tokens":10)",
                   R"(0,"completion_tokens":0,"total_tokens":0)"),
            "nothing was counted: all quantities are zero");
  EXPECT_EQ(reason(R"("prompt_tokens":100,"completion_tokens":50,)", ""),
            "total_tokens (150) alone says nothing about cost: the counts of prompt and completion "
            "are missing");
  EXPECT_EQ(reason(R"("organization_id":"o",)", ""), "the organization is missing");
  EXPECT_EQ(reason(R"("provider":"p",)", ""), "the provider is missing");
  EXPECT_EQ(reason(R"("model":"m",)", ""), "the model is missing");
  EXPECT_EQ(reason("2026-07-01T12:00:00Z", "2026-09-01T00:05:01Z"),
            "timestamp 2026-09-01T00:05:01Z is in the future: now is 2026-09-01T00:00:00Z, and "
            "clocks may differ by 5 minutes");
  EXPECT_EQ(reason("100", "-100"), "\"prompt_tokens\" must be a count, found -100");
  EXPECT_EQ(reason("100", "\"100\""), "\"prompt_tokens\" must be a count, found \"100\"");
  EXPECT_EQ(reason("100", "1.5"), "\"prompt_tokens\" must be a count, found 1.5");
  EXPECT_EQ(reason("100", "99999999999999999999"),
            "\"prompt_tokens\" must be a count, found 99999999999999999999");
  EXPECT_EQ(reason(R"("m")", "[]"), "\"model\" must be a text, found []");
}

TEST(UsageRecord, HugeCountsDoNotWrap) {
  EXPECT_EQ(only_reason(changed(R"(100,"completion_tokens":50,"total_tokens":150)",
                                R"(9223372036854775807,"completion_tokens":1,"total_tokens":0)")),
            "total_tokens (0) is not prompt_tokens (9223372036854775807) + completion_tokens (1)");
  EXPECT_EQ(only_reason(changed(R"(100,"completion_tokens":50,"total_tokens":150)",
                                R"(2000000000000010,"completion_tokens":0)")),
            "input_tokens (2000000000000010) are more than 1000000000000000, the most that one "
            "record can count");
}

TEST(UsageRecord, ABadTimeIsNeverNow) {
  EXPECT_NE(only_reason(changed("2026-07-01T12:00:00Z", "yesterday")).find("\"timestamp\": "),
            std::string::npos);
  EXPECT_EQ(only_reason(changed("\"2026-07-01T12:00:00Z\"", "true")),
            "\"timestamp\" must be a time (RFC 3339, or seconds since 1970), found true");
}

TEST(UsageRecord, OneBadRecordNeverRejectsTheOthers) {
  const std::string good = changed("150", "150");
  const Collected all = collect(good + "\nnot json\n" + changed("\"a\"", "\"b\"") + "\n" +
                                changed("150", "151") + "\n[1]\n\"x\"\n{\"id\":\"c\",\n");
  EXPECT_EQ(all.records.size(), 2u);
  ASSERT_EQ(all.rejections.size(), 5u);
  EXPECT_EQ(all.rejections[0].position.line, 2u);
  EXPECT_EQ(all.rejections[0].excerpt, "not json");
  EXPECT_EQ(all.reasons()[1],
            "4: total_tokens (151) is not prompt_tokens (100) + completion_tokens (50)");
  EXPECT_EQ(all.reasons()[2], "5: a usage record must be an object");
  EXPECT_EQ(all.reasons()[3], "6: a usage record must be an object");
  EXPECT_EQ(all.rejections[4].position.line, 7u);
}

TEST(UsageRecord, BytesThatAreNoTextCostTheirRecordOnly) {
  const std::string good = changed("150", "150");
  for (const std::string& bad :
       {std::string("{\"id\":\"\xff\xfe\"}"), std::string("{\"id\":\"a\0b\"}", 12),
        std::string(100'000, '['), std::string("{\"id\":\"a\",\"id\":\"b\"}")}) {
    const Collected all = collect_records(good + "\n" + bad + "\n" + good + "\n");
    EXPECT_EQ(all.records.size(), 2u);
    ASSERT_EQ(all.rejections.size(), 1u);
    EXPECT_EQ(all.rejections[0].position.line, 2u);
    EXPECT_LE(all.rejections[0].excerpt.size(), kExcerptBytesMax);
  }
}

TEST(UsageRecord, AnArrayIsReadElementByElement) {
  const Collected all = collect("[" + changed("150", "150") + ",\n" + changed("150", "151") +
                                ",\n" + changed("\"a\"", "\"b\"") + "]\n");
  EXPECT_EQ(all.records.size(), 2u);
  EXPECT_EQ(all.records[1].position.line, 3u);
  EXPECT_EQ(all.reasons(),
            (Texts{"2: total_tokens (151) is not prompt_tokens (100) + completion_tokens (50)"}));
}

TEST(UsageRecord, ATruncatedFileKeepsWhatCameBefore) {
  const Collected all = collect("[" + changed("150", "150") + ",{\"id\":\"b\",\"prompt");
  EXPECT_EQ(all.records.size(), 1u);
  EXPECT_EQ(all.reasons(), (Texts{"1: the file is cut off: it ends inside a record"}));
}

}  // namespace
}  // namespace costops::ingestion
