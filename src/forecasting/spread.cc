#include <algorithm>
#include <cmath>

#include "costops/forecasting/forecast.h"

namespace costops::forecasting {

void Spread::assign(std::span<const double> centre, std::span<const double> width,
                    std::span<const double> standard, double floor) {
  centre_.assign(centre.begin(), centre.end());
  width_.assign(width.begin(), width.end());
  standard_.assign(standard.begin(), standard.end());
  floor_ = floor;
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

}  // namespace costops::forecasting
