// One aggregation of 1,000 cost records over 7 days, by model and day.
#include "costops/engine/aggregator.h"

#include <fmt/format.h>

#include "benchmarks/targets/targets.h"
#include "costops/benchmarks/fixtures.h"

namespace costops::benchmarks {
namespace {

constexpr std::size_t kRecords = 1000;
constexpr int kDays = 7;
constexpr std::size_t kGroups = 4 * kDays;  // four models on each day

class Aggregation final : public Workload {
 public:
  Result<void> check() override {
    const auto groups = aggregate().groups();
    CurrencyTotals all;
    std::uint64_t requests = 0;
    for (const engine::Group& group : groups) {
      all.add({group.totals.costs.total(), group.currency});
      requests += group.totals.requests;
    }
    CurrencyTotals expected;
    for (const CostedUsage& record : records_) {
      expected.add({record.cost.costs.total(), record.cost.currency});
    }
    if (groups.size() == kGroups && requests == kRecords && all == expected) return {};
    return fail(ErrorCode::conflict,
                fmt::format("the aggregation gave {} groups of {} records, expected {} of {}, with "
                            "equal totals",
                            groups.size(), requests, kGroups, kRecords));
  }
  void run(std::uint64_t iterations) override {
    for (std::uint64_t i = 0; i < iterations; ++i) consume(aggregate());
  }
  Json extra_metrics() const override { return {{"records_per_aggregation", kRecords}}; }

 private:
  engine::CostAggregator aggregate() const {
    engine::CostAggregator aggregator({{Dimension::model}, Grain::day, TimeZone()});
    for (const CostedUsage& record : records_) aggregator.add(record.usage, record.cost);
    return aggregator;
  }
  std::vector<CostedUsage> records_ = create_test_cost_records(kRecords, kDays);
};

class AggregatorTarget final : public BenchTarget {
 public:
  std::string id() const override { return "aggregator"; }
  std::string description() const override { return "one aggregation of 1,000 cost records"; }
  std::string workload() const override {
    return "1,000 cost records over 7 days by model and day, v1";
  }
  Floor floor() const override { return {.warmup_iterations = 100, .iterations = 1'000}; }
  Result<std::unique_ptr<Workload>> prepare() const override {
    return std::make_unique<Aggregation>();
  }
};

}  // namespace

std::unique_ptr<BenchTarget> make_aggregator_target() {
  return std::make_unique<AggregatorTarget>();
}

}  // namespace costops::benchmarks
