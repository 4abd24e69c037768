#include "costops/accounting/series.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "accounting/local_steps.h"
#include "costops/forecasting/amounts.h"

namespace costops::accounting {
namespace {

constexpr std::array<std::string_view, 3> kMetrics = {"cost", "tokens", "requests"};
constexpr std::size_t kValuesMax = 10'000'000;

using Key = std::pair<std::vector<std::string>, Currency>;

/// One group's period: exact sums, and whether any of its records has a price.
struct Cell {
  Amount cost;
  Int128 count = 0;
  std::int64_t priced = 0;
  std::int64_t unpriced = 0;
};

Int128 tokens_of(const Quantities& quantities) {
  Int128 sum = 0;
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    if (facts(static_cast<Meter>(i)).family == Family::tokens) sum += quantities[i];
  }
  return sum;
}

/// Everything that has a period of its own. Ledger rows without a currency are unpriced: they mark
/// periods of the series with the same keys.
class Gathering {
 public:
  Gathering(const SeriesRequest& request, const forecasting::Grid& grid)
      : request_(request), grid_(grid) {}

  void take(const storage::QueryRow& row) {
    const std::size_t period = grid_.index_of(std::max(row.step_start, grid_.period(0).from));
    if (period == grid_.size()) return;
    const Currency currency = request_.metric == Metric::cost ? row.currency : Currency();
    Cell& cell = cells_[{row.keys, currency}][period];
    cell.cost += row.costs.total();
    cell.count += request_.metric == Metric::tokens ? tokens_of(row.quantities) : row.requests;
    cell.priced += row.requests - row.unpriced;
    cell.unpriced += row.unpriced;
    unpriced_ += row.unpriced;
  }

  Result<UsageSeries> finish() {
    if (request_.metric == Metric::cost) join_unpriced();
    if (cells_.size() > kValuesMax / std::max<std::size_t>(grid_.size(), 1)) {
      return fail(ErrorCode::invalid_input,
                  std::to_string(cells_.size()) + " series of " + std::to_string(grid_.size()) +
                      " periods are more than 10 million values: group by less, or take longer "
                      "periods or a shorter range");
    }
    UsageSeries out{{}, {}, {}, forecasting::SeriesTable(grid_), 0, unpriced_};
    for (const Dimension d : request_.group_by) out.key_names.emplace_back(to_string(d));
    for (const auto& [key, periods] : cells_) {
      out.keys.push_back(key.first);
      out.currencies.push_back(key.second);
      const auto values = out.table.add(name_of(key));
      for (const auto& [period, cell] : periods) {
        const bool unknown = request_.metric == Metric::cost && cell.priced == 0;
        values[period] = unknown                           ? forecasting::kMissing
                         : request_.metric == Metric::cost ? forecasting::units_of(cell.cost)
                                                           : forecasting::count_of(cell.count);
      }
    }
    out.complete = out.table.complete_periods(request_.now);
    return out;
  }

 private:
  static std::string name_of(const Key& key) {
    std::string name;
    for (const std::string& text : key.first) name += (name.empty() ? "" : ", ") + text;
    return name;
  }

  /// Records without a computed cost have no currency: they make their periods uncertain in every
  /// currency of the group.
  void join_unpriced() {
    for (auto group = cells_.begin(); group != cells_.end();) {
      if (!group->first.second.is_none()) {
        ++group;
        continue;
      }
      for (auto other = std::next(group);
           other != cells_.end() && other->first.first == group->first.first; ++other) {
        for (const auto& [period, cell] : group->second) {
          other->second[period].unpriced += cell.unpriced;
        }
      }
      group = cells_.erase(group);
    }
  }

  const SeriesRequest& request_;
  const forecasting::Grid& grid_;
  std::map<Key, std::map<std::size_t, Cell>> cells_;
  std::int64_t unpriced_ = 0;
};

/// Whether records end so early in a long period that it was not read to its end. Short ones may
/// well end early: nobody works at night.
bool breaks_off(TimeRange period, Grain grain, Instant last_seen) {
  if (grain == Grain::hour || grain == Grain::day) return false;
  return (last_seen - period.from) * 10 < (period.to - period.from) * 6;
}

storage::Query query_of(const SeriesRequest& request, TimeRange range) {
  storage::Query query;
  query.range = range;
  query.group_by = request.group_by;
  query.filters = request.filters;
  query.as_of = request.as_of;
  query.steps = local_steps(request.zone, request.grain, range);
  query.measures =
      request.metric == Metric::tokens
          ? storage::Measures{storage::Measure::unpriced, storage::Measure::quantities}
          : storage::Measures{storage::Measure::unpriced, storage::Measure::total_cost};
  return query;
}

}  // namespace

std::optional<Metric> parse_metric(std::string_view word) {
  const auto found = std::find(kMetrics.begin(), kMetrics.end(), word);
  if (found == kMetrics.end()) return std::nullopt;
  return static_cast<Metric>(found - kMetrics.begin());
}

std::string_view to_string(Metric metric) { return kMetrics[static_cast<std::size_t>(metric)]; }

Result<UsageSeries> usage_series(const storage::Ledger& ledger, const SeriesRequest& request) {
  const auto extent = ledger.extent();
  if (!extent) return fail(extent.error());
  TimeRange seen = *extent ? **extent : TimeRange{request.now, request.now};
  seen = {std::max(seen.from, request.range.from), std::min(seen.to, request.range.to)};
  const Instant last_seen = seen.to;
  const forecasting::Grid grid(seen, request.grain, request.zone);
  Gathering gathering(request, grid);
  if (grid.size() == 0) return gathering.finish();
  const TimeRange whole{grid.period(0).from, grid.period(grid.size() - 1).to};
  const auto rows = ledger.query(query_of(request, whole));
  if (!rows) return fail(rows.error());
  for (const storage::QueryRow& row : *rows) gathering.take(row);
  auto series = gathering.finish();
  if (series && breaks_off(grid.period(grid.size() - 1), request.grain, last_seen)) {
    series->complete = std::min(series->complete, grid.size() - 1);
  }
  return series;
}

}  // namespace costops::accounting
