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
  Aggregation() {
    for (const CostedUsage& record : create_test_cost_records(kRecords, kDays)) {
      batch_.append(record.usage);
      expected_.add({record.cost.costs.total(), record.cost.currency});
      for (std::size_t c = 0; c < kCostClassCount; ++c) {
        costs_.pico[c].push_back(static_cast<std::int64_t>(record.cost.costs.by_class[c].pico()));
      }
    }
    costs_.status.assign(kRecords, PricingStatus::priced);
    costs_.currency.assign(kRecords, Currency::usd());
    costs_.price.assign(kRecords, engine::BatchCosts::kNoPrice);
    costs_.reason.assign(kRecords, 0);
    costs_.reasons.assign(1, "");
  }

  Result<void> check() override {
    CurrencyTotals all;
    std::uint64_t requests = 0;
    const auto groups = aggregate().groups();
    for (const engine::Group& group : groups) {
      all.add({group.totals.costs.total(), group.currency});
      requests += group.totals.requests;
    }
    if (groups.size() == kGroups && requests == kRecords && all == expected_) return {};
    return fail(ErrorCode::conflict,
                fmt::format("the aggregation gave {} groups of {} records, expected {} of {}, with "
                            "equal totals",
                            groups.size(), requests, kGroups, kRecords));
  }
  void run(std::uint64_t iterations) override {
    for (std::uint64_t i = 0; i < iterations; ++i) {
      std::uint64_t groups = 0;
      aggregate().visit([&groups](const auto&...) { ++groups; });
      consume(groups);
    }
  }
  Json extra_metrics() const override { return {{"records_per_aggregation", kRecords}}; }
  std::string answer() override {
    Amount total;
    for (const engine::Group& group : aggregate().groups()) total += group.totals.costs.total();
    return to_string(total);
  }

 private:
  const engine::CostAggregator& aggregate() {
    aggregator_.clear();
    aggregator_.add(batch_, costs_);
    return aggregator_;
  }

  UsageBatch batch_;
  engine::BatchCosts costs_;
  CurrencyTotals expected_;
  engine::CostAggregator aggregator_{{{Dimension::model}, Grain::day, TimeZone()}};
};

class AggregatorTarget final : public BenchTarget {
 public:
  std::string id() const override { return "aggregator"; }
  std::string description() const override { return "one aggregation of 1,000 cost records"; }
  std::string workload() const override {
    return "1,000 cost records over 7 days by model and day, v2";
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
