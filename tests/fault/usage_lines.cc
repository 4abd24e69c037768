// usage_lines N FILE - writes N usage records as NDJSON, about 370 bytes each, with random UUIDs,
// and prints how many tokens they count. The same N gives the same bytes.
#include <fmt/core.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>

#include "costops/domain/time.h"

namespace {

class UsageLines {
 public:
  std::string line() {
    static constexpr std::array<std::array<const char*, 2>, 8> kModels{
        {{"openai", "gpt-4o"},
         {"openai", "gpt-4o-mini"},
         {"openai", "gpt-4.1"},
         {"openai", "gpt-4.1-mini"},
         {"anthropic", "claude-sonnet-4"},
         {"anthropic", "claude-3-5-haiku-latest"},
         {"anthropic", "claude-opus-4-1"},
         {"google", "gemini-2.5-pro"}}};
    const auto& [provider, model] = kModels[any(kModels.size())];
    const std::uint64_t input = 100 + any(20'000);
    const std::uint64_t output = 10 + any(2'000);
    at_ += std::chrono::milliseconds(any(1'500));
    tokens_ += input + output;
    return fmt::format(
        R"({{"id":"{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}","timestamp":"{}","provider":"{}",)"
        R"("model":{{"name":"{}"}},"organization_id":"org-{:02}","project_id":"project-{:03}",)"
        R"("user_id":"user-{:04}","prompt_tokens":{},"completion_tokens":{},"total_tokens":{},)"
        R"("cached_tokens":{},"latency_ms":{},"tags":["team-{}"]}})"
        "\n",
        any(1ULL << 32), any(1 << 16), any(1 << 12), any(1 << 12), any(1ULL << 48),
        costops::to_string(at_), provider, model, any(20), any(200), any(2'000), input, output,
        input + output, any(100), any(9'000), any(12));
  }
  [[nodiscard]] std::uint64_t tokens() const { return tokens_; }

 private:
  std::uint64_t any(std::uint64_t n) { return random_() % n; }

  std::mt19937_64 random_{42};
  costops::Instant at_ = costops::parse_instant("2026-01-01").value();
  std::uint64_t tokens_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: usage_lines N FILE\n");
    return 2;
  }
  std::ofstream out(argv[2], std::ios::binary);
  UsageLines lines;
  for (long long left = std::atoll(argv[1]); left > 0; --left) out << lines.line();
  out.close();
  fmt::print("{}\n", lines.tokens());
  return out ? 0 : 1;
}
