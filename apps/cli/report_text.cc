#include "report_text.h"

#include <fmt/format.h>

#include "selection.h"

namespace costops::cli {
namespace {

using accounting::Report;
using accounting::ReportRow;

/// Columns that are shown only where some row has something in them.
struct Extras {
  bool other_cost = false, unpriced = false;
};

Extras extras_of(const Report& report) {
  Extras extras;
  for (const ReportRow& row : report.rows) {
    extras.other_cost |= !row.costs.other_cost().is_zero();
    extras.unpriced |= row.unpriced > 0;
  }
  for (const ReportRow& row : report.totals) {
    extras.other_cost |= !row.costs.other_cost().is_zero();
    extras.unpriced |= row.unpriced > 0;
  }
  return extras;
}

Cell cost_cell(const ReportRow& row, Amount amount) {
  std::string text = cost_text(row, amount);
  return text.empty() ? Cell{"-", Ink::dim} : Cell{std::move(text)};
}

/// The column of a meter's quantities. One meter is called like the count of records.
std::string column_name(Meter meter) {
  return meter == Meter::requests ? "quantity_requests" : std::string(to_string(meter));
}

void add_counts(std::vector<Cell>& cells, const ReportRow& row, const Extras& extras) {
  cells.push_back({std::to_string(row.requests)});
  cells.push_back({tokens_text(row.quantities, Direction::input)});
  cells.push_back({tokens_text(row.quantities, Direction::output)});
  cells.push_back(cost_cell(row, row.costs.input_cost()));
  cells.push_back(cost_cell(row, row.costs.output_cost()));
  if (extras.other_cost) cells.push_back(cost_cell(row, row.costs.other_cost()));
  cells.push_back(cost_cell(row, row.costs.total()));
  cells.push_back({row.currency.is_none() ? "-" : std::string(row.currency.code())});
  if (!extras.unpriced) return;
  cells.push_back({std::to_string(row.unpriced), row.unpriced > 0 ? Ink::warning : Ink::plain});
}

std::vector<Column> columns_of(const ShownReport& shown, const Extras& extras) {
  std::vector<Column> columns;
  for (const std::size_t key : shown.order) columns.push_back({shown.report.key_names[key]});
  if (columns.empty()) columns.push_back({""});
  for (const char* count : {"requests", "input_tokens", "output_tokens"}) {
    columns.push_back({count, Align::right});
  }
  columns.push_back({"input_cost", Align::decimal});
  columns.push_back({"output_cost", Align::decimal});
  if (extras.other_cost) columns.push_back({"other_cost", Align::decimal});
  columns.push_back({"total_cost", Align::decimal});
  columns.push_back({"currency"});
  if (extras.unpriced) columns.push_back({"unpriced", Align::right});
  return columns;
}

/// The meters that anything in the report counts: the quantity columns of its CSV.
std::vector<Meter> meters_of(const Report& report) {
  std::vector<Meter> meters;
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    for (const ReportRow& row : report.totals) {
      if (row.quantities[i] == 0) continue;
      meters.push_back(static_cast<Meter>(i));
      break;
    }
  }
  return meters;
}

void write_instant(json::Writer& json, Instant at, Instant unbounded) {
  if (at == unbounded) {
    json.null();
  } else {
    json.value(to_string(at));
  }
}

}  // namespace

std::string tokens_text(const Quantities& quantities, Direction direction) {
  const MeterSet& meters = token_meters(direction);
  Int128 sum = 0;
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    if (meters[i]) sum += quantities[i];
  }
  return to_string(sum);
}

std::int64_t unpriced_of(const Report& report) {
  std::int64_t count = 0;
  for (const ReportRow& row : report.totals) count += row.unpriced;
  return count;
}

std::int64_t requests_of(const Report& report) {
  std::int64_t count = 0;
  for (const ReportRow& row : report.totals) count += row.requests;
  return count;
}

Table report_table(const ShownReport& shown, Totals totals) {
  const Extras extras = extras_of(shown.report);
  Table table(columns_of(shown, extras));
  for (const ReportRow& row : shown.report.rows) {
    std::vector<Cell> cells;
    for (const std::size_t key : shown.order) {
      cells.push_back({shown_value(row.keys[key]), row.keys[key].empty() ? Ink::dim : Ink::plain});
    }
    if (cells.empty()) cells.push_back({"total"});
    add_counts(cells, row, extras);
    table.add(std::move(cells));
  }
  if (totals == Totals::no || shown.order.empty()) return table;
  table.rule();
  for (const ReportRow& row : shown.report.totals) {
    std::vector<Cell> cells(shown.order.size());
    cells.front() = {"total", Ink::bold};
    add_counts(cells, row, extras);
    table.add(std::move(cells));
  }
  return table;
}

void append_report_csv(std::string& out, const ShownReport& shown) {
  const std::vector<Meter> meters = meters_of(shown.report);
  std::vector<std::string> fields;
  for (const std::size_t key : shown.order) fields.push_back(shown.report.key_names[key]);
  fields.emplace_back("requests");
  for (const Meter meter : meters) fields.push_back(column_name(meter));
  for (const char* name :
       {"input_cost", "output_cost", "other_cost", "total_cost", "currency", "unpriced"}) {
    fields.emplace_back(name);
  }
  append_csv(out, fields);
  for (const ReportRow& row : shown.report.rows) {
    fields.clear();
    for (const std::size_t key : shown.order) fields.push_back(csv_text(row.keys[key]));
    fields.push_back(std::to_string(row.requests));
    for (const Meter meter : meters) {
      fields.push_back(quantity_text(meter, at(row.quantities, meter)));
    }
    for (const Amount cost : {row.costs.input_cost(), row.costs.output_cost(),
                              row.costs.other_cost(), row.costs.total()}) {
      fields.push_back(cost_text(row, cost));
    }
    fields.emplace_back(row.currency.code());
    fields.push_back(std::to_string(row.unpriced));
    append_csv(out, fields);
  }
}

void write_row(json::Writer& json, const ShownReport& shown, const ReportRow& row) {
  json.object();
  for (const std::size_t key : shown.order) {
    if (key >= row.keys.size()) continue;
    json.key(shown.report.key_names[key]);
    if (row.keys[key].empty()) {
      json.null();
    } else {
      json.value(row.keys[key]);
    }
  }
  json.key("requests").value(row.requests);
  json.key("quantities").object();
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    const Meter meter = static_cast<Meter>(i);
    if (row.quantities[i] == 0) continue;
    json.key(to_string(meter)).value(quantity_text(meter, row.quantities[i]));
  }
  json.end_object();
  json.key("input_cost").value(row.costs.input_cost());
  json.key("output_cost").value(row.costs.output_cost());
  json.key("other_cost").value(row.costs.other_cost());
  json.key("total_cost").value(row.costs.total());
  json.key("reported_cost").value(row.reported_cost);
  json.key("currency");
  if (row.currency.is_none()) {
    json.null();
  } else {
    json.value(row.currency.code());
  }
  json.key("unpriced").value(row.unpriced);
  json.end_object();
}

void write_range(json::Writer& json, const TimeRange& range, const TimeZone& zone) {
  json.object().key("from");
  write_instant(json, range.from, min_instant());
  json.key("to");
  write_instant(json, range.to, max_instant());
  json.key("timezone").value(zone.name()).end_object();
}

std::string doubts(const Report& report) {
  std::string out;
  if (const auto unpriced = unpriced_of(report); unpriced > 0) {
    out += fmt::format(
        "Unpriced: {} of {} records. Their cost is unknown, so the totals are a lower bound.\n"
        "  Which: cost-ops query --group-by model; then: cost-ops pricing add, cost-ops reprice\n",
        unpriced, requests_of(report));
  }
  if (report.quarantined > 0) {
    out += fmt::format(
        "Quarantined: {} in the whole ledger, in no total. Why: cost-ops quarantine list\n",
        report.quarantined);
  }
  return out;
}

std::string cost_text(const ReportRow& row, Amount amount) {
  const bool known = row.unpriced < row.requests || !row.costs.total().is_zero();
  return known || row.requests == 0 ? to_string(amount) : "";
}

std::string extent_text(const TimeRange& extent) {
  return "from " + to_string(extent.from) + " to " + to_string(extent.to - Microseconds(1));
}

std::string range_text(const TimeRange& range) {
  const bool from = range.from != min_instant();
  const bool to = range.to != max_instant();
  if (from && to) return to_string(range.from) + " to " + to_string(range.to);
  if (from) return "since " + to_string(range.from);
  return to ? "until " + to_string(range.to) : "all time";
}

}  // namespace costops::cli
