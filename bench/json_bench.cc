// How fast usage lines are parsed: bytes per second and core, every value visited.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "costops/json/json.h"

namespace costops::json {
namespace {

/// A usage record of the documented kind, about 400 bytes, `salt` making it differ from others.
std::string usage_line(int salt) {
  std::string line;
  Writer writer(line);
  writer.object().key("id").value("5b8d3b1e-9d5c-4a53-8a0e-" + std::to_string(100000 + salt));
  writer.key("timestamp").value("2026-07-01T12:00:00.123Z").key("provider").value("openai");
  writer.key("model").object().key("name").value("gpt-4o-mini").key("context_window");
  writer.value(128000).end_object().key("organization_id").value("org-research");
  writer.key("project_id").value("search").key("user_id").value("user-1234");
  writer.key("prompt_tokens").value(1000 + salt).key("completion_tokens").value(250);
  writer.key("total_tokens").value(1250 + salt).key("cached_tokens").value(512);
  writer.key("latency_ms").value(840).key("tags").array().value("prod").value("batch");
  writer.end_array().key("metadata").object().key("team").value("ranking").end_object();
  writer.end_object();
  return line;
}

/// Lines one after the other, as in a file, with the padding that parsing asks for.
struct Lines {
  std::string bytes;
  std::vector<std::string_view> views;
  std::int64_t prompt_tokens = 0;

  explicit Lines(int count) {
    std::vector<std::size_t> ends;
    for (int i = 0; i < count; ++i) {
      bytes += usage_line(i);
      ends.push_back(bytes.size());
      prompt_tokens += 1000 + i;
    }
    const std::size_t size = bytes.size();
    bytes.append(kPadding, ' ');
    std::size_t from = 0;
    for (const std::size_t end : ends) {
      views.push_back(std::string_view(bytes).substr(from, end - from));
      from = end;
    }
    bytes.resize(size + kPadding);
  }
};

void parse_usage_lines(benchmark::State& state) {
  const Lines lines(1000);
  Document document;
  for (auto _ : state) {
    std::int64_t prompt_tokens = 0;
    for (const std::string_view line : lines.views) {
      const Result<Value> root = document.parse(line);
      prompt_tokens += (*root)["prompt_tokens"].integer().value_or(0);
    }
    if (prompt_tokens != lines.prompt_tokens) state.SkipWithError("wrong sum of tokens");
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(lines.bytes.size() - kPadding));
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(parse_usage_lines);

void read_usage_fields(benchmark::State& state) {
  const Lines lines(1000);
  Document document;
  for (auto _ : state) {
    std::int64_t sum = 0;
    std::size_t letters = 0;
    for (const std::string_view line : lines.views) {
      const Value root = document.parse(line).value();
      Fields fields(root);
      letters += fields.text("id").size() + fields.text("timestamp").size() +
                 fields.text("provider").size() + fields.text("organization_id").size() +
                 fields.text("project_id").size() + fields.text("user_id").size() +
                 Fields(root["model"]).text("name").size();
      sum += fields.count("prompt_tokens") + fields.count("completion_tokens") +
             fields.count("total_tokens") + fields.count("cached_tokens") +
             fields.count("reasoning_tokens") + fields.count("latency_ms");
    }
    benchmark::DoNotOptimize(letters);
    // By hand: prompt + 250 + (prompt + 250) + 512 + 0 + 840 a line.
    if (sum != 2 * lines.prompt_tokens + 1000 * 1852) state.SkipWithError("wrong sum");
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(lines.bytes.size() - kPadding));
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(read_usage_fields);

}  // namespace
}  // namespace costops::json
