// pull_request.h - what a change costs, as a comment on the pull request that makes it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "costops/accounting/report.h"

namespace costops::reports {

/// Costs by group and currency. Group: the keys, joined with " / ".
using GroupCosts = std::map<std::pair<std::string, std::string>, Amount>;
[[nodiscard]] GroupCosts costs_of(const accounting::Report& report);
/// Reads what `cost-ops report cost --format json` wrote. Fails with invalid_input.
[[nodiscard]] Result<GroupCosts> read_costs(std::string_view json);

/// "5%", "2.5%": how much more the total of a currency may be than in the baseline.
/// Fails with invalid_input; at most 4 decimal places, from 0 to 1,000,000 percent.
struct Allowed {
  std::int64_t ten_thousandths_of_percent = 0;
};
[[nodiscard]] Result<Allowed> parse_allowed(std::string_view text);

struct PullRequestComment {
  /// Begins with a hidden marker by which a bot finds the comment again, to update it in place. At
  /// most 65,536 characters, what GitHub takes; the groups that changed most come first.
  std::string markdown;
  bool changed = false;
  bool too_expensive = false;  ///< The total of some currency grew beyond what is allowed.
};
inline constexpr std::size_t kCommentCharactersMax = 65'536;

[[nodiscard]] PullRequestComment comment_on(const GroupCosts& baseline, const GroupCosts& now,
                                            std::optional<Allowed> allowed);

}  // namespace costops::reports
