// The built-in table, parsed once. It is generated (scripts/generate_focus_rules.py) and tested, so
// a line that does not parse is a build that its tests refuse.
#include <array>
#include <cassert>

#include "costops/export/focus_rules.h"
#include "export/focus/expression.h"

namespace costops::focus {
namespace {

#include "export/focus/rules_1_2.inc"

constexpr std::string_view kKnown = "known: ";
constexpr std::string_view kCorrected = "corrected: ";

enum Field : std::size_t { id, level, criteria, when, check, note, kFields };

std::array<std::string_view, kFields> fields_of(std::string_view line) {
  constexpr std::string_view kBetween = " | ";
  std::array<std::string_view, kFields> fields;
  for (std::size_t i = 0; i < kFields; ++i) {
    const std::size_t end = i + 1 < kFields ? line.find(kBetween) : line.size();
    fields[i] = line.substr(0, end);
    line.remove_prefix(std::min(line.size(), end + kBetween.size()));
  }
  return fields;
}

Rule rule_of(std::string_view line) {
  const auto fields = fields_of(line);
  Rule rule;
  rule.id = fields[id];
  rule.level = fields[level].starts_with("MUST") ? Level::must : Level::should;
  std::string_view needs = fields[criteria] == "-" ? std::string_view{} : fields[criteria];
  while (!needs.empty()) {
    const std::size_t end = std::min(needs.find(','), needs.size());
    rule.criteria.emplace_back(needs.substr(0, end));
    needs.remove_prefix(std::min(needs.size(), end + 1));
  }
  auto condition = parse_check(fields[when]);
  auto demand = parse_check(fields[check]);
  assert(condition && demand);
  if (condition) rule.when = std::move(*condition);
  if (demand) rule.check = std::move(*demand);
  if (fields[note].starts_with(kKnown)) rule.known = fields[note].substr(kKnown.size());
  if (fields[note].starts_with(kCorrected)) {
    rule.corrected = fields[note].substr(kCorrected.size());
  }
  return rule;
}

RuleSet parsed() {
  RuleSet set{
      .version = "1.2", .rules = {}, .uncheckable = kUncheckable, .permissions = kPermissions};
  for (const std::string_view line : kRules) set.rules.push_back(rule_of(line));
  return set;
}

}  // namespace

const RuleSet& rules_1_2() {
  static const RuleSet set = parsed();
  return set;
}

}  // namespace costops::focus
