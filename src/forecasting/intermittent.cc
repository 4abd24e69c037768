// Methods for demand with many zeros. All forecast a constant.
// Croston, Operational Research Quarterly 23, 1972; Syntetos, Boylan, IJF 21, 2005 (SBA); Teunter,
// Syntetos, Babai, EJOR 214, 2011 (TSB); Nikolopoulos et al., JORS 62, 2011 (ADIDA); Petropoulos,
// Kourentzes, JORS 66, 2015 (IMAPA).
#include <algorithm>
#include <cmath>

#include "forecasting/models.h"

namespace costops::forecasting {
namespace {

constexpr double kAlpha = 0.1;  // customary for Croston, SBA and TSB

class Constant : public Model {
 public:
  void forecast(std::span<double> path) const override { std::ranges::fill(path, rate_); }

 protected:
  double rate_ = 0;
};

/// Demand size and interval, each smoothed at every demand; their ratio, times `correction`.
class Croston final : public Constant {
 public:
  Croston(std::string name, double correction) : name_(std::move(name)), correction_(correction) {}
  std::string name() const override { return name_; }
  Result<void> fit(const History& history) override {
    if (auto enough = require_length(history, 1, name_); !enough) return enough;
    double size = 0, interval = 0, since = 0;
    for (const double value : history.values) {
      since += 1.0;
      if (value == 0.0) continue;
      size = interval == 0.0 ? value : kAlpha * value + (1.0 - kAlpha) * size;
      interval = interval == 0.0 ? since : kAlpha * since + (1.0 - kAlpha) * interval;
      since = 0;
    }
    rate_ = interval == 0.0 ? 0.0 : correction_ * size / interval;
    return {};
  }
  std::vector<Parameter> parameters() const override { return {{"alpha", kAlpha}}; }

 private:
  std::string name_;
  double correction_;
};

/// Demand size at every demand, its probability in every period: forgets what is over.
class Tsb final : public Constant {
 public:
  std::string name() const override { return "tsb"; }
  Result<void> fit(const History& history) override {
    if (auto enough = require_length(history, 1, "tsb"); !enough) return enough;
    const auto first = std::ranges::find_if(history.values, [](double v) { return v != 0.0; });
    double size = first == history.values.end() ? 0.0 : *first;
    double probability = history.values.front() != 0.0 ? 1.0 : 0.0;
    for (const double value : history.values) {
      probability += kAlpha * ((value != 0.0 ? 1.0 : 0.0) - probability);
      if (value != 0.0) size += kAlpha * (value - size);
    }
    rate_ = probability * size;
    return {};
  }
  std::vector<Parameter> parameters() const override {
    return {{"alpha_size", kAlpha}, {"alpha_probability", kAlpha}};
  }
};

/// The sum of squared one-step errors of exponential smoothing, and where it ends.
struct Smoothed {
  double level = 0;
  double squared = 0;
};

Smoothed smooth(std::span<const double> values, double alpha) {
  Smoothed state{values.front(), 0};
  for (const double value : values.subspan(1)) {
    const double error = value - state.level;
    state.squared += error * error;
    state.level += alpha * error;
  }
  return state;
}

/// Smoothing with the best alpha of 0.1 ... 0.3, the range customary for intermittent demand.
double smooth_at_best(std::span<const double> values) {
  Smoothed best = smooth(values, kAlpha);
  for (int hundredths = 11; hundredths <= 30; ++hundredths) {
    const Smoothed other = smooth(values, hundredths / 100.0);
    if (other.squared < best.squared) best = other;
  }
  return best.level;
}

/// Sums over blocks of periods, smoothed and divided up again; the blocks end with the history.
class Aggregating : public Constant {
 protected:
  double rate_at(std::span<const double> values, std::size_t block) {
    blocks_.clear();
    for (std::size_t at = values.size() % block; at < values.size(); at += block) {
      double sum = 0;
      for (const double value : values.subspan(at, block)) sum += value;
      blocks_.push_back(sum);
    }
    return smooth_at_best(blocks_) / static_cast<double>(block);
  }

  /// The mean distance of demands, rounded; 1 for a history without.
  static std::size_t mean_interval(std::span<const double> values) {
    double demands = 0, last = 0, at = 0;
    for (const double value : values) {
      at += 1.0;
      if (value == 0.0) continue;
      demands += 1.0;
      last = at;
    }
    if (demands == 0.0) return 1;
    return std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(last / demands)));
  }

 private:
  std::vector<double> blocks_;
};

class Adida final : public Aggregating {
 public:
  std::string name() const override { return "adida"; }
  Result<void> fit(const History& history) override {
    if (auto enough = require_length(history, 1, "adida"); !enough) return enough;
    block_ = mean_interval(history.values);
    rate_ = rate_at(history.values, block_);
    return {};
  }
  std::vector<Parameter> parameters() const override {
    return {{"block", static_cast<double>(block_)}};
  }

 private:
  std::size_t block_ = 1;
};

class Imapa final : public Aggregating {
 public:
  std::string name() const override { return "imapa"; }
  Result<void> fit(const History& history) override {
    if (auto enough = require_length(history, 1, "imapa"); !enough) return enough;
    blocks_max_ = mean_interval(history.values);
    double sum = 0;
    for (std::size_t b = 1; b <= blocks_max_; ++b) sum += rate_at(history.values, b);
    rate_ = sum / static_cast<double>(blocks_max_);
    return {};
  }
  std::vector<Parameter> parameters() const override {
    return {{"block_max", static_cast<double>(blocks_max_)}};
  }

 private:
  std::size_t blocks_max_ = 1;
};

}  // namespace

std::unique_ptr<Model> make_croston() { return std::make_unique<Croston>("croston", 1.0); }
std::unique_ptr<Model> make_sba() { return std::make_unique<Croston>("sba", 1.0 - kAlpha / 2.0); }
std::unique_ptr<Model> make_tsb() { return std::make_unique<Tsb>(); }
std::unique_ptr<Model> make_adida() { return std::make_unique<Adida>(); }
std::unique_ptr<Model> make_imapa() { return std::make_unique<Imapa>(); }

}  // namespace costops::forecasting
