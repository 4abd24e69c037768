// anomaly_robust.cc - level x weekday/hour on the log scale, with shift reset.
//
// A value x is seen as y = log x (zero and less as 5 % of the level). It is expected to be
// level + share of its weekday + share of its hour. Each of the three is a number with a variance:
// how far off it may be. What is left, r, is judged by
//   scale^2 = size^2 + the variances of the three      (size: the usual rest of this series)
// so a weekday seen for the first time surprises nobody, and one seen for eight weeks does. Then
// each of the three learns r by its part of the variance, at most a few scales of it, and of a
// strange value next to nothing: a Kalman filter that ignores covariances and is robust (after
// Masreliez and Martin, IEEE Trans. Automatic Control 22(3), 1977: bounded innovations).
// When rests stay on one side, far out, `confirm` times in a row, the level moves by their median.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "forecasting/detectors.h"

namespace costops::forecasting {
namespace {

constexpr double kZeroShare = 0.05;  ///< What zero counts as, as a share of the level.
constexpr double kTiny = 1e-12;      ///< The level of a series of zeros.
constexpr double kSizeFirst = 0.15;  ///< Rests before any is known, on the log scale ...
constexpr double kSizeTrust = 4.0;   ///< ... as if seen so many times.
constexpr double kSizeMin = 0.03;    ///< Rests within 3 % of flat spend are noise.
constexpr double kSizeGain = 0.03;
constexpr double kSizePerRest = 1.2533;  ///< 1 / E|r| of a normal distribution.
constexpr double kCut = 2.5;             ///< Learning sees at most this many scales.
constexpr double kFar = 0.5;             ///< ... and of a strange value no more than this.
constexpr double kShareFirst = 0.35;      ///< How far an unseen share may be from none.
constexpr double kHourFirst = 1.5;       ///< The same for hours: nights are quieter than weekends.
constexpr double kLevelDrift = 0.1;      ///< Of the level in a step, in sizes.
constexpr double kShareDrift = 0.03;     ///< Of a share from visit to visit, in sizes.
constexpr double kRunShare = 0.7;  ///< Of the threshold: rests of a run are at least that far out.

constexpr double kUnknownDay = kShareFirst * kShareFirst;
constexpr double kUnknownHour = kHourFirst * kHourFirst;

/// e^x within what values may be.
double power(double x) { return std::exp(std::clamp(x, -230.0, 230.0)); }

/// A number and how far off it may be.
struct Belief {
  double value = 0.0;
  double variance = 0.0;
};

class RobustDetector final : public Detector {
 public:
  RobustDetector(const AnomalyParameters& parameters, Grain grain)
      : parameters_(parameters), rests_(parameters.confirm) {
    if (grain == Grain::day) weekdays_.fill({0.0, kUnknownDay});
    if (grain != Grain::hour) return;
    // Weekends stand in the hours: little is left for the day as a whole.
    hours_.fill({0.0, kUnknownHour});
    weekdays_.fill({0.0, kUnknownDay / 16.0});
  }

  Judgement observe(double value, Phase phase) override {
    if (!is_usable(value)) return {.verdict = Verdict::missing};
    if (seen_ == 0) level_ = {std::log(std::max(value, kTiny)), size_ * size_};
    const bool learning = seen_ < parameters_.learning;
    seen_ += 1;
    const Judgement judgement = judged(value, phase);
    if (!learning) return judgement;
    run_ = 0;
    return {Verdict::learning, value, value, value, 0.0};
  }

 private:
  /// Hours have a share of their own on weekdays and on weekends; the first weekend begins with
  /// what the weekdays taught.
  Belief& hour(Phase phase) {
    const bool weekend = phase.weekday >= 5;
    Belief& own = hours_[phase.hour + (weekend ? 24u : 0u)];
    const Belief& other = hours_[phase.hour + (weekend ? 0u : 24u)];
    if (own.variance == kUnknownHour && other.variance < kUnknownHour) {
      own = {other.value, other.variance + kUnknownDay};
    }
    return own;
  }
  Belief& weekday(Phase phase) { return weekdays_[phase.weekday]; }

  [[nodiscard]] double log_of(double value) const {
    return std::log(std::max(value, std::max(kZeroShare * std::exp(level_.value), kTiny)));
  }

  Judgement judged(double value, Phase phase) {
    const std::array<Belief*, 3> beliefs = {&level_, &weekday(phase), &hour(phase)};
    double expected = 0.0;
    double variance = size_ * size_;
    for (const Belief* belief : beliefs) {
      expected += belief->value;
      variance += belief->variance;
    }
    const double rest = log_of(value) - expected;
    const double scale = std::sqrt(variance);
    const double reach = parameters_.threshold * scale;
    Judgement out{Verdict::normal, power(expected), power(expected - reach),
                  power(expected + reach), std::min(std::abs(rest) / scale, kSeverityMax)};
    if (std::abs(rest) > reach) out.verdict = rest > 0.0 ? Verdict::high : Verdict::low;
    note_run(rest, scale);
    if (run_ == parameters_.confirm) {
      out.verdict = Verdict::change;
      move_level();
      return out;
    }
    learn(rest, variance, beliefs);
    return out;
  }

  void learn(double rest, double variance, const std::array<Belief*, 3>& beliefs) {
    const double scale = std::sqrt(variance);
    const double cut = std::clamp(rest, -kCut * scale, kCut * scale);
    const bool strange = std::abs(rest) > parameters_.threshold * scale;
    const double learned = strange ? std::copysign(kFar * scale, rest) : cut;
    for (Belief* belief : beliefs) {
      const double gain = belief->variance / variance;
      const double drift = (belief == &level_ ? kLevelDrift : kShareDrift) * size_;
      belief->value += gain * learned;
      belief->variance += drift * drift - gain * belief->variance;
    }
    // A rest tells of the size as far as it is not doubt about the shares.
    const double told = size_ * size_ / variance;
    size_seen_ += told;
    const double size = kSizePerRest * std::abs(cut) * size_ / scale;
    size_ += told * std::max(kSizeGain, 1.0 / (kSizeTrust + size_seen_)) * (size - size_);
    size_ = std::max(size_, kSizeMin);
  }

  void note_run(double rest, double scale) {
    const bool far = std::abs(rest) > kRunShare * parameters_.threshold * scale;
    const bool goes_on = far && run_ > 0 && (rest > 0.0) == (rests_[0] > 0.0);
    if (!goes_on) run_ = 0;
    if (far) rests_[run_++] = rest;
  }

  void move_level() {
    const double moved = level_.value + median({rests_.begin(), rests_.end()});
    level_ = {std::max(moved, std::log(kTiny)), size_ * size_};
    run_ = 0;
  }

  static double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1) return *middle;
    return (*middle + *std::max_element(values.begin(), middle)) / 2.0;
  }

  AnomalyParameters parameters_;
  std::size_t seen_ = 0;
  Belief level_;
  double size_ = kSizeFirst;
  double size_seen_ = 0.0;  ///< Rests that told of it.
  std::array<Belief, 7> weekdays_{};
  std::array<Belief, 48> hours_{};
  std::vector<double> rests_;  ///< Of the run.
  std::size_t run_ = 0;
};

}  // namespace

std::unique_ptr<Detector> make_robust_detector(const AnomalyParameters& parameters, Grain grain) {
  return std::make_unique<RobustDetector>(parameters, grain);
}

}  // namespace costops::forecasting
