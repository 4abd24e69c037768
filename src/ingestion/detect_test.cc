#include <gtest/gtest.h>

#include "ingestion/collected.h"
#include "ingestion/outline.h"

namespace costops::ingestion {
namespace {

std::string detected(std::string_view head, std::string_view name = "x.jsonl") {
  const auto format = detect(head, name);
  return format ? std::string(to_string(*format)) : format.error().message;
}

struct Head {
  const char* name;
  const char* format;
  const char* text;
};
class Heads : public testing::TestWithParam<Head> {};
TEST_P(Heads, AreTold) { EXPECT_EQ(detected(GetParam().text), GetParam().format); }

INSTANTIATE_TEST_SUITE_P(
    All, Heads,
    testing::Values(
        Head{"record_snake", "usage_record",
             R"({"id":"a","provider":"openai","organization_id":"o","prompt_tokens":1})"},
        Head{"record_camel", "usage_record", R"([ {"organizationId":"o", "promptTokens" : 1}])"},
        Head{"record_container", "usage_record",
             "{\n  \"records\": [\n {\"organization_id\": \"o\", \"provider\": \"p\"}]}"},
        Head{"record_webhook", "usage_record",
             R"({"organization_id":"o","model":{"name":"m"},"usage":{"prompt_tokens":1}})"},
        Head{"record_stream", "usage_record",
             R"({"message_id":"m","payload":{"organization_id":"o","usage":{}}})"},
        Head{"record_agent", "usage_record",
             R"({"requestId":"r","usage":{"provider":"p","model":"m"},"dimensions":{}})"},
        Head{"envelope", "provider_body", R"({"provider":"p","api":"chat","body":{"usage":{}}})"},
        Head{"envelope_cut_off", "provider_body", R"({"provider":"p","api":"chat","bo)"},
        Head{"bare_chat", "provider_body",
             R"({"id":"c","object":"chat.completion","model":"m","usage" : {"prompt_tokens":1}})"},
        Head{"bare_openrouter", "provider_body",
             R"({"id":"gen-1","provider":"OpenAI","model":"m","usage":{"prompt_tokens":1}})"},
        Head{"bare_gemini", "provider_body", R"({"candidates":[],"usageMetadata":{}})"},
        Head{"batch_openai", "provider_body",
             R"({"id":"b","custom_id":"r","response":{"status_code":200,"body":{}}})"},
        Head{"batch_anthropic", "provider_body",
             R"({"custom_id":"r","result":{"type":"succeeded","message":{"usage":{}}}})"},
        Head{"error_body", "provider_body", R"({"error":{"message":"no"}})"},
        Head{"openai_usage", "openai_usage",
             R"({"object":"page","data":[{"object":"bucket","results":[]}]})"},
        Head{"openai_costs", "openai_usage",
             R"({"object":"bucket","results":[{"object":"organization.costs.result"}]})"},
        Head{"anthropic_usage", "anthropic_usage",
             R"({"data":[{"starting_at":"2025-08-01T00:00:00Z","results":[]}],"has_more":false})"},
        Head{"bedrock", "bedrock_log",
             R"({"schemaType":"ModelInvocationLog","schemaVersion":"1.0","modelId":"m"})"},
        Head{"claude_code", "claude_code",
             R"({"parentUuid":null,"sessionId":"s","type":"user","message":{},"uuid":"u"})"},
        Head{"claude_code_old", "claude_code",
             R"({"timestamp":"t","message":{"model":"m", "usage" :{"x":1}},"costUSD":1})"},
        Head{"claude_code_summary_first", "claude_code",
             "{\"type\":\"summary\",\"summary\":\"x\",\"leafUuid\":\"u\"}\n{}"},
        Head{"codex", "codex", R"({"timestamp":"t","type":"session_meta","payload":{"id":"s"}})"},
        Head{"codex_exec", "codex", R"({"type":"thread.started","thread_id":"t"})"},
        Head{"litellm", "litellm_spend_logs",
             R"([{"request_id":"r","call_type":"acompletion","spend":0.1,"prompt_tokens":1}])"},
        Head{"litellm_csv", "litellm_spend_logs",
             "\"request_id\",call_type,spend,model\n1,2,3,4\n"},
        Head{"langfuse", "langfuse",
             R"({"data":[{"id":"o","traceId":"t","type":"GENERATION","usageDetails":{}}]})"},
        Head{"langfuse_csv", "langfuse", "id,trace_id,type,usage_details\n"},
        Head{"helicone", "helicone",
             R"({"request_id":"r","request_created_at":"t","response_model":"m"})"},
        Head{"otlp", "otlp", R"({"resourceSpans":[{"scopeSpans":[]}]})"},
        Head{"first_line_broken", "codex",
             "{\"timestamp\":\"2026-\n{\"type\":\"turn_context\",\"payload\":{}}\n"},
        Head{"first_lines_say_nothing", "usage_record",
             "# exported\n{}\n{\"organization_id\":\"o\",\"prompt_tokens\":1}\n"}),
    [](const auto& head) { return std::string(head.param.name); });

TEST(Detect, AFirstValueLongerThanWhatIsAtHandIsToldByItsBeginning) {
  const std::string text =
      R"({"id":"c","object":"chat.completion","choices":[{"message":{"content":")" +
      std::string(2u << 20, 'x');
  EXPECT_EQ(detected(std::string_view(text).substr(0, 1u << 20)), "provider_body");
}

TEST(Detect, TheNameDecidesWhereTheContentDoesNot) {
  EXPECT_EQ(detected("{}", "sessions/rollout-2026-07-03.jsonl"), "codex");
  EXPECT_EQ(detected("{}", "/home/u/.claude/projects/p/s.jsonl"), "claude_code");
}

TEST(Detect, TheErrorSaysWhatWasSeenAndWhatCanBeForced) {
  const std::string formats =
      ". If it is one of these, force it with --format: usage_record, provider_body, openai_usage, "
      "anthropic_usage, bedrock_log, claude_code, codex, litellm_spend_logs, langfuse, helicone, "
      "otlp";
  EXPECT_EQ(detected(R"({"a":1,"b":{"c":2}})"),
            R"(cannot tell the format: its first value has the members "a", "b")" + formats);
  EXPECT_EQ(detected("hello world\n"),
            "cannot tell the format: it begins with \"hello world\"" + formats);
  EXPECT_EQ(detected("PK\x03\x04zip"),
            "cannot tell the format: it is a zip archive: unpack it" + formats);
}

TEST(Detect, FormatsHaveOneNameEach) {
  for (const Format format : all_formats()) EXPECT_EQ(parse_format(to_string(format)), format);
  EXPECT_EQ(parse_format("claude-code"), Format::claude_code);
  EXPECT_EQ(parse_format("claude"), std::nullopt);
}

TEST(Read, AnEmptyFileIsNamed) {
  EXPECT_EQ(collect("").reasons(), (std::vector<std::string>{"0: the file is empty"}));
  EXPECT_EQ(collect(" \n\n").reasons(), (std::vector<std::string>{"0: the file is empty"}));
}

TEST(Read, AnUnknownFormatFailsAsAWhole) {
  const Collected all = collect("hello\n");
  EXPECT_TRUE(all.records.empty() && all.rejections.empty());
  ASSERT_FALSE(all.outcome);
  EXPECT_EQ(all.outcome.error().code, ErrorCode::unsupported);
}

TEST(Read, AFileCutOffInItsFirstBlockCannotBeRead) {
  const Collected all = collect("\x1f\x8b\x08\x00");
  ASSERT_FALSE(all.outcome);
  EXPECT_EQ(all.outcome.error().message, "the gzip data are cut off: the file is incomplete");
}

TEST(Read, AStoppedSinkEndsTheReading) {
  struct Stopping final : RecordSink {
    void record(const UsageRecord&) override { ++records; }
    void rejected(Rejection) override {}
    [[nodiscard]] bool stopped() const override { return records == 2; }
    int records = 0;
  } sink;
  std::string text;
  for (int i = 0; i < 9; ++i)
    text += R"({"model":"m","usage":{"prompt_tokens":1}})"
            "\n";
  Input input = Input::from_memory("m", text);
  ReadOptions options;
  options.now = kTestNow;
  EXPECT_TRUE(read(input, options, sink));
  EXPECT_EQ(sink.records, 2);
}

TEST(Outline, HasThePathsOfTheFirstValue) {
  const Outline outline(R"([{"a":{"b":"x\"y"},"c":[{"d":1},{"e":2}],"f":[[]],"g":null},{"h":1}])");
  EXPECT_TRUE(outline.structured());
  for (const char* path : {"a", "a.b", "c", "c[]", "c[].d", "f", "f[]", "g"}) {
    EXPECT_TRUE(outline.has(path)) << path;
  }
  for (const char* path : {"b", "c[].e", "h", "d"}) EXPECT_FALSE(outline.has(path)) << path;
  EXPECT_EQ(outline.text("a.b"), "x\\\"y");
  EXPECT_TRUE(outline.is_object("a") && outline.is_array("c") && outline.is_string("a.b"));
  EXPECT_EQ(outline.names(), R"("a", "c", "f", "g")");
  EXPECT_FALSE(Outline("text").structured());
  EXPECT_TRUE(Outline(std::string(1000, '[')).structured());
}

}  // namespace
}  // namespace costops::ingestion
