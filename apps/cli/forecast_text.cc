#include "forecast_text.h"

#include <fmt/format.h>

#include <cmath>

namespace costops::cli {

using forecasting::Forecast;

std::string number_or_null(double value) {
  return std::isfinite(value) ? fmt::format("{:.6g}", value) : "null";
}

std::string coverage_text(const Forecast& forecast) {
  if (forecast.backtest.origins == 0) {
    return "Backtest: the history is too short for any; the intervals are a guess.\n";
  }
  std::string text =
      fmt::format("Backtest: {} origins, MAE {:.4g}, sMAPE {:.1f} %", forecast.backtest.origins,
                  forecast.backtest.accuracy.mae, forecast.backtest.accuracy.smape);
  for (const auto& band : forecast.bands) {
    if (!std::isfinite(band.backtest_coverage)) continue;
    text += fmt::format(", the {:g} % interval held {:.0f} %", band.level,
                        100.0 * band.backtest_coverage);
  }
  return text + '\n';
}

void write_backtest(json::Writer& json, const Forecast& forecast,
                    const std::vector<std::string>& levels) {
  const auto& accuracy = forecast.backtest.accuracy;
  json.key("origins").value(static_cast<std::uint64_t>(forecast.backtest.origins));
  const bool any = forecast.backtest.origins > 0;
  const auto measure = [&](const std::string& name, double value) {
    json.key(name).raw(any ? number_or_null(value) : "null");
  };
  measure("mae", accuracy.mae);
  measure("rmse", accuracy.rmse);
  measure("mape", accuracy.mape);
  measure("smape", accuracy.smape);
  measure("mase", accuracy.mase);
  measure("r2", accuracy.r2);
  measure("pinball", forecast.backtest.pinball);
  measure("crps", forecast.backtest.crps);
  measure("msis", forecast.backtest.msis);
  for (std::size_t b = 0; b < forecast.bands.size(); ++b) {
    measure("coverage_" + levels[b], forecast.bands[b].backtest_coverage);
  }
}

std::vector<Cell> backtest_row(std::string title, std::string_view name, const Forecast& forecast) {
  const auto& backtest = forecast.backtest;
  std::vector<Cell> row{{std::move(title)}, {std::string(name)}};
  for (const double value : {backtest.accuracy.mae, backtest.accuracy.rmse, backtest.accuracy.smape,
                             backtest.accuracy.mase, backtest.accuracy.mape, backtest.accuracy.r2,
                             backtest.pinball, backtest.crps, backtest.msis}) {
    row.push_back({std::isfinite(value) ? fmt::format("{:.4g}", value) : "-"});
  }
  std::string coverage;
  for (const auto& band : forecast.bands) {
    if (!std::isfinite(band.backtest_coverage)) continue;
    coverage += fmt::format("{}{:g}: {:.0f} %", coverage.empty() ? "" : ", ", band.level,
                            100.0 * band.backtest_coverage);
  }
  row.push_back({coverage});
  return row;
}

}  // namespace costops::cli
