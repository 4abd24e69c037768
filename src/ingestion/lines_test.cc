// The reader of lines against the JSON reader: same records, same rejections, same identities,
// wherever the input is cut and however many threads read it.
#include "costops/ingestion/lines.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "costops/ingestion/portions.h"

namespace costops::ingestion {
namespace {

/// What came out, as text.
struct Told final : RecordSink {
  void record(const UsageRecord& r) override {
    std::string text = fmt::format(
        "{} {} at {} {}/{}/{} {} {} {} {} tags {} meta {} tier {} region {} kind {} {} line {} ",
        to_string(r.id), r.source_id, r.at ? costops::to_string(*r.at) : "-", r.provider, r.model,
        r.model_version, r.organization, r.project, r.user, r.session, tags_text(r.tags),
        r.metadata, r.service_tier, r.region, r.source_kind, to_string(r.status), r.position.line);
    text += fmt::format("{} {} {} {} {}", r.position.file, r.latency_ms.value_or(-1),
                        r.time_to_first_token_ms.value_or(-1), r.context_window,
                        r.ingested_at ? costops::to_string(*r.ingested_at) : "-");
    for (std::size_t i = 0; i < kMeterCount; ++i) {
      if (r.quantities[i] != 0) {
        text += fmt::format(" {}={}", to_string(static_cast<Meter>(i)), r.quantities[i]);
      }
    }
    lines.push_back(text);
  }
  void rejected(Rejection r) override {
    lines.push_back(fmt::format("{}: {} [{}]", r.position.line, r.reason, r.excerpt));
  }
  std::vector<std::string> lines;
};

ReadOptions options() {
  ReadOptions options;
  options.format = Format::usage_record;
  options.now = parse_instant("2026-09-01").value();
  options.default_project = "fallback";
  options.extra_tags = {"nightly"};
  return options;
}

/// By the JSON reader alone.
std::vector<std::string> by_json(const std::string& text) {
  Told told;
  Input input = Input::from_memory("log", text);
  EXPECT_TRUE(read(input, options(), told));
  std::ranges::sort(told.lines);
  return told.lines;
}

std::vector<std::string> by_portions(const std::string& text, unsigned threads,
                                     std::uint64_t* compared = nullptr) {
  Told told;
  const ReadOptions read_options = options();
  Input input = Input::from_memory("log", text);
  Portions portions(input, read_options, {}, {}, {threads});
  while (Portion* const portion = portions.next()) {
    if (compared != nullptr) *compared += portion->compared;
    for (std::size_t row = 0; row < portion->records.size(); ++row) {
      told.record(portion->records.record(row));
    }
    for (Rejection& rejection : portion->rejections) told.rejected(std::move(rejection));
  }
  std::ranges::sort(told.lines);
  return told.lines;
}

class Lines {
 public:
  explicit Lines(std::uint32_t seed) : random_(seed) {}

  std::string line() {
    const long input = any(3) == 0 ? any(20) : any(100'000);
    const long output = any(5'000);
    const std::string id = fmt::format("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", any(1L << 32),
                                       any(1 << 16), any(1 << 12), any(1 << 12), any(1L << 48));
    switch (any(4)) {
      case 0:
        return fmt::format(
            R"({{"id":"{}","timestamp":"2026-0{}-{:02}T1{}:0{}:{:02}.{:03}Z","provider":"OpenAI",)"
            R"("model":{{"name":"gpt-4o","version":"v{}","context_window":128000}},)"
            R"("organization_id":"org-{}","prompt_tokens":{},"completion_tokens":{},)"
            R"("total_tokens":{},"cached_tokens":{},"tags":["a","b-{}"],"latency_ms":{}}})",
            id, 1 + any(8), 1 + any(30), any(10), any(10), any(62), any(1000), any(3), any(4),
            input, output, input + output + (any(20) == 0 ? 1 : 0), any(20), any(3), any(9000));
      case 1:
        return fmt::format(
            R"( {{ "requestId": "req-{}", "createdAt": {}, "provider": "anthropic", )"
            R"("modelId": "claude-sonnet-4", "organizationId": "o{}", "usage": )"
            R"({{ "inputTokens": {}, "outputTokens": {}, "reasoningTokens": {} }}, )"
            R"("environment": "prod{}", )"
            R"("metadata": {{ "k": "v{}", "n": {} }}, "serviceTier": "{}", "extra": [ "x" ] }} )",
            any(1L << 40), 1'780'000'000 + any(1 << 20), any(3), input, output, any(30), any(2),
            any(9), any(1000), any(2) == 0 ? "batch" : "default");
      case 2:
        return fmt::format(R"({{"provider":"openai","model":"gpt-4o-mini","organization_id":"o",)"
                           R"("prompt_tokens":{},"completion_tokens":1,"tags":[]}})",
                           any(3));
      default:
        return fmt::format(
            R"({{"id":"{}","timestamp":"2026-05-01","provider":"","model":"m{}",)"
            R"("organization_id":"o","prompt_tokens":{},"completion_tokens":{},"metadata":{{}},)"
            R"("user_id":{}}})",
            id, any(2), any(9), any(9), any(2) == 0 ? "null" : "\"u\"");
    }
  }

  /// Changes some bytes.
  void disturb(std::string& text) {
    static constexpr std::string_view kBytes = "\"\\{}[]:,0159eE.- \tnullé\x01";
    for (long i = any(3); i > 0; --i) {
      const auto at = static_cast<std::size_t>(any(static_cast<long>(text.size())));
      const char byte = kBytes[static_cast<std::size_t>(any(static_cast<long>(kBytes.size())))];
      if (any(2) == 0) {
        text[at] = byte;
      } else if (any(2) == 0) {
        text.insert(at, 1, byte);
      } else {
        text.erase(at, 1);
      }
    }
  }

  long any(long n) { return static_cast<long>(random_() % static_cast<std::uint64_t>(n)); }

 private:
  std::mt19937_64 random_;
};

TEST(LinesReader, ReadsWhatTheJsonReaderReads) {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    Lines lines(seed);
    std::string text;
    for (int i = 0; i < 200; ++i) {
      std::string line = lines.line();
      if (lines.any(6) == 0) lines.disturb(line);
      text += line + (lines.any(10) == 0 ? "\r\n" : lines.any(30) == 0 ? "\n\n" : "\n");
    }
    if (seed % 2 == 0) text.pop_back();
    ASSERT_EQ(by_portions(text, 0), by_json(text)) << "seed " << seed;
  }
}

TEST(LinesReader, ComparesMostLinesOfAUniformLog) {
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    text += fmt::format(
        R"({{"id":"r{}","timestamp":"2026-07-01T12:00:00Z","provider":"openai","model":"gpt-4o",)"
        R"("organization_id":"o","prompt_tokens":{},"completion_tokens":5}})"
        "\n",
        i, i);
  }
  std::uint64_t compared = 0;
  EXPECT_EQ(by_portions(text, 0, &compared).size(), 1000u);
  EXPECT_EQ(compared, 999u);
}

TEST(Portions, AreTheSameWhateverTheNumberOfThreads) {
  Lines lines(7);
  std::string text;
  for (int i = 0; i < 20'000; ++i) {
    std::string line = lines.line();
    if (lines.any(50) == 0) lines.disturb(line);
    text += line + '\n';
  }
  const auto alone = by_portions(text, 0);
  EXPECT_EQ(alone, by_json(text));
  for (const unsigned threads : {1U, 2U, 8U}) EXPECT_EQ(by_portions(text, threads), alone);
}

TEST(Portions, StopInTheMiddleOfAnInput) {
  Lines lines(8);
  std::string text;
  while (text.size() < (std::size_t{12} << 20)) text += lines.line() + '\n';
  const ReadOptions read_options = options();
  Input input = Input::from_memory("log", text);
  Portions portions(input, read_options, {}, {}, {2});
  ASSERT_NE(portions.next(), nullptr);
  EXPECT_LT(portions.place().bytes, text.size());
}

TEST(Portions, KnowTheirPlaceInTheFile) {
  const std::string text = "{\"bad\":1}\n\n{\"worse\"\n";
  const ReadOptions read_options = options();
  Input input = Input::from_memory("log", text);
  Portions portions(input, read_options, {}, {}, {0});
  ASSERT_NE(portions.next(), nullptr);
  EXPECT_EQ(portions.place().bytes, text.size());
  EXPECT_EQ(portions.place().lines, 3u);
  ContentHash hash;
  hash.add(text);
  EXPECT_EQ(portions.place().hash, hash.digest());
  EXPECT_TRUE(portions.place().resumable);
  EXPECT_EQ(portions.next(), nullptr);
}

}  // namespace
}  // namespace costops::ingestion
