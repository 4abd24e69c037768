// models.h - the makers behind make_model, one per method.
#pragma once

#include <memory>
#include <string_view>

#include "costops/forecasting/model.h"

namespace costops::forecasting {

using ModelMaker = std::unique_ptr<Model> (*)();

std::unique_ptr<Model> make_naive();
std::unique_ptr<Model> make_drift();
std::unique_ptr<Model> make_seasonal_naive();
std::unique_ptr<Model> make_seasonal_mean();
std::unique_ptr<Model> make_seasonal_median();
std::unique_ptr<Model> make_mean();
std::unique_ptr<Model> make_median();
std::unique_ptr<Model> make_moving_average();
std::unique_ptr<Model> make_linear_trend();

std::unique_ptr<Model> make_croston();
std::unique_ptr<Model> make_sba();
std::unique_ptr<Model> make_tsb();
std::unique_ptr<Model> make_adida();
std::unique_ptr<Model> make_imapa();

std::unique_ptr<Model> make_ses();
std::unique_ptr<Model> make_holt();
std::unique_ptr<Model> make_damped_holt();
std::unique_ptr<Model> make_holt_winters();
std::unique_ptr<Model> make_ets();
std::unique_ptr<Model> make_theta();
/// For the combination only: not in model_names().
std::unique_ptr<Model> make_quick_theta();
std::unique_ptr<Model> make_otm();
std::unique_ptr<Model> make_dotm();
std::unique_ptr<Model> make_arima();

/// Of the order in `name`: "arima(0,1,1)(0,1,1)", "ARIMA(1,1,0) with drift", as fits are reported
/// (their "[12]" is read over: the season comes with the history). Null for any other name.
std::unique_ptr<Model> make_arima_of(std::string_view name);

/// Fails with invalid_input if `history` has fewer than `needed` values.
[[nodiscard]] Result<void> require_length(const History& history, std::size_t needed,
                                          std::string_view model);

}  // namespace costops::forecasting
