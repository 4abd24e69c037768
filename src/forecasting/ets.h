// ets.h - exponential smoothing in its state space form, with the exact gradient of its likelihood.
//
// Hyndman, Koehler, Ord, Snyder, "Forecasting with Exponential Smoothing", 2008, tables 2.2, 2.3.
// The likelihood's gradient comes from one pass back through the recursion (its adjoint), which
// costs as much as three evaluations, however many initial states there are; with it, a
// quasi-Newton method finds optima that search methods miss.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "forecasting/quasi_newton.h"

namespace costops::forecasting {

struct EtsForm {
  char error = 'A';  ///< A or M
  char trend = 'N';  ///< N, A or M
  bool damped = false;
  char season = 'N';                       ///< N, A or M
  [[nodiscard]] std::string name() const;  ///< "ETS(M,Ad,M)"
  friend bool operator==(const EtsForm&, const EtsForm&) = default;
};

/// Everything that the recursion needs.
struct EtsParameters {
  double alpha = 0, beta = 0, gamma = 0, phi = 1;
  double level = 0, slope = 0;   ///< Before the first value.
  std::vector<double> seasonal;  ///< The first cycle.
};

struct EtsFit {
  EtsForm form;
  double alpha = 0, beta = 0, gamma = 0, phi = 1;
  double level = 0, slope = 0;   ///< At the end of the history.
  std::vector<double> seasonal;  ///< The coming cycle, first step first.
  double log_likelihood = 0;
  double aicc = 0;  ///< Infinite if there are too few values for the parameters.
};

/// Fits one form at a time. Reusable.
class EtsFitter {
 public:
  /// False if the form cannot take the history: a multiplicative one with values not above 0, or
  /// fewer values than parameters. Requires values, and `period` of 1 for forms without season.
  bool fit(std::span<const double> values, std::size_t period, EtsForm form, EtsFit& out) {
    return fit(values, period, form, Starts(), out);
  }
  /// The same from some of the starting points only.
  struct Starts {
    std::size_t first = 0, last = 4;
  };
  bool fit(std::span<const double> values, std::size_t period, EtsForm form, Starts starts,
           EtsFit& out);

  /// Runs the recursion with given parameters: its likelihood and final states. As fit() otherwise.
  bool evaluate(std::span<const double> values, std::size_t period, EtsForm form,
                const EtsParameters& parameters, EtsFit& out);

 private:
  bool take(std::span<const double> values, std::size_t period, EtsForm form);
  void describe(double objective, EtsFit& out) const;
  struct Row {
    double q, f, p, phib, level, slope, season, next_level, r, t;
  };

  double objective(std::span<const double> x, std::span<double> gradient);
  template <char Error, char Trend, char Season>
  double likelihood(std::span<double> gradient);
  template <char Error, char Trend, char Season>
  double run_forward();
  template <char Error, char Trend, char Season>
  void run_back(double squares, std::span<double> gradient);
  double dispatch(std::span<double> gradient);
  void unpack(std::span<const double> x);
  void chain(std::span<const double> x, std::span<const double> raw, std::span<double> gradient);
  void initial_states();
  void pack(double alpha, double beta_share, double gamma_share, double phi);
  std::size_t dimension() const;

  EtsForm form_;
  std::size_t period_ = 1;
  std::vector<double> y_, start_seasonal_, seasonal_, raw_gradient_, x_, best_x_;
  std::vector<Row> rows_;
  double start_level_ = 0, start_slope_ = 0;
  double alpha_ = 0, beta_share_ = 0, gamma_share_ = 0, gamma_ = 0, phi_ = 1;
  double level_ = 0, slope_ = 0;
  double end_level_ = 0, end_slope_ = 0, squares_ = 0, scale_ = 1;
  std::vector<double> probe_;
  QuasiNewton optimiser_;
};

/// The recursion continued: point forecasts.
void ets_forecast(const EtsFit& fit, std::span<double> path);

}  // namespace costops::forecasting
