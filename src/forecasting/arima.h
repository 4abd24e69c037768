// arima.h - seasonal ARIMA of a fixed order by exact maximum likelihood.
//
// phi(B) Phi(B^m) (w_t - mean) = theta(B) Theta(B^m) e_t, where w is the history after d ordinary
// and D seasonal differences. Box, Jenkins, Reinsel, "Time Series Analysis", chapters 4, 7 and 9;
// signs of theta as in R: + theta_1 e_(t-1).
//
// The likelihood is that of the stationary state space form (Harvey, "Forecasting, Structural Time
// Series Models and the Kalman Filter", 1989, section 3.3). Its filter's covariance changes by a
// matrix of rank 1 at each step, so that two vectors carry all of it (Morf, Sidhu, Kailath, IEEE
// Transactions on Automatic Control 19(4), 1974): a value costs as much as there are lags, not
// their square or cube. The mean is concentrated out; both polynomials stay inside the stationary
// and invertible region because the search moves their partial autocorrelations (Monahan,
// Biometrika 71(2), 1984).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "forecasting/quasi_newton.h"

namespace costops::forecasting {

struct ArimaOrder {
  std::size_t p = 0, d = 0, q = 0;     ///< Autoregressive, differences, moving average.
  std::size_t sp = 0, sd = 0, sq = 0;  ///< The same for the season.
  enum class Mean { zero, fitted } mean = Mean::zero;  ///< Of the differenced series.
  [[nodiscard]] bool has_mean() const { return mean == Mean::fitted; }
  [[nodiscard]] std::size_t coefficients() const { return p + q + sp + sq + (has_mean() ? 1 : 0); }
  /// "ARIMA(0,1,1)(0,1,1)[12] with drift", as R writes it.
  [[nodiscard]] std::string name(std::size_t season) const;
  friend bool operator==(const ArimaOrder&, const ArimaOrder&) = default;
};

struct ArimaFit {
  ArimaOrder order;
  std::size_t season = 1;
  std::vector<double> ar, ma, seasonal_ar, seasonal_ma;
  double mean = 0;      ///< Per period of the history: its mean, or its drift after a difference.
  double variance = 0;  ///< Of e: sum of squares / number of differenced values.
  double log_likelihood = 0;
  double aicc = 0;  ///< Infinite if there are too few values for the coefficients.
  /// Of the state space form: both polynomials as long as the state, the covariance of the state
  /// with the value seen, and what forecasts start from.
  std::vector<double> full_ar, full_ma, state_covariance, state, tail;
  double differenced_mean = 0;
};

/// The variance of the filter's innovations, for e of variance 1.
struct FilterVariance {
  explicit FilterVariance(double first) : variance(first), middle(-1.0 / first) {}
  /// One step on; gain and change have r values, change one 0 more. False if it is no variance.
  bool step(const double* phi, double* gain, double* change, std::size_t r) {
    constexpr double kSettled = 1e-13;  // change of the covariance from which it is constant
    const double lead = change[0], before = variance;
    variance += middle * lead * lead;
    if (!(variance > 0)) return false;
    const double to_gain = middle * lead, from_gain = lead / variance;
    double size = 0;
    for (std::size_t i = 0; i < r; ++i) {
      const double moved = phi[i] * lead + change[i + 1];
      gain[i] += moved * to_gain;
      change[i] = moved - gain[i] * from_gain;
      size += change[i] * change[i];
    }
    middle *= variance / before;
    settled = -middle * size < kSettled;
    return true;
  }

  double variance, middle;
  bool settled = false;
};

/// Fits one order at a time. Reusable.
class ArimaFitter {
 public:
  /// `values` may have gaps (NaN): the likelihood is that of what is known. False if the
  /// differenced history has not more known values than coefficients + 1, or a gap that no other
  /// value tells anything about. `thorough` begins at five points instead of two.
  enum class Search { quick, thorough };
  bool fit(std::span<const double> values, std::size_t season, const ArimaOrder& order,
           Search search, ArimaFit& out);

 private:
  bool take(std::span<const double> values, std::size_t season, const ArimaOrder& order);
  void difference();
  double objective(std::span<const double> x);
  double objective(std::span<const double> x, std::span<double> gradient);
  void unpack(std::span<const double> x);
  bool start_filter();
  bool autocovariances();
  double run_filter();
  double run_filter_with_gaps();
  void step_columns(std::size_t t, double variance);
  void complete();
  void describe(ArimaFit& out) const;

  ArimaOrder order_;
  std::size_t season_ = 1;
  std::vector<double> completed_;    // the history, with something in its gaps
  std::vector<std::size_t> gaps_;    // where
  std::vector<double> differences_;  // the polynomial
  double offset_ = 0;                // taken off the differenced series
  std::vector<double> w_;            // the differenced series
  double known_ = 0;                 // its length without gaps
  std::vector<double> ar_, ma_, seasonal_ar_, seasonal_ma_;
  std::vector<double> phi_, theta_;                         // the products; theta_[0] is 1
  std::vector<double> psi_, covariance_, column_, system_;  // of the process, for e of variance 1
  std::vector<double> gain_, change_, state_, ones_state_, probe_, x_, best_x_;
  // With gaps: a column for each, for the mean, for the series. Of one before it has begun,
  // nothing.
  std::vector<double> column_states_, errors_, gram_;
  std::size_t begun_ = 0;
  double first_variance_ = 1, mean_ = 0, squares_ = 0, log_variances_ = 0;
  QuasiNewton optimiser_;
};

/// How many of `values` are no gaps.
[[nodiscard]] std::size_t known_values(std::span<const double> values);

/// `values` with their gaps filled along lines between the nearest values, and where they are.
void fill_lines(std::span<const double> values, std::vector<double>& completed,
                std::vector<std::size_t>& gaps);

/// The point forecasts that follow the history.
void arima_forecast(const ArimaFit& fit, std::span<double> path);

/// The log-likelihood of `values` with vague knowledge of what came before them, as R tells it:
/// up to some 0.001 from ArimaFit::log_likelihood. Requires the history of `fit`, gaps included.
[[nodiscard]] double arima_diffuse_likelihood(const ArimaFit& fit, std::span<const double> values);

/// The coefficients c of (1 - B)^d (1 - B^m)^D = 1 + c_1 B + c_2 B^2 + ...; c_0 = 1 included.
[[nodiscard]] std::vector<double> difference_polynomial(std::size_t d, std::size_t seasonal_d,
                                                        std::size_t season);

/// True if 1 - c_1 B - c_2 B^2 - ... has all its roots beyond `radius`.
[[nodiscard]] bool roots_beyond(std::span<const double> coefficients, double radius);

}  // namespace costops::forecasting
