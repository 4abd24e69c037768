// forecast_text.h - how a forecast's backtest is told.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "costops/forecasting/forecast.h"
#include "costops/json/json.h"
#include "table.h"

namespace costops::cli {

/// Six digits; "null" for what is not finite.
[[nodiscard]] std::string number_or_null(double value);

/// "Backtest: 3 origins, MAE 1.2, sMAPE 8.0 %, the 80 % interval held 81 %" and a line feed.
[[nodiscard]] std::string coverage_text(const forecasting::Forecast& forecast);

/// The members of a JSON object: origins, mae, ...; null where nothing was replayed. `levels` as
/// written, one a band.
void write_backtest(json::Writer& json, const forecasting::Forecast& forecast,
                    const std::vector<std::string>& levels);

/// A row of the table of --backtest.
[[nodiscard]] std::vector<Cell> backtest_row(std::string title, std::string_view name,
                                             const forecasting::Forecast& forecast);

}  // namespace costops::cli
