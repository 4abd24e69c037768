// Seasonal-trend decomposition by loess. The inner loop takes the trend off, smooths each phase of
// the cycle by itself (one point further at both ends), removes from that what is not seasonal with
// moving averages and a loess, and smooths what is left of the series into the new trend. The outer
// loop gives little weight to values with large remainders.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "costops/forecasting/decomposition.h"

namespace costops::forecasting {
namespace {

std::size_t next_odd(double x) {
  const auto whole = static_cast<std::size_t>(std::lround(x));
  return whole % 2 == 1 ? whole : whole + 1;
}

std::size_t every_tenth(std::size_t window) { return (window + 9) / 10; }

/// A neighbourhood of `length` points (more than there are: all, seen from further away).
struct Loess {
  std::size_t length;
  int degree;
  std::size_t jump;
};

/// The points that an estimate uses: [first, last] of 1 ... n, as in the published algorithm.
struct Neighbours {
  std::size_t first, last;
};

class Smoother {
 public:
  /// Fits `y` at every `jump`th point, joined by lines, into `out`.
  void smooth(std::span<const double> y, const Loess& loess, std::span<const double> weights,
              std::span<double> out) {
    const std::size_t n = y.size();
    if (n < 2) {
      out[0] = y[0];
      return;
    }
    const std::size_t jump = std::min(loess.jump, n - 1), half = (loess.length + 1) / 2;
    Neighbours near{1, std::min(loess.length, n)};
    for (std::size_t i = 1; i <= n; i += jump) {
      if (loess.length < n && jump == 1) {
        if (i > half && near.last != n) ++near.first, ++near.last;
      } else if (loess.length < n) {
        near = neighbours(i, n, loess.length, half);
      }
      out[i - 1] = estimate(y, loess, static_cast<double>(i), near, weights, y[i - 1]);
    }
    if (jump == 1) return;
    for (std::size_t i = 0; i + jump < n; i += jump) join(out, i, i + jump);
    const std::size_t last = (n - 1) / jump * jump;
    if (last == n - 1) return;
    out[n - 1] = estimate(y, loess, static_cast<double>(n), near, weights, y[n - 1]);
    join(out, last, n - 1);
  }

  /// The local fit at `x`; `otherwise` if no neighbour has a weight.
  double estimate(std::span<const double> y, const Loess& loess, double x, Neighbours near,
                  std::span<const double> weights, double otherwise) {
    const std::size_t n = y.size();
    const auto first = static_cast<double>(near.first), last = static_cast<double>(near.last);
    double reach = std::max(x - first, last - x);
    if (loess.length > n) reach += static_cast<double>((loess.length - n) / 2);
    w_.assign(near.last - near.first + 1, 0.0);
    double sum = 0;
    for (std::size_t k = 0; k < w_.size(); ++k) {
      const double distance = std::abs(first + static_cast<double>(k) - x);
      if (distance > 0.999 * reach) continue;
      const double share = distance / reach;
      const double cube = 1 - share * share * share;
      w_[k] = distance <= 0.001 * reach ? 1.0 : cube * cube * cube;
      if (!weights.empty()) w_[k] *= weights[near.first - 1 + k];
      sum += w_[k];
    }
    if (!(sum > 0)) return otherwise;
    for (double& w : w_) w /= sum;
    if (reach > 0 && loess.degree > 0) tilt(x, first, static_cast<double>(n - 1));
    double value = 0;
    for (std::size_t k = 0; k < w_.size(); ++k) value += w_[k] * y[near.first - 1 + k];
    return value;
  }

 private:
  static Neighbours neighbours(std::size_t i, std::size_t n, std::size_t length, std::size_t half) {
    if (i < half) return {1, length};
    if (i >= n - half + 1) return {n - length + 1, n};
    return {i - half + 1, length + i - half};
  }

  static void join(std::span<double> out, std::size_t from, std::size_t to) {
    const double step = (out[to] - out[from]) / static_cast<double>(to - from);
    for (std::size_t j = from + 1; j < to; ++j) {
      out[j] = out[from] + step * static_cast<double>(j - from);
    }
  }

  /// From a local mean to a local line.
  void tilt(double x, double first, double range) {
    double centre = 0, spread = 0;
    for (std::size_t k = 0; k < w_.size(); ++k) centre += w_[k] * (first + static_cast<double>(k));
    for (std::size_t k = 0; k < w_.size(); ++k) {
      const double d = first + static_cast<double>(k) - centre;
      spread += w_[k] * d * d;
    }
    if (!(std::sqrt(spread) > 0.001 * range)) return;
    const double slope = (x - centre) / spread;
    for (std::size_t k = 0; k < w_.size(); ++k) {
      w_[k] *= slope * (first + static_cast<double>(k) - centre) + 1;
    }
  }

  std::vector<double> w_;
};

std::vector<double> moving_average(std::span<const double> x, std::size_t length) {
  std::vector<double> out;
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sum += x[i];
    if (i >= length) sum -= x[i - length];
    if (i + 1 >= length) out.push_back(sum / static_cast<double>(length));
  }
  return out;
}

/// Part of a list while it is sorted, and which of the ranks sought may lie in it.
struct Stretch {
  std::ptrdiff_t first = 0, last = 0;
  std::size_t from = 0, to = 2;  // ranks [from, to)
  [[nodiscard]] std::ptrdiff_t size() const { return last - first + 1; }
};

/// Quicksort's step about the median of the first, the middle and the last value: where the part
/// that is not above it ends, and where the part that is not below it begins.
std::pair<std::ptrdiff_t, std::ptrdiff_t> split(std::vector<double>& values, const Stretch& part) {
  const auto at = [&](std::ptrdiff_t i) -> double& { return values[static_cast<std::size_t>(i)]; };
  double& middle = at((part.first + part.last + 2) / 2 - 1);
  double &first = at(part.first), &last = at(part.last);
  if (first > middle) std::swap(first, middle);
  if (last < middle) std::swap(last, middle);
  if (first > middle) std::swap(first, middle);
  const double pivot = middle;
  std::ptrdiff_t low = part.last, high = part.first;
  while (true) {
    do --low;
    while (at(low) > pivot);
    do ++high;
    while (at(high) < pivot);
    if (high > low) return {low, high};
    std::swap(at(low), at(high));
  }
}

/// The sum of the two middle values of a list, as the published STL finds them: by a partial sort
/// (Singleton, CACM 12, 1969) that expects the ranks it is asked for to rise, but gets them in
/// falling order. Where a split comes between the two, it loses sight of the upper one, and a
/// neighbour stands in its place. Decompositions agree with others' only if ours does the same.
double sum_of_middle_two(std::vector<double> values) {
  constexpr std::ptrdiff_t kShort = 11;
  const auto n = static_cast<std::ptrdiff_t>(values.size());
  const std::array<std::ptrdiff_t, 2> ranks = {n / 2, n - n / 2 - 1};
  std::vector<Stretch> waiting;
  Stretch now{.first = 0, .last = n - 1};
  while (true) {
    while (now.from < now.to && (now.size() > kShort || (now.first == 0 && now.size() > 1))) {
      const auto [low, high] = split(values, now);
      if (low - now.first <= now.last - high) {
        waiting.push_back({high, now.last, now.from, now.to});
        now.last = low;
        while (now.from < now.to && ranks[now.to - 1] > now.last) --now.to;
        if (now.from < now.to) waiting.back().from = now.to;
      } else {
        waiting.push_back({now.first, low, now.from, now.to});
        now.first = high;
        while (now.from < now.to && ranks[now.from] < now.first) ++now.from;
        if (now.from < now.to) waiting.back().to = now.from;
      }
    }
    if (now.from < now.to && now.first != 0) {
      std::sort(values.begin() + now.first, values.begin() + now.last + 1);
    }
    if (waiting.empty()) break;
    now = waiting.back();
    waiting.pop_back();
  }
  return values[static_cast<std::size_t>(ranks[0])] + values[static_cast<std::size_t>(ranks[1])];
}

class Stl {
 public:
  Stl(std::span<const double> values, std::size_t period, const StlOptions& options)
      : y_(values), m_(period), trend_(values.size(), 0.0), season_(values.size(), 0.0) {
    const std::size_t n = values.size();
    const std::size_t window = options.window == 0 ? 10 * n + 1 : options.window;
    const double cycles = 1.5 / static_cast<double>(window);
    const auto trend_window =
        next_odd(std::ceil(1.5 * static_cast<double>(period) / (1.0 - cycles)));
    const std::size_t low_window = next_odd(static_cast<double>(period));
    season_loess_ = {window, 0, every_tenth(window)};
    trend_loess_ = {trend_window, 1, every_tenth(trend_window)};
    low_loess_ = {low_window, 1, every_tenth(low_window)};
    const bool robust = options.fitting == StlOptions::Fitting::robust;
    for (int outer = 0; outer <= (robust ? 15 : 0); ++outer) {
      if (outer > 0) weigh();
      for (int inner = 0; inner < (robust ? 1 : 2); ++inner) pass();
    }
    if (options.window == 0) make_periodic();
  }

  std::vector<double> trend() && { return std::move(trend_); }
  const std::vector<double>& season() const { return season_; }

 private:
  void pass() {
    const std::size_t n = y_.size();
    work_.resize(n);
    for (std::size_t i = 0; i < n; ++i) work_[i] = y_[i] - trend_[i];
    std::vector<double> cycle = smooth_phases();
    const auto low = moving_average(moving_average(moving_average(cycle, m_), m_), 3);
    smoother_.smooth(low, low_loess_, {}, work_);
    for (std::size_t i = 0; i < n; ++i) season_[i] = cycle[m_ + i] - work_[i];
    for (std::size_t i = 0; i < n; ++i) work_[i] = y_[i] - season_[i];
    smoother_.smooth(work_, trend_loess_, weights_, trend_);
  }

  /// Each phase by itself, one cycle further at both ends.
  std::vector<double> smooth_phases() {
    const std::size_t n = y_.size();
    std::vector<double> cycle(n + 2 * m_), phase, weights, fitted;
    for (std::size_t j = 0; j < m_; ++j) {
      phase.clear();
      weights.clear();
      for (std::size_t t = j; t < n; t += m_) {
        phase.push_back(work_[t]);
        if (!weights_.empty()) weights.push_back(weights_[t]);
      }
      const std::size_t k = phase.size(), window = season_loess_.length;
      fitted.resize(k + 2);
      smoother_.smooth(phase, season_loess_, weights, std::span(fitted).subspan(1, k));
      fitted[0] = smoother_.estimate(phase, season_loess_, 0.0, {1, std::min(window, k)}, weights,
                                     fitted[1]);
      const std::size_t first = k + 1 > window ? k + 1 - window : 1;
      fitted[k + 1] = smoother_.estimate(phase, season_loess_, static_cast<double>(k + 1),
                                         {first, k}, weights, fitted[k]);
      for (std::size_t i = 0; i < k + 2; ++i) cycle[i * m_ + j] = fitted[i];
    }
    return cycle;
  }

  /// Bisquare weights of the remainders, on the scale of six times their median, nearly.
  void weigh() {
    const std::size_t n = y_.size();
    weights_.resize(n);
    for (std::size_t i = 0; i < n; ++i) weights_[i] = std::abs(y_[i] - season_[i] - trend_[i]);
    const double reach = 3 * sum_of_middle_two(weights_);
    for (double& w : weights_) {
      const double share = w / reach;
      if (w <= 0.001 * reach) {
        w = 1;
      } else {
        w = w <= 0.999 * reach ? (1 - share * share) * (1 - share * share) : 0;
      }
    }
  }

  void make_periodic() {
    for (std::size_t j = 0; j < m_; ++j) {
      double sum = 0, count = 0;
      for (std::size_t t = j; t < y_.size(); t += m_) {
        sum += season_[t];
        count += 1;
      }
      for (std::size_t t = j; t < y_.size(); t += m_) season_[t] = sum / count;
    }
  }

  std::span<const double> y_;
  std::size_t m_;
  Loess season_loess_{}, trend_loess_{}, low_loess_{};
  std::vector<double> trend_, season_, weights_, work_;
  Smoother smoother_;
};

}  // namespace

Result<Decomposition> stl(std::span<const double> values, std::size_t period,
                          const StlOptions& options) {
  if (period < 2 || values.size() < 2 * period) {
    return fail(ErrorCode::invalid_input,
                fmt::format("{} values are no two cycles of period {}; expected a period of at "
                            "least 2 and twice as many values",
                            values.size(), period));
  }
  Stl fitted(values, period, options);
  Decomposition out;
  out.seasonal.push_back(fitted.season());
  out.trend = std::move(fitted).trend();
  out.remainder.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    out.remainder[i] = values[i] - out.seasonal[0][i] - out.trend[i];
  }
  return out;
}

Result<Decomposition> mstl(std::span<const double> values, std::span<const std::size_t> periods) {
  std::vector<std::size_t> usable(periods.begin(), periods.end());
  std::erase_if(usable, [&](std::size_t m) { return m < 2 || values.size() < 2 * m; });
  if (usable.empty()) return stl(values, periods.empty() ? 1 : periods.back(), {});
  Decomposition out;
  out.seasonal.assign(usable.size(), std::vector<double>(values.size(), 0.0));
  out.remainder.assign(values.begin(), values.end());
  for (int round = 0; round < (usable.size() > 1 ? 2 : 1); ++round) {
    for (std::size_t k = 0; k < usable.size(); ++k) {
      auto& rest = out.remainder;
      for (std::size_t i = 0; i < rest.size(); ++i) rest[i] += out.seasonal[k][i];
      auto fitted = stl(rest, usable[k], {.window = 11 + 4 * k});
      if (!fitted) return fitted;
      out.seasonal[k] = std::move(fitted->seasonal[0]);
      out.trend = std::move(fitted->trend);
      for (std::size_t i = 0; i < rest.size(); ++i) rest[i] -= out.seasonal[k][i];
    }
  }
  for (std::size_t i = 0; i < values.size(); ++i) out.remainder[i] -= out.trend[i];
  return out;
}

}  // namespace costops::forecasting
