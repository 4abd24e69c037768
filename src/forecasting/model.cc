#include "costops/forecasting/model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "forecasting/models.h"

namespace costops::forecasting {
namespace {

struct Method {
  std::string_view name;
  ModelMaker make;
};

constexpr std::array kMethods = {
    Method{"naive", make_naive},
    Method{"drift", make_drift},
    Method{"seasonal_naive", make_seasonal_naive},
    Method{"seasonal_mean", make_seasonal_mean},
    Method{"seasonal_median", make_seasonal_median},
    Method{"mean", make_mean},
    Method{"median", make_median},
    Method{"moving_average", make_moving_average},
    Method{"linear_trend", make_linear_trend},
    Method{"croston", make_croston},
    Method{"sba", make_sba},
    Method{"tsb", make_tsb},
    Method{"adida", make_adida},
    Method{"imapa", make_imapa},
    Method{"ses", make_ses},
    Method{"holt", make_holt},
    Method{"damped_holt", make_damped_holt},
    Method{"holt_winters", make_holt_winters},
    Method{"ets", make_ets},
    Method{"theta", make_theta},
    Method{"otm", make_otm},
    Method{"dotm", make_dotm},
    Method{"arima", make_arima},
};

}  // namespace

std::vector<std::string_view> model_names() {
  std::vector<std::string_view> names;
  for (const Method& method : kMethods) names.push_back(method.name);
  return names;
}

Result<std::unique_ptr<Model>> make_model(std::string_view name) {
  for (const Method& method : kMethods) {
    if (method.name == name) return method.make();
  }
  if (auto arima = make_arima_of(name)) return arima;
  return fail(ErrorCode::not_found,
              fmt::format("no model {}; known: auto, {}, and ARIMA of an order "
                          "as in arima(0,1,1)(0,1,1)",
                          quoted(name), fmt::join(model_names(), ", ")));
}

Result<void> require_length(const History& history, std::size_t needed, std::string_view model) {
  if (history.values.size() >= needed) return {};
  return fail(ErrorCode::invalid_input,
              fmt::format("{} needs at least {} values, the history has {}", model, needed,
                          history.values.size()));
}

}  // namespace costops::forecasting
