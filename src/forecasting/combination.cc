#include "forecasting/combination.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "forecasting/models.h"

namespace costops::forecasting {
namespace {

constexpr double kErrorPower = 4.0;  // weights fall with this power of the backtest error
constexpr double kLevelShare = 0.3;  // of the mean level, in the size that errors are held against
constexpr double kZerosMany = 0.4;   // share of zeros from which demand is intermittent
constexpr std::size_t kExplosive = 24;   // season from which autoregressions may be explosive
constexpr std::size_t kShort = 200;      // values; below it, steps help with short cycles
constexpr std::size_t kTrendLeast = 10;  // values, below which no trend goes on
constexpr double kGrowthMax = 1.6094;    // log 5: how far a path may leave the range of the history

/// Too few values to replay a trend, which one high value is easily taken for; of hours, the way up
/// in the morning.
bool shows_no_trend(std::size_t season, std::size_t length) {
  return length < (season >= kExplosive && season < 52 ? 2 * season : kTrendLeast);
}

bool takes_steps(std::size_t season, std::size_t length) {
  if (season > 1 && season <= 8) return length < kShort;
  return season < 20 || season == 52;
}

}  // namespace

Combination::Combination() {
  rules_.push_back({.model = make_naive()});
  rules_.push_back({.model = make_seasonal_naive(), .seasonal = true});
  rules_.push_back({.model = make_seasonal_median(), .seasonal = true});
  rules_.push_back({.model = make_moving_average()});
  rules_.push_back({.model = make_quick_theta(), .trending = true});
  rules_.push_back({.model = make_sba(), .intermittent = true});
  rules_.push_back({.model = make_tsb(), .intermittent = true});
}

std::size_t Combination::path_length(std::size_t origin) const {
  return origin + 1 == plan_.origins.size() ? horizon_ : plan_.steps;
}

std::span<double> Combination::path_of(std::size_t member, std::size_t origin) {
  return {paths_.data() + (member * plan_.origins.size() + origin) * horizon_, path_length(origin)};
}

std::span<const double> Combination::member_path(std::size_t member, std::size_t origin) const {
  return {paths_.data() + (member * plan_.origins.size() + origin) * horizon_, path_length(origin)};
}

std::span<const double> Combination::replayed(std::size_t replay) const {
  return {replayed_.data() + replay * plan_.steps, plan_.steps};
}

std::string Combination::member_name(std::size_t member) const {
  const Member& m = members_[member];
  if (m.rule != nullptr) return m.rule->name();
  const LagSet& set = plan_.sets[m.set];
  static constexpr std::array kScales = {"raw", "log", "log_steps"};
  std::string name = fmt::format("ar({} lags to {}{}, {}", set.lags.size(), set.lags.back(),
                                 set.phases > 1 ? fmt::format(", {} phases", set.phases) : "",
                                 kScales[static_cast<std::size_t>(m.scale)]);
  if (m.half_life > 0) name += fmt::format(", half-life {}", m.half_life);
  return name + ")";
}

void Combination::plan(std::size_t length, std::size_t season, std::size_t horizon) {
  if (length == length_ && season == season_ && horizon == horizon_) return;
  length_ = length;
  season_ = season;
  horizon_ = horizon;
  plan_ = candidates(length, season, horizon);
  sums_.plan(plan_.sets, plan_.origins);
  std::vector<std::size_t> step_origins = plan_.origins;
  for (std::size_t& origin : step_origins) --origin;
  step_sums_.plan(plan_.sets, step_origins);
}

void Combination::new_member(Member member) {
  members_.push_back(member);
  const std::size_t needed = members_.size() * plan_.origins.size() * horizon_;
  if (paths_.size() < needed) paths_.resize(needed);
}

void Combination::add_rule(Model& model, std::span<const double> values) {
  new_member({.rule = &model});
  for (std::size_t o = 0; o < plan_.origins.size(); ++o) {
    const auto path = path_of(members_.size() - 1, o);
    if (!model.fit({values.first(plan_.origins[o]), plan_.season})) {
      std::ranges::fill(path, values[plan_.origins[o] - 1]);
      continue;
    }
    model.forecast(path);
  }
}

void Combination::add_rules(std::span<const double> values) {
  const auto zeros = static_cast<double>(std::ranges::count(values, 0.0));
  const bool intermittent = zeros > kZerosMany * static_cast<double>(values.size());
  for (const Rule& rule : rules_) {
    if (rule.seasonal && (plan_.season == 1 || plan_.origins.front() < plan_.season)) continue;
    if (rule.intermittent && !intermittent) continue;
    if (rule.trending && shows_no_trend(plan_.season, values.size())) continue;
    add_rule(*rule.model, values);
  }
}

/// A history whose level has jumped is fitted best by weights that would let it jump on. Of smaller
/// ones, which sum to 1, the usual cycle goes on as before.
void Combination::tame(std::span<const double> known, const LagSet& set) {
  auto& weights = fitted_.lag_weights;
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (sum <= 1.0) return;
  const std::size_t m = set.phases;
  phase_means_.assign(m, 0.0);
  phase_counts_.assign(m, 0.0);
  for (std::size_t t = 0; t < known.size(); ++t) {
    phase_means_[t % m] += known[t];
    phase_counts_[t % m] += 1;
  }
  for (std::size_t p = 0; p < m; ++p) phase_means_[p] /= std::max(phase_counts_[p], 1.0);
  for (std::size_t k = 0; k < weights.size(); ++k) {
    const double taken = weights[k] * (1 - 1 / sum);
    weights[k] -= taken;
    for (std::size_t p = 0; p < m; ++p) {
      fitted_.intercepts[p] += taken * phase_means_[(p + m * set.lags[k] - set.lags[k]) % m];
    }
  }
}

void Combination::continue_series(std::span<const double> known, const LagSet& set,
                                  std::span<double> path) {
  const std::size_t back = set.lags.back();
  work_.assign(known.end() - static_cast<std::ptrdiff_t>(back), known.end());
  work_.resize(back + path.size());
  const std::size_t m = set.phases;
  std::size_t phase = known.size() % m;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const double* now = work_.data() + back + i;
    const auto term = [&](std::size_t k) {
      return fitted_.lag_weights[k] * now[-static_cast<std::ptrdiff_t>(set.lags[k])];
    };
    double odd = fitted_.intercepts[phase], even = 0;  // two chains of additions
    std::size_t k = set.lags.size();
    for (; k > 1; k -= 2) {  // the latest values, which are known last, come last
      even += term(k - 1);
      odd += term(k - 2);
    }
    if (k == 1) even += term(0);
    const double value = std::clamp(odd + even, lowest_, highest_);
    work_[back + i] = path[i] = value;
    if (++phase == m) phase = 0;
  }
}

/// From the scale of an autoregression back to that of the history; `last` is its last log value.
void Combination::restore(std::span<double> path, Scale scale, double mean, double last) const {
  for (double& value : path) {
    switch (scale) {
      case Scale::raw:
        value += mean;
        break;
      case Scale::log:
        value = std::exp(value + mean);
        break;
      case Scale::log_steps:
        value = std::exp(last += value);
        break;
    }
  }
}

void Combination::add_autoregressions(std::span<const double> values, Scale scale) {
  const bool steps = scale == Scale::log_steps;
  std::vector<double>& x = transformed_;
  x.assign(values.begin(), values.end());
  if (scale != Scale::raw)
    std::ranges::transform(x, x.begin(), [](double v) { return std::log(v); });
  double mean = 0;
  if (steps) {
    std::adjacent_difference(x.begin(), x.end(), x.begin());
    x.erase(x.begin());
  } else {
    mean = std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
    for (double& value : x) value -= mean;
  }
  const auto [low, high] = std::ranges::minmax(x);
  const double reach = scale == Scale::raw ? high - low : std::min(high - low, kGrowthMax);
  lowest_ = low - reach;
  highest_ = high + reach;
  LagSums& sums = steps ? step_sums_ : sums_;
  for (const double half_life : plan_.half_lives) {
    if (steps && half_life > 0) continue;
    sums.add_up(x, half_life > 0 ? std::exp2(-1.0 / half_life) : 1.0);
    for (std::size_t s = 0; s < plan_.sets.size(); ++s) {
      new_member({.scale = scale, .half_life = half_life, .set = s});
      for (std::size_t o = 0; o < plan_.origins.size(); ++o) {
        const std::size_t origin = plan_.origins[o];
        const auto path = path_of(members_.size() - 1, o);
        sums.solve(s, o, fitted_);
        if (plan_.season < kExplosive) {
          tame(std::span(x).first(steps ? origin - 1 : origin), plan_.sets[s]);
        }
        continue_series(std::span(x).first(steps ? origin - 1 : origin), plan_.sets[s], path);
        restore(path, scale, mean, steps ? std::log(values[origin - 1]) : 0.0);
      }
    }
  }
}

void Combination::weigh(std::span<const double> values) {
  const std::size_t replays = this->replays(), steps = plan_.steps;
  double level = 0;
  for (const double value : values) level += std::abs(value);
  level *= kLevelShare / static_cast<double>(values.size());
  errors_.assign(members_.size() * replays, 0.0);
  for (std::size_t k = 0; k < members_.size(); ++k) {
    for (std::size_t r = 0; r < replays; ++r) {
      const auto path = path_of(k, r);
      const auto actual = values.subspan(plan_.origins[r], steps);
      double sum = 0;
      for (std::size_t i = 0; i < steps; ++i) {
        const double size = std::abs(path[i]) + std::abs(actual[i]) + level;
        if (size > 0) sum += std::abs(path[i] - actual[i]) / size;
      }
      errors_[k * replays + r] = sum / static_cast<double>(steps);
    }
  }
  note_runaways(values);
  weights_.resize(members_.size());
  replayed_.assign(replays * steps, 0.0);
  mean_.assign(horizon_, 0.0);
  for (std::size_t left_out = 0; left_out <= replays; ++left_out) combine(left_out);
}

/// Paths that leave the range of what was known by more than all of it.
void Combination::note_runaways(std::span<const double> values) {
  const std::size_t origins = plan_.origins.size();
  runaway_.assign(members_.size() * origins, 0);
  double low = values[0], high = values[0];
  std::size_t seen = 0;
  for (std::size_t o = 0; o < origins; ++o) {
    for (; seen < plan_.origins[o]; ++seen) {
      low = std::min(low, values[seen]);
      high = std::max(high, values[seen]);
    }
    for (std::size_t k = 0; k < members_.size(); ++k) {
      const auto [least, most] = std::ranges::minmax(path_of(k, o));
      runaway_[k * origins + o] = most > high + (high - low) || least < low - (high - low);
    }
  }
}

/// Weights from all replays but one; they make the path of that one. Last: all replays, the end.
void Combination::combine(std::size_t left_out) {
  const std::size_t replays = this->replays();
  double total = 0;
  for (std::size_t k = 0; k < members_.size(); ++k) {
    double error = 1e-9;
    for (std::size_t r = 0; r < replays; ++r) {
      if (r != left_out || replays == 1) error += errors_[k * replays + r];
    }
    weights_[k] = std::pow(error, -kErrorPower);
    if (runaway_[k * plan_.origins.size() + left_out] != 0) weights_[k] = 0;  // naive never does
    total += weights_[k];
  }
  const auto out = left_out == replays
                       ? std::span<double>(mean_)
                       : std::span(replayed_).subspan(left_out * plan_.steps, plan_.steps);
  for (std::size_t k = 0; k < members_.size(); ++k) {
    weights_[k] /= total;
    const auto path = path_of(k, left_out);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += weights_[k] * path[i];
  }
}

void Combination::fit(std::span<const double> values, std::size_t season, std::size_t horizon) {
  plan(values.size(), season, horizon);
  members_.clear();
  add_rules(values);
  const auto [low, high] = std::ranges::minmax(values);
  if (low < high && !plan_.sets.empty() && !shows_no_trend(plan_.season, values.size())) {
    add_autoregressions(values, Scale::raw);
    if (low > 0) {
      add_autoregressions(values, Scale::log);
      if (takes_steps(plan_.season, values.size())) add_autoregressions(values, Scale::log_steps);
    }
  }
  weigh(values);
}

}  // namespace costops::forecasting
