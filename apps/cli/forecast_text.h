// forecast_text.h - forecasts as tables for people, and as JSON or CSV for programs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "costops/accounting/forecasts.h"
#include "table.h"

namespace costops::cli {

/// A forecast and the words it was asked for with. All must outlive this.
struct ToldForecast {
  const accounting::UsageSeries& series;
  const accounting::UsageForecast& forecast;
  const accounting::PriceChanges& prices;
  std::string_view period, metric, adding_up;
  const std::vector<std::string>& levels;  ///< As written, one a band.
};

/// A group alone: its periods, with a sparkline above them. Groups: one line each for the whole
/// horizon, parts indented below their sums, the total last.
void append_forecast_table(std::string& out, const ToldForecast& told, Colors colors,
                           std::size_t columns);
void append_forecast_json(std::string& out, const ToldForecast& told);
/// Without sums: they are what the rows add up to.
void append_forecast_csv(std::string& out, const ToldForecast& told);

/// "project web, cost"; "all, cost" for the sum of groups.
[[nodiscard]] std::string title_of(const accounting::UsageSeries& series,
                                   const accounting::GroupForecast& group, std::string_view metric);
/// "project web, cost in USD".
[[nodiscard]] std::string title_with_unit(const accounting::UsageSeries& series,
                                          const accounting::GroupForecast& group,
                                          std::string_view metric);

/// A row of the table of --backtest.
[[nodiscard]] std::vector<Cell> backtest_row(std::string title, std::string_view name,
                                             const forecasting::Forecast& forecast);

/// The last periods and the forecast behind a bar, in eight heights, at most `columns` wide.
[[nodiscard]] std::string sparkline(std::span<const double> history,
                                    std::span<const double> forecast, std::size_t columns);

}  // namespace costops::cli
