#include "series_options.h"

#include "options.h"

namespace costops::cli {

void SeriesOptions::declare(CLI::App& app, const char* by, SelectionOptions::Until until) {
  add_comma_list(app, "--by,-g,--group-by", by_, "DIM,...", by);
  const bool option = width_ == Width::option;
  if (option) {
    add_choice(app, "--period", period_, {"hour", "day", "week", "month"},
               "How wide a period is. Default: day.");
  }
  add_choice(app, "--metric", metric_, {"cost", "tokens", "requests"},
             "What is counted. Default: cost.");
  selection_.declare(app, option ? SelectionOptions::Period::own : SelectionOptions::Period::range,
                     until);
}

Result<accounting::SeriesRequest> SeriesOptions::resolve(const Session& session) const {
  auto selection = selection_.resolve(session);
  if (!selection) return fail(selection.error());
  auto grouping = parse_grouping(by_);
  if (!grouping) return fail(grouping.error());
  if (grouping->grain && width_ == Width::option) {
    return fail(ErrorCode::invalid_input,
                "--by takes dimensions; the width of a period is --period");
  }
  return accounting::SeriesRequest{.range = selection->range,
                                   .group_by = std::move(grouping->dimensions),
                                   .grain = grouping->grain.value_or(grain()),
                                   .zone = selection->zone,
                                   .filters = std::move(selection->filters),
                                   .as_of = selection->as_of,
                                   .metric = *accounting::parse_metric(metric_),
                                   .now = session.now()};
}

Grain SeriesOptions::grain() const { return *parse_grain(period_); }

}  // namespace costops::cli
