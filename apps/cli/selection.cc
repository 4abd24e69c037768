#include "selection.h"

#include <fmt/format.h>

#include <algorithm>

#include "options.h"

namespace costops::cli {
namespace {

std::vector<std::string> dimension_names() {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kDimensionCount; ++i) {
    names.emplace_back(to_string(static_cast<Dimension>(i)));
  }
  return names;
}

/// By its name; "tag" also stands for tags.
std::optional<Dimension> parse_dimension(std::string_view word) {
  if (word == "tag") return Dimension::tags;
  const auto names = dimension_names();
  const auto found = std::find(names.begin(), names.end(), word);
  if (found == names.end()) return std::nullopt;
  return static_cast<Dimension>(found - names.begin());
}

Error unknown_dimension(std::string_view option, std::string_view word, bool with_periods) {
  std::vector<std::string> known = dimension_names();
  if (with_periods) {
    for (const char* grain : {"hour", "day", "week", "month", "quarter", "year"}) {
      known.emplace_back(grain);
    }
  }
  const auto close = closest(word, known);
  return {ErrorCode::invalid_input,
          fmt::format("{}: unknown dimension \"{}\"{}; known are {}", option, word,
                      close ? fmt::format(", did you mean \"{}\"?", *close) : "", joined(known))};
}

/// Whether a time as written says in which zone it is: an offset or Z after the clock.
bool has_zone(std::string_view text) {
  const std::size_t clock = text.find_first_of("Tt ");
  return clock != std::string_view::npos &&
         text.find_first_of("Zz+-", clock + 1) != std::string_view::npos;
}

/// A time, or the start of a named period ("2026-07", "yesterday"). Without a zone of its own it is
/// local time of `zone`.
Result<Instant> boundary(std::string_view option, std::string_view text, Instant now,
                         const TimeZone& zone) {
  if (const auto period = named_range(text, now, zone)) return period->from;
  const auto at = parse_instant(text);
  if (!at) {
    return fail(ErrorCode::invalid_input,
                fmt::format("{}: \"{}\" is neither a time (2026-07-01T12:00:00Z) nor a period "
                            "(2026-07-01, 2026-07, yesterday)",
                            option, text));
  }
  if (has_zone(text)) return *at;
  return zone.to_instant(std::chrono::local_time<Microseconds>(at->time_since_epoch()));
}

Result<TimeRange> range_of(const SelectionOptions& options, Instant now, const TimeZone& zone) {
  if (!options.range.empty()) {
    if (!options.since.empty() || !options.until.empty()) {
      return fail(
          ErrorCode::invalid_input,
          fmt::format("give either --range or --since and {}, not both", options.until_option));
    }
    auto range = named_range(options.range, now, zone);
    if (!range) return fail(range.error().code, "--range: " + range.error().message);
    return range;
  }
  TimeRange range;
  if (!options.since.empty()) {
    const auto from = boundary("--since", options.since, now, zone);
    if (!from) return fail(from.error());
    range.from = *from;
  }
  if (!options.until.empty()) {
    const auto to = boundary(options.until_option, options.until, now, zone);
    if (!to) return fail(to.error());
    range.to = *to;
  }
  if (range.to <= range.from) {
    return fail(ErrorCode::invalid_input,
                fmt::format("{} ({}) must be later than --since ({})", options.until_option,
                            to_string(range.to), to_string(range.from)));
  }
  return range;
}

/// Adds one "dimension=value" or "dimension!=value": values of one dimension are alternatives.
Result<void> add_filter(const std::string& text, std::vector<storage::Filter>& into) {
  using Kind = storage::Filter::Kind;
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return fail(ErrorCode::invalid_input,
                fmt::format("--filter: \"{}\" is not of the form dimension=value or "
                            "dimension!=value",
                            text));
  }
  const Kind kind = text[equals - 1] == '!' ? Kind::exclude : Kind::include;
  const std::string name = text.substr(0, equals - (kind == Kind::exclude ? 1 : 0));
  const auto dimension = parse_dimension(name);
  if (!dimension) return fail(unknown_dimension("--filter", name, false));
  std::string value = text.substr(equals + 1);
  if (value == kUnassigned) value.clear();
  if (*dimension == Dimension::provider) value = fold_provider(value);
  for (storage::Filter& filter : into) {
    if (filter.dimension != *dimension || filter.kind != kind) continue;
    filter.values.push_back(std::move(value));
    return {};
  }
  into.push_back({*dimension, {std::move(value)}, kind});
  return {};
}

}  // namespace

void SelectionOptions::declare(CLI::App& app, Period period, Until end) {
  if (end == Until::own) until_option = "--history-until";
  add_text(app, period == Period::range ? "--range,--period" : "--range", range, "NAME",
           "Period by name: today, yesterday, this-week, last-week, this-month, last-month, "
           "this-quarter, last-quarter, this-year, last-year, last-24h, last-7d, last-30d, "
           "last-90d, all; or 2026, 2026-Q3, 2026-07, 2026-W27, 2026-07-01. Default: all.");
  add_text(app, "--since", since, "TIME",
           "From this time on: RFC 3339, or the start of a period named as above.");
  add_text(app, until_option.c_str(), until, "TIME", "Up to this time, not including it.");
  add_text(app, "--timezone", timezone, "ZONE",
           "Whose days and months, as an IANA name (Europe/Berlin). Default: UTC.");
  add_list(app, "--filter", filters, "DIM=VALUE",
           "Only records with this value; DIM!=VALUE: only without it. Repeat it for more: values "
           "of one dimension are alternatives. An empty value means unassigned.");
  add_text(app, "--provider", provider, "NAME", "Short for --filter provider=NAME.");
  add_text(app, "--organization", organization, "NAME", "Short for --filter organization=NAME.");
  add_text(app, "--as-of", as_of, "TIME", "The answer that the ledger would have given then.");
}

Result<accounting::ReportRequest> SelectionOptions::resolve(const Session& session) const {
  accounting::ReportRequest request;
  auto zone = session.zone(timezone);
  if (!zone) return fail(zone.error().code, "--timezone: " + zone.error().message);
  request.zone = std::move(*zone);
  const auto within = range_of(*this, session.now(), request.zone);
  if (!within) return fail(within.error());
  request.range = *within;
  std::vector<std::string> all = filters;
  if (!provider.empty()) all.push_back("provider=" + provider);
  if (!organization.empty()) all.push_back("organization=" + organization);
  for (const std::string& filter : all) {
    if (const auto added = add_filter(filter, request.filters); !added) return fail(added.error());
  }
  if (!as_of.empty()) {
    const auto known = boundary("--as-of", as_of, session.now(), request.zone);
    if (!known) return fail(known.error());
    request.as_of = *known;
  }
  return request;
}

Result<Instant> horizon_end(std::string_view option, std::string_view text, Instant now,
                            const TimeZone& zone) {
  if (const auto period = named_range(text, now, zone)) return period->to;
  return boundary(option, text, now, zone);
}

Result<Grouping> parse_grouping(const std::vector<std::string>& words) {
  Grouping grouping;
  std::size_t period_column = 0;
  for (const std::string& word : words) {
    if (const auto grain = parse_grain(word)) {
      if (grouping.grain) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("--group-by: one period at a time, not \"{}\" and \"{}\"",
                                to_string(*grouping.grain), word));
      }
      grouping.grain = *grain;
      period_column = grouping.order.size();
      grouping.order.push_back(0);
      continue;
    }
    const auto dimension = parse_dimension(word);
    if (!dimension) return fail(unknown_dimension("--group-by", word, true));
    const auto& known = grouping.dimensions;
    if (std::find(known.begin(), known.end(), *dimension) != known.end()) {
      return fail(ErrorCode::invalid_input, fmt::format("--group-by: \"{}\" is given twice", word));
    }
    grouping.order.push_back(grouping.dimensions.size());
    grouping.dimensions.push_back(*dimension);
  }
  if (grouping.grain) grouping.order[period_column] = grouping.dimensions.size();
  return grouping;
}

std::string shown_value(const std::string& value) { return value.empty() ? kUnassigned : value; }

}  // namespace costops::cli
