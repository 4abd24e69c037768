#include "ingest_text.h"

#include <fmt/format.h>

#include "costops/json/json.h"
#include "counted.h"
#include "terminal.h"

namespace costops::cli {

using accounting::IngestOptions;
using accounting::IngestReport;

void append_counts(std::string& out, const IngestReport& report) {
  const auto line = [&](const char* name, std::uint64_t count) {
    out += fmt::format("  {:<12}{:>10}\n", name, count);
  };
  line("read", report.read);
  line("new", report.added);
  line("duplicate", report.duplicates);
  line("superseded", report.superseded);
  if (report.conflicts > 0) line("conflicting", report.conflicts);
  line("unpriced", report.unpriced);
  line("quarantined", report.quarantined);
}

void append_doubts(std::string& out, const IngestReport& report) {
  constexpr std::size_t kReasonsShown = 5;
  if (!report.unpriced_reasons.empty()) out += "\nUnpriced: kept, their cost is unknown.\n";
  for (std::size_t i = 0; i < report.unpriced_reasons.size() && i < kReasonsShown; ++i) {
    const auto& [reason, records] = report.unpriced_reasons[i];
    out += fmt::format("  {}: {}\n", counted(records, "record", "records"), printable(reason));
  }
  if (report.unpriced_reasons.size() > kReasonsShown) {
    out += fmt::format("  and {} more reasons\n", report.unpriced_reasons.size() - kReasonsShown);
  }
  if (report.first_rejections.empty()) return;
  out += "\nQuarantined: kept apart, in no total.\n";
  for (const auto& rejection : report.first_rejections) {
    out += fmt::format("  {}: {}\n", printable(to_string(rejection.position)),
                       printable(rejection.reason));
  }
  if (report.quarantined > report.first_rejections.size()) {
    out += fmt::format("  and {} more: cost-ops quarantine list\n",
                       report.quarantined - report.first_rejections.size());
  }
}

void write_ingest_json(std::string& out, const IngestReport& report, IngestOptions::Mode mode) {
  json::Writer json(out);
  json.object();
  json.key("dry_run").value(mode == IngestOptions::Mode::dry_run);
  json.key("cancelled").value(report.cancelled);
  json.key("files").value(report.files).key("files_unchanged").value(report.files_skipped);
  json.key("read").value(report.read).key("new").value(report.added);
  json.key("duplicate").value(report.duplicates).key("superseded").value(report.superseded);
  json.key("conflict").value(report.conflicts).key("unpriced").value(report.unpriced);
  json.key("quarantined").value(report.quarantined);
  json.key("cost").array();
  for (const Money& money : report.cost.all()) {
    if (money.currency.is_none()) continue;  // Unpriced.
    json.object().key("currency").value(money.currency.code());
    json.key("amount").value(money.amount).end_object();
  }
  json.end_array().key("unpriced_reasons").array();
  for (const auto& [reason, records] : report.unpriced_reasons) {
    json.object().key("reason").value(reason).key("records").value(records).end_object();
  }
  json.end_array().key("first_quarantined").array();
  for (const auto& rejection : report.first_rejections) {
    json.object().key("file").value(rejection.position.file);
    json.key("line").value(rejection.position.line);
    json.key("reason").value(rejection.reason).end_object();
  }
  json.end_array().end_object();
  out += '\n';
}

}  // namespace costops::cli
