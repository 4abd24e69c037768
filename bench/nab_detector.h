// nab_detector.h - a streaming detector for measurements of any kind, without a calendar.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace costops::nab {

/// Several residuals (the step from a short mean; the distance of a short mean from a long level;
/// the size of recent steps against their usual size), each judged on the scale of its own past
/// logarithms, so that calm and wild series meet one threshold. One event is told once: a score
/// counts only above a fading peak of the scores before it.
class NabDetector {
 public:
  /// 0 where nothing is new; else how far out the value is, in standard deviations.
  double score(double value) {
    if (seen_++ == 0) {
      mean3_ = mean30_ = level_ = value;
      return 0.0;
    }
    const double warm = 1.0 / static_cast<double>(seen_);
    const double step = std::abs(value - mean3_);
    mean3_ += kShort * (value - mean3_);
    mean30_ += kMiddle * (value - mean30_);
    const double far = std::abs(value - level_);
    const double shifted = std::abs(mean30_ - level_);
    restless_ += kMiddle * (step - restless_);
    level_ += std::max(kLong, warm) * (value - level_);
    const double tiny = 1e-3 * std::abs(level_) + 1e-9;
    double out = kW0 * tails_[0].judge(std::log(step + tiny), warm);
    out = std::max(out, kW1 * tails_[1].judge(std::log(far + tiny), warm));
    out = std::max(out, kW2 * tails_[2].judge(std::log(shifted + tiny), warm));
    out = std::max(out, kW3 * tails_[3].judge(std::log(restless_ + tiny), warm));
    return is_new(out);
  }

 private:
  static constexpr double kShort = 1.0, kMiddle = 0.2, kLong = 0.004, kMemory = 0.0003;
  static constexpr double kFade = 0.9985;
  static constexpr double kW0 = 0.85, kW1 = 0.85, kW2 = 1.0, kW3 = 1.0;

  /// The past of one residual's logarithm.
  struct Tail {
    double mean = 0.0, variance = 1.0;
    double judge(double x, double warm) {
      const double z = (x - mean) / std::sqrt(variance + 0.01);
      const double gain = std::max(kMemory, warm);
      const double d = x - mean;
      mean += gain * d;
      variance += gain * (d * d - variance);
      return z;
    }
  };

  double is_new(double raw) {
    peak_ *= kFade;
    const bool fresh = raw > peak_;
    peak_ = std::max(peak_, raw);
    return fresh ? raw : 0.0;
  }

  std::size_t seen_ = 0;
  double mean3_ = 0.0, mean30_ = 0.0, level_ = 0.0, restless_ = 0.0, peak_ = 0.0;
  std::array<Tail, 4> tails_{};
};

}  // namespace costops::nab
