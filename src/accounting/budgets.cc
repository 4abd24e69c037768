// budgets.cc - budgets as documents of the ledger.
#include "costops/accounting/budgets.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "costops/json/json.h"

namespace costops::accounting {
namespace {

constexpr std::string_view kKind = "budget";
constexpr std::string_view kForecast = "forecast:";
constexpr std::int64_t kPercentMax = 1000;

std::string json_of(const Budget& budget) {
  std::string text;
  json::Writer json(text);
  json.object().key("amount").value(budget.amount).key("currency").value(budget.currency.code());
  json.key("period").value(to_string(budget.period)).key("rolling_days");
  json.value(budget.rolling_days).key("fiscal_start").value(budget.fiscal_start);
  json.key("timezone").value(budget.timezone).key("stop_at").value(budget.stop_at);
  json.key("filters").array();
  for (const storage::Filter& filter : budget.filters) {
    json.object().key("dimension").value(static_cast<int>(filter.dimension));
    json.key("exclude").value(filter.kind == storage::Filter::Kind::exclude).key("values").array();
    for (const std::string& value : filter.values) json.value(value);
    json.end_array().end_object();
  }
  json.end_array().key("thresholds").array();
  for (const Threshold& threshold : budget.thresholds) json.value(to_string(threshold));
  json.end_array().end_object();
  return text;
}

void read_filters(json::Value filters, Budget& into) {
  for (json::Value each = filters.first(); each.exists(); each = each.next()) {
    storage::Filter filter;
    const std::int64_t dimension = each["dimension"].integer().value_or(0);
    if (dimension < 0 || dimension >= static_cast<std::int64_t>(kDimensionCount)) continue;
    filter.dimension = static_cast<Dimension>(dimension);
    if (each["exclude"].boolean().value_or(false)) filter.kind = storage::Filter::Kind::exclude;
    for (json::Value v = each["values"].first(); v.exists(); v = v.next()) {
      filter.values.emplace_back(v.string().value_or(""));
    }
    into.filters.push_back(std::move(filter));
  }
}

/// None: the document deletes the budget.
Result<std::optional<Budget>> budget_of(const storage::Document& document) {
  json::Document parser;
  const auto root = parser.parse_copy(document.text);
  if (!root) {
    return fail(ErrorCode::io_error,
                "budget " + quoted(document.name) + " in the ledger: " + root.error().message);
  }
  if ((*root)["deleted"].boolean().value_or(false)) return std::nullopt;
  json::Fields field(*root);
  Budget budget;
  budget.name = document.name;
  budget.set_at = document.recorded_at;
  budget.amount = field.amount("amount").value_or(Amount());
  const auto currency = Currency::parse(field.text("currency"));
  if (currency) budget.currency = *currency;
  budget.period = parse_grain(field.text("period")).value_or(Grain::month);
  budget.rolling_days = field.count("rolling_days");
  budget.fiscal_start = static_cast<int>(field.count("fiscal_start", 1));
  budget.timezone = field.text("timezone");
  budget.stop_at = field.count("stop_at", 100);
  read_filters((*root)["filters"], budget);
  budget.thresholds.clear();
  const json::Value thresholds = (*root)["thresholds"];
  for (json::Value each = thresholds.first(); each.exists(); each = each.next()) {
    const auto threshold = parse_threshold(each.string().value_or(""));
    if (threshold) budget.thresholds.push_back(*threshold);
  }
  if (!field.failed()) return budget;
  return fail(ErrorCode::io_error,
              "budget " + quoted(document.name) + " in the ledger: " + field.error().message);
}

Result<void> checked(const Budget& budget) {
  if (budget.name.empty()) return fail(ErrorCode::invalid_input, "a budget needs a name");
  if (budget.amount < Amount()) {
    return fail(ErrorCode::invalid_input,
                "a budget's amount must not be negative, found " + to_string(budget.amount));
  }
  if (budget.period == Grain::hour) {
    return fail(ErrorCode::invalid_input, "a budget's period is at least a day");
  }
  if (budget.fiscal_start < 1 || budget.fiscal_start > 12) {
    return fail(ErrorCode::invalid_input, "a fiscal year starts in a month from 1 to 12, found " +
                                              std::to_string(budget.fiscal_start));
  }
  if (budget.rolling_days < 0 || budget.rolling_days > 3660) {
    return fail(ErrorCode::invalid_input, "a rolling budget spans 1 to 3660 days, found " +
                                              std::to_string(budget.rolling_days));
  }
  if (budget.timezone.empty()) return {};
  const auto zone = TimeZone::find(budget.timezone);
  if (!zone) return fail(zone.error());
  return {};
}

}  // namespace

Result<Threshold> parse_threshold(std::string_view text) {
  const std::string_view whole = text;
  Threshold threshold;
  if (text.starts_with(kForecast)) {
    threshold.basis = Basis::forecast;
    text.remove_prefix(kForecast.size());
  }
  if (text.ends_with('%')) text.remove_suffix(1);
  const auto read = std::from_chars(text.data(), text.data() + text.size(), threshold.percent);
  const bool complete = read.ec == std::errc() && read.ptr == text.data() + text.size();
  if (complete && threshold.percent >= 1 && threshold.percent <= kPercentMax) return threshold;
  return fail(ErrorCode::invalid_input,
              "the threshold " + quoted(whole) +
                  " is neither a percentage from 1 to 1000 (80) nor one of the forecast "
                  "(forecast:100)");
}

std::string to_string(const Threshold& threshold) {
  const std::string percent = std::to_string(threshold.percent);
  return threshold.basis == Basis::forecast ? std::string(kForecast) + percent : percent;
}

Result<std::vector<Budget>> budgets_of(const storage::Ledger& ledger) {
  const auto documents = ledger.documents(kKind);
  if (!documents) return fail(documents.error());
  std::map<std::string, Budget> standing;
  for (const storage::Document& document : *documents) {
    auto budget = budget_of(document);
    if (!budget) return fail(budget.error());
    standing.erase(document.name);
    if (*budget) standing.emplace(document.name, std::move(**budget));
  }
  std::vector<Budget> budgets;
  for (auto& [name, budget] : standing) budgets.push_back(std::move(budget));
  return budgets;
}

Result<Budget> find_budget(const storage::Ledger& ledger, std::string_view name) {
  const auto budgets = budgets_of(ledger);
  if (!budgets) return fail(budgets.error());
  std::string names;
  for (const Budget& budget : *budgets) {
    if (budget.name == name) return budget;
    names += (names.empty() ? "; there are: " : ", ") + budget.name;
  }
  return fail(ErrorCode::not_found,
              "no budget is called " + quoted(name) + (names.empty() ? "; there are none" : names));
}

Result<void> set_budget(storage::Ledger& ledger, const Budget& budget) {
  if (auto fine = checked(budget); !fine) return fine;
  const storage::Document document{std::string(kKind), budget.name, budget.set_at, json_of(budget)};
  return ledger.append_documents({&document, 1});
}

Result<void> delete_budget(storage::Ledger& ledger, std::string_view name, Instant at) {
  const auto budget = find_budget(ledger, name);
  if (!budget) return fail(budget.error());
  const storage::Document document{std::string(kKind), std::string(name), at,
                                   R"({"deleted":true})"};
  return ledger.append_documents({&document, 1});
}

}  // namespace costops::accounting
