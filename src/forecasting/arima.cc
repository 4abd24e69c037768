#include "forecasting/arima.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

namespace costops::forecasting {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kEdge = 0.9999;  // of partial autocorrelations: 1 would not be stationary
constexpr double kDifference = 1e-5;
constexpr int kIterationsMax = 100;

/// Partial autocorrelations, squeezed from all numbers into (-1, 1), to the coefficients of a
/// stationary autoregression (Durbin, Levinson).
void from_partial(std::span<const double> x, std::vector<double>& coefficients) {
  coefficients.clear();
  for (const double value : x) {
    const double partial = kEdge * std::tanh(value);
    const std::size_t n = coefficients.size();
    for (std::size_t i = 0; i < (n + 1) / 2; ++i) {
      const double a = coefficients[i], b = coefficients[n - 1 - i];
      coefficients[i] = a - partial * b;
      if (i != n - 1 - i) coefficients[n - 1 - i] = b - partial * a;
    }
    coefficients.push_back(partial);
  }
}

/// (1 + sign a_1 B + ...)(1 + sign s_1 B^m + ...) as 1, then its coefficients times sign.
void multiply(std::span<const double> plain, std::span<const double> seasonal, std::size_t m,
              double sign, std::vector<double>& out) {
  out.assign(plain.size() + m * seasonal.size() + 1, 0.0);
  out[0] = 1;
  for (std::size_t i = 0; i < plain.size(); ++i) out[i + 1] = plain[i];
  for (std::size_t j = 0; j < seasonal.size(); ++j) {
    double* at = out.data() + (j + 1) * m;
    at[0] += seasonal[j];
    for (std::size_t i = 0; i < plain.size(); ++i) at[i + 1] += sign * seasonal[j] * plain[i];
  }
}

/// Gauss with partial pivoting on the n x n matrix `a`; b becomes the solution.
bool solve_linear(std::vector<double>& a, std::span<double> b) {
  const std::size_t n = b.size();
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k + 1; i < n; ++i) {
      if (std::abs(a[i * n + k]) > std::abs(a[pivot * n + k])) pivot = i;
    }
    if (!(std::abs(a[pivot * n + k]) > 1e-14)) return false;
    if (pivot != k) {
      std::swap_ranges(&a[k * n], &a[k * n] + n, &a[pivot * n]);
      std::swap(b[k], b[pivot]);
    }
    for (std::size_t i = k + 1; i < n; ++i) {
      const double factor = a[i * n + k] / a[k * n + k];
      if (factor == 0) continue;
      for (std::size_t j = k + 1; j < n; ++j) a[i * n + j] -= factor * a[k * n + j];
      b[i] -= factor * b[k];
    }
  }
  for (std::size_t k = n; k-- > 0;) {
    for (std::size_t j = k + 1; j < n; ++j) b[k] -= a[k * n + j] * b[j];
    b[k] /= a[k * n + k];
  }
  return true;
}

}  // namespace

std::string ArimaOrder::name(std::size_t season) const {
  std::string text = fmt::format("ARIMA({},{},{})", p, d, q);
  if (sp + sd + sq > 0) text += fmt::format("({},{},{})[{}]", sp, sd, sq, season);
  if (has_mean()) return text + (d + sd > 0 ? " with drift" : " with non-zero mean");
  return d + sd == 0 ? text + " with zero mean" : text;
}

std::vector<double> difference_polynomial(std::size_t d, std::size_t seasonal_d,
                                          std::size_t season) {
  std::vector<double> c = {1.0};
  const auto difference = [&](std::size_t lag) {
    c.resize(c.size() + lag);
    for (std::size_t i = c.size(); i-- > lag;) c[i] -= c[i - lag];
  };
  for (std::size_t i = 0; i < d; ++i) difference(1);
  for (std::size_t i = 0; i < seasonal_d; ++i) difference(season);
  return c;
}

bool roots_beyond(std::span<const double> coefficients, double radius) {
  std::vector<double> a(coefficients.begin(), coefficients.end());
  double power = 1;
  for (double& c : a) c *= power *= radius;
  // Back to partial autocorrelations: all are below 1 if and only if all roots are outside.
  while (!a.empty()) {
    const double partial = a.back();
    if (!(std::abs(partial) < 1)) return false;
    a.pop_back();
    const std::vector<double> last = a;
    for (std::size_t i = 0; i < a.size(); ++i) {
      a[i] = (last[i] + partial * last[a.size() - 1 - i]) / (1 - partial * partial);
    }
  }
  return true;
}

bool ArimaFitter::take(std::span<const double> values, std::size_t season,
                       const ArimaOrder& order) {
  order_ = order;
  season_ = std::max<std::size_t>(season, 1);
  if (season_ == 1) order_.sp = order_.sd = order_.sq = 0;
  differences_ = difference_polynomial(order_.d, order_.sd, season_);
  const std::size_t lost = differences_.size() - 1;
  if (known_values(values) < lost + order_.coefficients() + 2) return false;
  fill_lines(values, completed_, gaps_);
  offset_ = 0;
  difference();
  known_ = static_cast<double>(w_.size() - gaps_.size());
  if (order_.has_mean()) {
    offset_ = std::accumulate(w_.begin(), w_.end(), 0.0) / static_cast<double>(w_.size());
    for (double& w : w_) w -= offset_;
  }
  return true;
}

void ArimaFitter::difference() {
  const std::size_t lost = differences_.size() - 1;
  w_.resize(completed_.size() - lost);
  for (std::size_t t = 0; t < w_.size(); ++t) {
    w_[t] = -offset_;
    for (std::size_t j = 0; j <= lost; ++j) w_[t] += differences_[j] * completed_[t + lost - j];
  }
}

void ArimaFitter::unpack(std::span<const double> x) {
  std::size_t at = 0;
  const auto next = [&](std::size_t count, std::vector<double>& out) {
    from_partial(x.subspan(at, count), out);
    at += count;
  };
  next(order_.p, ar_);
  next(order_.sp, seasonal_ar_);
  next(order_.q, ma_);
  next(order_.sq, seasonal_ma_);
  for (auto* side : {&ma_, &seasonal_ma_}) {
    for (double& v : *side) v = -v;
  }
  multiply(ar_, seasonal_ar_, season_, -1.0, phi_);
  multiply(ma_, seasonal_ma_, season_, 1.0, theta_);
}

/// psi weights, and the autocovariances up to the autoregression's order: the linear equations of
/// McLeod, Applied Statistics 24(2), 1975.
bool ArimaFitter::autocovariances() {
  const std::size_t p = phi_.size() - 1, q = theta_.size() - 1, n = p + 1;
  psi_.assign(q + 1, 0.0);
  for (std::size_t k = 0; k <= q; ++k) {
    psi_[k] = theta_[k];
    for (std::size_t j = 1; j <= std::min(k, p); ++j) psi_[k] += phi_[j] * psi_[k - j];
  }
  covariance_.assign(n, 0.0);
  system_.assign(n * n, 0.0);
  for (std::size_t k = 0; k <= p; ++k) {
    for (std::size_t j = k; j <= q; ++j) covariance_[k] += theta_[j] * psi_[j - k];
    system_[k * n + k] += 1.0;
    for (std::size_t j = 1; j <= p; ++j) system_[k * n + (k > j ? k - j : j - k)] -= phi_[j];
  }
  return solve_linear(system_, covariance_);
}

/// The filter before the first value: T x (first column of the stationary covariance).
bool ArimaFitter::start_filter() {
  if (!autocovariances()) return false;
  const std::size_t p = phi_.size() - 1, q = theta_.size() - 1, r = std::max(p, q + 1);
  phi_.resize(r + 1, 0.0);
  theta_.resize(r, 0.0);
  psi_.resize(r, 0.0);
  change_.assign(r + 1, 0.0);  // the column, one zero behind
  for (std::size_t i = 0; i < r; ++i) {
    for (std::size_t j = i; j < r; ++j) {
      if (j < p) change_[i] += phi_[j + 1] * covariance_[1 + j - i];
      if (j <= q) change_[i] += theta_[j] * psi_[j - i];
    }
  }
  column_.assign(change_.begin(), change_.end() - 1);
  first_variance_ = covariance_[0];
  gain_.resize(r);
  for (std::size_t i = 0; i < r; ++i) {
    gain_[i] = phi_[i + 1] * first_variance_ + change_[i + 1];
  }
  std::ranges::copy(gain_, change_.begin());
  return first_variance_ > 0 && std::isfinite(first_variance_);
}

/// Innovations of the series and of a constant, in one pass.
double ArimaFitter::run_filter() {
  if (!start_filter()) return kInfinite;
  const std::size_t r = gain_.size();
  const bool has_mean = order_.has_mean();
  state_.assign(r + 1, 0.0);
  ones_state_.assign(r + 1, 0.0);
  FilterVariance filter(first_variance_);
  double product = 1, squares = 0, cross = 0, ones = 0;
  log_variances_ = 0;
  const double* phi = phi_.data() + 1;
  double *gain = gain_.data(), *change = change_.data();
  for (const double w : w_) {
    const double variance = filter.variance;
    const double first = state_[0], error = w - first;
    const double ones_first = ones_state_[0], ones_error = 1.0 - ones_first;
    squares += error * error / variance;
    product *= variance;
    if (product > 1e200) {
      log_variances_ += std::log(product);
      product = 1;
    }
    const double push = error / variance, ones_push = ones_error / variance;
    for (std::size_t i = 0; i < r; ++i) {
      state_[i] = phi[i] * first + state_[i + 1] + gain[i] * push;
    }
    if (has_mean) {
      cross += error * ones_error / variance;
      ones += ones_error * ones_error / variance;
      for (std::size_t i = 0; i < r; ++i) {
        ones_state_[i] = phi[i] * ones_first + ones_state_[i + 1] + gain[i] * ones_push;
      }
    }
    if (!filter.settled && !filter.step(phi, gain, change, r)) return kInfinite;
  }
  log_variances_ += std::log(product);
  mean_ = ones > 0 ? cross / ones : 0.0;
  squares_ = std::max(squares - mean_ * cross, 1e-300);
  const auto n = static_cast<double>(w_.size());
  return 0.5 * (std::log(squares_ / n) + log_variances_ / n);
}

double ArimaFitter::objective(std::span<const double> x) {
  unpack(x);
  const double value = gaps_.empty() ? run_filter() : run_filter_with_gaps();
  return std::isfinite(value) ? value : kInfinite;
}

double ArimaFitter::objective(std::span<const double> x, std::span<double> gradient) {
  const double value = objective(x);
  if (value == kInfinite) return value;
  probe_.assign(x.begin(), x.end());
  for (std::size_t i = 0; i < x.size(); ++i) {
    probe_[i] = x[i] + kDifference;
    const double above = objective(probe_);
    probe_[i] = x[i] - kDifference;
    const double below = objective(probe_);
    probe_[i] = x[i];
    if (above == kInfinite || below == kInfinite) return kInfinite;
    gradient[i] = (above - below) / (2 * kDifference);
  }
  return value;
}

void ArimaFitter::describe(ArimaFit& out) const {
  const double n = known_;
  out.order = order_;
  out.season = season_;
  out.ar = ar_;
  out.ma = ma_;
  out.seasonal_ar = seasonal_ar_;
  out.seasonal_ma = seasonal_ma_;
  out.differenced_mean = offset_ + mean_;
  const auto cycle = static_cast<double>(season_);
  out.mean = out.differenced_mean / std::pow(cycle, static_cast<double>(order_.sd));
  out.variance = squares_ / n;
  out.log_likelihood =
      -0.5 * (n * (std::log(2 * std::numbers::pi * out.variance) + 1) + log_variances_);
  const auto k = static_cast<double>(order_.coefficients() + 1);
  out.aicc = n > k + 1 ? -2 * out.log_likelihood + 2 * k * n / (n - k - 1) : kInfinite;
  out.full_ar.assign(phi_.begin() + 1, phi_.end());
  out.full_ma = theta_;
  out.state_covariance = column_;
  out.state.resize(gain_.size());
  for (std::size_t i = 0; i < out.state.size(); ++i) {
    out.state[i] = state_[i] - mean_ * ones_state_[i];
  }
  const auto tail = std::span(completed_).last(order_.d + order_.sd * season_);
  out.tail.assign(tail.begin(), tail.end());
}

bool ArimaFitter::fit(std::span<const double> values, std::size_t season, const ArimaOrder& order,
                      Search search, ArimaFit& out) {
  if (!take(values, season, order)) return false;
  const std::size_t k = order_.p + order_.q + order_.sp + order_.sq;
  double best = kInfinite;
  // Near no dependence at all, near what too many differences leave, and elsewhere.
  for (const auto& [ar, ma] : {std::pair(0.1, 0.1), std::pair(0.1, 0.9), std::pair(0.6, 0.6),
                               std::pair(-0.4, 0.2), std::pair(1.2, 0.3)}) {
    x_.assign(k, ar);
    for (std::size_t i = order_.p + order_.sp; i < k; ++i) x_[i] = ma;
    if (objective(x_) == kInfinite) continue;
    const double value = optimiser_.minimise(
        [&](std::span<const double> x, std::span<double> g) { return objective(x, g); }, x_,
        kIterationsMax);
    if (value < best) {
      best = value;
      best_x_ = x_;
    }
    if ((search == Search::quick && ma > 0.5) || k == 0) break;
  }
  if (best == kInfinite) return false;
  objective(best_x_);
  if (!gaps_.empty()) complete();
  describe(out);
  return true;
}

void arima_forecast(const ArimaFit& fit, std::span<double> path) {
  std::vector<double> state = fit.state;
  state.push_back(0.0);
  const auto c = difference_polynomial(fit.order.d, fit.order.sd, fit.season);
  const std::size_t back = c.size() - 1;
  std::vector<double> values = fit.tail;
  for (double& step : path) {
    const double first = state[0];
    double value = first + fit.differenced_mean;
    for (std::size_t i = 0; i + 1 < state.size(); ++i) {
      state[i] = fit.full_ar[i] * first + state[i + 1];
    }
    for (std::size_t j = 1; j <= back; ++j) value -= c[j] * values[values.size() - j];
    values.push_back(value);
    step = value;
  }
}

}  // namespace costops::forecasting
