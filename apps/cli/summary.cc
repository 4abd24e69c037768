// summary - what was spent, at a glance.
#include <fmt/format.h>

#include "command.h"
#include "options.h"
#include "report_text.h"
#include "selection.h"

namespace costops::cli {
namespace {

using accounting::Report;
using accounting::ReportRequest;

constexpr const char* kHelp = R"(
Totals, then the cost by day, model and project. Amounts are exact.

Examples:
  cost-ops summary
  cost-ops summary --range this-month --timezone America/New_York
  cost-ops summary --filter project=web --output json

Exit code 6: some of the records are unpriced, or the ledger has quarantined ones.
)";

constexpr std::size_t kDaysShown = 14;
constexpr std::size_t kRowsShown = 10;

/// One view of the same records.
struct View {
  const char* title;
  Report report;
};

std::vector<std::size_t> all_keys(const Report& report) {
  std::vector<std::size_t> order(report.key_names.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  return order;
}

class Summary : public Command {
 public:
  explicit Summary(CLI::App& parent)
      : Command(parent, "summary", "What was spent: totals, by day, model and project", kHelp,
                {.store = Uses::Store::yes}) {
    selection_.declare(*app_);
    add_choice(*app_, "-o,--output", output_, {"text", "json"},
               "Form of the result. Default: text.");
  }

  Result<ExitCode> run(Session& session) override {
    const auto request = selection_.resolve(session);
    if (!request) return session.wrong_usage(request.error().message);
    const auto ledger = session.ledger(Session::Use::read);
    if (!ledger) return fail(ledger.error());
    auto views = views_of(**ledger, *request);
    if (!views) return fail(views.error());
    const Report& total = views->front().report;
    if (output_ == "json") {
      write_json(session.out().text(), *views, request->zone);
    } else if (requests_of(total) > 0) {
      if (const auto done = write_text(session, **ledger, *views); !done) {
        return fail(done.error());
      }
    } else if (const auto told = tell_empty(session, **ledger, total); !told) {
      return fail(told.error());
    }
    return unpriced_of(total) > 0 || total.quarantined > 0 ? ExitCode::incomplete : ExitCode::fine;
  }

 private:
  static Result<std::vector<View>> views_of(const storage::Ledger& ledger,
                                            const ReportRequest& base) {
    std::vector<View> views;
    const auto add = [&](const char* title, const ReportRequest& request) -> Result<void> {
      auto report = accounting::report(ledger, request);
      if (!report) return fail(report.error());
      views.push_back({title, std::move(*report)});
      return {};
    };
    ReportRequest by_day = base, by_model = base, by_project = base;
    by_day.grain = Grain::day;
    by_model.group_by = {Dimension::provider, Dimension::model};
    by_model.top = kRowsShown;
    by_project.group_by = {Dimension::project};
    by_project.top = kRowsShown;
    using Titled = std::pair<const char*, const ReportRequest*>;
    for (const auto& [title, request] :
         {Titled{"Total", &base}, Titled{"By day", &by_day}, Titled{"By model", &by_model},
          Titled{"By project", &by_project}}) {
      if (const auto added = add(title, *request); !added) return fail(added.error());
    }
    return views;
  }

  static Result<void> write_text(Session& session, const storage::Ledger& ledger,
                                 std::vector<View>& views) {
    const auto extent = ledger.extent();
    if (!extent) return fail(extent.error());
    const TimeRange& range = views.front().report.range;
    std::string& out = session.out().text();
    out += range == TimeRange{} && extent->has_value()
               ? fmt::format("All records, {}\n\n", extent_text(extent->value()))
               : fmt::format("{}\n\n", range_text(range));
    for (View& view : views) {
      std::string title = view.title;
      if (title == "By day" && view.report.rows.size() > kDaysShown) {
        title += fmt::format(" (the last {} of {})", kDaysShown, view.report.rows.size());
        view.report.rows.erase(view.report.rows.begin(), view.report.rows.end() - kDaysShown);
      }
      if (title != "Total") out += inked(title, Ink::bold, session.colors()) + '\n';
      report_table({view.report, all_keys(view.report)}, cli::Totals::no)
          .append_to(out, session.colors(), title == "Total" ? 0 : 2);
      out += '\n';
    }
    out += doubts(views.front().report);
    if (out.size() > 1 && out[out.size() - 2] == '\n') out.pop_back();
    return {};
  }

  static Result<void> tell_empty(Session& session, const storage::Ledger& ledger,
                                 const Report& total) {
    const auto extent = ledger.extent();
    if (!extent) return fail(extent.error());
    session.out().write(extent->has_value()
                            ? "No records match. The ledger holds records " +
                                  extent_text(extent->value()) + ".\n"
                            : "The ledger is empty. \"cost-ops ingest\" fills it.\n");
    session.out().write(doubts(total));
    return {};
  }

  static void write_json(std::string& out, const std::vector<View>& views, const TimeZone& zone) {
    json::Writer json(out);
    const Report& total = views.front().report;
    json.object().key("range");
    write_range(json, total.range, zone);
    constexpr const char* kKeys[] = {"totals", "by_day", "by_model", "by_project"};
    for (std::size_t i = 0; i < views.size(); ++i) {
      const Report& report = views[i].report;
      json.key(kKeys[i]).array();
      for (const auto& row : i == 0 ? report.totals : report.rows) {
        write_row(json, {report, all_keys(report)}, row);
      }
      json.end_array();
    }
    json.key("unpriced").value(unpriced_of(total));
    json.key("quarantined").value(total.quarantined).end_object();
    out += '\n';
  }

  SelectionOptions selection_;
  std::string output_ = "text";
};

}  // namespace

void add_summary(CLI::App& parent, Commands& into) {
  into.push_back(std::make_unique<Summary>(parent));
}

}  // namespace costops::cli
