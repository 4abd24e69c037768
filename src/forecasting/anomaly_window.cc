// anomaly_window.cc - textbook methods over a sliding window of the values before the judged one.
//
// Sources: NIST/SEMATECH e-Handbook 1.3.5.17 (z-score; modified z-score after Iglewicz and Hoaglin,
// 1993, with their mean absolute deviation where the MAD is 0); Tukey 1977 (fences at 1.5 IQR);
// quantiles are type 7 of Hyndman and Fan, 1996.
#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>
#include <vector>

#include "forecasting/detectors.h"

namespace costops::forecasting {
namespace {

/// A window's centre and the distance that counts as one unit of severity. `low` and `high` are
/// where the distance starts: the centre, but for Tukey's fences the quartiles.
struct Yardstick {
  double centre = 0.0;
  double low = 0.0;
  double high = 0.0;
  double unit = 0.0;
};

double quantile_of(const std::vector<double>& sorted, double p) {
  const double position = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double sample_deviation(const std::vector<double>& values, double mean) {
  double squares = 0.0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

class WindowDetector final : public Detector {
 public:
  explicit WindowDetector(const AnomalyParameters& parameters) : parameters_(parameters) {}

  Judgement observe(double value, Phase) override {
    if (!is_usable(value)) return {.verdict = Verdict::missing};
    const Judgement judgement = judged(value);
    window_.push_back(value);
    if (window_.size() > parameters_.window) window_.pop_front();
    return judgement;
  }

 private:
  Judgement judged(double value) {
    if (window_.size() <
        std::max<std::size_t>(2, std::min(parameters_.learning, parameters_.window))) {
      return {Verdict::learning, value, value, value, 0.0};
    }
    const Yardstick yard = yardstick();
    Judgement out;
    out.expected = yard.centre;
    out.lower = yard.low - parameters_.threshold * yard.unit;
    out.upper = yard.high + parameters_.threshold * yard.unit;
    const double distance = std::max({value - yard.high, yard.low - value, 0.0});
    if (distance > 0.0) {
      out.severity = std::min(yard.unit > 0.0 ? distance / yard.unit : kSeverityMax, kSeverityMax);
    }
    const bool strange = distance > 0.0 && (value > out.upper || value < out.lower);
    out.verdict = !strange ? Verdict::normal : value > yard.centre ? Verdict::high : Verdict::low;
    return out;
  }

  Yardstick yardstick() {
    sorted_.assign(window_.begin(), window_.end());
    std::sort(sorted_.begin(), sorted_.end());
    switch (parameters_.method) {
      case AnomalyMethod::z_score: {
        const double mean = mean_of(sorted_);
        return {mean, mean, mean, sample_deviation(sorted_, mean)};
      }
      case AnomalyMethod::moving_average: {
        const double mean = mean_of(sorted_);
        return {mean, mean, mean, std::abs(mean)};
      }
      case AnomalyMethod::iqr: {
        const double q1 = quantile_of(sorted_, 0.25);
        const double q3 = quantile_of(sorted_, 0.75);
        return {quantile_of(sorted_, 0.5), q1, q3, q3 - q1};
      }
      default:
        return around_median();
    }
  }

  Yardstick around_median() {
    const double median = quantile_of(sorted_, 0.5);
    for (double& value : sorted_) value = std::abs(value - median);
    std::sort(sorted_.begin(), sorted_.end());
    const double mad = quantile_of(sorted_, 0.5);
    if (parameters_.method == AnomalyMethod::mad) return {median, median, median, 1.4826 * mad};
    return {median, median, median, mad > 0.0 ? mad / 0.6745 : 1.253314 * mean_of(sorted_)};
  }

  AnomalyParameters parameters_;
  std::deque<double> window_;
  std::vector<double> sorted_;
};

}  // namespace

std::unique_ptr<Detector> make_window_detector(const AnomalyParameters& parameters) {
  return std::make_unique<WindowDetector>(parameters);
}

}  // namespace costops::forecasting
