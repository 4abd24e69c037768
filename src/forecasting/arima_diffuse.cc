// The likelihood of a whole history under ARIMA, with the values before it as states of nearly no
// prior knowledge: the form of R's arima (Gardner, Harvey, Phillips, Applied Statistics 29, 1980,
// algorithm AS 154; prior variance 1e6 for what is differenced). It differs from the likelihood of
// the differenced series by what so wide a prior still knows, up to a few 0.001, and is told so
// that both programs tell the same figure. Dense, so for one evaluation, not for a search.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "forecasting/arima.h"

namespace costops::forecasting {
namespace {

constexpr double kPrior = 1e6;
constexpr double kUnknown = 1e4;  // variance from which an error tells nothing

/// The state (ARMA part, then past values) moved one step: out = T x for one column.
class Transition {
 public:
  Transition(std::span<const double> phi, std::span<const double> differences)
      : phi_(phi), past_(differences.subspan(1)) {}
  std::size_t size() const { return phi_.size() + past_.size(); }

  /// The value seen: the ARMA part plus what differencing took off.
  double seen(const double* x, std::size_t stride) const {
    const std::size_t r = phi_.size();
    double value = x[0];
    for (std::size_t j = 0; j < past_.size(); ++j) value -= past_[j] * x[(r + j) * stride];
    return value;
  }
  void move(double* x, std::size_t stride) const {
    const std::size_t r = phi_.size();
    const double value = seen(x, stride), first = x[0];
    for (std::size_t j = past_.size(); j-- > 1;) x[(r + j) * stride] = x[(r + j - 1) * stride];
    if (!past_.empty()) x[r * stride] = value;
    for (std::size_t i = 0; i < r; ++i) {
      x[i * stride] = phi_[i] * first + (i + 1 < r ? x[(i + 1) * stride] : 0.0);
    }
  }

 private:
  std::span<const double> phi_, past_;
};

/// Of the ARMA part, in the upper left corner of an n x n matrix. P = T P T' + R R', element by
/// element, gives each element from the one below and right of it and from the first column.
std::vector<double> stationary_covariance(const ArimaFit& fit, std::size_t n) {
  const std::size_t r = fit.full_ar.size();
  const std::vector<double>&phi = fit.full_ar, &first = fit.state_covariance;
  const auto first_at = [&](std::size_t i) { return i < r ? first[i] : 0.0; };
  std::vector<double> p(n * n);
  for (std::size_t i = r; i-- > 0;) {
    for (std::size_t j = r; j-- > 0;) {
      const double below = i + 1 < r && j + 1 < r ? p[(i + 1) * n + j + 1] : 0.0;
      p[i * n + j] = phi[i] * phi[j] * first[0] + phi[i] * first_at(j + 1) +
                     phi[j] * first_at(i + 1) + below + fit.full_ma[i] * fit.full_ma[j];
    }
  }
  return p;
}

}  // namespace

double arima_diffuse_likelihood(const ArimaFit& fit, std::span<const double> values) {
  const auto differences = difference_polynomial(fit.order.d, fit.order.sd, fit.season);
  const Transition transition(fit.full_ar, differences);
  const std::size_t r = fit.full_ar.size(), n = transition.size();
  const std::vector<double>& shock = fit.full_ma;
  std::vector<double> state(n), column(n);
  std::vector<double> p = stationary_covariance(fit, n);
  for (std::size_t i = r; i < n; ++i) p[i * n + i] = kPrior;
  // The mean of the history as a function of time: what differences to the fitted mean.
  const std::size_t degree = fit.order.d + fit.order.sd;
  double squares = 0, logs = 0, used = 0;
  for (std::size_t t = 0; t < values.size(); ++t) {
    const double trend = fit.mean * (degree == 0 ? 1.0 : static_cast<double>(t + 1));
    const double error =
        values[t] - (fit.order.has_mean() ? trend : 0.0) - transition.seen(state.data(), 1);
    for (std::size_t i = 0; i < n; ++i) column[i] = transition.seen(p.data() + i * n, 1);
    const double variance = transition.seen(column.data(), 1);
    const bool known = !std::isnan(values[t]);
    if (known && variance < kUnknown) {
      squares += error * error / variance;
      logs += std::log(variance);
      used += 1;
    }
    for (std::size_t i = 0; known && i < n; ++i) {
      state[i] += column[i] * error / variance;
      for (std::size_t j = 0; j < n; ++j) p[i * n + j] -= column[i] * column[j] / variance;
    }
    transition.move(state.data(), 1);
    for (std::size_t i = 0; i < n; ++i) transition.move(p.data() + i * n, 1);
    for (std::size_t j = 0; j < n; ++j) transition.move(p.data() + j, n);
    for (std::size_t i = 0; i < r; ++i) {
      for (std::size_t j = 0; j < r; ++j) p[i * n + j] += shock[i] * shock[j];
    }
  }
  return -0.5 * (used * (std::log(2 * std::numbers::pi * squares / used) + 1) + logs);
}

}  // namespace costops::forecasting
