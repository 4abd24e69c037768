// One cost calculation: 10,000 input and 5,000 output tokens at 10 and 30 per million.
#include <fmt/format.h>

#include "benchmarks/targets/targets.h"
#include "costops/benchmarks/fixtures.h"
#include "costops/engine/calculator.h"

namespace costops::benchmarks {
namespace {

// By hand: 10,000 x 10 / 1,000,000 + 5,000 x 30 / 1,000,000 = 0.1 + 0.15.
constexpr std::string_view kExpectedTotal = "0.25";

class CostCalculation final : public Workload {
 public:
  Result<void> check() override {
    const auto cost = engine::CostCalculator::calculate(usage_, price_);
    if (!cost) return fail(cost.error());
    const std::string total = to_string(cost->costs.total());
    if (total == kExpectedTotal) return {};
    return fail(ErrorCode::conflict,
                fmt::format("the calculation gave {}, expected {}", total, kExpectedTotal));
  }
  void run(std::uint64_t iterations) override {
    for (std::uint64_t i = 0; i < iterations; ++i) {
      consume(engine::CostCalculator::calculate(usage_, price_));
    }
  }
  std::string answer() override {
    const auto cost = engine::CostCalculator::calculate(usage_, price_);
    return cost ? to_string(cost->costs.total()) : std::string();
  }

 private:
  UsageRecord usage_ = create_test_usage(10'000, 5'000);
  pricing::Price price_ = create_test_pricing();
};

class CostCalculatorTarget final : public BenchTarget {
 public:
  std::string id() const override { return "cost_calculator"; }
  std::string description() const override { return "one cost calculation"; }
  std::string workload() const override {
    return "10,000 input and 5,000 output tokens at 10/30 per million, v1";
  }
  Floor floor() const override { return {.warmup_iterations = 100, .iterations = 10'000}; }
  Result<std::unique_ptr<Workload>> prepare() const override {
    return std::make_unique<CostCalculation>();
  }
};

}  // namespace

std::unique_ptr<BenchTarget> make_cost_calculator_target() {
  return std::make_unique<CostCalculatorTarget>();
}

}  // namespace costops::benchmarks
