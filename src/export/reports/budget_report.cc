// budget_report.cc - where every budget stands, and how it burns down.
#include <fmt/format.h>

#include <cmath>
#include <map>

#include "costops/forecasting/amounts.h"
#include "export/reports/document_state.h"

namespace costops::reports {
namespace {

using accounting::BudgetState;
using exports::BatchBuilder;
using exports::Chart;
using exports::ColumnType;

Result<TimeZone> zone_of(const accounting::Budget& budget) {
  return budget.timezone.empty() ? TimeZone() : TimeZone::find(budget.timezone);
}

std::string threshold_texts(const std::vector<accounting::Threshold>& thresholds) {
  std::string text;
  for (const auto& each : thresholds) text += (text.empty() ? "" : ",") + to_string(each);
  return text;
}

exports::Schema schema_of_budgets() {
  const int money = exports::kMoneyScale;
  exports::Schema schema;
  schema.columns = {{"budget", ColumnType::text},
                    {"from", ColumnType::text},
                    {"until", ColumnType::text},
                    {"amount", ColumnType::decimal, money},
                    {"spent", ColumnType::decimal, money},
                    {"remaining", ColumnType::decimal, money},
                    {"currency", ColumnType::text},
                    {"spent_percent", ColumnType::decimal, kPercentPlaces},
                    {"projected", ColumnType::decimal, money},
                    {"projected_lower", ColumnType::decimal, money},
                    {"projected_upper", ColumnType::decimal, money},
                    {"exceed_percent", ColumnType::decimal, kPercentPlaces},
                    {"exceeded_on", ColumnType::text},
                    {"thresholds", ColumnType::text},
                    {"crossed", ColumnType::text},
                    {"unpriced", ColumnType::integer}};
  return schema;
}

void append_outlook(const BudgetState& state, BatchBuilder& into) {
  if (!state.has_outlook) {
    into.null().null().null().null();
    return;
  }
  const auto& outlook = state.outlook;
  for (const double value : {outlook.projected, outlook.lower, outlook.upper}) {
    into.amount(forecasting::amount_of(value));
  }
  into.decimal(std::llround(outlook.probability * 10'000));
}

void append(const BudgetCourse& course, BatchBuilder& into) {
  const BudgetState& state = course.state;
  const accounting::Budget& budget = state.budget;
  into.text(budget.name);
  into.text(course.days.empty() ? "" : course.days.front());
  into.text(course.days.empty() ? "" : course.days.back());
  into.amount(budget.amount).amount(state.spent).amount(state.remaining);
  into.text(budget.currency.code());
  if (budget.amount > Amount{}) {
    into.decimal(percent(state.spent.pico(), budget.amount.pico()));
  } else {
    into.null();
  }
  append_outlook(state, into);
  if (course.exceeded_on.empty()) {
    into.null();
  } else {
    into.text(course.exceeded_on);
  }
  into.text(threshold_texts(budget.thresholds)).text(threshold_texts(state.crossed));
  into.integer(state.unpriced);
}

/// What remains at the end of each day, the even pace beside it, and the way to the projection: a
/// straight line, since only its end is known.
Chart burn_down(const BudgetCourse& course) {
  const BudgetState& state = course.state;
  const std::size_t days = course.days.size();
  const double amount = forecasting::units_of(state.budget.amount);
  const std::vector<double> gaps(days, std::nan(""));
  Chart chart;
  chart.kind = Chart::Kind::lines;
  chart.title = "Budget " + state.budget.name + ": what remains";
  chart.unit = state.budget.currency.code();
  chart.labels = course.days;
  chart.series = {{"remaining", gaps, {}, {}}, {"even pace", gaps, {}, {}}};
  Amount left = state.budget.amount;
  for (std::size_t i = 0; i < days; ++i) {
    const double gone = static_cast<double>(i + 1) / static_cast<double>(days);
    chart.series[1].values[i] = amount * (1.0 - gone);
    if (i >= course.spent.size()) continue;
    left = left - course.spent[i];
    chart.series[0].values[i] = forecasting::units_of(left);
  }
  const std::size_t known = course.spent.size();
  if (!state.has_outlook || known == 0 || known >= days) return chart;
  Chart::Series ahead{"projected", gaps, gaps, gaps};
  const double now = forecasting::units_of(left);
  const auto& outlook = state.outlook;
  for (std::size_t i = known - 1; i < days; ++i) {
    const double way = static_cast<double>(i + 1 - known) / static_cast<double>(days - known);
    const auto towards = [&](double total) { return now + way * (amount - total - now); };
    ahead.values[i] = towards(outlook.projected);
    ahead.low[i] = towards(outlook.upper);
    ahead.high[i] = towards(outlook.lower);
  }
  chart.series.push_back(std::move(ahead));
  return chart;
}

std::vector<std::string> doubts_of(const BudgetState& state) {
  std::vector<std::string> lines;
  if (state.unpriced > 0) {
    lines.push_back(
        fmt::format("Budget {}: {} records are unpriced, so more was spent than is known",
                    state.budget.name, state.unpriced));
  }
  for (const Money& money : state.other_currencies) {
    lines.push_back(fmt::format("Budget {}: {} {} are not counted: the budget is in {}",
                                state.budget.name, to_string(money.amount), money.currency.code(),
                                state.budget.currency.code()));
  }
  return lines;
}

}  // namespace

Result<BudgetCourse> budget_course(const storage::Ledger& ledger, const accounting::Budget& budget,
                                   Instant now) {
  const auto zone = zone_of(budget);
  if (!zone) return fail(zone.error());
  auto state = accounting::check_budget(ledger, budget, now);
  if (!state) return fail(state.error());
  BudgetCourse course;
  course.state = std::move(*state);
  const TimeRange period = course.state.period;
  const Instant known_to = std::min(now, period.to);
  accounting::ReportRequest request;
  request.range = {period.from, known_to};
  request.grain = Grain::day;
  request.zone = *zone;
  request.filters = budget.filters;
  const auto report = accounting::report(ledger, request);
  if (!report) return fail(report.error());
  std::map<std::string, Amount> spent;
  for (const accounting::ReportRow& row : report->rows) {
    if (row.currency == budget.currency) spent[row.keys.back()] += row.costs.total();
  }
  const forecasting::Grid days(period, Grain::day, *zone);
  for (std::size_t i = 0; i < days.size(); ++i) {
    course.days.push_back(days.label(i));
    if (days.period(i).from < known_to) course.spent.push_back(spent[days.label(i)]);
  }
  const auto& exceeded = course.state.exceeded_on;
  if (exceeded) course.exceeded_on = zone->label_of(*exceeded, Grain::day);
  return course;
}

Result<ReportDocument> ReportGenerator::generate(const BudgetReportRequest& request) const {
  ReportDocument document;
  ReportDocument::State& state = *document.state_;
  state.kind = Kind::budget;
  state.schema = schema_of_budgets();
  state.builder.emplace(state.schema);
  state.text.title = request.title.empty() ? "Budgets" : request.title;
  state.text.lines = {"At: " + costops::to_string(request.at),
                      fmt::format("Budgets: {}", request.courses->size())};
  for (const BudgetCourse& course : *request.courses) {
    append(course, *state.builder);
    for (std::string& line : doubts_of(course.state)) state.text.lines.push_back(std::move(line));
    if (request.charts == Charts::drawn) state.text.charts.push_back(burn_down(course));
  }
  return document;
}

}  // namespace costops::reports
