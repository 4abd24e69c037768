#include "costops/benchmarks/result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace costops::benchmarks {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

BenchmarkResult example() {
  BenchmarkResult result;
  result.target_id = "cost_calculator";
  result.metrics = {{"operations_per_second", 8e6}, {"avg_duration_ns", 125}};
  result.timestamp = *parse_timestamp("2025-12-02T05:48:49.570273816Z");
  return result;
}

TEST(BenchmarkResult, StampsThePresent) {
  const BenchmarkResult result("storage", Json::object());
  const auto age = std::chrono::system_clock::now() - result.timestamp;
  EXPECT_LT(std::chrono::abs(age), std::chrono::minutes{1});
}

TEST(BenchmarkResult, HasExactlyThreeFields) {
  EXPECT_EQ(to_json(example()).dump(),
            R"({"metrics":{"avg_duration_ns":125,"operations_per_second":8000000.0},)"
            R"("target_id":"cost_calculator","timestamp":"2025-12-02T05:48:49.570273816Z"})");
}

TEST(BenchmarkResult, ComesBackFromItsJson) {
  const auto back = result_from_json(to_json(example()));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, example());
}

TEST(BenchmarkResult, GivesNumbers) {
  EXPECT_EQ(example().get_metric_f64("operations_per_second"), 8e6);
  EXPECT_EQ(example().get_metric_f64("avg_duration_ns"), 125.0);
  EXPECT_EQ(example().get_metric_u64("avg_duration_ns"), 125u);
}

TEST(BenchmarkResult, AFloatIsNoInteger) {
  BenchmarkResult result = example();
  result.metrics["avg_duration_ns"] = 8000.0;
  EXPECT_EQ(result.get_metric_u64("avg_duration_ns"), std::nullopt);
  result.metrics["avg_duration_ns"] = -1;
  EXPECT_EQ(result.get_metric_u64("avg_duration_ns"), std::nullopt);
  result.metrics["avg_duration_ns"] = "125";
  EXPECT_EQ(result.get_metric_f64("avg_duration_ns"), std::nullopt);
  EXPECT_EQ(result.get_metric_f64("absent"), std::nullopt);
}

struct Refusal {
  const char* json;
  const char* message;
};

class ResultRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(ResultRefuses, WithTheReason) {
  const auto result = result_from_json(Json::parse(GetParam().json));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::invalid_input);
  EXPECT_EQ(result.error().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    All, ResultRefuses,
    testing::Values(
        Refusal{R"([])", "a result must be an object"},
        Refusal{R"({"metrics":{},"timestamp":"2025-12-02T05:48:49Z"})", "\"target_id\" is missing"},
        Refusal{R"({"target_id":"a","metrics":{},"timestamp":"2025-12-02T05:48:49Z","status":"x"})",
                "\"status\" is not a field of a result"},
        Refusal{
            R"({"target_id":"../../etc/passwd","metrics":{},"timestamp":"2025-12-02T05:48:49Z"})",
            "\"target_id\" must match ^[a-z][a-z0-9_]{0,63}$, found \"../../etc/passwd\""},
        Refusal{R"({"target_id":"a","metrics":[],"timestamp":"2025-12-02T05:48:49Z"})",
                "\"metrics\" must be an object"},
        Refusal{R"({"target_id":"a","metrics":{},"timestamp":"yesterday"})",
                "\"timestamp\" must be RFC 3339 in UTC, found \"yesterday\""},
        Refusal{R"({"target_id":"a","metrics":{},"timestamp":"2025-02-30T05:48:49Z"})",
                "\"timestamp\" must be RFC 3339 in UTC, found \"2025-02-30T05:48:49Z\""},
        Refusal{
            R"({"target_id":"a","metrics":{},"timestamp":"2025-12-02T05:48:49.0000000001Z"})",
            "\"timestamp\" must be RFC 3339 in UTC, found \"2025-12-02T05:48:49.0000000001Z\""}));

TEST(Timestamp, TakesZeroToNineDigitsAndBothSpellingsOfUtc) {
  EXPECT_EQ(to_string(*parse_timestamp("2025-12-02T05:48:49Z")), "2025-12-02T05:48:49.000000000Z");
  EXPECT_EQ(to_string(*parse_timestamp("2025-12-02T05:48:49.5+00:00")),
            "2025-12-02T05:48:49.500000000Z");
  EXPECT_EQ(to_string(*parse_timestamp("2025-12-02T05:48:49.570273816Z")),
            "2025-12-02T05:48:49.570273816Z");
}

TEST(TargetId, IsAFileName) {
  for (const char* good : {"a", "cost_calculator", "x9"}) EXPECT_TRUE(is_valid_target_id(good));
  for (const char* bad : {"", "9a", "_a", "A", "a-b", "a/b", "a.json", "a b"}) {
    EXPECT_FALSE(is_valid_target_id(bad)) << bad;
  }
  EXPECT_TRUE(is_valid_target_id(std::string(64, 'a')));
  EXPECT_FALSE(is_valid_target_id(std::string(65, 'a')));
}

TEST(Lint, AcceptsWhatTheRunnerWrites) { EXPECT_THAT(lint(example()), IsEmpty()); }

TEST(Lint, FindsWhatReadersStumbleOver) {
  BenchmarkResult result = example();
  result.metrics = {{"operations_per_second", 1000.0}, {"avg_duration_ns", 1000000.0},
                    {"mean_duration_ns", 2e6},         {"p50_duration_ns", 20},
                    {"p95_duration_ns", 10},           {"nested", Json::object()}};
  EXPECT_THAT(
      lint(result),
      ElementsAre("\"avg_duration_ns\" must be a JSON integer", "\"nested\" must be a scalar",
                  "\"p95_duration_ns\" is below the percentile before it",
                  "\"operations_per_second\" x \"mean_duration_ns\" is not one second"));
}

}  // namespace
}  // namespace costops::benchmarks
