#include "forecasting/ets.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace costops::forecasting {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kLeast = 1e-4;  // of alpha and 1 - alpha, as usual for these models
constexpr double kPhiLeast = 0.8, kPhiMost = 0.98;
constexpr int kIterationsMax = 400;

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }
double logit(double p) { return std::log(p / (1.0 - p)); }

}  // namespace

std::string EtsForm::name() const {
  std::string text = "ETS(";
  text += error;
  text += ',';
  text += trend;
  if (damped) text += 'd';
  text += ',';
  text += season;
  return text + ')';
}

std::size_t EtsFitter::dimension() const {
  return 2 + (form_.trend != 'N' ? 2u : 0u) + (form_.damped ? 1u : 0u) +
         (form_.season != 'N' ? period_ : 0u);
}

/// Level and slope are told so that as little as possible waits for the step before: with the error
/// e = p - q, level' = q + alpha e, and slope' = phi slope + alpha beta_share e for additive
/// trends.
template <char Error, char Trend, char Season>
double EtsFitter::run_forward() {
  double level = level_, slope = slope_, squares = 0, log_product = 0, product = 1;
  const double alpha = alpha_, phi = phi_, gamma = gamma_, gain = alpha_ * beta_share_;
  std::size_t phase = 0;
  const std::size_t n = y_.size();
  for (std::size_t t = 0; t < n; ++t) {
    Row& row = rows_[t];
    const double y = y_[t];
    row.level = level;
    row.slope = slope;
    if (Trend == 'A') row.phib = phi * slope;
    if (Trend == 'M') row.phib = phi == 1.0 ? slope : std::pow(slope, phi);
    const double q = Trend == 'N' ? level : Trend == 'A' ? level + row.phib : level * row.phib;
    row.q = q;
    double p = y, f = q;
    if (Season != 'N') {
      row.season = seasonal_[phase];
      if (Season == 'M') row.per_season = 1.0 / row.season;
      p = Season == 'A' ? y - row.season : y * row.per_season;
      f = Season == 'A' ? q + row.season : q * row.season;
    }
    row.p = p;
    row.error = y - f;
    if (Error == 'M') {
      if (!(f > 1e-12)) return kInfinite;
      row.per_forecast = 1.0 / f;
      row.error *= row.per_forecast;
      product *= f;
      if (product > 1e200 || product < 1e-200) {
        log_product += std::log(product);
        product = 1;
      }
    }
    squares += row.error * row.error;
    const double away = p - q;
    const double next_level = q + alpha * away;
    if (Trend == 'A') slope = row.phib + gain * away;
    if (Trend == 'M') {
      slope = row.phib + beta_share_ * (next_level / level - row.phib);
      if (!(slope > 1e-8 && next_level > 1e-12)) return kInfinite;
    }
    level = next_level;
    if (Season != 'N') {
      if (Season == 'M') {
        if (!(q > 1e-12)) return kInfinite;
        row.per_q = 1.0 / q;
      }
      row.t = Season == 'A' ? y - q : y * row.per_q;
      seasonal_[phase] = row.season + gamma * (row.t - row.season);
      if (Season == 'M' && !(seasonal_[phase] > 1e-8)) return kInfinite;
      if (++phase == period_) phase = 0;
    }
  }
  end_level_ = level;
  end_slope_ = slope;
  log_product += std::log(product);
  squares_ = squares;
  return static_cast<double>(n) * std::log(std::max(squares, 1e-300)) + 2 * log_product;
}

/// The adjoint of run_forward: `gradient` gets alpha, beta share, gamma, phi, level, slope and the
/// initial cycle.
template <char Error, char Trend, char Season>
void EtsFitter::run_back(double squares, std::span<double> gradient) {
  std::ranges::fill(gradient, 0.0);
  const std::size_t n = y_.size();
  const double twice = 2 * static_cast<double>(n) / squares;
  const double alpha = alpha_, phi = phi_, gamma = gamma_, beta_share = beta_share_;
  const auto cycle = gradient.subspan(6);
  double of_alpha = 0, of_gamma = 0, of_phi = 0, of_beta_share = 0;
  double level = 0, slope = 0;  // adjoints of the states after t
  std::size_t phase = (n - 1) % period_;
  for (std::size_t t = n; t-- > 0;) {
    const Row& row = rows_[t];
    double forecast = -twice * row.error;
    if (Error == 'M') {  // (y / f)' = -y / f^2 = -(1 + error) / f
      forecast = (2 + forecast * (1 + row.error)) * row.per_forecast;
    }
    double q = 0, season = 0;
    if (Season != 'N') {
      const double after = cycle[phase];
      of_gamma += after * (row.t - row.season);
      season = after * (1 - gamma);
      q = Season == 'A' ? -gamma * after : -gamma * after * row.t * row.per_q;
      q += Season == 'M' ? forecast * row.season : forecast;
    } else {
      q = forecast;
    }
    double phib = 0, before = 0;
    const double away = row.p - row.q;
    if (Trend == 'A') {  // slope' = phib + beta_share (level' - level - phib)
      of_beta_share += slope * alpha * away;
      level += slope * beta_share;
      before = -slope * beta_share;
      phib = slope * (1 - beta_share);
    }
    if (Trend == 'M') {
      const double next_level = row.q + alpha * away, ratio = next_level / row.level;
      of_beta_share += slope * (ratio - row.phib);
      level += slope * beta_share / row.level;
      before = -slope * beta_share * ratio / row.level;
      phib = slope * (1 - beta_share);
    }
    of_alpha += level * away;
    q += level * (1 - alpha);
    if (Season == 'A') season += forecast - level * alpha;
    if (Season == 'M') season += forecast * row.q - level * alpha * row.p * row.per_season;
    if (Trend == 'A') {
      phib += q;
      slope = phi * phib;
      of_phi += row.slope * phib;
    }
    if (Trend == 'M') {
      phib += q * row.level;
      slope = phi * row.phib / row.slope * phib;
      of_phi += phib * row.phib * std::log(row.slope);
    }
    level = before + (Trend == 'M' ? q * row.phib : q);
    if (Season != 'N') {
      cycle[phase] = season;
      phase = phase == 0 ? period_ - 1 : phase - 1;
    }
  }
  gradient[0] = of_alpha;
  gradient[1] = of_beta_share;
  gradient[2] = of_gamma;
  gradient[3] = of_phi;
  gradient[4] = level;
  gradient[5] = slope;
}

template <char Error, char Trend, char Season>
double EtsFitter::likelihood(std::span<double> gradient) {
  const double value = run_forward<Error, Trend, Season>();
  if (value == kInfinite) return value;
  run_back<Error, Trend, Season>(std::max(squares_, 1e-300), gradient);
  return value;
}

double EtsFitter::dispatch(std::span<double> g) {
  const int code = (form_.error == 'M' ? 9 : 0) +
                   3 * (form_.trend == 'N'   ? 0
                        : form_.trend == 'A' ? 1
                                             : 2) +
                   (form_.season == 'N'   ? 0
                    : form_.season == 'A' ? 1
                                          : 2);
  switch (code) {
    case 0:
      return likelihood<'A', 'N', 'N'>(g);
    case 1:
      return likelihood<'A', 'N', 'A'>(g);
    case 2:
      return likelihood<'A', 'N', 'M'>(g);
    case 3:
      return likelihood<'A', 'A', 'N'>(g);
    case 4:
      return likelihood<'A', 'A', 'A'>(g);
    case 5:
      return likelihood<'A', 'A', 'M'>(g);
    case 6:
      return likelihood<'A', 'M', 'N'>(g);
    case 7:
      return likelihood<'A', 'M', 'A'>(g);
    case 8:
      return likelihood<'A', 'M', 'M'>(g);
    case 9:
      return likelihood<'M', 'N', 'N'>(g);
    case 10:
      return likelihood<'M', 'N', 'A'>(g);
    case 11:
      return likelihood<'M', 'N', 'M'>(g);
    case 12:
      return likelihood<'M', 'A', 'N'>(g);
    case 13:
      return likelihood<'M', 'A', 'A'>(g);
    case 14:
      return likelihood<'M', 'A', 'M'>(g);
    case 15:
      return likelihood<'M', 'M', 'N'>(g);
    case 16:
      return likelihood<'M', 'M', 'A'>(g);
    default:
      return likelihood<'M', 'M', 'M'>(g);
  }
}

/// From the optimiser's unbounded variables: alpha, [beta share, phi], [gamma share], level,
/// [slope], [the cycle but its last, which makes the sum 0 or the period].
void EtsFitter::unpack(std::span<const double> x) {
  std::size_t at = 0;
  alpha_ = kLeast + (1 - 2 * kLeast) * sigmoid(x[at++]);
  beta_share_ = form_.trend != 'N' ? sigmoid(x[at++]) : 0.0;
  phi_ = form_.damped ? kPhiLeast + (kPhiMost - kPhiLeast) * sigmoid(x[at++]) : 1.0;
  gamma_share_ = form_.season != 'N' ? sigmoid(x[at++]) : 0.0;
  gamma_ = gamma_share_ * (1 - alpha_);
  level_ = x[at++];
  slope_ = form_.trend != 'N' ? x[at++] : 0.0;
  if (form_.season == 'N') return;
  double last = form_.season == 'M' ? static_cast<double>(period_) : 0.0;
  for (std::size_t i = 0; i + 1 < period_; ++i) last -= seasonal_[i] = x[at++];
  seasonal_[period_ - 1] = last;
}

void EtsFitter::chain(std::span<const double> x, std::span<const double> raw,
                      std::span<double> gradient) {
  const auto slope_of = [](double v) { return sigmoid(v) * (1 - sigmoid(v)); };
  std::size_t at = 0;
  const double alpha = raw[0] - raw[2] * gamma_share_;
  gradient[at] = alpha * (1 - 2 * kLeast) * slope_of(x[at]);
  ++at;
  if (form_.trend != 'N') {
    gradient[at] = raw[1] * slope_of(x[at]);
    ++at;
  }
  if (form_.damped) {
    gradient[at] = raw[3] * (kPhiMost - kPhiLeast) * slope_of(x[at]);
    ++at;
  }
  if (form_.season != 'N') {
    gradient[at] = raw[2] * (1 - alpha_) * slope_of(x[at]);
    ++at;
  }
  gradient[at++] = raw[4];
  if (form_.trend != 'N') gradient[at++] = raw[5];
  if (form_.season == 'N') return;
  for (std::size_t i = 0; i + 1 < period_; ++i) gradient[at++] = raw[6 + i] - raw[5 + period_];
}

double EtsFitter::objective(std::span<const double> x, std::span<double> gradient) {
  unpack(x);
  if ((form_.season == 'M' && *std::ranges::min_element(seasonal_) < 1e-8) ||
      (form_.trend == 'M' && !(slope_ > 1e-8))) {
    return kInfinite;
  }
  const double value = dispatch(raw_gradient_);
  if (!std::isfinite(value)) return kInfinite;
  chain(x, raw_gradient_, gradient);
  const auto n = static_cast<double>(y_.size());
  for (double& g : gradient) g /= n;
  return value / n;
}

/// A line and a cycle through the first few cycles: where the search begins.
void EtsFitter::initial_states() {
  const std::size_t m = form_.season == 'N' ? 1 : period_;
  const std::size_t n = std::min(y_.size(), std::max<std::size_t>(10, 4 * m));
  const auto count = static_cast<double>(n);
  double mean = 0, moment = 0;
  for (std::size_t t = 0; t < n; ++t) {
    mean += y_[t] / count;
    moment += y_[t] * (static_cast<double>(t) - (count - 1) / 2);
  }
  const double slope = moment / (count * (count * count - 1) / 12);
  const bool line = form_.trend != 'N';
  start_level_ = line ? mean - slope * (count + 1) / 2 : mean;
  if (form_.season == 'N' && !line) start_level_ = y_[0];
  if (form_.error == 'M' || form_.trend == 'M' || form_.season == 'M') {
    start_level_ = std::max(start_level_, 0.1 * mean);
  }
  start_slope_ = form_.trend == 'M' ? std::clamp(1 + slope / mean, 0.9, 1.1) : slope;
  start_seasonal_.assign(period_, 0.0);
  if (form_.season == 'N') return;
  std::vector<double>& counts = raw_gradient_;
  std::ranges::fill(counts, 0.0);
  double sum = 0;
  for (std::size_t t = 0; t < n; ++t) {
    const double base = mean + slope * (static_cast<double>(t) - (count - 1) / 2);
    start_seasonal_[t % m] +=
        form_.season == 'A' ? y_[t] - base : y_[t] / std::max(base, 0.1 * mean);
    counts[t % m] += 1;
  }
  for (std::size_t i = 0; i < m; ++i) sum += start_seasonal_[i] /= counts[i];
  for (double& s : start_seasonal_) {
    if (form_.season == 'A') {
      s -= sum / static_cast<double>(m);
    } else {
      s = std::max(0.01, s * static_cast<double>(m) / sum);
    }
  }
}

void EtsFitter::pack(double alpha, double beta_share, double gamma_share, double phi) {
  x_.clear();
  x_.push_back(logit(alpha));
  if (form_.trend != 'N') x_.push_back(logit(beta_share));
  if (form_.damped) x_.push_back(logit((phi - kPhiLeast) / (kPhiMost - kPhiLeast)));
  if (form_.season != 'N') x_.push_back(logit(gamma_share));
  x_.push_back(start_level_);
  if (form_.trend != 'N') x_.push_back(start_slope_);
  if (form_.season == 'N') return;
  x_.insert(x_.end(), start_seasonal_.begin(), start_seasonal_.end() - 1);
}

/// Takes a history in units of its mean size.
bool EtsFitter::take(std::span<const double> values, std::size_t period, EtsForm form) {
  form_ = form;
  period_ = form.season == 'N' ? 1 : period;
  const std::size_t n = values.size();
  if (n < dimension() + 2 || (form.season != 'N' && (period < 2 || n < period + 4))) return false;
  const bool multiplicative = form.error == 'M' || form.trend == 'M' || form.season == 'M';
  if (multiplicative && !(*std::ranges::min_element(values) > 0)) return false;
  scale_ = 0;
  for (const double v : values) scale_ += std::abs(v) / static_cast<double>(n);
  if (!(scale_ > 0)) scale_ = 1;
  y_.resize(n);
  std::ranges::transform(values, y_.begin(), [&](double v) { return v / scale_; });
  rows_.resize(n);
  seasonal_.resize(period_);
  raw_gradient_.resize(6 + period_);
  return true;
}

/// The fit of the parameters that were run last; `objective` is theirs.
void EtsFitter::describe(double objective, EtsFit& out) const {
  const std::size_t n = y_.size();
  out.form = form_;
  out.alpha = alpha_;
  out.beta = alpha_ * beta_share_;
  out.gamma = gamma_;
  out.phi = phi_;
  out.level = end_level_ * scale_;
  out.slope = form_.trend == 'M' ? end_slope_ : end_slope_ * scale_;
  out.seasonal.clear();
  for (std::size_t i = 0; form_.season != 'N' && i < period_; ++i) {
    out.seasonal.push_back(seasonal_[(n + i) % period_] * (form_.season == 'A' ? scale_ : 1.0));
  }
  out.log_likelihood = log_likelihood_of(objective);
  out.aicc = aicc_of(out.log_likelihood);
}

double EtsFitter::log_likelihood_of(double objective) const {
  const auto count = static_cast<double>(y_.size());
  return -0.5 * count * objective - count * std::log(scale_);
}

double EtsFitter::aicc_of(double log_likelihood) const {
  const auto count = static_cast<double>(y_.size()), k = static_cast<double>(dimension() + 1);
  if (!(count > k + 1)) return kInfinite;
  return -2 * log_likelihood + 2 * k + 2 * k * (k + 1) / (count - k - 1);
}

bool EtsFitter::begin(std::span<const double> values, std::size_t period, EtsForm form,
                      std::size_t start, Search& search) {
  struct Start {
    double alpha, beta_share, gamma_share, phi;
  };
  static constexpr std::array<Start, kStarts> kPoints = {
      Start{0.2, 0.05, 0.05, 0.95}, Start{0.99, 0.95, 0.5, 0.82}, Start{0.7, 0.3, 0.3, 0.9},
      Start{0.02, 0.02, 0.02, 0.975}};
  if (!take(values, period, form)) return false;
  initial_states();
  const Start& s = kPoints[start];
  pack(s.alpha, s.beta_share, s.gamma_share, s.phi);
  search.form = form;
  search.x = x_;
  search.gained = kInfinite;
  search.optimiser.begin(
      [&](std::span<const double> x, std::span<double> g) { return objective(x, g); },
      std::span<const double>(search.x));
  search.aicc = aicc_of(log_likelihood_of(search.optimiser.value()));
  return search.optimiser.value() < kInfinite;
}

void EtsFitter::advance(std::span<const double> values, std::size_t period, int iterations,
                        Search& search) {
  if (!take(values, period, search.form)) return;
  const double value = search.optimiser.advance(
      [&](std::span<const double> x, std::span<double> g) { return objective(x, g); },
      std::span<double>(search.x), iterations);
  const double before = search.aicc;
  search.aicc = aicc_of(log_likelihood_of(value));
  search.gained = before - search.aicc;
}

void EtsFitter::finish(std::span<const double> values, std::size_t period, const Search& search,
                       EtsFit& out) {
  if (!take(values, period, search.form)) return;
  probe_.resize(search.x.size());
  describe(objective(search.x, probe_), out);
}

bool EtsFitter::fit(std::span<const double> values, std::size_t period, EtsForm form, EtsFit& out) {
  bool any = false;
  for (std::size_t start = 0; start < kStarts; ++start) {
    if (!begin(values, period, form, start, search_)) continue;
    advance(values, period, kIterationsMax, search_);
    if (!any || search_.optimiser.value() < best_search_.optimiser.value()) {
      std::swap(best_search_, search_);
    }
    any = true;
  }
  if (any) finish(values, period, best_search_, out);
  return any;
}

bool EtsFitter::evaluate(std::span<const double> values, std::size_t period, EtsForm form,
                         const EtsParameters& parameters, EtsFit& out) {
  if (!take(values, period, form)) return false;
  alpha_ = parameters.alpha;
  beta_share_ = form.trend == 'N' ? 0.0 : parameters.beta / parameters.alpha;
  gamma_ = parameters.gamma;
  phi_ = form.damped ? parameters.phi : 1.0;
  level_ = parameters.level / scale_;
  slope_ = form.trend == 'M' ? parameters.slope : parameters.slope / scale_;
  for (std::size_t i = 0; form.season != 'N' && i < period; ++i) {
    seasonal_[i] = form.season == 'A' ? parameters.seasonal[i] / scale_ : parameters.seasonal[i];
  }
  const double value = dispatch(raw_gradient_);
  if (!std::isfinite(value)) return false;
  describe(value / static_cast<double>(values.size()), out);
  return true;
}

void ets_forecast(const EtsFit& fit, std::span<double> path) {
  double damping = 0, power = 1;
  for (std::size_t i = 0; i < path.size(); ++i) {
    power *= fit.phi;
    damping += fit.form.damped ? power : 1.0;
    double value = fit.level;
    if (fit.form.trend == 'A') value += damping * fit.slope;
    if (fit.form.trend == 'M') value *= std::pow(fit.slope, damping);
    if (fit.form.season == 'A') value += fit.seasonal[i % fit.seasonal.size()];
    if (fit.form.season == 'M') value *= fit.seasonal[i % fit.seasonal.size()];
    path[i] = value;
  }
}

}  // namespace costops::forecasting
