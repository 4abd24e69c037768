#include <gtest/gtest.h>

#include "ingestion/collected.h"

namespace costops::ingestion {
namespace {

using Texts = std::vector<std::string>;

UsageRecord only(std::string_view text) {
  const Collected all = collect_as(Format::provider_body, text);
  EXPECT_EQ(all.reasons(), Texts{}) << text;
  EXPECT_EQ(all.records.size(), 1u) << text;
  return all.records.empty() ? UsageRecord{} : all.records.front();
}
std::string only_reason(std::string_view text) {
  const Collected all = collect_as(Format::provider_body, text);
  EXPECT_EQ(all.records.size(), 0u) << text;
  EXPECT_EQ(all.rejections.size(), 1u) << text;
  return all.rejections.empty() ? "" : all.rejections.front().reason;
}

TEST(Envelope, EveryFieldOfItIsUsed) {
  const UsageRecord r = only(
      R"({"provider":"Gemini","api":"default","model":"gemini-2.5-pro",)"
      R"("timestamp":"2026-07-01T12:00:00Z","organization":"acme","project":"search","user":"u",)"
      R"("session":"s","id":"call-1","tags":["b","a"],"service_tier":"flex","region":"eu",)"
      R"("metadata":{"k":"v"},"body":{"modelVersion":"ignored","usageMetadata":)"
      R"({"promptTokenCount":17,"candidatesTokenCount":201,"thoughtsTokenCount":213,)"
      R"("toolUsePromptTokenCount":119,"totalTokenCount":550}}})");
  EXPECT_EQ(r.provider, "google");
  EXPECT_EQ(r.model, "gemini-2.5-pro");
  EXPECT_EQ(time_text(r.at), "2026-07-01T12:00:00Z");
  EXPECT_EQ(r.organization, "acme");
  EXPECT_EQ(r.project, "search");
  EXPECT_EQ(r.user, "u");
  EXPECT_EQ(r.session, "s");
  EXPECT_EQ(r.source_id, "call-1");
  EXPECT_EQ(r.tags, (Texts{"a", "b"}));
  EXPECT_EQ(r.service_tier, "flex");
  EXPECT_EQ(r.region, "eu");
  EXPECT_EQ(r.metadata, R"({"k":"v"})");
  EXPECT_EQ(r.source_kind, "google-default");
  // 17 + 119 of tools; 201 + 213 of reasoning.
  EXPECT_EQ(meters_of(r),
            "input_tokens_uncached=17 output_tokens=201 input_tool_tokens=119 "
            "output_reasoning_tokens=213");
}

TEST(Envelope, AllButTheBodyIsOptional) {
  const UsageRecord r = only(
      R"({"body":{"id":"chatcmpl-1","object":"chat.completion","created":1782907200,)"
      R"("model":"gpt-4o","usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}})");
  EXPECT_EQ(r.provider, "");
  EXPECT_EQ(r.model, "gpt-4o");
  EXPECT_EQ(time_text(r.at), "2026-07-01T12:00:00Z");
  EXPECT_EQ(only_reason(R"({"provider":"openai","api":"chat"})"), "\"body\" is missing");
  EXPECT_EQ(only_reason(R"({"provider":"openai","api":"chat","body":"{}"})"),
            "\"body\" must be an object");
}

TEST(Envelope, ItsApiNamesTheShapeEvenWhereTheBodyLooksLikeAnother) {
  // Read as Responses, Anthropic's cache counts are not seen; read as Anthropic they are.
  const std::string body =
      R"("body":{"model":"claude-sonnet-4-5","usage":{"input_tokens":10,"output_tokens":5,)"
      R"("cache_read_input_tokens":90}}})";
  EXPECT_EQ(meters_of(only(R"({"provider":"azure","api":"responses",)" + body)),
            "input_tokens_uncached=10 output_tokens=5");
  EXPECT_EQ(meters_of(only(R"({"provider":"azure","api":"anthropic",)" + body)),
            "input_tokens_uncached=10 output_tokens=5 cache_read_tokens=90");
}

TEST(Envelope, AnUnknownApiFallsBackOnTheBody) {
  const std::string body =
      R"(,"body":{"model":"m","usage":{"prompt_tokens":1,"completion_tokens":2}}})";
  EXPECT_EQ(only(R"({"provider":"groq","api":"chat")" + body).source_kind, "openai-chat");
  EXPECT_EQ(only(R"({"provider":"my-gateway","api":"chat")" + body).provider, "my-gateway");
  EXPECT_EQ(only_reason(R"({"provider":"groq","api":"chat","body":{"model":"m"}})"),
            "no shape is known for the api \"chat\" of \"groq\" (known: default), and the body has "
            "no usage that tells its own");
}

TEST(Envelope, ABadTimeIsNeverNow) {
  EXPECT_EQ(only_reason(R"({"timestamp":[],"body":{"usage":{}}})"),
            "\"timestamp\" must be a time (RFC 3339, or seconds since 1970)");
}

/// A bare body and what must be read from it.
struct Bare {
  const char* name;
  const char* body;
  const char* kind;
  const char* meters;
};
class BareBodies : public testing::TestWithParam<Bare> {};

TEST_P(BareBodies, AreToldByTheirStructure) {
  const UsageRecord r = only(GetParam().body);
  EXPECT_EQ(r.source_kind, GetParam().kind);
  EXPECT_EQ(meters_of(r), GetParam().meters);
}

INSTANTIATE_TEST_SUITE_P(
    All, BareBodies,
    testing::Values(
        Bare{"openai_chat",
             R"({"id":"chatcmpl-1","object":"chat.completion","created":1757308800,
             "model":"gpt-5.6-sol","service_tier":"default","usage":{"prompt_tokens":2006,
             "completion_tokens":300,"total_tokens":2306,"prompt_tokens_details":
             {"cached_tokens":1920,"cache_write_tokens":0,"audio_tokens":0},
             "completion_tokens_details":{"reasoning_tokens":100,
             "rejected_prediction_tokens":9}}})",
             "openai-chat",
             "input_tokens_uncached=86 output_tokens=200 cache_read_tokens=1920 "
             "output_reasoning_tokens=100"},
        Bare{"openai_chat_audio",
             R"({"model":"gpt-4o-audio","usage":{"prompt_tokens":30,"completion_tokens":40,
             "prompt_tokens_details":{"audio_tokens":20},"completion_tokens_details":
             {"audio_tokens":25}}})",
             "openai-chat",
             "input_tokens_uncached=10 output_tokens=15 input_audio_tokens=20 "
             "output_audio_tokens=25"},
        Bare{"mistral",
             R"({"model":"mistral-large-2512","usage":{"prompt_tokens":1013,"completion_tokens":30,
             "total_tokens":1043,"num_cached_tokens":1008}})",
             "openai-chat", "input_tokens_uncached=5 output_tokens=30 cache_read_tokens=1008"},
        Bare{"deepseek",
             R"({"model":"deepseek-chat","usage":{"prompt_tokens":563,"completion_tokens":116,
             "total_tokens":679,"prompt_cache_hit_tokens":512,"prompt_cache_miss_tokens":51,
             "prompt_tokens_details":{"cached_tokens":512},"completion_tokens_details":
             {"reasoning_tokens":60}}})",
             "openai-chat",
             "input_tokens_uncached=51 output_tokens=56 cache_read_tokens=512 "
             "output_reasoning_tokens=60"},
        Bare{"hugging_face_router",
             R"({"model":"m","usage":{"prompt_tokens":40,"completion_tokens":1,"total_tokens":41,
             "cached_tokens":30}})",
             "openai-chat", "input_tokens_uncached=10 output_tokens=1 cache_read_tokens=30"},
        Bare{"xai_counts_reasoning_beside_the_output",
             R"({"model":"grok-3-mini","usage":{"prompt_tokens":32,"completion_tokens":9,
             "total_tokens":341,"completion_tokens_details":{"reasoning_tokens":300}}})",
             "openai-chat", "input_tokens_uncached=32 output_tokens=9 output_reasoning_tokens=300"},
        Bare{"perplexity",
             R"({"model":"sonar-pro","usage":{"prompt_tokens":10,"completion_tokens":20,
             "total_tokens":30,"citation_tokens":7,"reasoning_tokens":5,"num_search_queries":3}})",
             "perplexity-chat",
             "input_tokens_uncached=10 output_tokens=20 output_reasoning_tokens=5 "
             "output_citation_tokens=7 web_searches=3"},
        Bare{"responses_with_fees",
             R"({"id":"resp_1","object":"response","created_at":1757308800,"model":"gpt-5.6",
             "status":"completed","output":[{"type":"web_search_call","action":{"type":"search"}},
             {"type":"web_search_call","action":{"type":"open_page"}},{"type":"file_search_call"},
             {"type":"code_interpreter_call"},{"type":"message"}],"usage":{"input_tokens":2600,
             "input_tokens_details":{"cached_tokens":2000,"cache_write_tokens":400},
             "output_tokens":300,"output_tokens_details":{"reasoning_tokens":128},
             "total_tokens":2900}})",
             "openai-responses",
             "input_tokens_uncached=200 output_tokens=172 cache_read_tokens=2000 "
             "cache_write_tokens=400 output_reasoning_tokens=128 web_searches=1 "
             "storage_searches=1 code_executions=1"},
        Bare{"images",
             R"({"created":1757308800,"model":"gpt-image-1","data":[],"usage":{"input_tokens":50,
             "output_tokens":1000,"total_tokens":1050,"input_tokens_details":{"text_tokens":10,
             "image_tokens":40},"output_tokens_details":{"image_tokens":1000,"text_tokens":0}}})",
             "openai-responses",
             "input_tokens_uncached=10 input_image_tokens=40 output_image_tokens=1000"},
        Bare{"realtime_event",
             R"({"type":"response.done","response":{"id":"resp_2","object":"realtime.response",
             "model":"gpt-realtime","usage":{"total_tokens":150,"input_tokens":100,
             "output_tokens":50,"input_token_details":{"text_tokens":20,"audio_tokens":80,
             "cached_tokens":30,"cached_tokens_details":{"text_tokens":10,"audio_tokens":20}},
             "output_token_details":{"text_tokens":10,"audio_tokens":40}}}})",
             "openai-responses",
             "input_tokens_uncached=10 output_tokens=10 cache_read_tokens=10 input_audio_tokens=60 "
             "output_audio_tokens=40 cache_audio_read_tokens=20"},
        Bare{"transcription_by_length",
             R"({"model":"whisper-1","text":"hi","usage":{"type":"duration","seconds":12.5}})",
             "openai-audio", "audio_seconds=12.5"},
        Bare{"embeddings",
             R"({"object":"list","data":[{"object":"embedding","index":0}],
             "model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}})",
             "openai-embeddings", "input_tokens_uncached=8"},
        Bare{"embeddings_with_a_total_only",
             R"({"object":"list","data":[],"model":"voyage-3","usage":{"total_tokens":10}})",
             "openai-embeddings", "input_tokens_uncached=10"},
        Bare{"anthropic",
             R"({"id":"msg_1","type":"message","model":"claude-sonnet-4-5","usage":
             {"input_tokens":504,"cache_creation_input_tokens":123,"cache_read_input_tokens":7,
             "cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":23},
             "output_tokens":97,"output_tokens_details":{"thinking_tokens":40},
             "server_tool_use":{"web_search_requests":2,"web_fetch_requests":1}}})",
             "anthropic-messages",
             "input_tokens_uncached=504 output_tokens=57 cache_read_tokens=7 "
             "cache_write_5m_tokens=100 cache_write_1h_tokens=23 output_reasoning_tokens=40 "
             "web_searches=2"},
        Bare{"anthropic_with_an_empty_breakdown",
             R"({"type":"message","model":"claude-opus-4-6","usage":{"input_tokens":1,
             "cache_creation_input_tokens":1000000,"cache_creation":
             {"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":2}})",
             "anthropic-messages",
             "input_tokens_uncached=1 output_tokens=2 cache_write_tokens=1000000"},
        Bare{"gemini",
             R"({"modelVersion":"gemini-2.5-flash","responseId":"r1","usageMetadata":
             {"promptTokenCount":100,"cachedContentTokenCount":60,"candidatesTokenCount":20,
             "thoughtsTokenCount":5,"totalTokenCount":125,"promptTokensDetails":
             [{"modality":"TEXT","tokenCount":70},{"modality":"AUDIO","tokenCount":30}],
             "cacheTokensDetails":[{"modality":"TEXT","tokenCount":40},
             {"modality":"AUDIO","tokenCount":20}]}})",
             "google-gemini",
             "input_tokens_uncached=30 output_tokens=20 cache_read_tokens=40 input_audio_tokens=10 "
             "cache_audio_read_tokens=20 output_reasoning_tokens=5"},
        Bare{"converse",
             R"({"model":"us.anthropic.claude-sonnet-4-5","usage":{"inputTokens":3,
             "outputTokens":288,"totalTokens":2465,"cacheReadInputTokens":2074,
             "cacheReadInputTokenCount":2074,"cacheWriteInputTokens":100,"cacheDetails":
             [{"ttl":"1h","inputTokens":60},{"ttl":"5m","inputTokens":40}]},
             "metrics":{"latencyMs":700}})",
             "aws-converse",
             "input_tokens_uncached=3 output_tokens=288 cache_read_tokens=2074 "
             "cache_write_5m_tokens=40 cache_write_1h_tokens=60"},
        Bare{"cohere_bills_by_billed_units",
             R"({"model":"command-r-plus","usage":{"billed_units":{"input_tokens":13,
             "output_tokens":8},"tokens":{"input_tokens":2935,"output_tokens":10}}})",
             "cohere-usage", "input_tokens_uncached=13 output_tokens=8"},
        Bare{"cohere_rerank",
             R"({"model":"rerank-v3.5","meta":{"billed_units":{"search_units":2}},"results":[]})",
             "cohere-meta", "rerank_searches=2"}),
    [](const auto& bare) { return std::string(bare.param.name); });

TEST(Body, TheTierServedIsTheResponses) {
  const auto tier = [](std::string_view members, std::string_view usage) {
    return only(R"({"model":"m",)" + std::string(members) +
                R"("usage":{"prompt_tokens":1,"completion_tokens":1)" + std::string(usage) + "}}")
        .service_tier;
  };
  EXPECT_EQ(tier(R"("service_tier":"default",)", ""), "");
  EXPECT_EQ(tier(R"("service_tier":"auto",)", ""), "");
  EXPECT_EQ(tier(R"("service_tier":"on_demand",)", ""), "");
  EXPECT_EQ(tier(R"("service_tier":"flex",)", ""), "flex");
  EXPECT_EQ(tier(R"("service_tier":"priority",)", ""), "priority");
  EXPECT_EQ(tier("", R"(,"service_tier":"batch")"), "batch");
  EXPECT_EQ(tier("", R"(,"service_tier":"standard")"), "");
  // The wish of the envelope yields to what was served.
  EXPECT_EQ(only(R"({"service_tier":"priority","body":{"model":"m","service_tier":"default",)"
                 R"("usage":{"prompt_tokens":1,"completion_tokens":1}}})")
                .service_tier,
            "");
  EXPECT_EQ(only(R"({"service_tier":"batch","body":{"model":"m","service_tier":"default",)"
                 R"("usage":{"prompt_tokens":1,"completion_tokens":1}}})")
                .service_tier,
            "batch");
  const auto gemini = [](std::string_view member) {
    return only(R"({"modelVersion":"m","usageMetadata":{"promptTokenCount":1,)" +
                std::string(member) + "}}")
        .service_tier;
  };
  EXPECT_EQ(gemini(R"("trafficType":"ON_DEMAND")"), "");
  EXPECT_EQ(gemini(R"("trafficType":"ON_DEMAND_PRIORITY")"), "priority");
  EXPECT_EQ(gemini(R"("trafficType":"PROVISIONED_THROUGHPUT")"), "provisioned");
  EXPECT_EQ(gemini(R"("serviceTier":"flex")"), "flex");
}

TEST(Body, GeographyAndSpeedThatChangeThePrice) {
  const auto claude = [](std::string_view members) {
    return only(R"({"type":"message","model":"m","usage":{"input_tokens":1,"output_tokens":1,)" +
                std::string(members) + "}}");
  };
  EXPECT_EQ(claude(R"("inference_geo":"us","speed":"fast")").region, "us");
  EXPECT_EQ(claude(R"("inference_geo":"us","speed":"fast")").speed, "fast");
  EXPECT_EQ(claude(R"("inference_geo":"global","speed":"standard")").region, "");
  EXPECT_EQ(claude(R"("inference_geo":"not_available","speed":"standard")").speed, "");
}

TEST(Body, WhatTheSourceClaimsIsEvidence) {
  const auto cost = [](std::string_view members) {
    const auto reported = only(R"({"model":"m","usage":{"prompt_tokens":1,"completion_tokens":1,)" +
                               std::string(members) + "}}")
                              .reported_cost;
    return reported
               ? costops::to_string(reported->amount) + " " + std::string(reported->currency.code())
               : "none";
  };
  EXPECT_EQ(cost(R"("cost":0.000102)"), "0.000102 USD");
  EXPECT_EQ(cost(R"("cost":1.02e-4,"is_byok":false)"), "0.000102 USD");
  // With a key of one's own the cost is only the fee.
  EXPECT_EQ(cost(R"("cost":0.000005,"is_byok":true,"cost_details":
                    {"upstream_inference_cost":0.0001})"),
            "0.000105 USD");
  EXPECT_EQ(cost(R"("cost":0.000005,"is_byok":true)"), "none");
  EXPECT_EQ(cost(R"("cost":null)"), "none");
  EXPECT_EQ(cost(R"("pydantic_ai_gateway":{"cost_estimate":0.00019199999999999998})"),
            "0.000192 USD");
}

TEST(Body, ProvidersThatGiveThemselvesAway) {
  EXPECT_EQ(only(R"({"modelVersion":"m","usageMetadata":{"promptTokenCount":1}})").provider,
            "google");
  EXPECT_EQ(only(R"({"model":"m","usage":{"inputTokens":1,"outputTokens":1}})").provider, "aws");
  const auto claude = [](std::string_view id) {
    return only(R"({"type":"message","id":")" + std::string(id) +
                R"(","model":"m","usage":{"input_tokens":1,"output_tokens":1}})")
        .provider;
  };
  EXPECT_EQ(claude("msg_bdrk_01"), "aws");
  EXPECT_EQ(claude("msg_vrtx_01"), "google");
  EXPECT_EQ(claude("msg_01"), "");
  EXPECT_EQ(
      only(R"({"id":"gen-1","provider":"Azure","model":"m","usage":{"prompt_tokens":1}})").provider,
      "openrouter");
}

TEST(Body, ItsOwnIdIsItsIdentity) {
  const std::string body =
      R"({"id":"chatcmpl-1","created":1757308800,"model":"m","usage":{"prompt_tokens":1}})";
  EXPECT_EQ(only(body).id, record_id("response", {"chatcmpl-1", "1757308800", "m"}));
  EXPECT_EQ(only(R"({"organization":"o","body":)" + body + "}").id, only(body).id);
  const Collected twice = collect(R"({"model":"m","usage":{"prompt_tokens":1}})"
                                  "\n"
                                  R"({"model":"m","usage":{"prompt_tokens":1}})");
  EXPECT_NE(twice.records.at(0).id, twice.records.at(1).id);
}

TEST(Body, CompactionAndAdvisorAreCallsOfTheirOwn) {
  const std::string body =
      R"({"id":"msg_1","type":"message","model":"claude-opus-4-6","usage":{"input_tokens":180,)"
      R"("output_tokens":10,"iterations":[{"type":"compaction","input_tokens":5,"output_tokens":7,)"
      R"("cache_creation_input_tokens":55096},{"type":"message","input_tokens":180,)"
      R"("output_tokens":10},{"type":"advisor_message","model":"claude-sonnet-4-5",)"
      R"("input_tokens":11,"output_tokens":13}]}})";
  const Collected all = collect(body);
  ASSERT_EQ(all.records.size(), 3u);
  EXPECT_EQ(meters_of(all.records[0]), "input_tokens_uncached=180 output_tokens=10");
  EXPECT_EQ(meters_of(all.records[1]),
            "input_tokens_uncached=5 output_tokens=7 cache_write_tokens=55096");
  EXPECT_EQ(all.records[1].model, "claude-opus-4-6");
  EXPECT_EQ(all.records[1].source_kind, "anthropic-messages-compaction");
  EXPECT_EQ(all.records[1].tags, (Texts{"compaction"}));
  EXPECT_EQ(all.records[2].tags, (Texts{"advisor"}));
  EXPECT_EQ(at(all.records[1].quantities, Meter::requests), 0);
  EXPECT_EQ(meters_of(all.records[2]), "input_tokens_uncached=11 output_tokens=13");
  EXPECT_EQ(all.records[2].model, "claude-sonnet-4-5");
  EXPECT_NE(all.records[0].id, all.records[1].id);
  EXPECT_NE(all.records[1].id, all.records[2].id);
  // Where provider and api are named, the published shape is all that is read.
  EXPECT_EQ(
      collect(R"({"provider":"anthropic","api":"default","body":)" + body + "}").records.size(),
      1u);
}

TEST(Batch, ItsWrapperIsTheOnlySignOfThePrice) {
  const UsageRecord openai =
      only(R"({"id":"batch_req_1","custom_id":"r2","response":{"status_code":200,"request_id":"q",)"
           R"("body":{"id":"chatcmpl-1","object":"chat.completion","created":1711652795,)"
           R"("model":"gpt-4o","service_tier":"default","usage":{"prompt_tokens":22,)"
           R"("completion_tokens":2,"total_tokens":24}}},"error":null})");
  EXPECT_EQ(openai.service_tier, "batch");
  EXPECT_EQ(openai.source_id, "chatcmpl-1");
  EXPECT_EQ(meters_of(openai), "input_tokens_uncached=22 output_tokens=2");
  const UsageRecord anthropic = only(
      R"({"custom_id":"qa","result":{"type":"succeeded","message":{"id":"msg_1","type":"message",)"
      R"("model":"claude-opus-4-6","usage":{"input_tokens":9,"output_tokens":25,)"
      R"("service_tier":"batch"}}}})");
  EXPECT_EQ(anthropic.service_tier, "batch");
  EXPECT_EQ(meters_of(anthropic), "input_tokens_uncached=9 output_tokens=25");
  EXPECT_EQ(only(R"({"request":{},"status":"","processed_time":"2026-07-01T00:00:00Z","response":)"
                 R"({"modelVersion":"gemini-2.5-pro","usageMetadata":{"promptTokenCount":5}}})")
                .service_tier,
            "batch");
  EXPECT_EQ(only(R"({"recordId":"1","modelInput":{},"modelOutput":{"type":"message","model":"m",)"
                 R"("usage":{"input_tokens":1,"output_tokens":1}}})")
                .service_tier,
            "batch");
  EXPECT_EQ(only(R"({"provider":"openai","api":"chat","body":{"custom_id":"r","response":)"
                 R"({"status_code":200,"body":{"model":"m","usage":{"prompt_tokens":1,)"
                 R"("completion_tokens":1}}}}})")
                .service_tier,
            "batch");
}

TEST(Batch, RequestsThatFailedAreNamed) {
  EXPECT_EQ(only_reason(R"({"id":"b","custom_id":"r1","response":null,"error":{"code":)"
                        R"("batch_expired","message":"too late"}})"),
            "the batch request \"r1\" gave no response and is not billed: batch_expired: too late");
  EXPECT_EQ(only_reason(R"({"custom_id":"r1","response":{"status_code":400,"body":{"error":)"
                        R"({"type":"invalid_request_error","message":"no"}}},"error":null})"),
            "the batch request \"r1\" gave no response and is not billed: status 400, "
            "invalid_request_error: no");
  EXPECT_EQ(only_reason(R"({"custom_id":"c","result":{"type":"errored","error":{"type":"error",)"
                        R"("error":{"type":"invalid_request","message":"no"}}}})"),
            "the batch request \"c\" gave no response and is not billed: errored, invalid_request: "
            "no");
  EXPECT_EQ(only_reason(R"({"custom_id":"c","result":{"type":"expired"}})"),
            "the batch request \"c\" gave no response and is not billed: expired");
}

TEST(Body, WithoutCountsItIsNoCall) {
  EXPECT_EQ(only_reason(R"({"error":{"type":"rate_limit_error","message":"slow down"}})"),
            "the call failed (rate_limit_error: slow down): nothing was counted");
  EXPECT_EQ(only_reason(R"({"provider":"openai","api":"chat","body":{"error":"boom"}})"),
            "the call failed (boom): nothing was counted");
  EXPECT_EQ(only_reason(R"({"object":"response","status":"in_progress","usage":null})"),
            "the response counts nothing yet: its status is \"in_progress\"");
  EXPECT_EQ(
      only_reason(R"({"model":"m","choices":[]})"),
      "no usage found in the body: expected \"usage\" (OpenAI, Anthropic, Bedrock, Cohere and "
      "compatible), \"usageMetadata\" (Gemini) or \"meta.billed_units\" (Cohere)");
  EXPECT_EQ(only_reason(R"({"usage":{"inputTokens":3,"outputTokens":288}})"),
            "the model is missing");
  EXPECT_EQ(only_reason(R"({"model":"m","usage":{"prompt_tokens":0,"completion_tokens":0}})"),
            "nothing was counted: all quantities are zero");
}

TEST(Body, APartAboveItsWholeIsInDoubt) {
  EXPECT_EQ(only_reason(R"({"model":"m","usage":{"prompt_tokens":100,"completion_tokens":1,)"
                        R"("prompt_tokens_details":{"cached_tokens":500}}})"),
            "cache_read_tokens (500) exceed input_tokens (100)");
}

TEST(Stream, TheLastChunkCountsForAll) {
  const std::string chunk = R"({"id":"c1","object":"chat.completion.chunk","created":1757308800,)"
                            R"("model":"m","choices":[],"usage":)";
  const std::string last = chunk + R"({"prompt_tokens":5,"completion_tokens":9}})";
  EXPECT_EQ(meters_of(only(R"({"body":[)" + chunk + "null}," + last + "]}")),
            "input_tokens_uncached=5 output_tokens=9");
  const Collected lines = collect(chunk + "null}\n" + last + "\n");
  EXPECT_EQ(lines.reasons(), Texts{});
  ASSERT_EQ(lines.records.size(), 1u);
  EXPECT_TRUE(lines.records[0].grows);
  EXPECT_EQ(only_reason(R"({"body":[)" + chunk + "null}]}"),
            "none of the 1 chunks in \"body\" counts anything (OpenAI needs "
            "stream_options.include_usage)");
}

TEST(Stream, AnthropicsEventsAreOneMessage) {
  const std::string start = R"({"type":"message_start","message":{"id":"msg_1","type":"message",)"
                            R"("model":"claude-opus-4-6","content":[],"usage":{"input_tokens":25,)"
                            R"("cache_read_input_tokens":7,"output_tokens":1}}})";
  const std::string delta = R"({"type":"message_delta","delta":{},"usage":{"output_tokens":427}})";
  const UsageRecord r = only(R"({"body":[)" + start + R"(,{"type":"ping"},)" + delta + "]}");
  EXPECT_EQ(r.source_id, "msg_1");
  EXPECT_EQ(r.model, "claude-opus-4-6");
  EXPECT_EQ(meters_of(r), "input_tokens_uncached=25 output_tokens=427 cache_read_tokens=7");
  EXPECT_EQ(only_reason(start + "\n" + delta + "\n"),
            "an event of a stream counts only together with the others: give the events of one "
            "response as one array in \"body\"");
}

TEST(Body, AListOfStoredResponsesIsItsElements) {
  const Collected all =
      collect_as(Format::provider_body,
                 R"({"object":"list","data":[{"id":"a","model":"m","usage":{"prompt_tokens":1}},)"
                 R"({"id":"b","model":"m","usage":{"prompt_tokens":2}}]})");
  EXPECT_EQ(all.reasons(), Texts{});
  ASSERT_EQ(all.records.size(), 2u);
  EXPECT_EQ(all.records[1].source_id, "b");
}

}  // namespace
}  // namespace costops::ingestion
