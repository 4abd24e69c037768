// How fast usage logs become records: bytes in memory to validated records with their identities,
// one thread. Items are records.
#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <string>

#include "costops/ingestion/reader.h"

namespace costops::ingestion {
namespace {

constexpr int kRecords = 20'000;

/// Counts what it is given and sums the input tokens.
struct Summing final : RecordSink {
  void record(const UsageRecord& record) override {
    ++records;
    input_tokens += sum_of(record.quantities, token_meters(Direction::input));
  }
  void rejected(Rejection) override { ++rejections; }
  std::int64_t records = 0;
  std::int64_t rejections = 0;
  std::int64_t input_tokens = 0;
};

/// The documented record, about 370 bytes.
std::string record_line(int i) {
  return fmt::format(
      R"({{"id":"5b8d3b1e-9d5c-4a53-8a0e-{:012}","timestamp":"2026-07-01T12:{:02}:{:02}Z",)"
      R"("provider":"openai","model":{{"name":"gpt-4o-mini","version":"2024-07-18"}},)"
      R"("organization_id":"org-research","project_id":"search","user_id":"user-{}",)"
      R"("prompt_tokens":{},"completion_tokens":250,"total_tokens":{},"cached_tokens":512,)"
      R"("latency_ms":840,"tags":["prod"],"metadata":{{"team":"ranking"}}}})"
      "\n",
      i, i / 60 % 60, i % 60, i % 1000, 1000 + i, 1250 + i);
}

/// A chat response in the envelope, without its text.
std::string body_line(int i) {
  return fmt::format(
      R"({{"provider":"openai","api":"chat","model":"gpt-4o",)"
      R"("timestamp":"2026-07-01T12:{:02}:{:02}Z",)"
      R"("project":"search","body":{{"id":"chatcmpl-{:09}","object":"chat.completion",)"
      R"("created":1782907200,"model":"gpt-4o-2024-08-06","service_tier":"default","usage":)"
      R"({{"prompt_tokens":{},"completion_tokens":250,"total_tokens":{},"prompt_tokens_details":)"
      R"({{"cached_tokens":512,"audio_tokens":0}},"completion_tokens_details":)"
      R"({{"reasoning_tokens":64,"audio_tokens":0}}}}}}}})"
      "\n",
      i / 60 % 60, i % 60, i, 1000 + i, 1250 + i);
}

void measure(benchmark::State& state, std::string (*line)(int), std::string_view frame) {
  std::string text(frame.substr(0, frame.size() / 2));
  for (int i = 0; i < kRecords; ++i) {
    text += line(i);
    if (!frame.empty() && i + 1 < kRecords) text += ',';
  }
  text += frame.substr(frame.size() / 2);
  ReadOptions options;
  options.now = Instant{std::chrono::seconds{1788220800}};
  for (auto _ : state) {
    Summing sink;
    Input input = Input::from_memory("bench", text);
    const auto done = read(input, options, sink);
    // 1000 + i summed: 20,000 x 1000 + 19,999 x 20,000 / 2.
    if (!done || sink.records != kRecords || sink.input_tokens != 219'990'000) {
      state.SkipWithError("wrong answer");
      return;
    }
  }
  state.SetItemsProcessed(state.iterations() * kRecords);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void record_lines(benchmark::State& state) { measure(state, record_line, ""); }
void record_array(benchmark::State& state) { measure(state, record_line, "[]"); }
void body_lines(benchmark::State& state) { measure(state, body_line, ""); }
BENCHMARK(record_lines);
BENCHMARK(record_array);
BENCHMARK(body_lines);

}  // namespace
}  // namespace costops::ingestion
