#include <algorithm>
#include <cmath>
#include <numeric>

#include "costops/forecasting/forecast.h"

namespace costops::forecasting {

void Spread::assign(std::span<const double> centre, std::span<const double> width,
                    std::span<const double> standard, double floor) {
  centre_.assign(centre.begin(), centre.end());
  width_.assign(width.begin(), width.end());
  standard_.assign(standard.begin(), standard.end());
  floor_ = floor;
}

void Spread::move_to(std::span<const double> centre) {
  centre_.assign(centre.begin(), centre.end());
}

void Spread::scale_by(std::span<const double> factors) {
  for (std::size_t i = 0; i < centre_.size(); ++i) {
    centre_[i] *= factors[i];
    width_[i] *= factors[i];
  }
}

double Spread::quantile(std::size_t step, double p) const {
  const auto count = static_cast<double>(standard_.size());
  const double at = std::clamp(p * (count + 1) - 1, 0.0, count - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, standard_.size() - 1);
  const double share = at - static_cast<double>(below);
  const double z = standard_[below] + share * (standard_[above] - standard_[below]);
  return std::max(floor_, centre_[step] + width_[step] * z);
}

double Spread::probability_above(std::size_t step, double value) const {
  if (value < floor_) return 1.0;
  if (!(width_[step] > 0)) return centre_[step] > value ? 1.0 : 0.0;
  const double z = (value - centre_[step]) / width_[step];
  const auto count = static_cast<double>(standard_.size());
  const auto above = std::ranges::upper_bound(standard_, z);
  if (above == standard_.begin()) return count / (count + 1);
  if (above == standard_.end()) return 1 / (count + 1);
  const double gap = *above - *(above - 1);
  const double share = gap > 0 ? (z - *(above - 1)) / gap : 0.0;
  return 1 - (static_cast<double>(above - standard_.begin()) + share) / (count + 1);
}

void Band::follow(const Spread& spread) {
  const double tail = 0.5 - level / 200.0;
  lower.resize(spread.size());
  upper.resize(spread.size());
  for (std::size_t i = 0; i < spread.size(); ++i) {
    lower[i] = spread.quantile(i, tail);
    upper[i] = spread.quantile(i, 1 - tail);
  }
}

void move_to(Forecast& forecast, std::span<const double> mean) {
  forecast.mean.assign(mean.begin(), mean.end());
  std::partial_sum(mean.begin(), mean.end(), forecast.total.begin());
  forecast.spread.move_to(forecast.mean);
  forecast.total_spread.move_to(forecast.total);
  for (Band& band : forecast.bands) band.follow(forecast.spread);
  for (Band& band : forecast.total_bands) band.follow(forecast.total_spread);
}

void scale_by(Forecast& forecast, std::span<const double> factors) {
  const std::vector<double> before = forecast.total;
  std::vector<double> mean(factors.begin(), factors.end()), total_factors(factors.size());
  for (std::size_t i = 0; i < mean.size(); ++i) mean[i] *= forecast.mean[i];
  double total = 0;
  for (std::size_t i = 0; i < mean.size(); ++i) {
    total += mean[i];
    total_factors[i] = before[i] > 0 ? total / before[i] : factors[i];
  }
  forecast.spread.scale_by(factors);
  forecast.total_spread.scale_by(total_factors);
  move_to(forecast, mean);
}

}  // namespace costops::forecasting
