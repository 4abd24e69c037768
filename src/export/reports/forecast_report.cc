// forecast_report.cc - a history and what follows it, as rows and as a band.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "costops/forecasting/amounts.h"
#include "costops/forecasting/forecast.h"
#include "export/reports/document_state.h"

namespace costops::reports {
namespace {

using accounting::UsageSeries;
using exports::BatchBuilder;
using exports::Chart;
using exports::ColumnType;
using forecasting::Forecast;

constexpr double kLevel = 80.0;
/// Decimal places of an estimate: more would pretend to be exact.
constexpr int kEstimatePlaces = 6;
/// The largest series that are drawn, and told in a line.
constexpr std::size_t kChartsMax = 6;

class Rows {
 public:
  Rows(const ForecastReportRequest& request, exports::Schema& schema) : request_(request) {
    for (const std::string& name : series().key_names) {
      schema.columns.push_back({name, ColumnType::text});
    }
    schema.columns.push_back({std::string(to_string(grid().grain())), ColumnType::text});
    schema.columns.push_back({"what", ColumnType::text});
    for (const std::string& name : {std::string(to_string(request.metric)), std::string("lower_80"),
                                    std::string("upper_80")}) {
      schema.columns.push_back({name, ColumnType::decimal, kEstimatePlaces});
    }
    if (has_currency()) schema.columns.push_back({"currency", ColumnType::text});
  }

  void append(std::size_t index, const Forecast& forecast, BatchBuilder& into) const {
    const auto history = series().table.values(index);
    for (std::size_t i = 0; i < series().complete; ++i) {
      begin(index, grid().label(i), "history", into);
      estimate(history[i], into);
      into.null().null();
      end(index, into);
    }
    const forecasting::Grid next = ahead();
    for (std::size_t i = 0; i < forecast.mean.size(); ++i) {
      begin(index, next.label(i), "forecast", into);
      estimate(forecast.mean[i], into);
      estimate(forecast.bands[0].lower[i], into);
      estimate(forecast.bands[0].upper[i], into);
      end(index, into);
    }
  }

  [[nodiscard]] Chart chart(std::size_t index, const Forecast& forecast) const {
    const auto history = series().table.values(index).first(series().complete);
    Chart chart;
    chart.kind = Chart::Kind::lines;
    chart.title = name_of(index);
    chart.unit = series().currencies[index].code();
    for (std::size_t i = 0; i < history.size(); ++i) chart.labels.push_back(grid().label(i));
    const forecasting::Grid next = ahead();
    for (std::size_t i = 0; i < next.size(); ++i) chart.labels.push_back(next.label(i));
    const std::vector<double> gaps(history.size(), std::nan(""));
    const auto after = [&](const std::vector<double>& values) {
      std::vector<double> all = gaps;
      all.insert(all.end(), values.begin(), values.end());
      return all;
    };
    chart.series.push_back({"history", {history.begin(), history.end()}, {}, {}});
    chart.series.push_back({"forecast, 80 % interval", after(forecast.mean),
                            after(forecast.bands[0].lower), after(forecast.bands[0].upper)});
    return chart;
  }

  [[nodiscard]] std::string line(std::size_t index, const Forecast& forecast) const {
    const auto text = [](double value) {
      return costops::to_string(forecasting::amount_of(value));
    };
    const auto& band = forecast.total_bands[0];
    std::string line =
        fmt::format("{}, {} {}{} ahead: {} in all, 80 % interval {} to {}", name_of(index),
                    forecast.mean.size(), costops::to_string(grid().grain()),
                    forecast.mean.size() == 1 ? "" : "s", text(forecast.total.back()),
                    text(band.lower.back()), text(band.upper.back()));
    if (has_currency()) line += fmt::format(" {}", series().currencies[index].code());
    return line;
  }

 private:
  [[nodiscard]] const UsageSeries& series() const { return *request_.series; }
  [[nodiscard]] const forecasting::Grid& grid() const { return series().table.grid(); }
  [[nodiscard]] bool has_currency() const { return request_.metric == accounting::Metric::cost; }

  [[nodiscard]] forecasting::Grid ahead() const {
    const TimeRange known{grid().period(0).from, grid().period(series().complete - 1).to};
    return forecasting::Grid(known, grid().grain(), grid().zone()).following(request_.horizon);
  }

  /// "cost", "cost, small".
  [[nodiscard]] std::string name_of(std::size_t index) const {
    std::string name(to_string(request_.metric));
    for (const std::string& key : series().keys[index]) name += ", " + shown(key);
    return name;
  }
  static std::string shown(const std::string& key) { return key.empty() ? "(unassigned)" : key; }

  void begin(std::size_t index, std::string_view period, std::string_view what,
             BatchBuilder& into) const {
    for (const std::string& key : series().keys[index]) into.text(shown(key));
    into.text(period).text(what);
  }
  void end(std::size_t index, BatchBuilder& into) const {
    if (has_currency()) into.text(series().currencies[index].code());
  }
  /// Missing is not zero.
  static void estimate(double value, BatchBuilder& into) {
    if (std::isfinite(value)) {
      into.decimal(static_cast<Int128>(std::round(value * 1e6)));
    } else {
      into.null();
    }
  }

  const ForecastReportRequest& request_;
};

Result<std::vector<Forecast>> forecasts_of(const ForecastReportRequest& request) {
  const UsageSeries& series = *request.series;
  const auto seasons = forecasting::seasons_of(series.table.grid().grain());
  const double levels[] = {kLevel};
  forecasting::ForecastEngine engine;
  std::vector<Forecast> forecasts;
  for (std::size_t i = 0; i < series.keys.size(); ++i) {
    forecasting::ForecastRequest ask;
    ask.history = series.table.values(i).first(series.complete);
    ask.season = seasons.empty() ? 1 : seasons.front();
    ask.horizon = request.horizon;
    ask.levels = levels;
    auto forecast = engine.forecast(ask);
    if (!forecast) return fail(forecast.error());
    forecasts.push_back(std::move(*forecast));
  }
  return forecasts;
}

}  // namespace

Result<ReportDocument> ReportGenerator::generate(const ForecastReportRequest& request) const {
  if (request.series->complete == 0) {
    return fail(ErrorCode::invalid_input, "no complete period to learn from");
  }
  const auto forecasts = forecasts_of(request);
  if (!forecasts) return fail(forecasts.error());
  ReportDocument document;
  ReportDocument::State& state = *document.state_;
  state.kind = Kind::forecast;
  state.text.title = request.title.empty() ? "Forecast" : request.title;
  const Rows rows(request, state.schema);
  state.builder.emplace(state.schema);
  std::vector<std::size_t> order(forecasts->size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
    rows.append(i, (*forecasts)[i], *state.builder);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return (*forecasts)[a].total.back() > (*forecasts)[b].total.back();
  });
  if (order.size() > kChartsMax) order.resize(kChartsMax);
  for (const std::size_t i : order) {
    state.text.lines.push_back(rows.line(i, (*forecasts)[i]));
    if (request.charts == Charts::drawn) {
      state.text.charts.push_back(rows.chart(i, (*forecasts)[i]));
    }
  }
  if (request.series->unpriced > 0) {
    state.text.lines.push_back(
        fmt::format("Unpriced: {} records; periods that hold nothing else count as missing",
                    request.series->unpriced));
  }
  return document;
}

}  // namespace costops::reports
