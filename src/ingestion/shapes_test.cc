#include "ingestion/shapes.h"

#include <gtest/gtest.h>

#include <fstream>

#include "ingestion/collected.h"

namespace costops::ingestion {
namespace {

/// "unit=count ..." of what a body counts by a published shape, or the error.
std::string counted(std::string_view provider, std::string_view api, std::string_view body) {
  const Shape* shape = published_shape(provider, api);
  if (shape == nullptr) return "no such shape";
  json::Document document;
  const auto value = document.parse_copy(body);
  if (!value) return value.error().message;
  UsageCounts counts;
  if (const auto done = count_by(*shape, *value, counts); !done) return done.error().message;
  std::string text;
  for (std::size_t i = 0; i < kUnitCount; ++i) {
    const auto unit = static_cast<Unit>(i);
    if (!counts.has(unit)) continue;
    text += (text.empty() ? "" : " ") + std::string(to_string(unit)) + "=" +
            std::to_string(counts.count(unit));
  }
  return text;
}

TEST(Shapes, APublishedShapeReadsItsPathsOnly) {
  // Mistral's own name for cached tokens is not among the published paths.
  EXPECT_EQ(counted("mistral", "default",
                    R"({"usage":{"prompt_tokens":254,"completion_tokens":99,"num_cached_tokens":48,
                        "total_tokens":353}})"),
            "input_tokens=254 output_tokens=99");
  EXPECT_EQ(
      counted("openai", "embeddings",
              R"({"usage":{"prompt_tokens":215,"completion_tokens":566,"total_tokens":781}})"),
      "input_tokens=215");
}

TEST(Shapes, AUnitWithSeveralPathsIsTheirSum) {
  EXPECT_EQ(counted("anthropic", "default",
                    R"({"usage":{"input_tokens":504,"cache_creation_input_tokens":123,
                        "cache_read_input_tokens":7,
                        "cache_creation":{"ephemeral_5m_input_tokens":100,
                        "ephemeral_1h_input_tokens":23},"output_tokens":97}})"),
            "input_tokens=634 output_tokens=97 cache_read_tokens=7 cache_write_tokens=123 "
            "cache_write_5m_tokens=100 cache_write_1h_tokens=23");
  EXPECT_EQ(counted("perplexity", "default",
                    R"({"usage":{"prompt_tokens":10,"completion_tokens":20,"reasoning_tokens":5,
                        "citation_tokens":7,"num_search_queries":3,"total_tokens":30}})"),
            "input_tokens=10 output_tokens=32 output_reasoning_tokens=5 output_citation_tokens=7 "
            "web_searches=3");
}

TEST(Shapes, AnArrayStepTakesTheFirstElementThatMatchesInAnyCase) {
  EXPECT_EQ(counted("google", "default",
                    R"({"usageMetadata":{"promptTokenCount":300,"candidatesTokenCount":5,
                        "promptTokensDetails":[1,{"modality":"text","tokenCount":42},
                        {"modality":"AUDIO","tokenCount":"9"},{"modality":"AUDIO","tokenCount":8},
                        {"modality":"TEXT","tokenCount":43},{"modality":"IMAGE","tokenCount":100},
                        {"modality":"DOCUMENT","tokenCount":58}]}})"),
            "input_tokens=300 output_tokens=5 input_text_tokens=42 input_image_tokens=158");
}

TEST(Shapes, OptionalCountsOfAnotherTypeAreNoCounts) {
  EXPECT_EQ(counted("openai", "chat",
                    R"({"usage":{"prompt_tokens":1.2e1,"completion_tokens":3.0,
                        "prompt_tokens_details":null,"completion_tokens_details":
                        {"reasoning_tokens":"7","audio_tokens":null}}})"),
            "input_tokens=12 output_tokens=3");
}

TEST(Shapes, WhatCannotBeACountIsRefused) {
  const auto chat = [](std::string_view usage) {
    return counted("openai", "chat", "{\"usage\":" + std::string(usage) + "}");
  };
  EXPECT_EQ(chat("[]"), "\"usage\" must be an object, found []");
  EXPECT_EQ(counted("openai", "chat", "{}"), "\"usage\" is missing");
  EXPECT_EQ(chat(R"({"prompt_tokens":1})"), "\"usage.completion_tokens\" is missing");
  EXPECT_EQ(chat(R"({"prompt_tokens":null,"completion_tokens":1})"),
            "\"usage.prompt_tokens\" must be a count, found null");
  EXPECT_EQ(chat(R"({"prompt_tokens":"1","completion_tokens":1})"),
            "\"usage.prompt_tokens\" must be a count, found \"1\"");
  EXPECT_EQ(chat(R"({"prompt_tokens":true,"completion_tokens":1})"),
            "\"usage.prompt_tokens\" must be a count, found true");
  EXPECT_EQ(chat(R"({"prompt_tokens":1,"completion_tokens":1.5})"),
            "\"usage.completion_tokens\" must be a count, found 1.5");
  EXPECT_EQ(chat(R"({"prompt_tokens":1,"completion_tokens":1,
                     "prompt_tokens_details":{"cached_tokens":-1}})"),
            "\"usage.prompt_tokens_details.cached_tokens\" must be a count, found -1");
  EXPECT_EQ(counted("google", "default", R"({"usageMetadata":{"trafficType":"ON_DEMAND"}})"),
            "\"usageMetadata\" counts nothing");
}

TEST(Shapes, ATotalThatDoesNotAddUpIsRefused) {
  EXPECT_EQ(counted("openai", "chat",
                    R"({"usage":{"prompt_tokens":100,"completion_tokens":50,"total_tokens":180}})"),
            "total_tokens (180) is not input_tokens (100) + output_tokens (50)");
  EXPECT_EQ(counted("openai", "responses",
                    R"({"usage":{"input_tokens":100,"output_tokens":50,"total_tokens":149}})"),
            "total_tokens (149) is not input_tokens (100) + output_tokens (50)");
  // 17 + 201 + 213 + 119 = 550.
  EXPECT_EQ(counted("google", "default",
                    R"({"usageMetadata":{"promptTokenCount":17,"candidatesTokenCount":201,
                        "thoughtsTokenCount":213,"toolUsePromptTokenCount":119,
                        "totalTokenCount":551}})"),
            "total_tokens (551) is not input_tokens (136) + output_tokens (414)");
  // 3 + 2074 + 288 = 2365.
  EXPECT_EQ(counted("aws", "default",
                    R"({"usage":{"inputTokens":3,"outputTokens":288,"totalTokens":2366,
                        "cacheReadInputTokens":2074}})"),
            "total_tokens (2366) is not input_tokens (2077) + output_tokens (288)");
}

TEST(Shapes, BothReadingsOfReasoningAddUp) {
  // xAI reports 9 + 300 of 341 beside the prompt's 32; through another API its total says so.
  EXPECT_EQ(counted("x-ai", "chat",
                    R"({"usage":{"prompt_tokens":32,"completion_tokens":9,"total_tokens":341,
                        "completion_tokens_details":{"reasoning_tokens":300}}})"),
            "input_tokens=32 output_tokens=309 output_reasoning_tokens=300");
  EXPECT_EQ(counted("openrouter", "chat",
                    R"({"usage":{"prompt_tokens":32,"completion_tokens":309,"total_tokens":641,
                        "completion_tokens_details":{"reasoning_tokens":300}}})"),
            "input_tokens=32 output_tokens=309 output_reasoning_tokens=300");
}

TEST(Shapes, TheTableHoldsEveryProviderOfTheFile) {
  EXPECT_EQ(published_names("groq"), "default");
  EXPECT_EQ(published_names("openai"), "chat, responses, realtime, images, embeddings");
  EXPECT_EQ(published_names("cohere"), "default, tokens, embeddings");
  EXPECT_EQ(published_shape("groq", "chat"), nullptr);
  const std::string all = published_names("nobody");
  EXPECT_TRUE(all.starts_with("anthropic, aws, azure, cerebras, cohere, ")) << all;
}

/// Lines of a file of the shared data folder; empty if it is absent.
std::vector<std::string> shared_lines(const std::string& name) {
  std::ifstream file(std::string(COSTOPS_SHARED_DATA) + "/data/usages/" + name);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

TEST(Shapes, RealBodiesCountWhatTheReferenceCounts) {
  const auto bodies = shared_lines("provider_usages.ndjson");
  const auto expected = shared_lines("provider_usages.expected.ndjson");
  if (bodies.empty()) GTEST_SKIP() << "no provider_usages.ndjson below " << COSTOPS_SHARED_DATA;
  ASSERT_EQ(bodies.size(), expected.size());
  json::Document document;
  json::Document reference;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    const json::Value envelope = document.parse_copy(bodies[i]).value();
    const Shape* shape =
        published_shape(envelope["provider"].string().value(), envelope["api"].string().value());
    ASSERT_NE(shape, nullptr) << bodies[i];
    UsageCounts counts;
    const auto done = count_by(*shape, envelope["body"], counts);
    ASSERT_TRUE(done) << done.error().message << "\n" << bodies[i];
    const json::Value usage = reference.parse_copy(expected[i]).value()["usage"];
    for (std::size_t u = 0; u < kUnitCount; ++u) {
      const auto unit = static_cast<Unit>(u);
      EXPECT_EQ(counts.count(unit), usage[to_string(unit)].integer().value_or(0))
          << to_string(unit) << " of line " << i + 1;
    }
  }
}

TEST(Shapes, NoRealBodyIsRejected) {
  const auto bodies = shared_lines("provider_usages.ndjson");
  if (bodies.empty()) GTEST_SKIP() << "no provider_usages.ndjson below " << COSTOPS_SHARED_DATA;
  std::string text;
  for (const std::string& line : bodies) text += line + "\n";
  const Collected all = collect(text);
  EXPECT_EQ(all.reasons(), std::vector<std::string>{});
  EXPECT_EQ(all.records.size(), 627u);
}

}  // namespace
}  // namespace costops::ingestion
