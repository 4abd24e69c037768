// model.h - one concept for every forecasting method: fit(history), then forecast(path).
//
// A Model object is a method with its memory: fitting it again forgets the former series and reuses
// what was allocated. Models follow their published definition to the letter; what a user wants
// beyond it (no negative spend, intervals, choice of the model) is ForecastEngine's business.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/error.h"

namespace costops::forecasting {

/// What a model may look at.
struct History {
  std::span<const double> values;  ///< Oldest first; finite, or missing if takes_gaps() says so.
  std::size_t season = 1;          ///< Periods per cycle; 1: none.
};

/// A fitted number and its name in the literature: "alpha", "ar1", "drift".
struct Parameter {
  std::string name;
  double value = 0.0;
};

/// One method. Not to be shared between threads.
class Model {
 public:
  virtual ~Model() = default;
  /// What was fitted, with the chosen form: "naive", "ETS(M,Ad,M)", "ARIMA(0,1,1)(0,1,1)[12]".
  [[nodiscard]] virtual std::string name() const = 0;
  /// Fails with invalid_input if the history is too short, or of a kind that the method cannot
  /// take (zeros in a multiplicative form). Requires values as History tells.
  [[nodiscard]] virtual Result<void> fit(const History& history) = 0;
  /// True if values may be missing (NaN): the method then learns from the others alone.
  [[nodiscard]] virtual bool takes_gaps() const { return false; }
  /// The point forecasts 1 to path.size() periods ahead. Requires a successful fit.
  virtual void forecast(std::span<double> path) const = 0;
  /// In the order of the method's definition. Requires a successful fit.
  [[nodiscard]] virtual std::vector<Parameter> parameters() const { return {}; }
};

/// A method by its name in model_names(), or ARIMA of a given order by a name as it is reported:
/// "arima(0,1,1)(0,1,1)", "ARIMA(1,0,0) with non-zero mean".
/// Fails with not_found, listing them.
[[nodiscard]] Result<std::unique_ptr<Model>> make_model(std::string_view name);

/// Every name that make_model knows.
[[nodiscard]] std::vector<std::string_view> model_names();

}  // namespace costops::forecasting
