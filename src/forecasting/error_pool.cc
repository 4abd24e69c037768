#include "forecasting/error_pool.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace costops::forecasting {
namespace {

constexpr double kOwnShare = 0.6;    // of the replayed error in the scale; the rest: naive scale
constexpr double kUsualRatio = 0.8;  // replayed error / naive scale, where nothing else is known
struct Usual {
  double growth, correlation;
};
constexpr Usual kUsualCycle = {0.25, 0.4}, kUsualWalk = {0.45, 0.6};
constexpr double kUsualWeight = 2.0;  // of them, in replays
constexpr double kFewErrors = 10.0;   // from which none means certainty
constexpr double kLevelPower = 0.7;   // widths grow with this power of the level
constexpr double kLevelLeast = 0.05;  // of the mean level
constexpr double kPoolWeight = 20.0;  // of the standard distribution, in series
// Errors to come by replayed ones, where there is no pool to learn that from.
constexpr double kAlone = 1.03, kTotalsAlone = 1.06;
constexpr double kStepErrorsLeast = 50;  // from which a step has a pooled shape
constexpr std::size_t kSmoothing = 3;    // steps to each side
constexpr double kBin = 0.01;
constexpr double kReach = 20.0;

/// Mean |z| of the replayed errors at each half of the horizon.
struct Halves {
  double near = 0, far = 0;
};

}  // namespace

double level_factor(double forecast, double base) {
  if (base <= 0) return 1.0;
  return std::pow(std::max(forecast / base, kLevelLeast), kLevelPower);
}

ErrorWidth error_width(const Replays& replays, const ErrorPrior& prior) {
  const double naive = prior.naive, base = prior.base;
  const Usual usual = prior.cycle == ErrorPrior::Cycle::none ? kUsualWalk : kUsualCycle;
  ErrorWidth width{.growth = usual.growth,
                   .correlation = usual.correlation,
                   .base = base,
                   .steps = std::max<std::size_t>(1, replays.steps)};
  Halves sums, counts;
  double squares = 0, products = 0, pairs = 0;
  for (std::size_t r = 0; r < replays.count(); ++r) {
    double path_sum = 0, path_squares = 0, path_count = 0;
    for (std::size_t i = 0; i < replays.steps; ++i) {
      const double forecast = replays.forecast[r * replays.steps + i];
      const double actual = replays.actual[r * replays.steps + i];
      if (std::isnan(actual)) continue;
      const double error = (actual - forecast) / level_factor(forecast, base);
      (2 * i < replays.steps ? sums.near : sums.far) += std::abs(error);
      (2 * i < replays.steps ? counts.near : counts.far) += 1;
      path_sum += error;
      path_squares += error * error;
      path_count += 1;
    }
    products += path_sum * path_sum - path_squares;
    squares += path_squares * std::max(0.0, path_count - 1);
    pairs += path_count > 1 ? 1 : 0;
  }
  const bool has_naive = naive > 0;
  const double replayed_values = counts.near + counts.far;
  double own = replayed_values > 0 ? (sums.near + sums.far) / replayed_values : 0.0;
  if (own == 0 && replayed_values < kFewErrors && has_naive) {
    own = kUsualRatio * naive / (replayed_values + 1);
  }
  width.scale = own;
  if (counts.near == 0) width.scale = has_naive ? kUsualRatio * naive : 0.0;
  if (counts.near > 0 && has_naive) {
    width.scale = std::pow(own, kOwnShare) * std::pow(kUsualRatio * naive, 1 - kOwnShare);
  }
  const auto replayed = static_cast<double>(replays.count());
  if (counts.far > 0 && sums.near > 0 && sums.far > 0) {
    // The far half is about three times as far away.
    const double found =
        std::log(sums.far / counts.far / (sums.near / counts.near)) / std::log(3.0);
    const double growth = (replayed * std::clamp(found, 0.0, 1.0) + kUsualWeight * usual.growth) /
                          (replayed + kUsualWeight);
    width.growth = std::clamp(growth, 0.0, 0.6);
  }
  if (squares > 0) {
    const double found = std::clamp(products / squares, 0.0, 1.0);
    width.correlation = (pairs * found + kUsualWeight * usual.correlation) / (pairs + kUsualWeight);
  }
  return width;
}

void widths(const ErrorWidth& width, const ErrorPool& pool, std::span<const double> mean,
            std::span<double> steps, std::span<double> totals) {
  const double correlation = pool.correlation(width);
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < mean.size(); ++i) {
    steps[i] = width.scale * pool.shape(i, width) * level_factor(mean[i], width.base);
    sum += steps[i];
    squares += steps[i] * steps[i];
    totals[i] = std::sqrt(squares + correlation * (sum * sum - squares));
  }
}

/// Student's t with 6 degrees of freedom, divided by its mean absolute value (0.9186), by its
/// closed distribution function: F(t) = 1/2 + sin(a)/2 (1 + cos(a)^2/2 + 3/8 cos(a)^4), where
/// tan(a) = t / sqrt(6). Source: Abramowitz, Stegun, 26.7.4.
ErrorPool::Standard ErrorPool::student() {
  Standard out{};
  for (std::size_t i = 0; i < kQuantiles; ++i) {
    const double p = static_cast<double>(i + 1) / (kQuantiles + 1);
    double low = -20, high = 20;
    for (int halving = 0; halving < 60; ++halving) {
      const double t = 0.5 * (low + high), cosine2 = 6.0 / (6.0 + t * t);
      const double sine = t / std::sqrt(6.0 + t * t);
      const double below = 0.5 + 0.5 * sine * (1 + 0.5 * cosine2 + 0.375 * cosine2 * cosine2);
      (below < p ? low : high) = t;
    }
    out[i] = 0.5 * (low + high) / 0.9186;
  }
  return out;
}

void ErrorPool::clear() {
  series_ = 0;
  correlation_sum_ = 0;
  sum_.clear();
  number_.clear();
  shape_.clear();
  std::ranges::fill(step_bins_, 0u);
  std::ranges::fill(total_bins_, 0u);
  static const Standard kStudent = student();
  steps_ = totals_ = kStudent;
  for (double& z : totals_) z *= kTotalsAlone;
}

void ErrorPool::count(Histogram& bins, double z) {
  const double at = std::clamp(z, -kReach, kReach) + kReach;
  ++bins[static_cast<std::size_t>(std::lround(at / kBin))];
}

/// How much wider or narrower the series would be taken for without each replay: errors held
/// against a width that they have made themselves look smaller than errors to come.
void ErrorPool::size_without(const Replays& replays, const ErrorWidth& width) {
  const std::size_t count = replays.count();
  without_.assign(count, 0.0);
  replay_counts_.assign(count, 0.0);
  double sum = 0, number = 0;
  for (std::size_t r = 0; r < count; ++r) {
    for (std::size_t i = 0; i < replays.steps; ++i) {
      const double forecast = replays.forecast[r * replays.steps + i];
      const double error = replays.actual[r * replays.steps + i] - forecast;
      if (std::isnan(error)) continue;
      without_[r] += std::abs(error) / level_factor(forecast, width.base);
      replay_counts_[r] += 1;
    }
    sum += without_[r];
    number += replay_counts_[r];
  }
  for (std::size_t r = 0; r < count; ++r) {
    const double others = sum - without_[r], numbers = number - replay_counts_[r];
    const bool known = others > 0 && numbers > 0;
    without_[r] = known ? std::pow(others / numbers / (sum / number), kOwnShare) : 1.0;
  }
}

void ErrorPool::add(const Replays& replays, const ErrorWidth& width) {
  if (!(width.scale > 0) || replays.count() == 0) return;
  ++series_;
  correlation_sum_ += width.correlation;
  sum_.resize(std::max(sum_.size(), replays.steps));
  number_.resize(sum_.size());
  growth_.resize(replays.steps);
  const double middle = 0.5 * static_cast<double>(width.steps + 1);
  for (std::size_t i = 0; i < replays.steps; ++i) {
    growth_[i] = std::pow(static_cast<double>(i + 1) / middle, width.growth);
  }
  size_without(replays, width);
  for (std::size_t r = 0; r < replays.count(); ++r) {
    double sum = 0, wide = 0, squares = 0;
    for (std::size_t i = 0; i < replays.steps; ++i) {
      const double forecast = replays.forecast[r * replays.steps + i];
      const double error = replays.actual[r * replays.steps + i] - forecast;
      if (std::isnan(error)) continue;
      const double own = width.scale * without_[r] * level_factor(forecast, width.base);
      const double at = growth_[i];
      sum_[i] += std::min(std::abs(error) / own, kReach);
      number_[i] += 1;
      count(step_bins_, error / (own * at));
      sum += error;
      wide += own * at;
      squares += own * own * at * at;
      const double total = std::sqrt(squares + width.correlation * (wide * wide - squares));
      count(total_bins_, sum / total);
    }
  }
}

void ErrorPool::add(const ErrorPool& other) {
  series_ += other.series_;
  correlation_sum_ += other.correlation_sum_;
  sum_.resize(std::max(sum_.size(), other.sum_.size()));
  number_.resize(sum_.size());
  for (std::size_t i = 0; i < other.sum_.size(); ++i) {
    sum_[i] += other.sum_[i];
    number_[i] += other.number_[i];
  }
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    step_bins_[bin] += other.step_bins_[bin];
    total_bins_[bin] += other.total_bins_[bin];
  }
}

void ErrorPool::blend(const Histogram& bins, double unit, Standard& out) const {
  const auto total =
      static_cast<double>(std::accumulate(bins.begin(), bins.end(), std::uint64_t{0}));
  if (total == 0) return;
  const double share = static_cast<double>(series_) / (static_cast<double>(series_) + kPoolWeight);
  std::size_t bin = 0;
  double below = 0;
  for (std::size_t i = 0; i < kQuantiles; ++i) {
    const double wanted = total * static_cast<double>(i + 1) / (kQuantiles + 1);
    while (below + bins[bin] < wanted) below += bins[bin++];
    const double inside = (wanted - below) / bins[bin] - 0.5;
    const double z = (static_cast<double>(bin) + inside) * kBin - kReach;
    out[i] = share * z / unit + (1 - share) * out[i];
  }
}

void ErrorPool::settle() {
  // The shape takes up how much wider errors are than their scales say; z is told without it.
  double sum_of_sizes = 0, errors = 0;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    sum_of_sizes += step_bins_[bin] * std::abs(static_cast<double>(bin) * kBin - kReach);
    errors += step_bins_[bin];
  }
  if (!(sum_of_sizes > 0)) return;
  blend(step_bins_, sum_of_sizes / errors, steps_);
  blend(total_bins_, sum_of_sizes / errors, totals_);
  shape_.clear();
  std::size_t known = 0;
  while (known < number_.size() && number_[known] >= kStepErrorsLeast) ++known;
  for (std::size_t i = 0; i < known; ++i) {
    double sum = 0, number = 0;
    const std::size_t first = i > kSmoothing ? i - kSmoothing : 0;
    for (std::size_t j = first; j < std::min(known, i + kSmoothing + 1); ++j) {
      sum += sum_[j];
      number += number_[j];
    }
    shape_.push_back(sum / number);
  }
}

double ErrorPool::shape(std::size_t step, const ErrorWidth& width) const {
  const auto grown = [&](double from) {
    return std::pow(static_cast<double>(step + 1) / from, width.growth);
  };
  if (shape_.empty()) return kAlone * grown(0.5 * static_cast<double>(width.steps + 1));
  if (step < shape_.size()) return shape_[step];
  return shape_.back() * grown(static_cast<double>(shape_.size()));
}

double ErrorPool::correlation(const ErrorWidth& width) const {
  const double share = static_cast<double>(series_) / (static_cast<double>(series_) + kPoolWeight);
  if (series_ == 0) return width.correlation;
  const double pooled = correlation_sum_ / static_cast<double>(series_);
  return 0.5 * share * pooled + (1 - 0.5 * share) * width.correlation;
}

}  // namespace costops::forecasting
