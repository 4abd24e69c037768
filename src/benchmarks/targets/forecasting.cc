// One forecast of 100 hourly points that lie on a line, a day ahead, with intervals.
#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "benchmarks/targets/targets.h"
#include "costops/forecasting/forecast.h"

namespace costops::benchmarks {
namespace {

constexpr std::size_t kPoints = 100;
constexpr std::size_t kHorizon = 24;
constexpr double kNext = 300.0;  // 100 + 2 x 100

class Forecasting final : public Workload {
 public:
  Forecasting() {
    for (std::size_t i = 0; i < kPoints; ++i) {
      history_.push_back(100.0 + 2.0 * static_cast<double>(i));
    }
  }

  Result<void> check() override {
    const auto forecast = engine_.forecast(request());
    if (!forecast) return fail(forecast.error());
    if (std::abs(forecast->mean[0] - kNext) < 0.01 * kNext) return {};
    return fail(ErrorCode::conflict, fmt::format("the line 100, 102 ... 298 was continued with {}, "
                                                 "expected {} within 1 %",
                                                 forecast->mean[0], kNext));
  }
  void run(std::uint64_t iterations) override {
    for (std::uint64_t i = 0; i < iterations; ++i) consume(engine_.forecast(request())->mean[0]);
  }
  Json extra_metrics() const override { return {{"data_points", kPoints}}; }

 private:
  forecasting::ForecastRequest request() const {
    return {.history = history_, .season = 24, .horizon = kHorizon};
  }

  std::vector<double> history_;
  forecasting::ForecastEngine engine_;
};

class ForecastingTarget final : public BenchTarget {
 public:
  std::string id() const override { return "forecasting"; }
  std::string description() const override { return "one forecast of 100 hourly points"; }
  std::string workload() const override {
    return "100 hourly points 100 + 2i, auto, 24 steps with intervals, v1";
  }
  Floor floor() const override { return {.warmup_iterations = 100, .iterations = 100}; }
  Result<std::unique_ptr<Workload>> prepare() const override {
    return std::make_unique<Forecasting>();
  }
};

}  // namespace

std::unique_ptr<BenchTarget> make_forecasting_target() {
  return std::make_unique<ForecastingTarget>();
}

}  // namespace costops::benchmarks
