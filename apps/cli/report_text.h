// report_text.h - a report as a table, JSON or CSV.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "costops/accounting/report.h"
#include "costops/json/json.h"
#include "table.h"

namespace costops::cli {

/// "12", "12.5": the quantity of one meter over all units; 128 bits so that no sum can overflow.
[[nodiscard]] std::string tokens_text(const Quantities& quantities, Direction direction);

/// Records that no price fits, over all currencies.
[[nodiscard]] std::int64_t unpriced_of(const accounting::Report& report);
[[nodiscard]] std::int64_t requests_of(const accounting::Report& report);

/// A report's rows with its key columns in the order that was asked for.
struct ShownReport {
  const accounting::Report& report;
  std::vector<std::size_t> order;  ///< For each column, its place among a row's keys.
};
enum class Totals { no, yes };
[[nodiscard]] Table report_table(const ShownReport& shown, Totals totals);
void append_report_csv(std::string& out, const ShownReport& shown);
/// The members of one row: its keys, counts, quantities and costs.
void write_row(json::Writer& json, const ShownReport& shown, const accounting::ReportRow& row);
/// "from" and "to" (null where unbounded) and "timezone".
void write_range(json::Writer& json, const TimeRange& range, const TimeZone& zone);

/// What must be said beside totals: how much is unpriced, how much quarantined. "" if nothing.
[[nodiscard]] std::string doubts(const accounting::Report& report);

/// An amount; "" where nothing is known of it, because no record of the row has a price.
[[nodiscard]] std::string cost_text(const accounting::ReportRow& row, Amount amount);

/// The first and the last time of a ledger's records: "from ... to ...".
[[nodiscard]] std::string extent_text(const TimeRange& extent);

/// "2026-07-01T00:00:00Z to 2026-08-01T00:00:00Z", "until ...", "all time".
[[nodiscard]] std::string range_text(const TimeRange& range);

}  // namespace costops::cli
