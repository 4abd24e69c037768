#include "budget_text.h"

#include <fmt/format.h>

#include "costops/forecasting/amounts.h"
#include "costops/json/json.h"
#include "counted.h"
#include "estimate_text.h"
#include "options.h"
#include "selection.h"
#include "table.h"

namespace costops::cli {
namespace {

using accounting::Alert;
using accounting::Budget;
using accounting::BudgetState;

TimeZone zone_of(const Budget& budget) {
  const auto zone = TimeZone::find(budget.timezone.empty() ? "UTC" : budget.timezone);
  return zone ? *zone : TimeZone();
}

std::string period_text(const Budget& budget) {
  if (budget.rolling_days > 0) return fmt::format("in {} days", budget.rolling_days);
  std::string text = "a " + std::string(to_string(budget.period));
  if (budget.fiscal_start != 1) text += fmt::format(" (from month {})", budget.fiscal_start);
  return text;
}

std::vector<std::string> filter_texts(const Budget& budget) {
  std::vector<std::string> texts;
  for (const storage::Filter& filter : budget.filters) {
    const char* sign = filter.kind == storage::Filter::Kind::exclude ? "!=" : "=";
    for (const std::string& value : filter.values) {
      texts.push_back(fmt::format("{}{}{}", to_string(filter.dimension), sign, shown_value(value)));
    }
  }
  return texts;
}

std::vector<std::string> threshold_texts(const std::vector<accounting::Threshold>& thresholds) {
  std::vector<std::string> texts;
  for (const auto& threshold : thresholds) texts.push_back(accounting::to_string(threshold));
  return texts;
}

/// Whole percent of the amount, rounded down; of nothing, none.
std::string percent_text(Amount part, Amount whole) {
  if (whole.is_zero()) return "";
  return to_string(part.pico() * 100 / whole.pico());
}

std::string day_text(const BudgetState& state) {
  if (!state.exceeded_on) return "";
  return zone_of(state.budget).label_of(*state.exceeded_on, Grain::day);
}

Table table_of(const std::vector<BudgetState>& states) {
  Table table({{"budget"},
               {"until"},
               {"amount", Align::decimal},
               {"spent", Align::decimal},
               {"", Align::right},
               {"remaining", Align::decimal},
               {"per day", Align::decimal},
               {"projected", Align::decimal},
               {"80 % interval"},
               {""},
               {"P(exceed)", Align::right},
               {"exceeded on"}});
  for (const BudgetState& state : states) {
    const Estimates estimates("cost", state.budget.currency);
    const auto& outlook = state.outlook;
    const std::string percent = percent_text(state.spent, state.budget.amount);
    const bool over = state.spent > state.budget.amount;
    const TimeZone zone = zone_of(state.budget);
    std::vector<Cell> row{{state.budget.name},
                          {zone.label_of(state.period.to - Microseconds(1), Grain::day)},
                          {to_string(state.budget.amount)},
                          {to_string(state.spent), over ? Ink::warning : Ink::plain},
                          {percent.empty() ? "" : percent + " %"},
                          {to_string(state.remaining)},
                          {estimates.text(forecasting::units_of(state.per_day))}};
    if (state.has_outlook) {
      row.push_back({estimates.text(outlook.projected), Ink::bold});
      row.push_back({estimates.text(outlook.lower) + " to " + estimates.text(outlook.upper)});
    } else {
      row.push_back({"-", Ink::dim});
      row.push_back({"-", Ink::dim});
    }
    row.push_back({std::string(state.budget.currency.code())});
    row.push_back({state.has_outlook ? fmt::format("{:.0f} %", 100.0 * outlook.probability) : "-"});
    row.push_back({state.exceeded_on ? day_text(state) : "-"});
    table.add(std::move(row));
  }
  return table;
}

void write_definition(json::Writer& json, const Budget& budget) {
  json.key("name").value(budget.name).key("amount").value(budget.amount);
  json.key("currency").value(budget.currency.code());
  json.key("timezone").value(zone_of(budget).name());
  json.key("thresholds").array();
  for (const std::string& text : threshold_texts(budget.thresholds)) json.value(text);
  json.end_array().key("stop_at").value(budget.stop_at).key("filters").array();
  for (const std::string& text : filter_texts(budget)) json.value(text);
  json.end_array();
}

void write_period(json::Writer& json, const TimeRange& period) {
  json.key("period").object().key("from").value(to_string(period.from));
  json.key("to").value(to_string(period.to)).end_object();
}

void write_outlook(json::Writer& json, const BudgetState& state) {
  const auto estimate = [&](const char* name, double value) {
    json.key(name);
    if (state.has_outlook) {
      json.value(exact_estimate(value));
    } else {
      json.null();
    }
  };
  estimate("projected", state.outlook.projected);
  estimate("projected_lower", state.outlook.lower);
  estimate("projected_upper", state.outlook.upper);
  json.key("exceed_probability");
  if (state.has_outlook) {
    json.raw(fmt::format("{:.4f}", state.outlook.probability));
  } else {
    json.null();
  }
  json.key("exceeded_on");
  if (state.exceeded_on) {
    json.value(day_text(state));
  } else {
    json.null();
  }
}

void write_alert(json::Writer& json, const Alert& alert) {
  json.object().key("budget").value(alert.budget);
  json.key("threshold").value(accounting::to_string(alert.threshold));
  json.key("amount").value(alert.amount).key("spent").value(alert.spent);
  json.key("currency").value(alert.currency.code());
  write_period(json, alert.period);
  json.key("late").value(alert.late).end_object();
}

void write_state(json::Writer& json, const BudgetState& state) {
  json.object();
  write_definition(json, state.budget);
  write_period(json, state.period);
  json.key("spent").value(state.spent).key("remaining").value(state.remaining);
  json.key("spent_percent");
  const std::string percent = percent_text(state.spent, state.budget.amount);
  if (percent.empty()) {
    json.null();
  } else {
    json.raw(percent);
  }
  json.key("per_day").value(state.per_day);
  write_outlook(json, state);
  json.key("unpriced").value(state.unpriced).key("other_currencies").array();
  for (const Money& money : state.other_currencies) {
    json.object().key("spent").value(money.amount).key("currency").value(money.currency.code());
    json.end_object();
  }
  json.end_array().key("crossed").array();
  for (const std::string& text : threshold_texts(state.crossed)) json.value(text);
  json.end_array().key("alerts").array();
  for (const Alert& alert : state.alerts) write_alert(json, alert);
  json.end_array().key("stop").value(state.stop).end_object();
}

void tell_doubts(const Session& session, const BudgetState& state) {
  if (state.unpriced > 0) {
    session.note(fmt::format("Budget {}: {} unpriced, so more was spent than is known.",
                             quoted(state.budget.name),
                             counted(state.unpriced, "record is", "records are")));
  }
  for (const Money& money : state.other_currencies) {
    session.note(fmt::format("Budget {}: {} {} are not counted: the budget is in {}.",
                             quoted(state.budget.name), to_string(money.amount),
                             money.currency.code(), state.budget.currency.code()));
  }
}

}  // namespace

std::string definition_text(const Budget& budget) {
  std::string text = fmt::format("{} {} {}", to_string(budget.amount), budget.currency.code(),
                                 period_text(budget));
  if (!budget.timezone.empty()) text += ", " + budget.timezone;
  for (const std::string& filter : filter_texts(budget)) text += ", " + filter;
  return text + fmt::format(", thresholds {}, stop at {} %",
                            joined(threshold_texts(budget.thresholds), ","), budget.stop_at);
}

void print_definitions(Session& session, const std::vector<Budget>& budgets,
                       const std::string& output) {
  std::string& out = session.out().text();
  if (output == "json") {
    json::Writer json(out);
    json.object().key("budgets").array();
    for (const Budget& budget : budgets) {
      json.object();
      write_definition(json, budget);
      json.key("period").value(period_text(budget)).end_object();
    }
    json.end_array().end_object();
    out += '\n';
    return;
  }
  if (budgets.empty()) session.note("There are no budgets. \"cost-ops budget set\" sets one.");
  for (const Budget& budget : budgets) {
    out += fmt::format("{}: {}\n", printable(budget.name), printable(definition_text(budget)));
  }
}

void print_states(Session& session, const std::vector<BudgetState>& states,
                  const std::string& output) {
  std::string& out = session.out().text();
  if (output == "json") {
    json::Writer json(out);
    json.object().key("budgets").array();
    for (const BudgetState& state : states) write_state(json, state);
    json.end_array().end_object();
    out += '\n';
    return;
  }
  if (states.empty()) {
    session.note("There are no budgets. \"cost-ops budget set\" sets one.");
  } else {
    table_of(states).append_to(out, session.colors());
  }
  for (const BudgetState& state : states) tell_doubts(session, state);
}

std::string alert_text(const Alert& alert) {
  const bool forecast = alert.threshold.basis == accounting::Basis::forecast;
  return fmt::format("ALERT budget {}: {}{} % of {} {} {} in the period from {} (spent {})",
                     quoted(alert.budget), alert.late ? "late records: " : "",
                     alert.threshold.percent, to_string(alert.amount), alert.currency.code(),
                     forecast ? "will be reached" : "reached", to_string(alert.period.from),
                     to_string(alert.spent));
}

std::string alert_json(const Alert& alert) {
  std::string text;
  json::Writer json(text);
  write_alert(json, alert);
  return text + '\n';
}

}  // namespace costops::cli
