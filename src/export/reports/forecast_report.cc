// forecast_report.cc - a history and what follows it, as rows and as a band.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "costops/export/forecast_chart.h"
#include "costops/forecasting/amounts.h"
#include "export/reports/document_state.h"

namespace costops::reports {
namespace {

using accounting::GroupForecast;
using accounting::UsageSeries;
using exports::BatchBuilder;
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

  void append(const GroupForecast& group, BatchBuilder& into) const {
    const Forecast& forecast = group.forecast;
    for (std::size_t i = 0; i < group.history.size(); ++i) {
      begin(group, grid().label(i), "history", into);
      estimate(group.history[i], into);
      into.null().null();
      end(group, into);
    }
    const forecasting::Grid next = accounting::periods_ahead(series(), forecast.mean.size());
    for (std::size_t i = 0; i < forecast.mean.size(); ++i) {
      begin(group, next.label(i), "forecast", into);
      estimate(forecast.mean[i], into);
      estimate(forecast.bands[0].lower[i], into);
      estimate(forecast.bands[0].upper[i], into);
      end(group, into);
    }
  }

  /// "cost", "cost, small".
  [[nodiscard]] std::string name_of(const GroupForecast& group) const {
    std::string name(to_string(request_.metric));
    for (const std::string& key : group.keys) name += ", " + shown(key);
    return name;
  }

  [[nodiscard]] std::string line(const GroupForecast& group) const {
    const Forecast& forecast = group.forecast;
    const auto text = [](double value) {
      return costops::to_string(forecasting::amount_of(value));
    };
    const auto& band = forecast.total_bands[0];
    std::string line =
        fmt::format("{}, {} {}{} ahead: {} in all, 80 % interval {} to {}", name_of(group),
                    forecast.mean.size(), costops::to_string(grid().grain()),
                    forecast.mean.size() == 1 ? "" : "s", text(forecast.total.back()),
                    text(band.lower.back()), text(band.upper.back()));
    if (has_currency()) line += fmt::format(" {}", group.currency.code());
    return line;
  }

 private:
  [[nodiscard]] const UsageSeries& series() const { return *request_.series; }
  [[nodiscard]] const forecasting::Grid& grid() const { return series().table.grid(); }
  [[nodiscard]] bool has_currency() const { return request_.metric == accounting::Metric::cost; }

  static std::string shown(const std::string& key) { return key.empty() ? "(unassigned)" : key; }

  void begin(const GroupForecast& group, std::string_view period, std::string_view what,
             BatchBuilder& into) const {
    for (const std::string& key : group.keys) into.text(shown(key));
    into.text(period).text(what);
  }
  void end(const GroupForecast& group, BatchBuilder& into) const {
    if (has_currency()) into.text(group.currency.code());
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

}  // namespace

Result<ReportDocument> ReportGenerator::generate(const ForecastReportRequest& request) const {
  if (request.series->complete == 0) {
    return fail(ErrorCode::invalid_input, "no complete period to learn from");
  }
  const double levels[] = {kLevel};
  const auto made = accounting::forecast_usage(
      *request.series, {.horizon = request.horizon, .levels = levels, .prices = request.prices});
  if (!made) return fail(made.error());
  ReportDocument document;
  ReportDocument::State& state = *document.state_;
  state.kind = Kind::forecast;
  state.text.title = request.title.empty() ? "Forecast" : request.title;
  const Rows rows(request, state.schema);
  state.builder.emplace(state.schema);
  std::vector<const GroupForecast*> order;
  for (const GroupForecast& group : made->groups) {
    if (group.is_sum) continue;
    order.push_back(&group);
    rows.append(group, *state.builder);
  }
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return a->forecast.total.back() > b->forecast.total.back();
  });
  if (order.size() > kChartsMax) order.resize(kChartsMax);
  for (const GroupForecast& group : made->groups) {
    if (group.is_sum && group.keys.empty()) order.insert(order.begin(), &group);
  }
  for (const GroupForecast* group : order) {
    state.text.lines.push_back(rows.line(*group));
    if (request.charts == Charts::drawn) {
      state.text.charts.push_back(
          forecast_chart(*request.series, *group, {.title = rows.name_of(*group)}));
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
