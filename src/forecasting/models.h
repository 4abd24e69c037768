// models.h - the makers behind make_model, one per method.
#pragma once

#include <memory>

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

/// Fails with invalid_input if `history` has fewer than `needed` values.
[[nodiscard]] Result<void> require_length(const History& history, std::size_t needed,
                                          std::string_view model);

}  // namespace costops::forecasting
