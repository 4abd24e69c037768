// nab_detector.h - a streaming detector for measurements of any kind.
//
// Four views of a value, each a distance that is small while nothing happens:
//   surprise  from what an autoregression of six values expects (recursive least squares)
//   shift     of a short mean from the long level
//   season    from the same half hour of the week, smoothed
//   novelty   of the recent past at eight time scales from the nearest of 32 remembered pasts
//             (one past that is like none of them takes the place of the one not seen for longest)
// Each distance is judged on the scale of its own history: above its 95 % quantile, the logarithm
// of a distance falls off about exponentially (Hill, Annals of Statistics 3(5), 1975), so the
// excess in units of the mean excess means the same in a calm and in a wild series. The largest of
// the four counts. One event is told once: only above a fading peak of the scores before it.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace costops::nab {

/// How far beyond the usual a distance is, in mean excesses over its 95 % quantile.
class Tail {
 public:
  double judge(double log_distance) {
    seen_ += 1.0;
    const double excess = log_distance - quantile_;
    const double out = seen_ < 30.0 ? 0.0 : excess / std::max(mean_excess_, kExcessMin);
    learn(log_distance);
    return out;
  }

 private:
  static constexpr double kQuantile = 0.95, kExcessMin = 0.5, kMemory = 0.0003;

  void learn(double x) {
    const double off = x - mean_;
    const double gain = std::max(kMemory, 1.0 / seen_);
    mean_ += gain * off;
    variance_ += gain * (off * off - variance_);
    if (seen_ < 10.0) quantile_ = std::max(quantile_, x);
    const double step = std::sqrt(variance_) * std::max(0.02, 2.0 / seen_);
    quantile_ += step * (x > quantile_ ? kQuantile : kQuantile - 1.0);
    if (x <= quantile_) return;
    const double excess = std::min(x - quantile_, 5.0 * mean_excess_ + 0.1);
    const double told = std::clamp(1.0 / (1.0 + seen_ * (1.0 - kQuantile)), 0.02, 0.3);
    mean_excess_ += told * (excess - mean_excess_);
  }

  double seen_ = 0.0, mean_ = 0.0, variance_ = 1.0, quantile_ = 0.0, mean_excess_ = 0.5;
};

/// One-step predictions from the last six values, in standard deviations of the series.
class Autoregression {
 public:
  Autoregression() { restart(); }

  /// The error of predicting `value`, learnt afterwards, in units of `unit`.
  double miss(double value, double mean, double unit) {
    const double now = (value - mean) / unit;
    Row inputs{1.0};
    for (std::size_t i = 0; i + 1 < kSize; ++i) {
      inputs[i + 1] = i < seen_ ? (last_[i] - mean) / unit : 0.0;
    }
    Row gain{};
    double known = kForget;
    double expected = 0.0;
    for (std::size_t i = 0; i < kSize; ++i) {
      for (std::size_t j = 0; j < kSize; ++j) gain[i] += doubt_[i][j] * inputs[j];
      known += inputs[i] * gain[i];
      expected += weights_[i] * inputs[i];
    }
    const double error = now - expected;
    const double cut = std::clamp(error, -4.0, 4.0);
    bool wild = false;
    for (std::size_t i = 0; i < kSize; ++i) {
      weights_[i] += gain[i] / known * cut;
      for (std::size_t j = 0; j < kSize; ++j) {
        doubt_[i][j] = (doubt_[i][j] - gain[i] * gain[j] / known) / kForget;
      }
      wild = wild || !(std::abs(weights_[i]) < 10.0) || doubt_[i][i] > 1e4;
    }
    if (wild) restart();
    remember(value);
    return error;
  }

  /// The value just seen is the first input of the next prediction.
  void remember(double value) {
    std::copy_backward(last_.begin(), last_.end() - 1, last_.end());
    last_[0] = value;
    seen_ += 1;
  }

 private:
  static constexpr std::size_t kSize = 7;  // a constant and six lags
  static constexpr double kForget = 0.999;
  using Row = std::array<double, kSize>;

  void restart() {
    weights_ = {};
    weights_[1] = 1.0;
    doubt_ = {};
    for (std::size_t i = 0; i < kSize; ++i) doubt_[i][i] = 1000.0;
  }

  Row weights_{};
  std::array<double, kSize - 1> last_{};
  std::size_t seen_ = 0;
  std::array<Row, kSize> doubt_{};
};

/// Remembered pasts.
class Memory {
 public:
  static constexpr std::size_t kScales = 8, kPasts = 32;
  using Past = std::array<float, kScales>;

  /// How far the nearest remembered past is, NaN if there is none; then remembers this one.
  double novelty(const Past& past) {
    std::array<float, kPasts> far{};
    for (std::size_t s = 0; s < kScales; ++s) {
      for (std::size_t k = 0; k < kPasts; ++k) {
        const float d = past[s] - pasts_[s][k];
        far[k] += d * d;
      }
    }
    const auto end = far.begin() + static_cast<std::ptrdiff_t>(known_);
    const auto nearest = std::min_element(far.begin(), end);
    now_ += 1;
    if (nearest == end) {
      put(known_++, past, 1.0F);
      return std::numeric_limits<double>::quiet_NaN();
    }
    const auto like = static_cast<std::size_t>(nearest - far.begin());
    seen_[like] = now_;
    const double distance = std::sqrt(static_cast<double>(*nearest));
    if (distance <= kLike) {
      put(like, past, 0.1F);
    } else if (known_ < kPasts) {
      put(known_++, past, 1.0F);
    } else {
      const auto longest = std::min_element(seen_.begin(), seen_.end());
      put(static_cast<std::size_t>(longest - seen_.begin()), past, 1.0F);
    }
    return distance;
  }

 private:
  static constexpr double kLike = 0.8;  // standard deviations

  void put(std::size_t k, const Past& past, float share) {
    for (std::size_t s = 0; s < kScales; ++s) pasts_[s][k] += share * (past[s] - pasts_[s][k]);
    seen_[k] = now_;
  }

  std::array<std::array<float, kPasts>, kScales> pasts_{};
  std::array<std::uint32_t, kPasts> seen_{};
  std::uint32_t now_ = 0;
  std::size_t known_ = 0;
};

class NabDetector {
 public:
  static constexpr std::size_t kSlots = 7 * 48;  ///< Half hours of a week.

  /// 0 where nothing is new; else how far beyond the usual the value is. `slot` is its half hour.
  double score(double value, std::size_t slot) {
    seen_ += 1.0;
    if (seen_ == 1.0) {
      level_ = short_ = mean_ = value;
      means_.fill(value);
      regression_.remember(value);
      return 0.0;
    }
    const double warm = 1.0 / seen_;
    short_ += 0.2 * (value - short_);
    level_ += std::max(0.004, warm) * (value - level_);
    mean_ += std::max(0.001, warm) * (value - mean_);
    const double off = value - mean_;
    variance_ += std::max(0.001, warm) * (off * off - variance_);
    const double unit = std::sqrt(variance_) + 1e-9;
    const double least = 1e-3 * std::abs(level_) + 1e-9;
    const auto judge = [&](Tail& tail, double distance) {
      return tail.judge(std::log(std::abs(distance) + least));
    };
    double out = judge(surprise_, regression_.miss(value, mean_, unit) * unit);
    out = std::max(out, judge(shift_, short_ - level_));
    if (const double season = off_season(value, slot); season == season) {
      out = std::max(out, judge(season_, season));
    }
    if (const double novelty = memory_.novelty(past_of(value, unit)); novelty == novelty) {
      out = std::max(out, judge(novelty_, novelty * unit));
    }
    return is_new(out);
  }

 private:
  static constexpr double kFade = 0.997;
  static constexpr double kUnseen = std::numeric_limits<double>::quiet_NaN();

  /// Where the value stands, and how it moved at seven time scales.
  Memory::Past past_of(double value, double unit) {
    Memory::Past past{static_cast<float>((value - mean_) / unit)};
    double gain = 1.0;
    for (std::size_t k = 0; k < means_.size(); ++k) {
      means_[k] += gain * (value - means_[k]);
      if (k > 0) past[k] = static_cast<float>((means_[k - 1] - means_[k]) / unit);
      gain *= 0.6;
    }
    return past;
  }

  double off_season(double value, std::size_t slot) {
    double& usual = usual_[slot];
    if (usual != usual) {
      usual = value;
      return kUnseen;
    }
    const double off = value - usual;
    usual += 0.2 * off;
    off_season_ += 0.1 * (off - off_season_);
    return off_season_;
  }

  double is_new(double raw) {
    peak_ *= kFade;
    const bool fresh = raw > peak_;
    peak_ = std::max(peak_, raw);
    return fresh ? raw : 0.0;
  }

  double seen_ = 0.0, level_ = 0.0, short_ = 0.0, mean_ = 0.0, variance_ = 0.0;
  double off_season_ = 0.0, peak_ = 0.0;
  std::array<double, Memory::kScales> means_{};
  std::vector<double> usual_ = std::vector<double>(kSlots, kUnseen);
  Autoregression regression_;
  Memory memory_;
  Tail surprise_, shift_, season_, novelty_;
};

}  // namespace costops::nab
