#include "costops/benchmarks/markdown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace costops::benchmarks {
namespace {

using testing::HasSubstr;

TEST(Summary, HasEverySection) {
  BenchmarkResult result("storage", {{"operations_per_second", 101.6},
                                     {"avg_duration_ns", 9842520},
                                     {"ci99_low_ns", 9.8e6},
                                     {"ci99_high_ns", 9.9e6},
                                     {"noise_grade", "B"},
                                     {"note", "in-memory"}});
  Environment environment;
  environment.env_key = "0123456789abcdef";
  environment.facts = {{"os", "Debian"}};
  const auto text = generate_summary({result}, {{"export", "no answer | within 60 s"}}, environment,
                                     *parse_timestamp("2026-07-01T12:00:00Z"));
  EXPECT_THAT(text,
              HasSubstr("# Benchmark summary\n\nGenerated: 2026-07-01T12:00:00.000000000Z\n"));
  EXPECT_THAT(text, HasSubstr("Total: 2 targets, 1 measured, 1 failed\n"));
  EXPECT_THAT(text, HasSubstr("| Target | Operations/s | Average (ns) | Confidence | Notes |"));
  EXPECT_THAT(
      text,
      HasSubstr("| storage | 102 | 9842520 | 99 %: 9.80 ms to 9.90 ms | noise B; in-memory |"));
  EXPECT_THAT(text, HasSubstr("| export | - | - | - | failed: no answer \\| within 60 s |"));
  EXPECT_THAT(text, HasSubstr("## Detailed results\n\n### storage\n"));
  EXPECT_THAT(text, HasSubstr("## Environment\n\nKey: 0123456789abcdef\n"));
  EXPECT_THAT(text, HasSubstr("Written by cost-ops 0."));
}

TEST(Summary, OfNothingIsStillASummary) {
  EXPECT_THAT(generate_summary({}), HasSubstr("Total: 0 targets, 0 measured, 0 failed"));
}

}  // namespace
}  // namespace costops::benchmarks
