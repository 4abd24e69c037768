// charts.h - pictures of a report's rows. Numbers in them are for drawing only.
#pragma once

#include <vector>

#include "costops/export/report_generator.h"

namespace costops::reports {

/// Spend over time, stacked by the first group, where the rows have periods; else bars of the most
/// expensive groups. One chart for each currency. A cache report shows
/// what caching saved.
[[nodiscard]] std::vector<exports::Chart> charts_of(const ReportRequest& request);

}  // namespace costops::reports
