// fixtures.h - the inputs of the canonical workloads: the same bytes on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "costops/accounting/report.h"
#include "costops/domain/charge.h"
#include "costops/domain/usage_record.h"
#include "costops/pricing/price.h"

namespace costops::benchmarks {

/// One call with these tokens, at a fixed time, of a made-up model.
[[nodiscard]] UsageRecord create_test_usage(std::int64_t input_tokens, std::int64_t output_tokens);
/// 10 and 30 per million input and output tokens, the contract's price.
[[nodiscard]] pricing::Price create_test_pricing();

struct CostedUsage {
  UsageRecord usage;
  CostRecord cost;
};
/// `count` priced calls spread evenly over `days`, of four models and three projects.
[[nodiscard]] std::vector<CostedUsage> create_test_cost_records(std::size_t count, int days);
/// Hourly points 100 + 2i.
[[nodiscard]] std::vector<double> create_test_time_series(std::size_t points);
/// A JSON array of usage records of at least `bytes` bytes (one record more than needed at most).
[[nodiscard]] std::string create_test_json_data(std::size_t bytes = 1'000'000);
/// Costs by model and day over a week.
[[nodiscard]] accounting::ReportRequest create_test_report_request();

}  // namespace costops::benchmarks
