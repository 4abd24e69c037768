// anomalies - what of the spend is strange, since when, and what explains it.
#include "costops/accounting/anomalies.h"

#include <fmt/format.h>

#include "command.h"
#include "counted.h"
#include "estimate_text.h"
#include "options.h"
#include "report_text.h"
#include "series_options.h"
#include "table.h"

namespace costops::cli {
namespace {

constexpr const char* kHelp = R"(
A period is compared with the level of its series times the usual share of its weekday and hour;
docs/anomalies.md says how. A spike or drop is told once however long it lasts; a rise or fall is a
new level, told once when it has been confirmed. The last period is judged when it has ended.
--range and --since choose which anomalies are told; everything before is still learnt from.

Examples:
  cost-ops anomalies                          total spend by day
  cost-ops anomalies --by project --range last-30d
  cost-ops anomalies --period hour --by model --output json
  cost-ops anomalies --method modified_z_score --threshold 3.5

JSON: {"period","metric","method","timezone","anomalies":[{dimensions..., "kind","first","last",
  "actual","expected","lower","upper","impact","currency","severity","explained_by":
  [{"dimension","value","actual","usual","excess"}]}],"unpriced"}; amounts are decimal strings,
  estimates among them.

Exit code 3 with --exit-code: there are anomalies.
)";

std::string impact_text(const forecasting::Anomaly& anomaly, const Estimates& estimates) {
  const std::string text = estimates.text(anomaly.actual - anomaly.expected);
  return anomaly.actual >= anomaly.expected ? "+" + text : text;
}

/// "2026-07-01", or "2026-07-01 to 2026-07-03".
std::string when_text(const forecasting::Grid& grid, const forecasting::Anomaly& anomaly) {
  const std::string first = grid.label(anomaly.first);
  return anomaly.first == anomaly.last ? first : first + " to " + grid.label(anomaly.last);
}

/// "gpt-4o +12.5, claude-sonnet-4 +3.1".
std::string explained_text(const accounting::FoundAnomaly& found, const Estimates& estimates) {
  std::string text;
  for (const auto& each : found.explained_by) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}{}", shown_value(each.value), each.part.excess > 0 ? "+" : "",
                        estimates.text(each.part.excess));
  }
  return text;
}

class Anomalies : public Command {
 public:
  explicit Anomalies(CLI::App& parent)
      : Command(parent, "anomalies", "Spend that is strange, and what explains it", kHelp,
                {.store = Uses::Store::yes}) {
    options_.declare(*app_,
                     "A series for each value of these dimensions. Default: one of all spend.");
    add_choice(*app_, "--method", method_,
               {"robust", "z_score", "iqr", "mad", "modified_z_score", "moving_average"},
               "How a period is judged. Default: robust.");
    add_text(*app_, "--threshold", threshold_, "N",
             "Severity from which a period is strange. Default: the method's own (robust: 3.2).");
    add_flag(*app_, "--exit-code", exit_code_, "Exit with 3 if there are anomalies.");
    add_choice(*app_, "-o,--output", output_, {"table", "json", "csv"},
               "Form of the result. Default: table.");
  }

  Result<ExitCode> run(Session& session) override {
    auto request = resolve(session);
    if (!request) return session.wrong_usage(request.error().message);
    const auto ledger = session.ledger(Session::Use::read);
    if (!ledger) return fail(ledger.error());
    const auto report = accounting::find_anomalies(**ledger, *request);
    if (!report) return fail(report.error());
    print(session, *report, *request);
    tell_doubts(session, *report);
    return exit_code_ && !report->found.empty() ? ExitCode::gate : ExitCode::fine;
  }

 private:
  Result<accounting::AnomalyRequest> resolve(const Session& session) const {
    auto series = options_.resolve(session);
    if (!series) return fail(series.error());
    accounting::AnomalyRequest request;
    request.series = std::move(*series);
    request.parameters.method = *forecasting::parse_anomaly_method(method_);
    if (threshold_.empty()) return request;
    const auto threshold = parse_estimate(threshold_);
    if (!threshold || *threshold <= 0.0) {
      return fail(ErrorCode::invalid_input,
                  fmt::format("--threshold: \"{}\" is no number above 0", threshold_));
    }
    request.parameters.threshold = *threshold;
    return request;
  }

  static void tell_doubts(const Session& session, const accounting::AnomalyReport& report) {
    if (report.series.complete == 0) {
      session.note("No complete period to judge. \"cost-ops ingest\" fills the ledger.");
    }
    if (report.series.unpriced > 0) {
      session.note(fmt::format("{} unpriced: periods that hold nothing else are not judged.",
                               counted(report.series.unpriced, "record is", "records are")));
    }
  }

  void print(Session& session, const accounting::AnomalyReport& report,
             const accounting::AnomalyRequest& request) const {
    std::string& out = session.out().text();
    if (output_ == "json") {
      write_json(out, report, request);
    } else if (output_ == "csv") {
      write_csv(out, report);
    } else if (report.found.empty()) {
      out += fmt::format("No anomalies: {} series, {} {}s.\n", report.series.keys.size(),
                         report.series.complete, options_.period());
    } else {
      table_of(report).append_to(out, session.colors());
    }
  }

  Table table_of(const accounting::AnomalyReport& report) const {
    std::vector<Column> columns{{options_.period()}};
    for (const auto& name : report.series.key_names) columns.push_back({name});
    columns.push_back({"kind"});
    for (const char* title : {options_.metric().c_str(), "expected", "impact"}) {
      columns.push_back({title, Align::decimal});
    }
    columns.push_back({""});
    columns.push_back({"severity", Align::decimal});
    columns.push_back({"what explains it"});
    Table table(std::move(columns));
    for (const auto& found : report.found) {
      const Estimates estimates(options_.metric(), report.series.currencies[found.series]);
      std::vector<Cell> row{{when_text(report.series.table.grid(), found.anomaly)}};
      for (const auto& key : report.series.keys[found.series]) row.push_back({shown_value(key)});
      row.push_back({std::string(to_string(found.anomaly.kind)), Ink::warning});
      row.push_back({estimates.text(found.anomaly.actual)});
      row.push_back({estimates.text(found.anomaly.expected)});
      row.push_back({impact_text(found.anomaly, estimates), Ink::bold});
      row.push_back({std::string(estimates.unit())});
      row.push_back({fmt::format("{:.1f}", found.anomaly.severity)});
      row.push_back({explained_text(found, estimates), Ink::dim});
      table.add(std::move(row));
    }
    return table;
  }

  void write_csv(std::string& out, const accounting::AnomalyReport& report) const {
    std::vector<std::string> head = report.series.key_names;
    for (const char* name : {"kind", "first", "last", "actual", "expected", "lower", "upper",
                             "impact", "currency", "severity", "explained_by"}) {
      head.emplace_back(name);
    }
    append_csv(out, head);
    for (const auto& found : report.found) {
      const Currency currency = report.series.currencies[found.series];
      const Estimates estimates(options_.metric(), currency);
      const auto& grid = report.series.table.grid();
      std::vector<std::string> row;
      for (const auto& key : report.series.keys[found.series]) row.push_back(csv_text(key));
      const auto& anomaly = found.anomaly;
      row.emplace_back(to_string(anomaly.kind));
      row.push_back(grid.label(anomaly.first));
      row.push_back(grid.label(anomaly.last));
      for (const double value : {anomaly.actual, anomaly.expected, anomaly.lower, anomaly.upper,
                                 anomaly.actual - anomaly.expected}) {
        row.push_back(exact_estimate(value));
      }
      row.emplace_back(currency.code());
      row.push_back(fmt::format("{:.3f}", anomaly.severity));
      row.push_back(csv_text(explained_text(found, estimates)));
      append_csv(out, row);
    }
  }

  void write_json(std::string& out, const accounting::AnomalyReport& report,
                  const accounting::AnomalyRequest& request) const {
    json::Writer json(out);
    json.object().key("period").value(options_.period()).key("metric").value(options_.metric());
    json.key("method").value(method_).key("timezone").value(request.series.zone.name());
    json.key("anomalies").array();
    for (const auto& found : report.found) write_found(json, report, found);
    json.end_array().key("unpriced").value(report.series.unpriced).end_object();
    out += '\n';
  }

  static void write_found(json::Writer& json, const accounting::AnomalyReport& report,
                          const accounting::FoundAnomaly& found) {
    const auto& anomaly = found.anomaly;
    const auto& grid = report.series.table.grid();
    json.object();
    for (std::size_t i = 0; i < report.series.key_names.size(); ++i) {
      json.key(report.series.key_names[i]).value(report.series.keys[found.series][i]);
    }
    json.key("kind").value(to_string(anomaly.kind)).key("first").value(grid.label(anomaly.first));
    json.key("last").value(grid.label(anomaly.last));
    json.key("actual").value(exact_estimate(anomaly.actual));
    json.key("expected").value(exact_estimate(anomaly.expected));
    json.key("lower").value(exact_estimate(anomaly.lower));
    json.key("upper").value(exact_estimate(anomaly.upper));
    json.key("impact").value(exact_estimate(anomaly.actual - anomaly.expected));
    json.key("currency").value(report.series.currencies[found.series].code());
    json.key("severity").raw(fmt::format("{:.3f}", anomaly.severity));
    json.key("explained_by").array();
    for (const auto& each : found.explained_by) {
      json.object().key("dimension").value(to_string(each.dimension));
      json.key("value").value(each.value).key("actual").value(exact_estimate(each.part.actual));
      json.key("usual").value(exact_estimate(each.part.usual));
      json.key("excess").value(exact_estimate(each.part.excess)).end_object();
    }
    json.end_array().end_object();
  }

  SeriesOptions options_;
  std::string method_ = "robust", threshold_, output_ = "table";
  bool exit_code_ = false;
};

}  // namespace

void add_anomalies(CLI::App& parent, Commands& into) {
  into.push_back(std::make_unique<Anomalies>(parent));
}

}  // namespace costops::cli
