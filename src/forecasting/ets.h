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
  bool fit(std::span<const double> values, std::size_t period, EtsForm form, EtsFit& out);

  /// The search for the likeliest parameters of a form, from one of kStarts points.
  struct Search {
    EtsForm form;
    double aicc = 0;
    double gained = 0;  ///< How much lower the last advance() made it.
    [[nodiscard]] bool going() const { return optimiser.going(); }

   private:
    friend class EtsFitter;
    std::vector<double> x;
    QuasiNewton optimiser;
  };
  static constexpr std::size_t kStarts = 4;
  /// False as fit(). Requires start < kStarts; `search` may be one that was used before.
  bool begin(std::span<const double> values, std::size_t period, EtsForm form, std::size_t start,
             Search& search);
  /// Some iterations more. Requires the values and period of begin().
  void advance(std::span<const double> values, std::size_t period, int iterations, Search& search);
  /// The fit that a search has come to. Requires the same.
  void finish(std::span<const double> values, std::size_t period, const Search& search,
              EtsFit& out);

  /// Runs the recursion with given parameters: its likelihood and final states. As fit() otherwise.
  bool evaluate(std::span<const double> values, std::size_t period, EtsForm form,
                const EtsParameters& parameters, EtsFit& out);

 private:
  bool take(std::span<const double> values, std::size_t period, EtsForm form);
  void describe(double objective, EtsFit& out) const;
  struct Row {
    double q, p, error, per_forecast, level, slope, phib, season, per_season, per_q, t;
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
  double aicc_of(double log_likelihood) const;
  double log_likelihood_of(double objective) const;

  EtsForm form_;
  std::size_t period_ = 1;
  std::vector<double> y_, start_seasonal_, seasonal_, raw_gradient_, x_;
  std::vector<Row> rows_;
  double start_level_ = 0, start_slope_ = 0;
  double alpha_ = 0, beta_share_ = 0, gamma_share_ = 0, gamma_ = 0, phi_ = 1;
  double level_ = 0, slope_ = 0;
  double end_level_ = 0, end_slope_ = 0, squares_ = 0, scale_ = 1;
  std::vector<double> probe_;
  Search search_, best_search_;
};

/// The recursion continued: point forecasts.
void ets_forecast(const EtsFit& fit, std::span<double> path);

}  // namespace costops::forecasting
