#include "forecast_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "costops/json/json.h"
#include "estimate_text.h"
#include "selection.h"

namespace costops::cli {
namespace {

using accounting::GroupForecast;
using forecasting::Band;
using forecasting::Forecast;

/// Six digits; "null" for what is not finite.
std::string number_or_null(double value) {
  return std::isfinite(value) ? fmt::format("{:.6g}", value) : "null";
}

/// "Backtest: 3 origins, MAE 1.2, sMAPE 8.0 %, the 80 % interval held 81 %" and a line feed.
std::string coverage_text(const Forecast& forecast) {
  if (forecast.backtest.origins == 0 || std::isnan(forecast.backtest.accuracy.mae)) {
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

/// The members of a JSON object: origins, mae, ...; null where nothing was replayed.
void append_backtest(json::Writer& json, const Forecast& forecast,
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

/// "forecast", "80 % from", "to", ...
std::vector<Column> value_columns(const std::vector<std::string>& levels, std::string title) {
  std::vector<Column> columns{{std::move(title), Align::decimal}};
  for (const std::string& level : levels) {
    columns.push_back({level + " % from", Align::decimal});
    columns.push_back({"to", Align::decimal});
  }
  return columns;
}

void append_values(std::vector<Cell>& row, const Estimates& estimates, double mean,
                   const std::vector<Band>& bands, std::size_t step) {
  row.push_back({estimates.text(mean), Ink::bold});
  for (const Band& band : bands) {
    row.push_back({estimates.text(band.lower[step])});
    row.push_back({estimates.text(band.upper[step])});
  }
}

void append_group(std::string& out, const ToldForecast& told, const GroupForecast& group,
                  Colors colors, std::size_t columns) {
  const Forecast& forecast = group.forecast;
  const Estimates estimates(told.metric, group.currency);
  out += fmt::format("{} by {}; model {}, trend {}\n",
                     printable(title_with_unit(told.series, group, told.metric)), told.period,
                     forecast.model, to_string(forecast.trend.direction));
  out += sparkline(group.history, forecast.mean, columns) + '\n';
  std::vector<Column> heads = value_columns(told.levels, "forecast");
  heads.insert(heads.begin(), Column{std::string(told.period)});
  Table table(std::move(heads));
  const auto ahead = accounting::periods_ahead(told.series, forecast.mean.size());
  for (std::size_t step = 0; step < forecast.mean.size(); ++step) {
    std::vector<Cell> row{{ahead.label(step)}};
    append_values(row, estimates, forecast.mean[step], forecast.bands, step);
    table.add(std::move(row));
  }
  table.rule();
  std::vector<Cell> total{{"total"}};
  const std::size_t last = forecast.total.size() - 1;
  append_values(total, estimates, forecast.total[last], forecast.total_bands, last);
  table.add(std::move(total));
  table.append_to(out, colors);
  out += coverage_text(forecast);
}

std::vector<Cell> tree_row(const ToldForecast& told, const GroupForecast& group) {
  constexpr std::size_t kSparkColumns = 32;
  const std::size_t depth = group.keys.size();
  std::vector<Cell> row{
      {depth == 0 ? "total" : std::string(2 * (depth - 1), ' ') + shown_value(group.keys.back())}};
  const Forecast& forecast = group.forecast;
  const std::size_t last = forecast.total.size() - 1;
  append_values(row, Estimates(told.metric, group.currency), forecast.total[last],
                forecast.total_bands, last);
  row.push_back({std::string(to_string(forecast.trend.direction))});
  row.push_back({sparkline(group.history, forecast.mean, kSparkColumns), Ink::dim});
  return row;
}

/// `groups`: those of one currency, the total first.
void append_tree(std::string& out, const ToldForecast& told, std::span<const GroupForecast> groups,
                 Colors colors) {
  const GroupForecast& total = groups.front();
  const std::size_t steps = total.forecast.mean.size();
  const auto ahead = accounting::periods_ahead(told.series, steps);
  out += fmt::format("{}, {} {}{} from {} to {}; model {}, adding up by {}\n",
                     told.metric == "cost" ? fmt::format("cost in {}", total.currency.code())
                                           : std::string(told.metric),
                     steps, told.period, steps == 1 ? "" : "s", ahead.label(0),
                     ahead.label(steps - 1), total.forecast.model, told.adding_up);
  std::string names;
  for (const std::string& name : told.series.key_names)
    names += (names.empty() ? "" : " / ") + name;
  std::vector<Column> heads = value_columns(told.levels, "forecast");
  heads.insert(heads.begin(), Column{names});
  heads.push_back({"trend"});
  heads.push_back({"history | forecast"});
  Table table(std::move(heads));
  for (const GroupForecast& group : groups.subspan(1)) table.add(tree_row(told, group));
  table.rule();
  table.add(tree_row(told, total));
  table.append_to(out, colors);
  out += "Total. " + coverage_text(total.forecast);
}

void append_bands(json::Writer& json, const std::vector<std::string>& levels,
                  const std::vector<Band>& bands, std::size_t step) {
  for (std::size_t b = 0; b < bands.size(); ++b) {
    json.key("lower_" + levels[b]).value(exact_estimate(bands[b].lower[step]));
    json.key("upper_" + levels[b]).value(exact_estimate(bands[b].upper[step]));
  }
}

void append_json(json::Writer& json, const ToldForecast& told, const GroupForecast& group) {
  const Forecast& forecast = group.forecast;
  json.object();
  for (std::size_t k = 0; k < group.keys.size(); ++k) {
    json.key(told.series.key_names[k]).value(group.keys[k]);
  }
  json.key("currency").value(group.currency.code());
  json.key("method").value(forecast.model);
  json.key("parameters").array();
  for (const auto& parameter : forecast.parameters) {
    json.object().key("name").value(parameter.name);
    json.key("value").raw(number_or_null(parameter.value)).end_object();
  }
  json.end_array().key("trend").value(to_string(forecast.trend.direction));
  json.key("season").value(static_cast<std::uint64_t>(forecast.seasonality.period));
  json.key("season_strength").raw(number_or_null(forecast.seasonality.strength));
  json.key("filled_gaps").value(static_cast<std::uint64_t>(forecast.missing));
  json.key("points").array();
  const auto ahead = accounting::periods_ahead(told.series, forecast.mean.size());
  for (std::size_t step = 0; step < forecast.mean.size(); ++step) {
    json.object().key("period").value(ahead.label(step));
    json.key("mean").value(exact_estimate(forecast.mean[step]));
    append_bands(json, told.levels, forecast.bands, step);
    json.end_object();
  }
  json.end_array().key("total").object();
  json.key("mean").value(exact_estimate(forecast.total.back()));
  append_bands(json, told.levels, forecast.total_bands, forecast.total.size() - 1);
  json.end_object().key("backtest").object();
  append_backtest(json, forecast, told.levels);
  json.end_object().end_object();
}

}  // namespace

void append_forecast_table(std::string& out, const ToldForecast& told, Colors colors,
                           std::size_t columns) {
  const std::span<const GroupForecast> groups = told.forecast.groups;
  for (std::size_t i = 0; i < groups.size();) {
    std::size_t end = i + 1;
    while (end < groups.size() && groups[end].currency == groups[i].currency) ++end;
    if (groups[i].is_sum) {
      append_tree(out, told, groups.subspan(i, end - i), colors);
    } else {
      append_group(out, told, groups[i], colors, columns);
    }
    out += '\n';
    i = end;
  }
}

void append_forecast_json(std::string& out, const ToldForecast& told) {
  json::Writer json(out);
  json.object().key("period").value(told.period).key("metric").value(told.metric);
  json.key("timezone").value(told.series.table.grid().zone().name());
  json.key("adding_up").value(told.adding_up);
  for (const bool sums : {false, true}) {
    json.key(sums ? "sums" : "forecasts").array();
    for (const GroupForecast& group : told.forecast.groups) {
      if (group.is_sum == sums) append_json(json, told, group);
    }
    json.end_array();
  }
  json.key("price_changes").array();
  for (const accounting::PriceChange& change : told.prices.told) {
    json.object().key("provider").value(change.provider).key("model").value(change.model);
    json.key("at").value(to_string(change.at));
    json.key("factor").raw(number_or_null(change.factor)).end_object();
  }
  json.end_array().end_object();
  out += '\n';
}

void append_forecast_csv(std::string& out, const ToldForecast& told) {
  std::vector<std::string> head = told.series.key_names;
  for (const char* name : {"currency", "period", "mean"}) head.emplace_back(name);
  for (const std::string& level : told.levels) {
    head.push_back("lower_" + level);
    head.push_back("upper_" + level);
  }
  append_csv(out, head);
  for (const GroupForecast& group : told.forecast.groups) {
    if (group.is_sum) continue;
    const Forecast& forecast = group.forecast;
    const auto ahead = accounting::periods_ahead(told.series, forecast.mean.size());
    for (std::size_t step = 0; step < forecast.mean.size(); ++step) {
      std::vector<std::string> row;
      for (const auto& key : group.keys) row.push_back(csv_text(key));
      row.emplace_back(group.currency.code());
      row.push_back(ahead.label(step));
      row.push_back(exact_estimate(forecast.mean[step]));
      for (const Band& band : forecast.bands) {
        row.push_back(exact_estimate(band.lower[step]));
        row.push_back(exact_estimate(band.upper[step]));
      }
      append_csv(out, row);
    }
  }
}

std::string title_of(const accounting::UsageSeries& series, const GroupForecast& group,
                     std::string_view metric) {
  std::string title = group.is_sum && group.keys.empty() ? "all, " : "";
  for (std::size_t k = 0; k < group.keys.size(); ++k) {
    title += fmt::format("{} {}, ", series.key_names[k], shown_value(group.keys[k]));
  }
  return title + std::string(metric);
}

std::string title_with_unit(const accounting::UsageSeries& series, const GroupForecast& group,
                            std::string_view metric) {
  const std::string title = title_of(series, group, metric);
  return group.currency.is_none() ? title : fmt::format("{} in {}", title, group.currency.code());
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

std::string sparkline(std::span<const double> history, std::span<const double> forecast,
                      std::size_t columns) {
  static constexpr const char* kBlocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::size_t ahead = std::min(forecast.size(), columns / 2);
  const std::size_t shown = std::min(history.size(), columns > ahead + 1 ? columns - ahead - 1 : 0);
  const auto before = history.last(shown);
  const auto after = forecast.first(ahead);
  double top = 0.0;
  for (const auto& part : {before, after}) {
    for (const double value : part) {
      if (std::isfinite(value)) top = std::max(top, value);
    }
  }
  std::string out;
  const auto draw = [&](std::span<const double> values) {
    for (const double value : values) {
      if (!std::isfinite(value)) {
        out += ' ';
        continue;
      }
      const double share = top > 0.0 ? std::clamp(value / top, 0.0, 1.0) : 0.0;
      out += kBlocks[static_cast<std::size_t>(std::lround(share * 7.0))];
    }
  };
  draw(before);
  out += '|';
  draw(after);
  return out;
}

}  // namespace costops::cli
