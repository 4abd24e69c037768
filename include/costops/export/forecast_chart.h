// forecast_chart.h - a history and what follows it, as a chart.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "costops/accounting/forecasts.h"
#include "costops/export/writer.h"

namespace costops::reports {

struct ForecastChartOptions {
  std::string title;
  std::size_t history_max = 0;     ///< Only so many of the last periods; 0: all.
  std::optional<double> budget{};  ///< Per period: drawn across.
};

/// `group` is one of the forecasts of `series`. The narrowest interval is the band, the widest the
/// outer band; the forecast's line begins where the history ends.
[[nodiscard]] exports::Chart forecast_chart(const accounting::UsageSeries& series,
                                            const accounting::GroupForecast& group,
                                            const ForecastChartOptions& options);

}  // namespace costops::reports
