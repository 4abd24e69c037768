// anomaly_parts.cc - which parts of a total made it strange.
#include <algorithm>
#include <cmath>

#include "costops/forecasting/anomaly.h"

namespace costops::forecasting {
namespace {

constexpr std::size_t kEarlier = 4;

/// How many periods lie between two of the same phase.
std::size_t cycle_of(Grain grain) {
  return grain == Grain::hour ? 168 : grain == Grain::day ? 7 : 1;
}

double usual_at(std::span<const double> values, std::size_t i, std::size_t first,
                std::size_t cycle) {
  std::vector<double> earlier;
  // Periods of the anomaly itself are no example of what is usual.
  for (std::size_t back = i; back >= cycle && earlier.size() < kEarlier;) {
    back -= cycle;
    if (back < first && std::isfinite(values[back])) earlier.push_back(values[back]);
  }
  if (earlier.empty()) return 0.0;
  std::sort(earlier.begin(), earlier.end());
  const std::size_t middle = earlier.size() / 2;
  return earlier.size() % 2 == 1 ? earlier[middle] : (earlier[middle - 1] + earlier[middle]) / 2.0;
}

}  // namespace

std::vector<Part> explaining_parts(const SeriesTable& parts, std::span<const std::size_t> among,
                                   const Anomaly& anomaly, std::size_t limit) {
  const std::size_t cycle = cycle_of(parts.grid().grain());
  const bool up = anomaly.actual >= anomaly.expected;
  std::vector<Part> found;
  for (const std::size_t series : among) {
    const auto values = parts.values(series);
    Part part{series, 0.0, 0.0, 0.0};
    for (std::size_t i = anomaly.first; i <= anomaly.last; ++i) {
      if (std::isfinite(values[i])) part.actual += values[i];
      part.usual += usual_at(values, i, anomaly.first, cycle);
    }
    part.excess = part.actual - part.usual;
    if (up ? part.excess > 0.0 : part.excess < 0.0) found.push_back(part);
  }
  std::stable_sort(found.begin(), found.end(), [](const Part& a, const Part& b) {
    return std::abs(a.excess) > std::abs(b.excess);
  });
  if (found.size() > limit) found.resize(limit);
  return found;
}

}  // namespace costops::forecasting
