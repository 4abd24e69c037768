#include "costops/benchmarks/fixtures.h"

#include <fmt/format.h>

#include <array>
#include <cassert>
#include <chrono>

#include "costops/domain/time.h"
#include "costops/engine/calculator.h"

namespace costops::benchmarks {
namespace {

using namespace std::chrono_literals;

constexpr std::array kModels = {"model-a", "model-b", "model-c", "model-d"};
constexpr std::array kProjects = {"search", "support", "research"};

/// A Monday, so that a week of records is a calendar week.
Instant first_instant() {
  return std::chrono::sys_days{std::chrono::year{2026} / std::chrono::July / 6};
}

}  // namespace

UsageRecord create_test_usage(std::int64_t input_tokens, std::int64_t output_tokens) {
  UsageRecord usage;
  usage.id = {0x636f7374, 1};
  usage.at = first_instant();
  usage.provider = "test";
  usage.model = "model-a";
  usage.organization = "benchmark";
  at(usage.quantities, Meter::input_tokens_uncached) = input_tokens;
  at(usage.quantities, Meter::output_tokens) = output_tokens;
  at(usage.quantities, Meter::requests) = 1;
  return usage;
}

pricing::Price create_test_pricing() {
  auto price = pricing::per_token_price("10", "30", std::nullopt);
  assert(price);
  price->id = "test/model-a";
  price->provider = "test";
  price->model = "model-a";
  return std::move(*price);
}

std::vector<CostedUsage> create_test_cost_records(std::size_t count, int days) {
  const pricing::Price price = create_test_pricing();
  const auto step = std::chrono::duration_cast<Microseconds>(std::chrono::days{days}) /
                    static_cast<std::int64_t>(count);
  std::vector<CostedUsage> records;
  records.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto n = static_cast<std::int64_t>(i);
    UsageRecord usage = create_test_usage(1000 + n % 500, 200 + n % 90);
    usage.id.low = i + 1;
    usage.at = first_instant() + n * step;
    usage.model = kModels[i % kModels.size()];
    usage.project = kProjects[i % kProjects.size()];
    auto cost = engine::CostCalculator::calculate(usage, price);
    assert(cost);
    records.push_back({std::move(usage), std::move(*cost)});
  }
  return records;
}

std::vector<double> create_test_time_series(std::size_t points) {
  std::vector<double> series;
  series.reserve(points);
  for (std::size_t i = 0; i < points; ++i) series.push_back(100.0 + 2.0 * static_cast<double>(i));
  return series;
}

std::string create_test_json_data(std::size_t bytes) {
  std::string text = "[";
  for (std::uint64_t i = 0; text.size() < bytes; ++i) {
    text += fmt::format(
        R"({}{{"id":"{:016x}-{:04x}","timestamp":"2026-07-{:02}T{:02}:{:02}:00Z",)"
        R"("provider":"test",)"
        R"("model":{{"name":"{}"}},)"
        R"("organization_id":"benchmark","project_id":"{}",)"
        R"("prompt_tokens":{},"completion_tokens":{},"total_tokens":{},"latency_ms":{}}})",
        i == 0 ? "" : ",", i * 0x9e3779b97f4a7c15u, i % 65536, 1 + i % 28, i % 24, i % 60,
        kModels[i % kModels.size()], kProjects[i % kProjects.size()], 1000 + i % 977, 100 + i % 89,
        1100 + i % 977 + i % 89, 200 + i % 1999);
  }
  return text + "]";
}

accounting::ReportRequest create_test_report_request() {
  accounting::ReportRequest request;
  request.range = {first_instant(), first_instant() + std::chrono::days{7}};
  request.group_by = {Dimension::model};
  request.grain = Grain::day;
  return request;
}

}  // namespace costops::benchmarks
