#include "export/reports/charts.h"

#include <algorithm>
#include <map>
#include <set>

#include "costops/forecasting/amounts.h"

namespace costops::reports {
namespace {

using accounting::ReportRow;
using exports::Chart;

/// Series and bars beyond these are drawn as one "(other)".
constexpr std::size_t kSeriesMax = 7;
constexpr std::size_t kBarsMax = 10;
constexpr const char* kOther = "(other)";

std::string shown(const std::string& key) { return key.empty() ? "(unassigned)" : key; }

std::string group_of(const std::vector<std::string>& values, std::size_t keys) {
  std::string name;
  for (std::size_t i = 0; i < keys; ++i) name += (i > 0 ? " / " : "") + shown(values[i]);
  return keys == 0 ? "all" : name;
}

/// Groups by cost, the most expensive first.
std::vector<std::string> ranked(const std::map<std::string, Amount>& costs) {
  std::vector<std::string> names;
  for (const auto& [name, cost] : costs) names.push_back(name);
  std::stable_sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
    return costs.at(a) > costs.at(b);
  });
  return names;
}

Chart over_time(const ReportRequest& request, Currency currency, std::size_t keys) {
  std::map<std::string, Amount> costs;
  std::set<std::string> periods;
  for (const ReportRow& row : request.current->rows) {
    if (row.currency != currency) continue;
    costs[group_of(row.keys, keys)] += row.costs.total();
    periods.insert(row.keys[keys]);
  }
  std::vector<std::string> names = ranked(costs);
  if (names.size() > kSeriesMax) names.resize(kSeriesMax);
  Chart chart;
  chart.kind = Chart::Kind::stacked;
  chart.title = "Spend by " + request.current->key_names.back();
  chart.unit = currency.code();
  chart.labels.assign(periods.begin(), periods.end());
  std::map<std::string, std::size_t> place;
  for (const std::string& name : names) {
    place[name] = chart.series.size();
    chart.series.push_back({name, std::vector<double>(periods.size(), 0.0), {}, {}});
  }
  if (costs.size() > names.size()) {
    chart.series.push_back({kOther, std::vector<double>(periods.size(), 0.0), {}, {}});
  }
  for (const ReportRow& row : request.current->rows) {
    if (row.currency != currency) continue;
    const auto found = place.find(group_of(row.keys, keys));
    auto& series = found == place.end() ? chart.series.back() : chart.series[found->second];
    const auto at = std::lower_bound(chart.labels.begin(), chart.labels.end(), row.keys[keys]);
    series.values[static_cast<std::size_t>(at - chart.labels.begin())] +=
        forecasting::units_of(row.costs.total());
  }
  return chart;
}

Chart top_groups(const ReportRequest& request, Currency currency, std::size_t keys) {
  std::map<std::string, Amount> costs;
  for (const ReportRow& row : request.current->rows) {
    if (row.currency == currency) costs[group_of(row.keys, keys)] += row.costs.total();
  }
  std::vector<std::string> names = ranked(costs);
  Chart chart;
  chart.kind = Chart::Kind::bars;
  chart.title = "Most expensive";
  chart.unit = currency.code();
  chart.series.push_back({"total_cost", {}, {}, {}});
  Amount rest;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i >= kBarsMax) {
      rest += costs[names[i]];
      continue;
    }
    chart.labels.push_back(names[i]);
    chart.series[0].values.push_back(forecasting::units_of(costs[names[i]]));
  }
  if (names.size() > kBarsMax) {
    chart.labels.emplace_back(kOther);
    chart.series[0].values.push_back(forecasting::units_of(rest));
  }
  return chart;
}

bool has_periods(const accounting::Report& report) {
  return !report.key_names.empty() && parse_grain(report.key_names.back()).has_value();
}

/// What the cache saved, by group, or by period where the rows have periods: the largest groups.
void add_savings(const ReportRequest& request, std::vector<Chart>& charts) {
  const bool periods = has_periods(*request.current);
  const std::size_t keys = request.current->key_names.size();
  std::map<Currency, std::map<std::string, Amount>> savings;
  for (const auto& row : *request.savings) {
    if (row.currency.is_none()) continue;
    const std::string name = periods ? row.keys.back() : group_of(row.keys, keys);
    savings[row.currency][name] += row.net_savings;
  }
  for (const auto& [currency, by_name] : savings) {
    Chart chart;
    chart.kind = periods ? Chart::Kind::stacked : Chart::Kind::bars;
    chart.title = "Net savings by caching";
    chart.unit = currency.code();
    chart.series.push_back({"net_savings", {}, {}, {}});
    std::vector<std::string> names = ranked(by_name);
    if (periods) std::sort(names.begin(), names.end());
    if (!periods && names.size() > kBarsMax) names.resize(kBarsMax);
    for (const std::string& name : names) {
      chart.labels.push_back(name);
      chart.series[0].values.push_back(forecasting::units_of(by_name.at(name)));
    }
    charts.push_back(std::move(chart));
  }
}

}  // namespace

std::vector<Chart> charts_of(const ReportRequest& request) {
  const accounting::Report& report = *request.current;
  std::vector<Chart> charts;
  if (request.kind == Kind::audit || request.kind == Kind::usage || report.key_names.empty()) {
    return charts;
  }
  if (request.kind == Kind::cache && request.savings != nullptr) {
    add_savings(request, charts);
    return charts;
  }
  const bool periods = has_periods(report);
  const std::size_t keys = report.key_names.size() - (periods ? 1 : 0);
  for (const ReportRow& total : report.totals) {
    if (total.currency.is_none() || total.costs.total().is_zero()) continue;
    if (periods) charts.push_back(over_time(request, total.currency, keys));
    if (keys > 0) charts.push_back(top_groups(request, total.currency, keys));
  }
  return charts;
}

}  // namespace costops::reports
