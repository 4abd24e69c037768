#include "costops/export/forecast_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace costops::reports {

using exports::Chart;

Chart forecast_chart(const accounting::UsageSeries& series, const accounting::GroupForecast& group,
                     const ForecastChartOptions& options) {
  const auto& forecast = group.forecast;
  const std::size_t known = group.history.size();
  const std::size_t first =
      options.history_max > 0 && known > options.history_max ? known - options.history_max : 0;
  Chart chart;
  chart.kind = Chart::Kind::lines;
  chart.title = options.title;
  chart.unit = group.currency.code();
  for (std::size_t i = first; i < known; ++i) chart.labels.push_back(series.table.grid().label(i));
  const auto ahead = accounting::periods_ahead(series, forecast.mean.size());
  for (std::size_t i = 0; i < ahead.size(); ++i) chart.labels.push_back(ahead.label(i));
  const double last = known > 0 ? group.history.back() : std::nan("");
  const auto after = [&](const std::vector<double>& values) {
    std::vector<double> all(known - first, std::nan(""));
    if (!all.empty()) all.back() = last;
    all.insert(all.end(), values.begin(), values.end());
    return all;
  };
  chart.series.push_back(
      {"history",
       {group.history.begin() + static_cast<std::ptrdiff_t>(first), group.history.end()}});
  std::vector<const forecasting::Band*> bands;
  for (const auto& band : forecast.bands) bands.push_back(&band);
  std::sort(bands.begin(), bands.end(),
            [](const auto* a, const auto* b) { return a->level < b->level; });
  Chart::Series line{"forecast", after(forecast.mean)};
  if (!bands.empty()) {
    line.low = after(bands.front()->lower);
    line.high = after(bands.front()->upper);
    line.name += fmt::format(", {:g} %", bands.front()->level);
  }
  if (bands.size() > 1) {
    line.outer_low = after(bands.back()->lower);
    line.outer_high = after(bands.back()->upper);
    line.name += fmt::format(" and {:g} %", bands.back()->level);
  }
  if (!bands.empty()) line.name += bands.size() > 1 ? " intervals" : " interval";
  chart.series.push_back(std::move(line));
  if (options.budget) chart.limits.push_back({"budget", *options.budget});
  return chart;
}

}  // namespace costops::reports
