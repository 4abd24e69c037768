// The methods that need no estimation. Definitions: Hyndman, Athanasopoulos, "Forecasting:
// Principles and Practice", 3rd edition, chapter 5.
#include <algorithm>
#include <numeric>

#include "forecasting/models.h"

namespace costops::forecasting {
namespace {

constexpr std::size_t kWindowCycles = 8;  // of the seasonal mean and median
constexpr std::size_t kMovingWindow = 7;  // of the moving average without a season

/// A straight line from the end of the history on: level + slope x steps.
class Line : public Model {
 public:
  void forecast(std::span<double> path) const override {
    double step = 0;
    for (double& value : path) value = level_ + slope_ * (step += 1.0);
  }

 protected:
  double level_ = 0;
  double slope_ = 0;
};

class Naive final : public Line {
 public:
  std::string name() const override { return "naive"; }
  Result<void> fit(const History& history) override {
    if (auto enough = require_length(history, 1, "naive"); !enough) return enough;
    level_ = history.values.back();
    return {};
  }
};

class Drift final : public Line {
 public:
  std::string name() const override { return "drift"; }
  Result<void> fit(const History& history) override {
    if (auto enough = require_length(history, 2, "drift"); !enough) return enough;
    level_ = history.values.back();
    slope_ = (level_ - history.values.front()) / static_cast<double>(history.values.size() - 1);
    return {};
  }
  std::vector<Parameter> parameters() const override { return {{"drift", slope_}}; }
};

class Mean final : public Line {
 public:
  std::string name() const override { return "mean"; }
  Result<void> fit(const History& history) override {
    if (auto enough = require_length(history, 1, "mean"); !enough) return enough;
    level_ = std::accumulate(history.values.begin(), history.values.end(), 0.0) /
             static_cast<double>(history.values.size());
    return {};
  }
};

double median_of(std::span<double> values) {
  const std::size_t half = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(half),
                   values.end());
  if (values.size() % 2 == 1) return values[half];
  return 0.5 *
         (values[half] +
          *std::max_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(half)));
}

class Median final : public Line {
 public:
  std::string name() const override { return "median"; }
  Result<void> fit(const History& history) override {
    if (auto enough = require_length(history, 1, "median"); !enough) return enough;
    sorted_.assign(history.values.begin(), history.values.end());
    level_ = median_of(sorted_);
    return {};
  }

 private:
  std::vector<double> sorted_;
};

/// The mean of the last cycle, or of the last 7 values without a season.
class MovingAverage final : public Line {
 public:
  std::string name() const override { return "moving_average"; }
  Result<void> fit(const History& history) override {
    if (auto enough = require_length(history, 1, "moving_average"); !enough) return enough;
    const std::size_t wanted = history.season > 1 ? history.season : kMovingWindow;
    window_ = std::min(wanted, history.values.size());
    const auto last = history.values.last(window_);
    level_ = std::accumulate(last.begin(), last.end(), 0.0) / static_cast<double>(window_);
    return {};
  }
  std::vector<Parameter> parameters() const override {
    return {{"window", static_cast<double>(window_)}};
  }

 private:
  std::size_t window_ = 1;
};

/// The least-squares line through all values at 0, 1, ... n - 1, read off from n on.
class LinearTrend final : public Line {
 public:
  std::string name() const override { return "linear_trend"; }
  Result<void> fit(const History& history) override {
    if (auto enough = require_length(history, 2, "linear_trend"); !enough) return enough;
    const auto n = static_cast<double>(history.values.size());
    const double middle = (n - 1.0) / 2.0;
    double sum = 0, moment = 0, at = -middle;
    for (const double value : history.values) {
      sum += value;
      moment += at * value;
      at += 1.0;
    }
    slope_ = moment / (n * (n * n - 1.0) / 12.0);
    level_ = sum / n + slope_ * middle;
    return {};
  }
  std::vector<Parameter> parameters() const override {
    return {{"level", level_}, {"slope", slope_}};
  }
};

/// One value per phase of the cycle, repeated: how it is made from up to 8 past values differs.
class Cycle : public Model {
 public:
  void forecast(std::span<double> path) const override {
    for (std::size_t i = 0; i < path.size(); ++i) path[i] = cycle_[i % cycle_.size()];
  }

 protected:
  /// The values of the same phase as the first step ahead + `phase`, latest first.
  std::span<double> past(const History& history, std::size_t phase, std::size_t cycles) {
    same_phase_.clear();
    const std::size_t n = history.values.size();
    for (std::size_t back = history.season - phase; back <= n && same_phase_.size() < cycles;
         back += history.season) {
      same_phase_.push_back(history.values[n - back]);
    }
    return same_phase_;
  }

  std::vector<double> cycle_;

 private:
  std::vector<double> same_phase_;
};

class SeasonalNaive final : public Cycle {
 public:
  std::string name() const override { return "seasonal_naive"; }
  Result<void> fit(const History& history) override {
    if (auto enough = require_length(history, history.season, name()); !enough) return enough;
    const auto last = history.values.last(history.season);
    cycle_.assign(last.begin(), last.end());
    return {};
  }
};

class SeasonalMean final : public Cycle {
 public:
  std::string name() const override { return "seasonal_mean"; }
  Result<void> fit(const History& history) override {
    if (auto enough = require_length(history, history.season, name()); !enough) return enough;
    cycle_.clear();
    for (std::size_t phase = 0; phase < history.season; ++phase) {
      const auto values = past(history, phase, kWindowCycles);
      cycle_.push_back(std::accumulate(values.begin(), values.end(), 0.0) /
                       static_cast<double>(values.size()));
    }
    return {};
  }
};

class SeasonalMedian final : public Cycle {
 public:
  std::string name() const override { return "seasonal_median"; }
  Result<void> fit(const History& history) override {
    if (auto enough = require_length(history, history.season, name()); !enough) return enough;
    cycle_.clear();
    for (std::size_t phase = 0; phase < history.season; ++phase) {
      cycle_.push_back(median_of(past(history, phase, kWindowCycles)));
    }
    return {};
  }
};

}  // namespace

std::unique_ptr<Model> make_naive() { return std::make_unique<Naive>(); }
std::unique_ptr<Model> make_drift() { return std::make_unique<Drift>(); }
std::unique_ptr<Model> make_seasonal_naive() { return std::make_unique<SeasonalNaive>(); }
std::unique_ptr<Model> make_seasonal_mean() { return std::make_unique<SeasonalMean>(); }
std::unique_ptr<Model> make_seasonal_median() { return std::make_unique<SeasonalMedian>(); }
std::unique_ptr<Model> make_mean() { return std::make_unique<Mean>(); }
std::unique_ptr<Model> make_median() { return std::make_unique<Median>(); }
std::unique_ptr<Model> make_moving_average() { return std::make_unique<MovingAverage>(); }
std::unique_ptr<Model> make_linear_trend() { return std::make_unique<LinearTrend>(); }

}  // namespace costops::forecasting
