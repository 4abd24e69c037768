// What a history says: levels, changes between them, drift.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "costops/benchmarks/history.h"

namespace costops::benchmarks {
namespace {

/// Makes the median absolute deviation comparable to a standard deviation of normal noise.
constexpr double kNormalMad = 1.4826;
constexpr std::size_t kBaselineRuns = 5;

std::vector<double> values_of(const std::vector<HistoryPoint>& points) {
  std::vector<double> values;
  values.reserve(points.size());
  for (const HistoryPoint& point : points) values.push_back(point.value);
  return values;
}

/// Shifts between neighbouring levels; the cuts enclose each level.
std::vector<Shift> shifts_at(std::span<const double> values, const std::vector<std::size_t>& cuts) {
  std::vector<Shift> shifts;
  for (std::size_t i = 1; i + 1 < cuts.size(); ++i) {
    shifts.push_back(shift_of(values.subspan(cuts[i - 1], cuts[i] - cuts[i - 1]),
                              values.subspan(cuts[i], cuts[i + 1] - cuts[i])));
  }
  return shifts;
}

/// Drops the smallest change until all are beyond the margin.
void keep_what_matters(std::span<const double> values, double margin,
                       std::vector<ChangePoint>& changes, std::vector<Shift>& shifts) {
  while (true) {
    std::vector<std::size_t> cuts = {0};
    for (const ChangePoint& change : changes) cuts.push_back(change.index);
    cuts.push_back(values.size());
    shifts = shifts_at(values, cuts);
    const auto smallest = std::ranges::min_element(
        shifts, {}, [](const Shift& shift) { return std::abs(shift.log_ratio); });
    if (smallest == shifts.end() || std::abs(std::expm1(smallest->log_ratio)) >= margin) return;
    changes.erase(changes.begin() + (smallest - shifts.begin()));
  }
}

Segment segment_of(std::span<const double> values, std::size_t from, std::size_t to) {
  const auto part = values.subspan(from, to - from);
  const double level = median(part);
  return {from, to, level, kNormalMad * median_absolute_deviation(part) / level};
}

LevelChange change_of(const ChangePoint& point, const Shift& shift, Better better) {
  const bool worse = (shift.log_ratio > 0) == (better == Better::lower);
  return {.index = point.index,
          .relative = std::expm1(shift.log_ratio),
          .interval = {std::expm1(shift.interval.low), std::expm1(shift.interval.high)},
          .p_value = point.p_value,
          .verdict = worse ? Verdict::regression : Verdict::improvement};
}

void divide_into_levels(HistoryReport& report, double margin) {
  const std::vector<double> values = values_of(report.points);
  std::vector<ChangePoint> changes = change_points(values);
  std::vector<Shift> shifts;
  keep_what_matters(values, margin, changes, shifts);
  std::size_t from = 0;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    report.segments.push_back(segment_of(values, from, changes[i].index));
    report.changes.push_back(change_of(changes[i], shifts[i], report.better));
    from = changes[i].index;
  }
  report.segments.push_back(segment_of(values, from, values.size()));
  const std::span<const double> last = std::span(values).subspan(from);
  report.drift = drift_of(last);
  report.baseline = median(last.last(std::min(last.size(), kBaselineRuns)));
}

/// Another workload is another series: only runs of the newest one count.
bool same_workload(const HistoryEntry& entry, const HistoryEntry& newest) {
  const auto hash = [](const HistoryEntry& of) {
    const auto found = of.result.metrics.find("workload_hash");
    return found == of.result.metrics.end() ? Json() : *found;
  };
  return hash(entry) == hash(newest);
}

std::string metrics_in(const std::vector<HistoryEntry>& entries) {
  std::set<std::string> names;
  for (const HistoryEntry& entry : entries) {
    for (const auto& [name, value] : entry.result.metrics.items()) {
      if (value.is_number()) names.insert(name);
    }
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Better better_of(std::string_view metric) {
  const bool rate = metric.find("per_sec") != std::string_view::npos;
  return rate || metric == "success_rate" ? Better::higher : Better::lower;
}

Result<HistoryReport> analyse_history(const std::vector<HistoryEntry>& entries,
                                      const HistoryOptions& options) {
  HistoryReport report;
  report.metric = options.metric;
  report.better = better_of(options.metric);
  for (const HistoryEntry& entry : entries) {
    const auto value = entry.result.get_metric_f64(options.metric);
    if (!same_workload(entry, entries.back())) {
      ++report.other_workload;
    } else if (!value || !std::isfinite(*value) || *value <= 0) {
      ++report.without_metric;
    } else {
      report.points.push_back({entry.result.timestamp, *value, entry.revision});
    }
  }
  if (report.points.empty()) {
    return fail(ErrorCode::not_found,
                fmt::format("no run has a metric \"{}\" above zero; they have: {}", options.metric,
                            metrics_in(entries)));
  }
  report.target_id = entries.back().result.target_id;
  report.env_key = entries.back().env_key;
  if (options.last > 0 && report.points.size() > options.last) {
    report.points.erase(report.points.begin(),
                        report.points.end() - static_cast<std::ptrdiff_t>(options.last));
  }
  divide_into_levels(report, options.margin);
  return report;
}

}  // namespace costops::benchmarks
