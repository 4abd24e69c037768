// report - reports for people and programs, and what a pull request costs.
#include <fmt/format.h>

#include "command.h"
#include "costops/export/pull_request.h"
#include "costops/export/report_generator.h"
#include "options.h"
#include "report_commands.h"
#include "report_output.h"
#include "report_text.h"
#include "selection.h"

namespace costops::cli {
namespace {

using accounting::Report;
using reports::Kind;

constexpr const char* kGroupHelp = R"(
Examples:
  cost-ops report cost --period last-month --compare
  cost-ops report cost --group-by model,day -o july.html --period 2026-07
  cost-ops report chargeback --period 2026-07 -o july.csv
  cost-ops report cost --template mail.mustache -o mail.html
  cost-ops report budget -o budgets.html
  cost-ops report forecast --group-by project -o forecast.pdf
  cost-ops report pr-comment --baseline main.json --fail-if-increase 5%
)";

constexpr const char* kHelp = R"(
FILE's ending tells the format: .md .html .pdf .xlsx .csv .json .ndjson. A file appears whole
or not at all. --template takes a mustache file; docs/reports.md has its names.

Exit codes: 5 the period holds nothing; 6 some usage has no price.
)";

constexpr const char* kCommentHelp = R"(
Compares costs with a baseline: a report saved with "report cost --format json", or another
period of the same ledger. Prints Markdown that begins with a hidden marker, by which a bot
finds its comment again.

Examples:
  cost-ops report cost --format json -o main.json
  cost-ops report pr-comment --baseline main.json --fail-if-increase 5%
  cost-ops report pr-comment --period this-week --against last-week

Exit codes: 3 the total grew by more than --fail-if-increase.
)";

struct KindFacts {
  Kind kind;
  const char* name;
  const char* summary;
  std::vector<std::string> groups;
};

const std::vector<KindFacts>& kinds() {
  static const std::vector<KindFacts> facts = {
      {Kind::cost, "cost", "Costs by group and class", {"model"}},
      {Kind::usage, "usage", "What was counted, without money", {"model"}},
      {Kind::summary, "summary", "The most expensive groups", {"provider", "model"}},
      {Kind::chargeback, "chargeback", "Who pays which share", {"organization", "project"}},
      {Kind::cache, "cache", "What caching did and saved", {"model"}},
      {Kind::audit, "audit", "What the totals do not know", {"provider", "model"}},
  };
  return facts;
}

/// The period before: the calendar's own for a calendar month, week or the like, else as long.
TimeRange period_before(const TimeRange& range, const TimeZone& zone) {
  for (const Grain grain : {Grain::day, Grain::week, Grain::month, Grain::quarter, Grain::year}) {
    if (zone.period_of(range.from, grain) != range) continue;
    return zone.period_of(range.from - Microseconds(1), grain);
  }
  return {range.from - (range.to - range.from), range.from};
}

bool is_bounded(const TimeRange& range) {
  return range.from != min_instant() && range.to != max_instant();
}

/// With columns in the order of the words.
Result<accounting::ReportRequest> request_of(const Session& session,
                                             const SelectionOptions& selection,
                                             const std::vector<std::string>& words) {
  auto request = selection.resolve(session);
  if (!request) return request;
  auto grouping = parse_grouping(words);
  if (!grouping) return fail(grouping.error());
  request->group_by = std::move(grouping->dimensions);
  request->grain = grouping->grain;
  return request;
}

std::int64_t unpriced_in(const Report& report) {
  std::int64_t unpriced = 0;
  for (const accounting::ReportRow& total : report.totals) unpriced += total.unpriced;
  return unpriced;
}

class Make : public Command {
 public:
  Make(CLI::App& parent, const KindFacts& facts)
      : Command(parent, facts.name, facts.summary, kHelp, {.store = Uses::Store::yes}),
        kind_(facts.kind),
        groups_(facts.groups) {
    add_comma_list(*app_, "--group-by", asked_groups_, "A,B",
                   ("Dimensions, and at most one period (day, month, ...). Default: " +
                    joined(groups_, ",") + ".")
                       .c_str());
    output_.declare(*app_);
    if (kind_ == Kind::cost || kind_ == Kind::summary || kind_ == Kind::chargeback) {
      add_flag(*app_, "--compare", compare_, "Also show the period before, and the change.");
    }
    selection_.declare(*app_);
  }

  Result<ExitCode> run(Session& session) override {
    const auto& words = asked_groups_.empty() ? groups_ : asked_groups_;
    auto request = request_of(session, selection_, words);
    if (!request) return session.wrong_usage(request.error().message);
    if (compare_ && !is_bounded(request->range)) {
      return session.wrong_usage("--compare needs a period with a beginning and an end");
    }
    const auto ledger = session.ledger(Session::Use::read);
    if (!ledger) return fail(ledger.error());
    const auto current = accounting::report(**ledger, *request);
    if (!current) return fail(current.error());
    if (current->rows.empty()) {
      session.complain("the period holds no usage: nothing to report");
      return ExitCode::nothing;
    }
    Result<std::vector<accounting::CacheSavingsRow>> savings;
    if (kind_ == Kind::cache) savings = accounting::cache_savings(**ledger, *request);
    if (!savings) return fail(savings.error());
    Result<Report> previous = Report{};
    const TimeRange range = request->range;
    if (compare_) {
      request->range = period_before(range, request->zone);
      previous = accounting::report(**ledger, *request);
      if (!previous) return fail(previous.error());
    }
    auto document =
        reports::ReportGenerator().generate({.kind = kind_,
                                             .current = &*current,
                                             .previous = compare_ ? &*previous : nullptr,
                                             .savings = kind_ == Kind::cache ? &*savings : nullptr,
                                             .title = output_.title,
                                             .period = range_text(range)});
    if (!document) return fail(document.error());
    if (auto written = output_.write(session, *document); !written) return fail(written.error());
    return unpriced_in(*current) > 0 ? ExitCode::incomplete : ExitCode::fine;
  }

 private:
  Kind kind_;
  SelectionOptions selection_;
  std::vector<std::string> groups_, asked_groups_;
  ReportOutput output_;
  bool compare_ = false;
};

class PullRequest : public Command {
 public:
  explicit PullRequest(CLI::App& parent)
      : Command(parent, "pr-comment", "What a change costs, for a pull request", kCommentHelp,
                {.store = Uses::Store::yes}) {
    add_text(*app_, "--baseline", baseline_, "FILE", "A saved cost report (JSON).");
    add_text(*app_, "--against", against_, "PERIOD", "Another period of the ledger.");
    add_text(*app_, "--fail-if-increase", allowed_, "SHARE",
             "End with exit code 3 if the total of a currency grew by more: 5%.");
    add_comma_list(*app_, "--group-by", groups_, "A,B", "Dimensions. Default: model.");
    add_text(*app_, "-o,--output", output_, "FILE", "Where to write. Default: standard output.");
    selection_.declare(*app_);
  }

  Result<ExitCode> run(Session& session) override {
    if (baseline_.empty() == against_.empty()) {
      return session.wrong_usage("give either --baseline FILE or --against PERIOD");
    }
    std::optional<reports::Allowed> allowed;
    if (!allowed_.empty()) {
      const auto parsed = reports::parse_allowed(allowed_);
      if (!parsed) return session.wrong_usage("--fail-if-increase: " + parsed.error().message);
      allowed = *parsed;
    }
    if (groups_.empty()) groups_ = {"model"};
    const auto request = request_of(session, selection_, groups_);
    if (!request) return session.wrong_usage(request.error().message);
    const auto ledger = session.ledger(Session::Use::read);
    if (!ledger) return fail(ledger.error());
    const auto now = accounting::report(**ledger, *request);
    if (!now) return fail(now.error());
    const auto before = baseline(session, **ledger);
    if (!before) return fail(before.error());
    const auto comment = comment_on(*before, reports::costs_of(*now), allowed);
    if (auto written = write_report_text(session, output_, comment.markdown); !written) {
      return fail(written.error());
    }
    return comment.too_expensive ? ExitCode::gate : ExitCode::fine;
  }

 private:
  Result<reports::GroupCosts> baseline(const Session& session,
                                       const storage::Ledger& ledger) const {
    if (!baseline_.empty()) {
      const auto text = whole_file(baseline_);
      if (!text) return fail(text.error());
      auto costs = reports::read_costs(*text);
      if (!costs) return fail(costs.error().code, baseline_ + ": " + costs.error().message);
      return costs;
    }
    SelectionOptions other = selection_;
    other.range = against_;
    other.since.clear();
    other.until.clear();
    const auto request = request_of(session, other, groups_);
    if (!request) return fail(request.error());
    const auto report = accounting::report(ledger, *request);
    if (!report) return fail(report.error());
    return reports::costs_of(*report);
  }

  SelectionOptions selection_;
  std::vector<std::string> groups_;
  std::string baseline_, against_, allowed_, output_;
};

}  // namespace

void add_report(CLI::App& parent, Commands& into) {
  CLI::App& group =
      add_group(parent, "report", "Reports: cost, usage, chargeback, ...", kGroupHelp);
  for (const KindFacts& facts : kinds()) into.push_back(std::make_unique<Make>(group, facts));
  add_outlook_reports(group, into);
  into.push_back(std::make_unique<PullRequest>(group));
}

}  // namespace costops::cli
