#include "costops/benchmarks/target.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "benchmarks/targets/targets.h"
#include "costops/benchmarks/measure.h"
#include "costops/domain/identity.h"

namespace costops::benchmarks {
namespace {

std::string known_ids(const Targets& targets) {
  std::vector<std::string> ids;
  for (const auto& target : targets) ids.push_back(target->id());
  return fmt::format("{}", fmt::join(ids, ", "));
}

}  // namespace

Result<Json> BenchTarget::run(const MeasureOptions& options) const {
  auto workload = prepare();
  if (!workload) return fail(workload.error());
  const auto measurement = measure(**workload, floor(), options);
  if (!measurement) return fail(measurement.error());
  Json metrics = metrics_of(*measurement);
  metrics.update((*workload)->extra_metrics());
  metrics["workload_hash"] = workload_hash(*this);
  return metrics;
}

std::future<Result<Json>> BenchTarget::start(const MeasureOptions& options) const {
  return std::async(std::launch::deferred, [this, options] { return run(options); });
}

std::string workload_hash(const BenchTarget& target) {
  return to_string(record_id("benchmark-workload", {target.id(), target.workload()}));
}

Targets all_targets() {
  Targets targets;
  targets.push_back(make_cost_calculator_target());
  targets.push_back(make_aggregator_target());
  targets.push_back(make_forecasting_target());
  targets.push_back(make_compression_target());
  targets.push_back(make_export_target());
  targets.push_back(make_storage_target());
  return targets;
}

Result<Targets> targets_named(const std::vector<std::string>& ids) {
  Targets all = all_targets();
  for (const std::string& id : ids) {
    if (std::ranges::none_of(all, [&](const auto& target) { return target->id() == id; })) {
      return fail(ErrorCode::invalid_input,
                  fmt::format("no benchmark target \"{}\"; known: {}", id, known_ids(all)));
    }
  }
  if (ids.empty()) {
    return fail(ErrorCode::invalid_input,
                fmt::format("no benchmark target named; known: {}", known_ids(all)));
  }
  std::erase_if(all,
                [&](const auto& target) { return std::ranges::count(ids, target->id()) == 0; });
  return all;
}

Result<Targets> targets_containing(std::string_view part) {
  Targets all = all_targets();
  const std::string known = known_ids(all);
  std::erase_if(all,
                [&](const auto& target) { return target->id().find(part) == std::string::npos; });
  if (all.empty()) {
    return fail(ErrorCode::invalid_input,
                fmt::format("no benchmark target contains \"{}\"; known: {}", part, known));
  }
  return all;
}

}  // namespace costops::benchmarks
