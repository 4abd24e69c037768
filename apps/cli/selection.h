// selection.h - which records a question is about: period, filters, zone; and how to group them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "costops/accounting/report.h"
#include "session.h"

namespace CLI {
class App;
}

namespace costops::cli {

/// The options --range, --since, --until, --timezone, --filter and --as-of, as written.
struct SelectionOptions {
  std::string range, since, until, timezone, as_of;
  std::string until_option = "--until";  ///< What `until` is called.
  std::vector<std::string> filters;
  std::string provider, organization;  ///< Short for --filter provider=..., organization=...

  /// What --period means to a command: another name of --range, or something of its own.
  enum class Period { range, own };
  /// What --until means: the end of the range, or something of the command's own. The range then
  /// ends with --history-until.
  enum class Until { range, own };
  void declare(CLI::App& app, Period period = Period::range, Until until = Until::range);
  /// The request that they describe. Fails with invalid_input or not_found, naming the option.
  [[nodiscard]] Result<accounting::ReportRequest> resolve(const Session& session) const;
};

/// Where a forecast ends: the end of a named period ("2026-12-31", "2026-12", "this-month"), or a
/// time. Without a zone of its own it is local time of `zone`. Fails with invalid_input.
[[nodiscard]] Result<Instant> horizon_end(std::string_view option, std::string_view text,
                                          Instant now, const TimeZone& zone);

/// Where the words of --group-by go: dimensions, at most one period, in the order given.
struct Grouping {
  std::vector<Dimension> dimensions;
  std::optional<Grain> grain;
  /// For each column as asked, its place among a report row's keys.
  std::vector<std::size_t> order;
};
/// Fails with invalid_input for an unknown, repeated or second period word, listing the known.
[[nodiscard]] Result<Grouping> parse_grouping(const std::vector<std::string>& words);

/// "(unassigned)" for an empty value, else the value.
[[nodiscard]] std::string shown_value(const std::string& value);
inline constexpr const char* kUnassigned = "(unassigned)";

}  // namespace costops::cli
