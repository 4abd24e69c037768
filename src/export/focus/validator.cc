// validator.cc - every rule on every row. Rules are bound to columns once, before the first row; a
// rule whose column is absent is dropped then, so that a file pays for the columns that it has.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "costops/export/focus_validation.h"
#include "export/focus/exact_decimal.h"
#include "export/focus/formats.h"

namespace costops::focus {
namespace {

using Kind = Check::Kind;

constexpr std::size_t kAbsent = SIZE_MAX;
constexpr std::size_t kProblemsShown = 20;
/// Different values that a one_parent rule remembers. A file with more is not checked for it.
constexpr std::size_t kParentsMax = 2'000'000;

/// A Check with its columns as places in the row.
struct Bound {
  Kind kind = Kind::always;
  std::size_t column = kAbsent;
  std::size_t other = kAbsent;
  std::size_t result = kAbsent;
  const Check* check = nullptr;
  std::optional<ExactDecimal> bound{};  ///< Of number and at_least.
  std::vector<Bound> items{};
};

/// Values of one column, each with the one value of another that it stands beside.
struct Parents {
  struct Parent {
    std::string value;
    bool known = false;
    bool several = false;
  };
  std::unordered_map<std::string, Parent> of;
};

/// A rule that is looked at.
struct Active {
  std::size_t rule = 0;
  Bound when;
  Bound check;
  std::size_t parents = kAbsent;
};

class Row {
 public:
  explicit Row(std::span<const Value> values) : values_(values) {}
  Value at(std::size_t column) const { return column == kAbsent ? Value{} : values_[column]; }

 private:
  std::span<const Value> values_;
};

bool is_in(std::string_view text, const std::vector<std::string>& values) {
  return std::find(values.begin(), values.end(), text) != values.end();
}

bool has_form(Kind kind, std::string_view text) {
  switch (kind) {
    case Kind::type_decimal:
    case Kind::decimal:
      return parse_exact_decimal(text).has_value();
    case Kind::type_datetime:
      return is_datetime(text);
    case Kind::format_string:
      return is_valid_utf8(text);
    case Kind::format_numeric:
      return is_numeric_format(text);
    case Kind::format_datetime:
      return is_datetime_format(text);
    case Kind::format_unit:
      return is_unit_format(text);
    case Kind::format_currency:
      return is_currency_format(text);
    case Kind::format_key_value:
      return is_key_value_format(text);
    case Kind::national_currency:
      return is_national_currency(text);
    default:
      return true;
  }
}

bool is_product(Value a, Value b, Value result) {
  if (a.is_null || b.is_null || result.is_null) return true;
  const auto left = parse_exact_decimal(a.text);
  const auto right = parse_exact_decimal(b.text);
  const auto stated = parse_exact_decimal(result.text);
  return left && right && stated && multiply(*left, *right) == *stated;
}

bool holds(const Bound& bound, const Row& row);

bool compares(const Bound& bound, Value value) {
  const auto number = parse_exact_decimal(value.text);
  if (!number) return false;
  const auto order = compare(*number, *bound.bound);
  return bound.kind == Kind::number ? order == 0 : order >= 0;
}

bool same_values(Value a, Value b) {
  return a.is_null == b.is_null && (a.is_null || a.text == b.text);
}

bool holds_for_value(const Bound& bound, Value value) {
  switch (bound.kind) {
    case Kind::null:
      return value.is_null;
    case Kind::not_null:
      return !value.is_null;
    case Kind::is:
    case Kind::in:
      return !value.is_null && is_in(value.text, bound.check->values);
    case Kind::is_not:
      return value.is_null || !is_in(value.text, bound.check->values);
    case Kind::number:
      return !value.is_null && compares(bound, value);
    case Kind::at_least:
      return value.is_null || compares(bound, value);
    default:
      return value.is_null || has_form(bound.kind, value.text);
  }
}

bool holds(const Bound& bound, const Row& row) {
  const auto item_holds = [&](const Bound& item) { return holds(item, row); };
  switch (bound.kind) {
    case Kind::always:
    case Kind::present:     // Decided before the first row.
    case Kind::one_parent:  // Decided after the last.
      return true;
    case Kind::all:
      return std::all_of(bound.items.begin(), bound.items.end(), item_holds);
    case Kind::any:
      return std::any_of(bound.items.begin(), bound.items.end(), item_holds);
    case Kind::same:
      return same_values(row.at(bound.column), row.at(bound.other));
    case Kind::different:
      return !same_values(row.at(bound.column), row.at(bound.other));
    case Kind::product:
      return is_product(row.at(bound.column), row.at(bound.other), row.at(bound.result));
    default:
      return holds_for_value(bound, row.at(bound.column));
  }
}

bool fits(Kind kind, ColumnType type) {
  if (type == ColumnType::untyped) return true;
  if (kind == Kind::type_string) return type == ColumnType::string;
  if (kind == Kind::type_decimal) return type == ColumnType::number;
  return type == ColumnType::datetime;
}

bool is_type_check(Kind kind) {
  return kind == Kind::type_string || kind == Kind::type_decimal || kind == Kind::type_datetime;
}

void add_columns(const Check& check, std::vector<std::string>& into) {
  for (const std::string* name : {&check.column, &check.other, &check.result}) {
    if (!name->empty() && !is_in(*name, into)) into.push_back(*name);
  }
  for (const Check& item : check.items) add_columns(item, into);
}

}  // namespace

struct Validator::State {
  std::vector<InputColumn> columns;
  const RuleSet* rules = nullptr;
  std::vector<Exception> exceptions;
  std::set<std::string, std::less<>> criteria;
  Validation result;
  std::vector<Active> active;
  std::vector<Parents> parents;
  std::vector<std::vector<std::string>> shown;  ///< By rule: the columns that its examples show.

  std::size_t place_of(std::string_view name) const {
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const InputColumn& c) { return c.name == name; });
    return found == columns.end() ? kAbsent : static_cast<std::size_t>(found - columns.begin());
  }

  Bound bind(const Check& check) const {
    Bound bound{.kind = check.kind, .check = &check};
    bound.column = place_of(check.column);
    bound.other = place_of(check.other);
    bound.result = place_of(check.result);
    if (check.kind == Kind::number || check.kind == Kind::at_least) {
      bound.bound = parse_exact_decimal(check.values[0]);
      if (!bound.bound) bound.bound = ExactDecimal{};
    }
    for (const Check& item : check.items) bound.items.push_back(bind(item));
    return bound;
  }

  bool supported(const Rule& rule) const {
    return criteria.count("ALL") > 0 ||
           std::all_of(rule.criteria.begin(), rule.criteria.end(),
                       [&](const std::string& need) { return criteria.count(need) > 0; });
  }

  bool has_columns(const Check& check) const {
    std::vector<std::string> needed;
    add_columns(check, needed);
    return std::all_of(needed.begin(), needed.end(),
                       [&](const std::string& name) { return place_of(name) != kAbsent; });
  }

  void violate(std::size_t rule, Example example) {
    Outcome& outcome = result.outcomes[rule];
    ++outcome.violations;
    if (outcome.examples.size() < kExamplesMax) outcome.examples.push_back(std::move(example));
  }

  /// What can be said before the first row; the rest becomes active.
  void start(std::size_t index) {
    const Rule& rule = rules->rules[index];
    Outcome& outcome = result.outcomes[index];
    outcome.rule = &rule;
    if (rule.check.kind == Kind::present) {
      if (!supported(rule)) return;
      outcome.verdict = Verdict::passed;
      if (!has_columns(rule.check)) {
        ++outcome.violations;
      }
      return;
    }
    if (!has_columns(rule.check)) return;
    outcome.verdict = Verdict::passed;
    Active entry{.rule = index, .when = bind(rule.when), .check = bind(rule.check)};
    if (is_type_check(rule.check.kind)) {
      const InputColumn& column = columns[entry.check.column];
      if (!fits(rule.check.kind, column.type)) {
        violate(index, {0, 0, "column " + column.name + " has another type"});
      }
      if (column.type != ColumnType::untyped || rule.check.kind == Kind::type_string) return;
    }
    // A typed time has no text whose form could be wrong.
    if (rule.check.kind == Kind::format_datetime &&
        columns[entry.check.column].type == ColumnType::datetime) {
      return;
    }
    if (rule.check.kind == Kind::one_parent) {
      entry.parents = parents.size();
      parents.emplace_back();
    }
    add_columns(rule.check, shown[index]);
    add_columns(rule.when, shown[index]);
    std::erase_if(shown[index], [&](const std::string& name) { return place_of(name) == kAbsent; });
    active.push_back(std::move(entry));
  }

  std::string shown_values(std::size_t rule, const Row& row) const {
    constexpr std::size_t kShown = 4;
    std::string text;
    for (std::size_t i = 0; i < std::min(kShown, shown[rule].size()); ++i) {
      const Value value = row.at(place_of(shown[rule][i]));
      if (i > 0) text += ", ";
      text += shown[rule][i] + " is " + (value.is_null ? "null" : quoted(value.text));
    }
    return text;
  }

  void remember_parent(Active& entry, const Row& row) {
    auto& of = parents[entry.parents].of;
    const Value child = row.at(entry.check.column);
    if (child.is_null) return;
    auto found = of.find(std::string(child.text));
    if (found == of.end()) {
      if (of.size() >= kParentsMax) return;
      found = of.emplace(std::string(child.text), Parents::Parent{}).first;
    }
    const Value value = row.at(entry.check.other);
    if (value.is_null) return;
    Parents::Parent& parent = found->second;
    if (!parent.known) {
      parent.value = value.text;
      parent.known = true;
    } else if (parent.value != value.text) {
      parent.several = true;
    }
  }

  void close_parents(const Active& entry) {
    const auto& of = parents[entry.parents].of;
    if (of.size() >= kParentsMax) {
      result.outcomes[entry.rule].verdict = Verdict::not_checked;
      return;
    }
    std::vector<std::string_view> broken;
    for (const auto& [child, parent] : of) {
      if (parent.several || !parent.known) broken.push_back(child);
    }
    std::sort(broken.begin(), broken.end());
    for (const std::string_view child : broken) {
      const Check& check = *entry.check.check;
      violate(entry.rule,
              {0, 0,
               fmt::format("{} {} stands beside {} {}", check.column, quoted(child),
                           of.at(std::string(child)).several ? "several" : "no", check.other)});
    }
  }

  Verdict verdict_of(const Outcome& outcome) const {
    if (outcome.verdict == Verdict::not_checked || outcome.violations == 0) return outcome.verdict;
    for (const Exception& exception : exceptions) {
      if (exception.rule == outcome.rule->id && exception.violations == outcome.violations) {
        return Verdict::allowed;
      }
    }
    if (!outcome.rule->known.empty()) return Verdict::known;
    return outcome.rule->level == Level::must ? Verdict::failed : Verdict::advice;
  }
};

std::string_view to_string(Verdict verdict) {
  constexpr std::string_view kNames[] = {"passed", "failed",  "advice",
                                         "known",  "allowed", "not_checked"};
  return kNames[static_cast<std::size_t>(verdict)];
}

bool Validation::passed() const {
  return problem_count == 0 && stale.empty() && count(Verdict::failed) == 0;
}

std::size_t Validation::count(Verdict verdict) const {
  return static_cast<std::size_t>(
      std::count_if(outcomes.begin(), outcomes.end(),
                    [&](const Outcome& outcome) { return outcome.verdict == verdict; }));
}

Validator::Validator(std::unique_ptr<State> state) : state_(std::move(state)) {}
Validator::Validator(Validator&&) noexcept = default;
Validator::~Validator() = default;

Result<Validator> Validator::make(std::vector<InputColumn> columns,
                                  const ValidationOptions& options) {
  auto state = std::make_unique<State>();
  state->columns = std::move(columns);
  state->rules = options.rules;
  state->exceptions = options.exceptions;
  std::set<std::string> known = {"ALL"};
  std::set<std::string> ids;
  for (const Rule& rule : options.rules->rules) {
    known.insert(rule.criteria.begin(), rule.criteria.end());
    ids.insert(rule.id);
  }
  for (const std::string& criterion : options.criteria) {
    if (known.count(criterion) == 0) {
      return fail(ErrorCode::invalid_input,
                  fmt::format("no rule of FOCUS {} asks for the criterion \"{}\"; known are {}",
                              options.rules->version, criterion, fmt::join(known, ", ")));
    }
    state->criteria.insert(criterion);
  }
  for (const Exception& exception : options.exceptions) {
    if (ids.count(exception.rule) > 0) continue;
    return fail(ErrorCode::invalid_input, fmt::format("FOCUS {} has no checkable rule \"{}\"",
                                                      options.rules->version, exception.rule));
  }
  std::set<std::string_view> names;
  for (const InputColumn& column : state->columns) {
    if (names.insert(column.name).second) continue;
    state->result.problems.push_back("column " + quoted(column.name) + " stands there twice");
    ++state->result.problem_count;
  }
  state->result.outcomes.resize(options.rules->rules.size());
  state->shown.resize(options.rules->rules.size());
  for (std::size_t i = 0; i < options.rules->rules.size(); ++i) state->start(i);
  return Validator(std::move(state));
}

void Validator::check(std::span<const Value> values, std::uint64_t line) {
  State& state = *state_;
  const std::uint64_t number = ++state.result.rows;
  const Row row(values);
  for (Active& entry : state.active) {
    if (!holds(entry.when, row)) continue;
    if (entry.parents != kAbsent) {
      state.remember_parent(entry, row);
    } else if (!holds(entry.check, row)) {
      Outcome& outcome = state.result.outcomes[entry.rule];
      if (outcome.examples.size() < kExamplesMax) {
        outcome.examples.push_back({number, line, state.shown_values(entry.rule, row)});
      }
      ++outcome.violations;
    }
  }
}

void Validator::problem(std::string text) {
  ++state_->result.problem_count;
  if (state_->result.problems.size() < kProblemsShown) {
    state_->result.problems.push_back(std::move(text));
  }
}

Validation Validator::finish() {
  State& state = *state_;
  for (const Active& entry : state.active) {
    if (entry.parents != kAbsent) state.close_parents(entry);
  }
  for (Outcome& outcome : state.result.outcomes) outcome.verdict = state.verdict_of(outcome);
  for (const Exception& exception : state.exceptions) {
    for (const Outcome& outcome : state.result.outcomes) {
      if (outcome.rule->id != exception.rule || outcome.violations == exception.violations)
        continue;
      state.result.stale.push_back(fmt::format("{}: {} violations were allowed, {} found",
                                               exception.rule, exception.violations,
                                               outcome.violations));
    }
  }
  return std::move(state.result);
}

}  // namespace costops::focus
