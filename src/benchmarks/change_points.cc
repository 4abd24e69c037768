#include "costops/benchmarks/change_points.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace costops::benchmarks {
namespace {

constexpr std::size_t kMin = kSegmentPointsMin;
/// Autocorrelation above this is a trend or a change, not a memory.
constexpr double kAutocorrelationMax = 0.9;
/// How far a change found by ranks may move.
constexpr std::size_t kSettlePoints = 10;
/// Points next to a change that its size is measured from, on each side.
constexpr std::size_t kShiftPointsMax = 200;

#include "benchmarks/change_point_thresholds.inc"

/// Ranks about their mean, with ties at their average, and their running sums.
class Ranks {
 public:
  explicit Ranks(std::span<const double> values) : rank_(values.size()), sum_(values.size() + 1) {
    std::vector<std::uint32_t> order(values.size());
    std::iota(order.begin(), order.end(), 0u);
    std::ranges::sort(order, {}, [&](std::uint32_t i) { return values[i]; });
    const double middle = (static_cast<double>(values.size()) - 1) / 2;
    for (std::size_t from = 0, to = 0; from < order.size(); from = to) {
      while (to < order.size() && values[order[to]] == values[order[from]]) ++to;
      const double shared = static_cast<double>(from + to - 1) / 2 - middle;
      for (std::size_t i = from; i < to; ++i) rank_[order[i]] = shared;
      squares_ += shared * shared * static_cast<double>(to - from);
    }
    for (std::size_t i = 0; i < rank_.size(); ++i) sum_[i + 1] = sum_[i] + rank_[i];
  }

  [[nodiscard]] std::size_t size() const { return rank_.size(); }
  [[nodiscard]] bool all_equal() const { return squares_ == 0; }
  [[nodiscard]] double sum(std::size_t from, std::size_t to) const { return sum_[to] - sum_[from]; }

  /// How unusual the ranks of [from, to) are among all: their sum over its standard deviation in a
  /// random order, which is that of drawing without replacement.
  [[nodiscard]] double unusual(std::size_t from, std::size_t to) const {
    const auto n = static_cast<double>(size());
    const auto k = static_cast<double>(to - from);
    return std::abs(sum(from, to)) / std::sqrt(k * (n - k) / n * squares_ / (n - 1));
  }

  /// Correlation of neighbours once [from, to) and the rest each have their own level; corrected
  /// for what the fitted levels take away (Marriott and Pope 1954).
  [[nodiscard]] double autocorrelation(std::size_t from, std::size_t to) const {
    const auto n = static_cast<double>(size());
    const double inside = sum(from, to) / static_cast<double>(to - from);
    const double outside = -sum(from, to) / (n - static_cast<double>(to - from));
    double products = 0;
    double squares = 0;
    double last = 0;
    for (std::size_t i = 0; i < size(); ++i) {
      const double residual = rank_[i] - (i >= from && i < to ? inside : outside);
      products += residual * last;
      squares += residual * residual;
      last = residual;
    }
    if (squares <= 0) return 0;
    const double found = products / squares;
    return std::clamp(found + 2 * (1 + 3 * found) / n, 0.0, kAutocorrelationMax);
  }

 private:
  std::vector<double> rank_;
  std::vector<double> sum_;
  double squares_ = 0;
};

/// What an autocorrelation adds to the variance of a mean of n points, as a factor.
double variance_factor(double autocorrelation, double n) {
  double factor = 1;
  double power = autocorrelation;
  for (double lag = 1; lag < n && power > 1e-4; ++lag) {
    factor += 2 * (1 - lag / n) * power;
    power *= autocorrelation;
  }
  return factor;
}

struct Stretch {
  std::size_t from = 0;
  std::size_t to = 0;
  double statistic = 0;
};

/// The statistic of the best stretch, less what neighbours share.
double allowing_for_memory(const Ranks& ranks, const Stretch& best) {
  const auto inside = static_cast<double>(best.to - best.from);
  const double shorter = std::min(inside, static_cast<double>(ranks.size()) - inside);
  const double autocorrelation = ranks.autocorrelation(best.from, best.to);
  return best.statistic / std::sqrt(variance_factor(autocorrelation, shorter));
}

/// The place that divides best: [0, to) against the rest.
Stretch best_split(const Ranks& ranks) {
  Stretch best{0, kMin, 0};
  for (std::size_t to = kMin; to + kMin <= ranks.size(); ++to) {
    const double statistic = ranks.unusual(0, to);
    if (statistic > best.statistic) best = {0, to, statistic};
  }
  best.statistic = allowing_for_memory(ranks, best);
  return best;
}

/// The stretch that stands out most, of lengths growing by a quarter and starts an eighth of the
/// length apart, then moved point by point.
Stretch best_bump(const Ranks& ranks) {
  const std::size_t n = ranks.size();
  Stretch best{kMin, 2 * kMin, 0};
  const auto consider = [&](std::size_t from, std::size_t to) {
    if (from < kMin || to + kMin > n || to < from + kMin) return;
    const double statistic = ranks.unusual(from, to);
    if (statistic > best.statistic) best = {from, to, statistic};
  };
  for (std::size_t length = kMin; length + 2 * kMin <= n;
       length += std::max<std::size_t>(1, length / 4)) {
    const std::size_t step = std::max<std::size_t>(1, length / 8);
    for (std::size_t from = kMin; from + length + kMin <= n; from += step) {
      consider(from, from + length);
    }
  }
  const Stretch rough = best;
  const std::size_t reach = (rough.to - rough.from) / 4 + 1;
  const std::size_t first = rough.from - std::min(rough.from, reach);
  for (std::size_t from = first; from <= rough.from + reach; ++from) consider(from, best.to);
  const std::size_t last = rough.to - std::min(rough.to, reach);
  for (std::size_t to = last; to <= rough.to + reach; ++to) consider(best.from, to);
  best.statistic = allowing_for_memory(ranks, best);
  return best;
}

/// The probability of a statistic at least this large in a random order, by the table: linear
/// between its columns in ln p over the statistic, between its rows in ln n.
double p_value_of(const std::array<ThresholdRow, kThresholdRows>& table, std::size_t n,
                  double statistic) {
  const double at = std::log(static_cast<double>(std::clamp(n, table.front().n, table.back().n)));
  std::size_t row = 1;
  while (row + 1 < table.size() && table[row].n < n) ++row;
  const double low = std::log(static_cast<double>(table[row - 1].n));
  const double share = (at - low) / (std::log(static_cast<double>(table[row].n)) - low);
  std::array<double, kThresholdColumns> threshold{};
  for (std::size_t c = 0; c < threshold.size(); ++c) {
    threshold[c] = table[row - 1].threshold[c] * (1 - share) + table[row].threshold[c] * share;
  }
  if (statistic < threshold.front()) return 1;
  for (std::size_t c = 1; c < threshold.size(); ++c) {
    if (statistic >= threshold[c]) continue;
    const double part = (statistic - threshold[c - 1]) / (threshold[c] - threshold[c - 1]);
    return std::exp(std::log(kThresholdTail[c - 1]) * (1 - part) +
                    std::log(kThresholdTail[c]) * part);
  }
  return kThresholdTail.back();
}

/// What the two scans may cry wolf together: 1 %. Changes that stay are the rule, so they get more.
constexpr double kSplitAlpha = 0.007;
constexpr double kBumpAlpha = 0.003;

class Segmentation {
 public:
  explicit Segmentation(std::span<const double> values) : values_(values) {}

  std::vector<ChangePoint> run() {
    std::vector<Part> open = {{0, values_.size()}};
    while (!open.empty()) {
      const Part part = open.back();
      open.pop_back();
      divide(part, open);
    }
    std::ranges::sort(found_, {}, &ChangePoint::index);
    return confirmed();
  }

 private:
  struct Part {
    std::size_t from = 0;
    std::size_t to = 0;
  };

  void divide(const Part& part, std::vector<Part>& open) {
    if (part.to - part.from < 2 * kMin) return;
    const Ranks ranks(values_.subspan(part.from, part.to - part.from));
    if (ranks.all_equal()) return;
    const Stretch split = best_split(ranks);
    const double split_p = p_value_of(kSplitThresholds, ranks.size(), split.statistic);
    if (split_p <= kSplitAlpha) {
      found_.push_back({part.from + split.to, split_p});
      open.push_back({part.from, part.from + split.to});
      open.push_back({part.from + split.to, part.to});
      return;
    }
    if (ranks.size() < 3 * kMin) return;
    const Stretch bump = best_bump(ranks);
    const double bump_p = p_value_of(kBumpThresholds, ranks.size(), bump.statistic);
    if (bump_p > kBumpAlpha) return;
    found_.push_back({part.from + bump.from, bump_p});
    found_.push_back({part.from + bump.to, bump_p});
    open.push_back({part.from, part.from + bump.from});
    open.push_back({part.from + bump.from, part.from + bump.to});
    open.push_back({part.from + bump.to, part.to});
  }

  /// Each change again, between its neighbours alone: moved to the best place there, dropped if it
  /// was only the shadow of another.
  std::vector<ChangePoint> confirmed() {
    std::vector<ChangePoint> kept;
    for (std::size_t i = 0; i < found_.size(); ++i) {
      const std::size_t from = kept.empty() ? 0 : kept.back().index;
      const std::size_t to = i + 1 < found_.size() ? found_[i + 1].index : values_.size();
      if (to - from < 2 * kMin) continue;
      const Ranks ranks(values_.subspan(from, to - from));
      if (ranks.all_equal()) continue;
      const Stretch split = best_split(ranks);
      const double p = p_value_of(kSplitThresholds, ranks.size(), split.statistic);
      if (p <= kSplitAlpha) kept.push_back({from + split.to, std::min(p, found_[i].p_value)});
    }
    for (std::size_t i = 0; i < kept.size(); ++i) {
      settle(i > 0 ? kept[i - 1].index : 0, kept[i].index,
             i + 1 < kept.size() ? kept[i + 1].index : values_.size());
    }
    return kept;
  }

  /// Moves a change to where the runs around it are closest to the levels on their sides: the
  /// statistic itself prefers halves of equal size.
  void settle(std::size_t from, std::size_t& index, std::size_t to) const {
    const double before = median(values_.subspan(from, index - from));
    const double after = median(values_.subspan(index, to - index));
    const std::size_t first = std::max(from + kMin, index - std::min(index, kSettlePoints));
    const std::size_t last = std::min(to - kMin, index + kSettlePoints);
    double gain = 0;
    double most = 0;
    std::size_t best = first;
    for (std::size_t i = first; i < last; ++i) {
      gain += std::abs(values_[i] - after) - std::abs(values_[i] - before);
      if (gain > most) {
        most = gain;
        best = i + 1;
      }
    }
    index = best;
  }

  std::span<const double> values_;
  std::vector<ChangePoint> found_;
};

}  // namespace

std::vector<ChangePoint> change_points(std::span<const double> values) {
  return Segmentation(values).run();
}

ScanStatistics scan_statistics(std::span<const double> values) {
  if (values.size() < 2 * kMin) return {};
  const Ranks ranks(values);
  if (ranks.all_equal()) return {};
  ScanStatistics statistics{.split = best_split(ranks).statistic};
  if (values.size() >= 3 * kMin) statistics.bump = best_bump(ranks).statistic;
  return statistics;
}

Shift shift_of(std::span<const double> before, std::span<const double> after) {
  assert(!before.empty() && !after.empty());
  before = before.last(std::min(before.size(), kShiftPointsMax));
  after = after.first(std::min(after.size(), kShiftPointsMax));
  std::vector<double> differences;
  differences.reserve(before.size() * after.size());
  for (const double earlier : before) {
    for (const double later : after) differences.push_back(std::log(later / earlier));
  }
  std::ranges::sort(differences);
  const auto m = static_cast<double>(before.size());
  const auto n = static_cast<double>(after.size());
  constexpr double kNormal975 = 1.959963984540054;
  const double outside = m * n / 2 - kNormal975 * std::sqrt(m * n * (m + n + 1) / 12);
  const auto rank = static_cast<std::size_t>(std::max(0.0, outside));
  const std::size_t middle = differences.size() / 2;
  const double center = differences.size() % 2 == 1
                            ? differences[middle]
                            : (differences[middle - 1] + differences[middle]) / 2;
  return {center, {differences[rank], differences[differences.size() - 1 - rank]}};
}

Drift drift_of(std::span<const double> values) {
  if (values.size() < 2 * kMin) return {};
  const std::size_t half = values.size() / 2;
  const std::size_t later = values.size() - half;
  std::vector<double> slopes;
  std::size_t rising = 0;
  std::size_t falling = 0;
  for (std::size_t i = 0; i < half; ++i) {
    const double slope = std::log(values[i + later] / values[i]) / static_cast<double>(later);
    rising += slope > 0 ? 1u : 0u;
    falling += slope < 0 ? 1u : 0u;
    slopes.push_back(slope);
  }
  const double whole = median(slopes) * static_cast<double>(values.size() - 1);
  const std::size_t counted = rising + falling;
  const double p =
      counted == 0 ? 1 : std::min(1.0, 2 * fair_binomial_tail(counted, std::min(rising, falling)));
  return {std::expm1(whole), p};
}

}  // namespace costops::benchmarks
