// forecast.h - ForecastEngine: from a history to a path with intervals that are true.
//
// `auto` fits a pool of simple methods and seasonal autoregressions, replays them at earlier
// origins, and weights them by the inverse of the errors they made there; the same replay gives
// the intervals, of each step and of the running total. Nothing looks past an origin. The rules
// are frozen in docs/forecasting.md.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/error.h"
#include "costops/forecasting/accuracy.h"
#include "costops/forecasting/model.h"

namespace costops::forecasting {

/// The longest path that is given.
inline constexpr std::size_t kHorizonMax = 10'000;

inline constexpr std::array kUsualLevels = {80.0, 95.0};

struct ForecastRequest {
  std::span<const double> history;  ///< Oldest first; kMissing where unknown.
  std::size_t season = 1;   ///< Main cycle in periods: 24 for hours, 7 for days; 1: unknown.
  std::size_t horizon = 1;  ///< Steps ahead, 1 to kHorizonMax.
  std::string_view model = "auto";                ///< "auto" or a name of model_names().
  std::span<const double> levels = kUsualLevels;  ///< Percent, each above 0 and below 100.
};

/// A distribution per step: centre + width x the quantiles of standardised backtest errors, not
/// below a floor. Quantiles never cross, because every step uses the same rising function.
class Spread {
 public:
  /// `standard`: the quantiles of the errors at evenly spaced probabilities (i + 1) / (size + 1),
  /// not falling. Requires centre and width of equal size, widths >= 0.
  void assign(std::span<const double> centre, std::span<const double> width,
              std::span<const double> standard, double floor);
  /// The same widths around another centre. Requires a value per step.
  void move_to(std::span<const double> centre);
  /// Centre and width times a factor of at least 0 each. Requires a factor per step.
  void scale_by(std::span<const double> factors);

  [[nodiscard]] std::size_t size() const { return centre_.size(); }
  /// The value that step `step` (0 is the first) stays below with probability `p`, 0 < p < 1.
  [[nodiscard]] double quantile(std::size_t step, double p) const;
  /// The probability that step `step` ends above `value`.
  [[nodiscard]] double probability_above(std::size_t step, double value) const;

 private:
  std::vector<double> centre_;
  std::vector<double> width_;
  std::vector<double> standard_;
  double floor_ = 0.0;
};

/// The central interval of `level` percent, one value per step.
struct Band {
  double level = 0.0;
  std::vector<double> lower;
  std::vector<double> upper;
  double backtest_coverage = 0.0;  ///< Share of backtest actuals inside; NaN without a backtest.

  /// Both ends from a distribution of as many steps.
  void follow(const Spread& spread);
};

enum class Direction { falling, flat, rising };
[[nodiscard]] std::string_view to_string(Direction direction);

/// Where history and forecast go.
struct Trend {
  /// As the forecast is drawn, where it moves by 5 % of its level or leaves the history's trend.
  /// Else the history's: flat unless `per_period` is 2 standard errors from 0.
  Direction direction = Direction::flat;
  double per_period = 0.0;  ///< The slope of the least-squares line through the history.
};

/// The main cycle of the history.
struct Seasonality {
  std::size_t period = 1;  ///< 1: none found.
  double strength = 0.0;   ///< 0 to 1: max(0, 1 - Var(rest) / Var(rest + season)), FPP3 ch. 4.3.
};

/// How the forecast did when replayed at earlier origins of the same history.
struct Backtest {
  std::size_t origins = 0;  ///< 0: the history is too short for any.
  std::size_t steps = 0;    ///< Length of each replayed path.
  Accuracy accuracy;
  double pinball = 0.0;  ///< Mean over the probabilities .1, .2 ... .9.
  double crps = 0.0;
  double msis = 0.0;  ///< Of the highest level asked for.
};

struct Forecast {
  std::string model;                  ///< As reported by the model: "auto", "ETS(A,Ad,N)", ...
  std::vector<Parameter> parameters;  ///< For auto: the weight of each member.
  std::vector<double> mean;           ///< Point forecast of each step.
  std::vector<Band> bands;            ///< In the order of the levels asked for.
  std::vector<double> total;          ///< Running total: the sum of mean up to each step.
  std::vector<Band> total_bands;      ///< Intervals of the running total, from its own errors.
  Spread spread;                      ///< Any quantile of any step.
  Spread total_spread;                ///< Any quantile of the running total: what budgets ask for.
  Trend trend;
  Seasonality seasonality;
  Backtest backtest;
  std::size_t missing = 0;  ///< Periods filled with the value one season before, or a line.
};

/// The forecast with other points (those of a sum that must add up): what surrounded the old points
/// surrounds the new ones. Requires a point per step.
void move_to(Forecast& forecast, std::span<const double> mean);
/// The forecast in units that change step by step (prices): points and widths times a factor of at
/// least 0 each. Requires a factor per step.
void scale_by(Forecast& forecast, std::span<const double> factors);

/// Reusable, with its memory; one per thread.
class ForecastEngine {
 public:
  ForecastEngine();
  ~ForecastEngine();
  ForecastEngine(ForecastEngine&&) noexcept;
  ForecastEngine& operator=(ForecastEngine&&) noexcept;

  /// A history without negative values gets no negative forecast, and no point forecast is above
  /// 10 times the history's maximum. An empty history is an error; one of a single value, of
  /// constants or of zeros is continued as it is.
  /// Fails with invalid_input (no value, an infinite one, a horizon or level out of range; a
  /// history that a model named explicitly cannot take) or not_found (an unknown model).
  [[nodiscard]] Result<Forecast> forecast(const ForecastRequest& request);

  /// Many series that are alike (one grain, one horizon): their intervals share the shape of all
  /// their errors, which makes them truer than one series' own history can. `visit` gets each
  /// request's index and forecast, in order; the forecast lives until it returns and has neither
  /// parameters nor backtest, trend or seasonality. Allocates nothing per series once warm, but
  /// for the paths: horizon numbers each. The order of the requests changes no forecast, the number
  /// of threads not even a bit; `visit` is called on the caller's thread only.
  /// Fails as forecast() does, naming the request; no forecast is visited then.
  [[nodiscard]] Result<void> forecast_all(
      std::span<const ForecastRequest> requests,
      const std::function<void(std::size_t, const Forecast&)>& visit, std::size_t threads = 1);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace costops::forecasting
