// model.cc - the official requirements model as rules. Rules that group others hand their condition
// and their criteria down; what remains are rules that check something themselves.
#include <algorithm>
#include <map>

#include "costops/export/focus_rules.h"
#include "costops/json/json.h"
#include "export/focus/expression.h"

namespace costops::focus {
namespace {

using json::Value;
using Kind = Check::Kind;

/// Deepest nesting of expressions and of groups; the model of 1.2 has four of either.
constexpr int kDepthMax = 32;

constexpr std::pair<std::string_view, Kind> kOfOneColumn[] = {
    {"ColumnPresent", Kind::present},
    {"TypeString", Kind::type_string},
    {"TypeDecimal", Kind::type_decimal},
    {"TypeDateTime", Kind::type_datetime},
    {"FormatString", Kind::format_string},
    {"FormatNumeric", Kind::format_numeric},
    {"FormatDateTime", Kind::format_datetime},
    {"FormatUnit", Kind::format_unit},
    {"FormatCurrency", Kind::format_currency},
    {"FormatKeyValue", Kind::format_key_value},
    {"CheckNationalCurrency", Kind::national_currency},
    {"CheckDecimalValue", Kind::decimal},
};

std::string text_of(Value value) { return std::string(value.string().value_or("")); }

tl::unexpected<Error> misunderstood(Value node) {
  return fail(ErrorCode::invalid_input, "cannot read the check " + quoted(node.raw()));
}

Result<Check> expression(Value node, int depth);

Result<std::vector<Check>> expressions(Value array, int depth) {
  std::vector<Check> out;
  for (Value item = array.first(); item.exists(); item = item.next()) {
    auto check = expression(item, depth + 1);
    if (!check) return fail(check.error());
    out.push_back(std::move(*check));
  }
  return out;
}

/// CheckValue and CheckNotValue. One rule of 1.2 calls its column "CheckCondition".
Result<Check> value_check(Value node, bool wanted) {
  Check check;
  check.column = text_of(node["ColumnName"].exists() ? node["ColumnName"] : node["CheckCondition"]);
  if (check.column.empty()) return misunderstood(node);
  const Value value = node["Value"];
  if (value.kind() == Value::Kind::null) {
    check.kind = wanted ? Kind::null : Kind::not_null;
  } else if (const auto number = value.number_text()) {
    if (!wanted) return misunderstood(node);
    check.kind = Kind::number;
    check.values.emplace_back(*number);
  } else if (const auto text = value.string()) {
    check.kind = wanted ? Kind::is : Kind::is_not;
    check.values.emplace_back(*text);
  } else {
    return misunderstood(node);
  }
  return check;
}

Result<Check> pair_check(Value node, std::string_view function) {
  Check check{.column = text_of(node["ColumnAName"]), .other = text_of(node["ColumnBName"])};
  if (check.column.empty() || check.other.empty()) return misunderstood(node);
  if (function == "CheckSameValue") {
    check.kind = Kind::same;
  } else if (function == "CheckNotSameValue") {
    check.kind = Kind::different;
  } else if (function == "CheckDistinctCount" && node["ExpectedCount"].integer() == 1) {
    check.kind = Kind::one_parent;
  } else if (function == "ColumnByColumnEqualsColumnValue") {
    check.kind = Kind::product;
    check.result = text_of(node["ResultColumnName"]);
    if (check.result.empty()) return misunderstood(node);
  } else {
    return misunderstood(node);
  }
  return check;
}

Result<Check> function_check(Value node, std::string_view function) {
  for (const auto& [name, kind] : kOfOneColumn) {
    if (name != function) continue;
    Check check{.kind = kind, .column = text_of(node["ColumnName"])};
    if (check.column.empty()) return misunderstood(node);
    return check;
  }
  if (function == "CheckValue") return value_check(node, true);
  if (function == "CheckNotValue") return value_check(node, false);
  if (function == "CheckGreaterOrEqualThanValue") {
    const auto least = node["Value"].number_text();
    Check check{.kind = Kind::at_least, .column = text_of(node["ColumnName"])};
    if (!least || check.column.empty()) return misunderstood(node);
    check.values.emplace_back(*least);
    return check;
  }
  return pair_check(node, function);
}

Result<Check> expression(Value node, int depth) {
  if (depth > kDepthMax) return fail(ErrorCode::invalid_input, "nested too deeply");
  if (!node.is_object() || node.size() == 0) return Check{};
  const std::string function = text_of(node["CheckFunction"]);
  const bool any = function == "OR";
  if (any || function == "AND") {
    auto items = expressions(node["Items"], depth);
    if (!items) return fail(items.error());
    return any ? any_of(std::move(*items)) : all_of(std::move(*items));
  }
  // Two conditions of 1.2 hang under a bare "AND".
  if (const Value bare = node["AND"]; function.empty() && bare.exists()) {
    if (!bare.is_array()) return expression(bare, depth + 1);
    auto items = expressions(bare, depth);
    if (!items) return fail(items.error());
    return all_of(std::move(*items));
  }
  return function_check(node, function);
}

/// The rules that a rule groups; none if it checks something itself.
std::vector<std::string> grouped_by(Value rule) {
  std::vector<std::string> ids;
  const Value items = rule.at({"ValidationCriteria", "Requirement", "Items"});
  for (Value item = items.first(); item.exists(); item = item.next()) {
    if (item["CheckFunction"].string() == "CheckModelRule") {
      ids.push_back(text_of(item["ModelRuleId"]));
    }
  }
  return ids;
}

class Model {
 public:
  explicit Model(Value root) : root_(root), rules_(root["ModelRules"]) {
    for (Value rule = rules_.first(); rule.exists(); rule = rule.next()) {
      by_id_.emplace(rule.name(), rule);
      for (const std::string& below : grouped_by(rule)) parent_.emplace(below, rule.name());
    }
  }

  Result<RuleSet> rule_set() const {
    RuleSet set;
    set.version = text_of(root_.at({"Details", "FOCUSVersion"}));
    for (Value rule = rules_.first(); rule.exists(); rule = rule.next()) {
      const auto added = add(rule, set);
      if (added) continue;
      return fail(added.error().code, std::string(rule.name()) + ": " + added.error().message);
    }
    if (!set.version.empty() && !set.rules.empty()) return set;
    return fail(ErrorCode::invalid_input,
                "this is no FOCUS requirements model: it has no Details.FOCUSVersion or no "
                "ModelRules that a program can check");
  }

 private:
  Result<void> add(Value rule, RuleSet& set) const {
    if (rule["Type"].string() == "Dynamic") {
      ++set.uncheckable;
      return {};
    }
    if (!grouped_by(rule).empty()) return {};
    const Value criteria = rule["ValidationCriteria"];
    const std::string level = text_of(criteria["Keyword"]);
    if (level == "MAY") {
      ++set.permissions;
      return {};
    }
    Rule out;
    out.id = rule.name();
    out.level = level.starts_with("MUST") ? Level::must : Level::should;
    if (auto inherited = inherit(rule, out); !inherited) return inherited;
    auto check = expression(criteria["Requirement"], 0);
    if (!check) return fail(check.error());
    out.check = std::move(*check);
    set.rules.push_back(std::move(out));
    return {};
  }

  /// Conditions and criteria of the rule and of those that group it.
  Result<void> inherit(Value rule, Rule& into) const {
    std::vector<Check> conditions;
    int depth = 0;
    for (Value at = rule; at.exists() && depth < kDepthMax; at = above(at), ++depth) {
      auto condition = expression(at.at({"ValidationCriteria", "Condition"}), 0);
      if (!condition) return fail(condition.error());
      conditions.insert(conditions.begin(), std::move(*condition));
      const Value needs = at["ApplicabilityCriteria"];
      for (Value need = needs.first(); need.exists(); need = need.next()) {
        into.criteria.push_back(text_of(need));
      }
    }
    if (depth == kDepthMax) return fail(ErrorCode::invalid_input, "its groups are nested in rings");
    std::sort(into.criteria.begin(), into.criteria.end());
    into.criteria.erase(std::unique(into.criteria.begin(), into.criteria.end()),
                        into.criteria.end());
    into.when = all_of(std::move(conditions));
    return {};
  }

  Value above(Value rule) const {
    const auto parent = parent_.find(std::string(rule.name()));
    if (parent == parent_.end()) return {};
    const auto found = by_id_.find(parent->second);
    return found == by_id_.end() ? Value{} : found->second;
  }

  Value root_;
  Value rules_;
  std::map<std::string, Value> by_id_;
  std::map<std::string, std::string> parent_;
};

/// What we know about single rules of 1.2. Later versions may have mended them.
void take_over_notes(RuleSet& set) {
  std::map<std::string_view, const Rule*> noted;
  for (const Rule& rule : rules_1_2().rules) {
    if (!rule.known.empty() || !rule.corrected.empty()) noted.emplace(rule.id, &rule);
  }
  for (Rule& rule : set.rules) {
    const auto found = noted.find(rule.id);
    if (found != noted.end()) rule = *found->second;
  }
}

}  // namespace

Result<RuleSet> read_rule_model(std::string_view text) {
  json::Document document;
  const auto root = document.parse_copy(text);
  if (!root) return fail(root.error());
  auto set = Model(*root).rule_set();
  if (set && set->version == rules_1_2().version) take_over_notes(*set);
  return set;
}

}  // namespace costops::focus
