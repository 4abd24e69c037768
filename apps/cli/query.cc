// query - sums of the ledger, grouped and filtered.
#include <fmt/format.h>

#include <algorithm>

#include "command.h"
#include "options.h"
#include "report_text.h"
#include "selection.h"

namespace costops::cli {
namespace {

constexpr const char* kHelp = R"(
Dimensions: provider, model, model_version, organization, project, user, session,
  tags, service_tier, region, speed, source_kind, source_endpoint, file; and one of
  hour, day, week, month, quarter, year. A record counts once under each of its tags.

Examples:
  cost-ops query --group-by day,model --range last-7d
  cost-ops query --group-by project --top 5 --filter provider=anthropic
  cost-ops query --group-by month --timezone Europe/Berlin --output csv
  cost-ops query --since 2026-07-01 --until 2026-08-01 --output json

JSON: {"range","group_by","rows":[{dimensions..., "requests","quantities","input_cost",
  "output_cost","other_cost","total_cost","reported_cost","currency","unpriced"}],
  "totals":[one per currency],"unpriced","quarantined"}; amounts are decimal strings.

Exit code 6: some of the records are unpriced, or the ledger has quarantined ones.
)";

/// Rows by the columns as asked: the report orders them with the period last.
void sort_as_shown(accounting::Report& report, const std::vector<std::size_t>& order) {
  std::stable_sort(report.rows.begin(), report.rows.end(), [&](const auto& a, const auto& b) {
    for (const std::size_t key : order) {
      if (a.keys[key] != b.keys[key]) return a.keys[key] < b.keys[key];
    }
    return a.currency < b.currency;
  });
}

class Query : public Command {
 public:
  explicit Query(CLI::App& parent)
      : Command(parent, "query", "Sums of the ledger, grouped and filtered", kHelp,
                {.store = Uses::Store::yes}) {
    add_comma_list(*app_, "-g,--group-by", group_by_, "DIM,...",
                   "Dimensions to group by; see below.");
    selection_.declare(*app_);
    add_number(*app_, "--top", top_, "Only the N most expensive groups, the rest as one row.");
    add_choice(*app_, "-o,--output", output_, {"table", "json", "csv"},
               "Form of the result. Default: table.");
  }

  Result<ExitCode> run(Session& session) override {
    auto request = selection_.resolve(session);
    if (!request) return session.wrong_usage(request.error().message);
    const auto grouping = parse_grouping(group_by_);
    if (!grouping) return session.wrong_usage(grouping.error().message);
    request->group_by = grouping->dimensions;
    request->grain = grouping->grain;
    request->top = top_;
    const auto ledger = session.ledger(Session::Use::read);
    if (!ledger) return fail(ledger.error());
    auto report = accounting::report(**ledger, *request);
    if (!report) return fail(report.error());
    if (top_ == 0) sort_as_shown(*report, grouping->order);
    if (const auto told = tell_if_empty(session, **ledger, *report); !told) {
      return fail(told.error());
    }
    print(session, {*report, grouping->order}, request->zone);
    return unpriced_of(*report) > 0 || report->quarantined > 0 ? ExitCode::incomplete
                                                               : ExitCode::fine;
  }

 private:
  /// An empty answer is no silent success: says what the ledger does hold.
  static Result<void> tell_if_empty(const Session& session, const storage::Ledger& ledger,
                                    const accounting::Report& report) {
    if (requests_of(report) > 0) return {};
    const auto extent = ledger.extent();
    if (!extent) return fail(extent.error());
    session.note(extent->has_value() ? "No records match. The ledger holds records " +
                                           extent_text(extent->value()) + "."
                                     : "The ledger is empty. \"cost-ops ingest\" fills it.");
    return {};
  }

  void print(Session& session, const ShownReport& shown, const TimeZone& zone) const {
    std::string& out = session.out().text();
    if (output_ == "json") {
      write_json(out, shown, zone);
    } else if (output_ == "csv") {
      append_report_csv(out, shown);
      if (const auto text = doubts(shown.report); !text.empty()) fmt::print(stderr, "{}", text);
    } else if (requests_of(shown.report) > 0) {
      report_table(shown, Totals::yes).append_to(out, session.colors());
    }
    if (output_ != "table") return;
    if (const auto text = doubts(shown.report); !text.empty()) out += '\n' + text;
  }

  static void write_json(std::string& out, const ShownReport& shown, const TimeZone& zone) {
    json::Writer json(out);
    json.object().key("range");
    write_range(json, shown.report.range, zone);
    json.key("group_by").array();
    for (const std::size_t key : shown.order) json.value(shown.report.key_names[key]);
    json.end_array().key("rows").array();
    for (const auto& row : shown.report.rows) write_row(json, shown, row);
    json.end_array().key("totals").array();
    for (const auto& row : shown.report.totals) write_row(json, shown, row);
    json.end_array().key("unpriced").value(unpriced_of(shown.report));
    json.key("quarantined").value(shown.report.quarantined).end_object();
    out += '\n';
  }

  SelectionOptions selection_;
  std::vector<std::string> group_by_;
  std::uint64_t top_ = 0;
  std::string output_ = "table";
};

}  // namespace

void add_query(CLI::App& parent, Commands& into) {
  into.push_back(std::make_unique<Query>(parent));
}

}  // namespace costops::cli
