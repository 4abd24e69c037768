// The Theta family.
// theta: Assimakopoulos, Nikolopoulos, IJF 16, 2000, as simple smoothing with half the drift:
// Hyndman, Billah, IJF 19, 2003.
// otm, dotm: the optimised and the dynamic optimised theta model: Fiorucci, Pellegrini, Louzada,
// Petropoulos, Koehler, IJF 32(4), 2016, equations 5 to 13.
#include "forecasting/theta.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "forecasting/ets.h"
#include "forecasting/models.h"
#include "forecasting/simplex.h"

namespace costops::forecasting {

bool is_seasonal(std::span<const double> values, std::size_t period) {
  const std::size_t n = values.size();
  if (period < 2 || n <= 2 * period) return false;
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(n);
  const auto covariance = [&](std::size_t lag) {
    double sum = 0;
    for (std::size_t t = lag; t < n; ++t) sum += (values[t] - mean) * (values[t - lag] - mean);
    return sum;
  };
  const double variance = covariance(0);
  if (!(variance > 0)) return false;
  double squares = 0;
  for (std::size_t lag = 1; lag < period; ++lag) {
    const double correlation = covariance(lag) / variance;
    squares += correlation * correlation;
  }
  const double limit = 1.645 * std::sqrt((1 + 2 * squares) / static_cast<double>(n));
  return std::abs(covariance(period) / variance) > limit;
}

bool seasonal_indices(std::span<const double> values, std::size_t period,
                      std::vector<double>& indices) {
  const std::size_t n = values.size(), m = period, half = m / 2;
  indices.assign(m, 0.0);
  double window = 0;
  for (std::size_t t = 0; t < std::min(n, m); ++t) window += values[t];
  std::size_t whole = 0;
  bool usable = true;
  for (std::size_t i = 0; i + 2 * half < n; ++i) {
    // An even cycle takes half of each of its two ends.
    const double ends = m % 2 == 0 ? 0.5 * (values[i + m] - values[i]) : 0.0;
    const double average = (window + ends) / static_cast<double>(m);
    usable = usable && average > 1e-10;
    indices[(i + half) % m] += values[i + half] / average;
    whole = i + 1;
    if (i + m < n) window += values[i + m] - values[i];
  }
  double sum = 0;
  for (std::size_t p = 0; p < m; ++p) {
    const std::size_t first = (p + m - half % m) % m;  // which i falls on this phase first
    const std::size_t count = whole > first ? (whole - first - 1) / m + 1 : 0;
    indices[p] /= static_cast<double>(std::max<std::size_t>(1, count));
    sum += indices[p];
  }
  for (double& index : indices) {
    index *= static_cast<double>(m) / sum;
    usable = usable && index > 1e-10;
  }
  if (!usable || !std::isfinite(sum)) std::ranges::fill(indices, 1.0);
  return usable && std::isfinite(sum);
}

namespace {

/// What all three share: the season taken off before, and put on again after.
class Adjusted : public Model {
 public:
  explicit Adjusted(std::string name) : name_(std::move(name)) {}
  std::string name() const override { return name_; }

  Result<void> fit(const History& history) override {
    if (auto enough = require_length(history, 4, name_); !enough) return enough;
    adjusted_.assign(history.values.begin(), history.values.end());
    period_ = 1;
    indices_.assign(1, 1.0);
    if (is_seasonal(history.values, history.season) &&
        seasonal_indices(history.values, history.season, indices_)) {
      period_ = history.season;
    } else {
      indices_.assign(1, 1.0);
    }
    for (std::size_t t = 0; t < adjusted_.size(); ++t) adjusted_[t] /= indices_[t % period_];
    return fit_adjusted();
  }
  void forecast(std::span<double> path) const override {
    forecast_adjusted(path);
    for (std::size_t i = 0; i < path.size(); ++i) {
      path[i] *= indices_[(adjusted_.size() + i) % period_];
    }
  }

 protected:
  virtual Result<void> fit_adjusted() = 0;
  virtual void forecast_adjusted(std::span<double> path) const = 0;
  std::vector<double> adjusted_;

 private:
  std::string name_;
  std::size_t period_ = 1;
  std::vector<double> indices_;
};

class Theta final : public Adjusted {
 public:
  Theta() : Adjusted("theta") {}
  std::vector<Parameter> parameters() const override {
    return {{"alpha", fit_.alpha}, {"drift", drift_}};
  }

 protected:
  Result<void> fit_adjusted() override {
    const auto n = static_cast<double>(adjusted_.size());
    double moment = 0, at = -(n - 1) / 2;
    for (const double value : adjusted_) {
      moment += at * value;
      at += 1;
    }
    drift_ = moment / (n * (n * n - 1) / 12) / 2;
    if (fitter_.fit(adjusted_, 1, {'A', 'N', false, 'N'}, fit_)) return {};
    return fail(ErrorCode::invalid_input, "theta needs at least 5 values");
  }
  void forecast_adjusted(std::span<double> path) const override {
    const double alpha = std::max(fit_.alpha, 1e-10);
    const double reach = (1 - std::pow(1 - alpha, static_cast<double>(adjusted_.size()))) / alpha;
    double step = 0;
    for (double& value : path) {
      value = fit_.level + drift_ * (step + reach);
      step += 1;
    }
  }

 private:
  EtsFitter fitter_;
  EtsFit fit_;
  double drift_ = 0;
};

/// theta without a search: the best of eight smoothing weights, started at the first value. The
/// season is always taken off where there are two cycles. For combinations, where the last digit of
/// a weight does not matter.
class QuickTheta final : public Model {
 public:
  std::string name() const override { return "quick_theta"; }

  Result<void> fit(const History& history) override {
    if (auto enough = require_length(history, 4, name()); !enough) return enough;
    period_ = history.values.size() > 2 * history.season ? history.season : 1;
    if (period_ < 2 || !seasonal_indices(history.values, period_, indices_)) {
      period_ = 1;
      indices_.assign(1, 1.0);
    }
    factors_.resize(period_);
    for (std::size_t p = 0; p < period_; ++p) factors_[p] = 1 / indices_[p];
    smooth(history.values);
    next_phase_ = history.values.size() % period_;
    return {};
  }

  void forecast(std::span<double> path) const override {
    std::size_t phase = next_phase_;
    double step = 0;
    for (double& value : path) {
      value = (level_ + drift_ * (step + reach_)) * indices_[phase];
      step += 1;
      if (++phase == period_) phase = 0;
    }
  }

 private:
  static constexpr std::array kWeights = {0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95};

  /// All eight in one pass: as many independent chains of additions.
  void smooth(std::span<const double> values) {
    const auto n = static_cast<double>(values.size());
    std::array<double, kWeights.size()> levels{}, squares{};
    levels.fill(values[0] * factors_[0]);
    double moment = 0, at = -(n - 1) / 2;
    std::size_t phase = 0;
    for (const double value : values) {
      const double y = value * factors_[phase];
      if (++phase == period_) phase = 0;
      moment += at * y;
      at += 1;
      for (std::size_t k = 0; k < kWeights.size(); ++k) {
        const double error = y - levels[k];
        squares[k] += error * error;
        levels[k] += kWeights[k] * error;
      }
    }
    const auto best = static_cast<std::size_t>(std::ranges::min_element(squares) - squares.begin());
    level_ = levels[best];
    drift_ = moment / (n * (n * n - 1) / 12) / 2;
    reach_ = (1 - std::pow(1 - kWeights[best], n)) / kWeights[best];
  }

  std::size_t period_ = 1, next_phase_ = 0;
  std::vector<double> indices_, factors_;
  double level_ = 0, drift_ = 0, reach_ = 0;
};

/// The line of theta 0 and the line of theta, added up; the first one refitted as it goes (dynamic)
/// or once over the whole history.
class OptimisedTheta final : public Adjusted {
 public:
  OptimisedTheta(std::string name, bool dynamic) : Adjusted(std::move(name)), dynamic_(dynamic) {}
  std::vector<Parameter> parameters() const override {
    return {{"alpha", alpha_}, {"theta", theta_}, {"initial_level", first_level_}};
  }

 protected:
  Result<void> fit_adjusted() override {
    const auto n = static_cast<double>(adjusted_.size());
    double moment = 0, at = -(n - 1) / 2, sum = 0;
    for (const double value : adjusted_) {
      moment += at * value;
      sum += value;
      at += 1;
    }
    slope_ = moment / (n * (n * n - 1) / 12);
    intercept_ = sum / n - slope_ * (n + 1) / 2;
    draw_lines();
    const double unit = std::max(1e-300, std::abs(sum / n));
    best_ = {0.5 * adjusted_[0] / unit, 0.0, 0.7};
    simplex_.minimise(
        [&](std::span<const double> x) {
          alpha_ = 0.1 + 0.89 / (1 + std::exp(-x[1]));
          theta_ = 1 + std::exp(x[2]);
          return run(x[0] * unit);
        },
        best_, 400);
    alpha_ = 0.1 + 0.89 / (1 + std::exp(-best_[1]));
    theta_ = 1 + std::exp(best_[2]);
    first_level_ = best_[0] * unit;
    run(first_level_);
    return {};
  }

  void forecast_adjusted(std::span<double> path) const override {
    double level = level_, mean = mean_, a = a_, b = b_, decay = decay_;
    auto n = static_cast<double>(adjusted_.size());
    for (double& value : path) {
      value = level + (1 - 1 / theta_) * (decay * a + (1 - decay * (1 - alpha_)) / alpha_ * b);
      // A forecast takes the place of the value that is not known yet.
      level = alpha_ * value + (1 - alpha_) * level;
      decay *= 1 - alpha_;
      n += 1;
      if (!dynamic_) continue;
      const double next = ((n - 1) * mean + value) / n;
      b = ((n - 2) * b + 6 * (value - mean) / n) / (n + 1);
      a = next - b * (n + 1) / 2;
      mean = next;
    }
  }

 private:
  /// The line of theta 0 after each value; it does not depend on what is searched for.
  void draw_lines() {
    lines_.assign(adjusted_.size(), {intercept_, slope_});
    if (!dynamic_) return;
    Line line{adjusted_[0], 0};
    double n = 1;
    mean_ = adjusted_[0];
    lines_[0] = line;
    for (std::size_t t = 1; t < adjusted_.size(); ++t) {
      n += 1;
      const double y = adjusted_[t], next = ((n - 1) * mean_ + y) / n;
      line.slope = ((n - 2) * line.slope + 6 * (y - mean_) / n) / (n + 1);
      line.intercept = next - line.slope * (n + 1) / 2;
      mean_ = next;
      lines_[t] = line;
    }
  }

  /// The sum of squared one-step errors; leaves the states at the end.
  double run(double first_level) {
    double level = alpha_ * adjusted_[0] + (1 - alpha_) * first_level;
    double decay = 1 - alpha_, squares = 0;
    const double share = 1 - 1 / theta_, inverse = 1 / alpha_, left = 1 - alpha_;
    for (std::size_t t = 1; t < adjusted_.size(); ++t) {
      const double y = adjusted_[t];
      const Line& line = lines_[t - 1];
      const double forecast =
          level + share * (decay * line.intercept + (1 - decay * left) * inverse * line.slope);
      if (t >= 3) squares += (y - forecast) * (y - forecast);
      level = alpha_ * y + left * level;
      decay *= left;
    }
    level_ = level;
    a_ = lines_.back().intercept;
    b_ = lines_.back().slope;
    decay_ = decay;
    return squares;
  }

  struct Line {
    double intercept, slope;
  };
  std::vector<Line> lines_;
  bool dynamic_;
  Simplex simplex_;
  std::vector<double> best_;
  double alpha_ = 0.5, theta_ = 2, first_level_ = 0, intercept_ = 0, slope_ = 0;
  double level_ = 0, mean_ = 0, a_ = 0, b_ = 0, decay_ = 0;
};

}  // namespace

std::unique_ptr<Model> make_theta() { return std::make_unique<Theta>(); }
std::unique_ptr<Model> make_quick_theta() { return std::make_unique<QuickTheta>(); }
std::unique_ptr<Model> make_otm() { return std::make_unique<OptimisedTheta>("otm", false); }
std::unique_ptr<Model> make_dotm() { return std::make_unique<OptimisedTheta>("dotm", true); }

}  // namespace costops::forecasting
