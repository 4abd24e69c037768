#include "costops/accounting/anomalies.h"

#include <algorithm>
#include <tuple>

namespace costops::accounting {
namespace {

/// The series of `parts` that belong to a group of the report: same keys before the part's own,
/// same currency.
std::vector<std::size_t> parts_of(const UsageSeries& parts, const UsageSeries& whole,
                                  std::size_t group) {
  const auto& keys = whole.keys[group];
  std::vector<std::size_t> among;
  for (std::size_t i = 0; i < parts.keys.size(); ++i) {
    if (parts.currencies[i] != whole.currencies[group]) continue;
    if (std::equal(keys.begin(), keys.end(), parts.keys[i].begin())) among.push_back(i);
  }
  return among;
}

bool is_grouped_by(const SeriesRequest& request, Dimension dimension) {
  return std::find(request.group_by.begin(), request.group_by.end(), dimension) !=
         request.group_by.end();
}

/// Says which values of `dimension` made the anomalies found.
Result<void> explain_by(const storage::Ledger& ledger, const AnomalyRequest& request,
                        const SeriesRequest& all, Dimension dimension, AnomalyReport& report) {
  SeriesRequest finer = all;
  finer.group_by.push_back(dimension);
  const auto parts = usage_series(ledger, finer);
  if (!parts) return fail(parts.error());
  for (FoundAnomaly& found : report.found) {
    const auto among = parts_of(*parts, report.series, found.series);
    if (among.size() < 2) continue;  // One part explains nothing: it is the whole.
    for (const auto& part :
         forecasting::explaining_parts(parts->table, among, found.anomaly, request.parts)) {
      found.explained_by.push_back({dimension, parts->keys[part.series].back(), part});
    }
  }
  return {};
}

}  // namespace

Result<AnomalyReport> find_anomalies(const storage::Ledger& ledger, const AnomalyRequest& request) {
  SeriesRequest all = request.series;
  all.range.from = min_instant();
  auto series = usage_series(ledger, all);
  if (!series) return fail(series.error());
  AnomalyReport report{std::move(*series), {}};
  const forecasting::Grid& grid = report.series.table.grid();
  for (std::size_t i = 0; i < report.series.keys.size(); ++i) {
    const auto values = report.series.table.values(i).first(report.series.complete);
    const auto anomalies = forecasting::anomalies_of(values, grid, request.parameters);
    if (!anomalies) return fail(anomalies.error());
    for (const auto& anomaly : *anomalies) {
      if (grid.period(anomaly.last).to <= request.series.range.from) continue;
      report.found.push_back({i, anomaly, {}});
    }
  }
  std::stable_sort(report.found.begin(), report.found.end(), [](const auto& a, const auto& b) {
    return std::tie(a.anomaly.first, a.series) < std::tie(b.anomaly.first, b.series);
  });
  if (report.found.empty()) return report;
  for (const Dimension dimension : request.explain_by) {
    if (is_grouped_by(request.series, dimension)) continue;
    auto explained = explain_by(ledger, request, all, dimension, report);
    if (!explained) return fail(explained.error());
  }
  return report;
}

}  // namespace costops::accounting
