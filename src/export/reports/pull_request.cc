#include "costops/export/pull_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "costops/export/markup.h"
#include "costops/json/json.h"

namespace costops::reports {
namespace {

constexpr std::string_view kMarker = "<!-- cost-ops:pr-comment -->\n";
/// Room that is kept for the line that says how many groups are not shown.
constexpr std::size_t kLastLine = 100;
constexpr std::int64_t kAllowedMax = 10'000'000'000;

struct Change {
  std::string group, currency;
  Amount before, now;
  [[nodiscard]] Amount difference() const { return now - before; }
  [[nodiscard]] Amount size() const {
    return difference() < Amount{} ? -difference() : difference();
  }
};

/// "+12.5 %", to one place, half away from zero; "new" without a baseline.
std::string percent_text(Amount before, Amount now) {
  if (before <= Amount{}) return now > Amount{} ? "new" : "";
  const Int128 scaled = (now - before).pico() * 1000;
  const Int128 half = before.pico() / 2;
  const Int128 tenths =
      scaled >= 0 ? (scaled + half) / before.pico() : -((-scaled + half) / before.pico());
  const Int128 size = tenths < 0 ? -tenths : tenths;
  return fmt::format("{}{}.{} %", tenths < 0 ? "-" : "+", to_string(size / 10),
                     to_string(size % 10));
}

std::string signed_text(Amount amount) {
  return (amount > Amount{} ? "+" : "") + to_string(amount);
}

std::vector<Change> changes_of(const GroupCosts& baseline, const GroupCosts& now) {
  GroupCosts all = now;
  for (const auto& [key, cost] : baseline) all.try_emplace(key, Amount{});
  std::vector<Change> changes;
  for (const auto& [key, cost] : all) {
    const auto before = baseline.find(key);
    const Change change{key.first, key.second, before == baseline.end() ? Amount{} : before->second,
                        cost};
    if (!change.difference().is_zero()) changes.push_back(change);
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.size() > b.size(); });
  return changes;
}

std::vector<Change> totals_of(const GroupCosts& baseline, const GroupCosts& now) {
  std::map<std::string, Change> totals;
  for (const auto& [key, cost] : baseline) totals[key.second].before += cost;
  for (const auto& [key, cost] : now) totals[key.second].now += cost;
  std::vector<Change> out;
  for (auto& [currency, total] : totals) {
    total.currency = currency;
    out.push_back(total);
  }
  return out;
}

/// Whether the growth, in percent, is beyond what is allowed; any growth from nothing is.
bool is_beyond(const Change& total, Allowed allowed) {
  if (total.now <= total.before) return false;
  return total.difference().pico() * 1'000'000 >
         total.before.pico() * allowed.ten_thousandths_of_percent;
}

std::string row(const Change& change) {
  return fmt::format("| {} | {} | {} | {} | {} | {} |\n", exports::markdown_of(change.group),
                     to_string(change.before), to_string(change.now),
                     signed_text(change.difference()), percent_text(change.before, change.now),
                     exports::markdown_of(change.currency));
}

}  // namespace

GroupCosts costs_of(const accounting::Report& report) {
  GroupCosts costs;
  for (const accounting::ReportRow& row : report.rows) {
    if (row.currency.is_none()) continue;
    std::string group;
    for (const std::string& key : row.keys) {
      group += (group.empty() ? "" : " / ") + (key.empty() ? std::string("(unassigned)") : key);
    }
    costs[{group, std::string(row.currency.code())}] += row.costs.total();
  }
  return costs;
}

Result<GroupCosts> read_costs(std::string_view text) {
  json::Document document;
  const auto root = document.parse_copy(text);
  if (!root) return fail(root.error());
  const json::Value keys = (*root)["key_names"];
  const json::Value rows = (*root)["rows"];
  if (!keys.is_array() || !rows.is_array()) {
    return fail(ErrorCode::invalid_input,
                "no saved report: write one with \"cost-ops report cost --format json\"");
  }
  GroupCosts costs;
  for (json::Value row = rows.first(); row.exists(); row = row.next()) {
    std::string group;
    for (json::Value key = keys.first(); key.exists(); key = key.next()) {
      group += group.empty() ? "" : " / ";
      group += row[key.string().value_or("")].string().value_or("(unassigned)");
    }
    json::Fields fields(row);
    const auto amount = fields.amount("total_cost");
    if (fields.failed()) return fail(fields.error());
    const auto currency = row["currency"].string();
    if (amount && currency) costs[{group, std::string(*currency)}] += *amount;
  }
  return costs;
}

Result<Allowed> parse_allowed(std::string_view text) {
  std::string_view digits = text;
  if (digits.ends_with('%')) digits.remove_suffix(1);
  const auto amount = parse_amount(digits);
  constexpr Int128 kUnit = kPicoPerUnit / 10'000;
  if (!amount || amount->pico() < 0 || amount->pico() % kUnit != 0 ||
      amount->pico() / kUnit > kAllowedMax) {
    return fail(ErrorCode::invalid_input,
                quoted(text) + " is no share like 5% (0 to 1000000, at most 4 decimal places)");
  }
  return Allowed{static_cast<std::int64_t>(amount->pico() / kUnit)};
}

PullRequestComment comment_on(const GroupCosts& baseline, const GroupCosts& now,
                              std::optional<Allowed> allowed) {
  PullRequestComment comment;
  std::string& out = comment.markdown;
  out = kMarker;
  const std::vector<Change> changes = changes_of(baseline, now);
  comment.changed = !changes.empty();
  out += "### LLM costs\n\n";
  for (const Change& total : totals_of(baseline, now)) {
    const bool beyond = allowed && is_beyond(total, *allowed);
    comment.too_expensive = comment.too_expensive || beyond;
    const std::string percent = percent_text(total.before, total.now);
    out +=
        fmt::format("**{} {}**, before {} ({}{}){}\n\n", to_string(total.now), total.currency,
                    to_string(total.before), signed_text(total.difference()),
                    percent.empty() ? "" : ", " + percent, beyond ? " :x: more than allowed" : "");
  }
  if (changes.empty()) {
    out += "No group changed.\n";
    return comment;
  }
  out += "| group | before | now | change | | |\n|---|--:|--:|--:|--:|---|\n";
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const std::string line = row(changes[i]);
    if (out.size() + line.size() + kLastLine > kCommentCharactersMax) {
      out += fmt::format("\n... and {} more groups that changed less.\n", changes.size() - i);
      break;
    }
    out += line;
  }
  return comment;
}

}  // namespace costops::reports
