// export - the ledger as files.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "command.h"
#include "costops/domain/identity.h"
#include "costops/export/ledger_export.h"
#include "costops/export/ledger_rows.h"
#include "costops/pricing/importers.h"
#include "counted.h"
#include "focus_export.h"
#include "interrupt.h"
#include "options.h"
#include "selection.h"
#include "version.h"
#include "webhook_options.h"

namespace costops::cli {
namespace {

using compression::Codec;
using exports::ExportRequest;
using exports::Format;

constexpr const char* kHelp = R"(
Without --group-by, one row per record, in the order in which the ledger took them; with
it, one row per group. A file appears whole or not at all; the same ledger gives the same
bytes. With --partition month, FILE is a folder: every month gets a folder of its own
(billing_period=2026-07), replaced whole when its records changed and left alone when not,
and manifest.json, written last, says what is there.

What the ledger learns of a month after it closed changes its rows (--late replace) or, with
--late correct, stands in the month in which it became known, as differences that the column
charge_class calls Correction: closed months then never change.

Formats: csv, json, ndjson (jsonl), parquet, xlsx, markdown (md), html, pdf; by the name of
the file where --format is absent. --format focus is "cost-ops focus export". JSON shows
amounts as text, which every reader keeps exact; --decimals number changes that. HTML and
PDF show the first 5,000 rows, and the totals of all. In CSV, texts that a spreadsheet would
run as a formula begin with '; --formulas keep leaves them as they are.

Examples:
  cost-ops export -o july.csv --period 2026-07
  cost-ops export -o costs.xlsx --group-by project,model --period last-month
  cost-ops export -o lake --partition month --format parquet
  cost-ops export -o focus.csv --format focus --focus-version 1.2 --period last-month
  cost-ops export -o - --format ndjson --columns used_at,model,total_cost | head

Exit codes: 5 no records match, nothing was written; 6 done, but some records are unpriced.
)";

std::string words_of(const accounting::ReportRequest& selection) {
  std::string text = "Period: ";
  const bool all = selection.range == TimeRange{};
  text += all ? "all" : to_string(selection.range.from) + " to " + to_string(selection.range.to);
  for (const storage::Filter& filter : selection.filters) {
    const bool include = filter.kind == storage::Filter::Kind::include;
    text += fmt::format("; {}{}{}", to_string(filter.dimension),
                        include ? "=" : "!=", joined(filter.values, "|"));
  }
  return text;
}

/// Bytes to standard output at once, without gathering them.
Result<void> write_standard_output(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      return fail(errno == EPIPE ? ErrorCode::cancelled : ErrorCode::io_error,
                  "cannot write standard output: " + std::generic_category().message(errno));
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

class Export : public Command {
 public:
  explicit Export(CLI::App& parent)
      : Command(parent, "export", "Write the ledger, or a part of it, to files", kHelp,
                {.store = Uses::Store::yes}) {
    add_text(*app_, "-o,--output", output_, "FILE", "Where to; \"-\": standard output.",
             Need::required);
    add_text(*app_, "--format", format_, "FORMAT", "Instead of by the name of the file.");
    selection_.declare(*app_);
    add_comma_list(*app_, "-g,--group-by", group_by_, "DIM,...",
                   "One row per group, as in \"cost-ops query\".");
    add_comma_list(*app_, "--columns", columns_, "NAME,...",
                   "Only these columns, in this order. Default: all.");
    add_choice(*app_, "--compress", compress_, {"none", "gzip", "zstd", "brotli"},
               "Default: by the name of the file (.gz, .zst, .br).");
    add_choice(*app_, "--partition", partition_, {"month"}, "A folder for each month.");
    add_number(*app_, "--closes-after-days", closes_after_days_,
               "With --late correct: how long a month stays open for late records. Default: 3.");
    add_number(*app_, "--max-rows-per-file", rows_per_file_,
               "Then go on in name-00002.csv and so on.");
    add_choice(*app_, "--decimals", decimals_, {"string", "number"},
               "How JSON shows amounts. Default: string.");
    add_choice(*app_, "--formulas", formulas_, {"defuse", "keep"},
               "What CSV does with texts like \"=1+1\". Default: defuse.");
    add_choice(*app_, "--line-end", line_end_, {"lf", "crlf"}, "Of CSV. Default: lf.");
    add_text(*app_, "--null", null_, "TEXT", "What CSV shows for no value. Default: nothing.");
    add_text(*app_, "--title", title_, "TEXT", "Of a document. Default: Costs.");
    add_text(*app_, "--template", template_, "FILE",
             "A mustache template in place of a format; docs/reports.md has its names.");
    add_flag(*app_, "--manifest", manifest_,
             "Also write FILE.manifest.json: rows, bytes, SHA-256, totals.");
    webhook_.declare(*app_, "POST the manifest there when all is written; as --manifest.");
    declare_focus(*app_, focus_);
  }

  Result<ExitCode> run(Session& session) override {
    if (format_ == "focus") return run_focus(session);
    const std::string late = std::exchange(focus_.late, "");
    if (const std::string option = focus_option_used(focus_); !option.empty()) {
      return session.wrong_usage(option + " needs --format focus");
    }
    auto webhook = webhook_.resolve();
    if (!webhook) return session.wrong_usage(webhook.error().message);
    if (*webhook && partition_.empty()) manifest_ = true;
    auto request = request_of(session);
    if (!request) return session.wrong_usage(request.error().message);
    if (late == "correct") {
      request->late = ExportRequest::Late::correct;
    } else if (closes_after_days_ != kClosesAfterDays) {
      return session.wrong_usage("--closes-after-days needs --late correct");
    }
    const auto ledger = session.ledger(Session::Use::read);
    if (!ledger) return fail(ledger.error());
    if (manifest_ || !partition_.empty()) {
      const auto book = session.price_book();
      if (!book) return fail(book.error());
      request->price_book = to_string(record_id("price-book", {pricing::export_own_json(*book)}));
    }
    const std::atomic<bool>& stop = stop_requested_on_interrupt();
    request->cancel = &stop;
    const auto report = exports::export_ledger(**ledger, *request);
    if (!report) {
      if (report.error().code == ErrorCode::cancelled) {
        if (!stop.load()) return ExitCode::fine;  // A closed pipe.
        session.complain(report.error().message);
        return ExitCode::interrupted;
      }
      if (report.error().code != ErrorCode::invalid_input) return fail(report.error());
      return session.wrong_usage(report.error().message);
    }
    if (report->rows == 0) {
      session.note("No records match: nothing was written.");
      return ExitCode::nothing;
    }
    describe(session, *report);
    if (auto told = tell(*webhook, session, report->manifest); !told) {
      return fail(told.error().code, told.error().message + "; the files are complete");
    }
    return report->unpriced > 0 ? ExitCode::incomplete : ExitCode::fine;
  }

 private:
  /// As "focus export"; options that FOCUS leaves no choice in are refused.
  Result<ExitCode> run_focus(Session& session) {
    for (const auto& [used, name] : std::initializer_list<std::pair<bool, const char*>>{
             {!group_by_.empty(), "--group-by"},
             {!columns_.empty(), "--columns"},
             {!compress_.empty(), "--compress"},
             {!partition_.empty(), "--partition"},
             {closes_after_days_ != kClosesAfterDays, "--closes-after-days"},
             {rows_per_file_ != 0, "--max-rows-per-file"},
             {!decimals_.empty(), "--decimals"},
             {!formulas_.empty(), "--formulas"},
             {!line_end_.empty(), "--line-end"},
             {!null_.empty(), "--null"},
             {!title_.empty(), "--title"},
             {!template_.empty(), "--template"}}) {
      if (used) return session.wrong_usage(std::string(name) + " is not for --format focus");
    }
    focus_.selection = selection_;
    focus_.output = output_;
    focus_.webhook = webhook_;
    focus_.manifest = manifest_;
    return export_focus(session, focus_);
  }

  Result<ExportRequest> request_of(const Session& session) const {
    ExportRequest request;
    auto selection = selection_.resolve(session);
    if (!selection) return fail(selection.error());
    request.selection = std::move(*selection);
    const auto grouping = parse_grouping(group_by_);
    if (!grouping) return fail(grouping.error());
    request.selection.group_by = grouping->dimensions;
    request.selection.grain = grouping->grain;
    const auto format = chosen_format();
    if (!format) return fail(format.error());
    request.format = *format;
    request.output = output_;
    request.columns = columns_;
    request.rows_per_file_max = rows_per_file_;
    request.closes_after_days = static_cast<std::int64_t>(closes_after_days_);
    request.compression = chosen_codec(request.format);
    if (!partition_.empty()) request.partition = ExportRequest::Partition::month;
    if (closes_after_days_ > 366) {
      return fail(ErrorCode::invalid_input,
                  fmt::format("--closes-after-days {} is more than a year: expected 1 to 366",
                              closes_after_days_));
    }
    if (manifest_) request.manifest = ExportRequest::Manifest::yes;
    if (output_ == "-" && (manifest_ || !partition_.empty() || rows_per_file_ != 0)) {
      return fail(ErrorCode::invalid_input,
                  "standard output is one file: leave out --partition, --max-rows-per-file and "
                  "--manifest, or name a file");
    }
    request.writer = writer_options(request.selection);
    if (!template_.empty()) {
      std::ifstream file(template_, std::ios::binary);
      if (!file) return fail(ErrorCode::invalid_input, template_ + ": cannot be opened");
      request.writer.mustache.assign(std::istreambuf_iterator<char>(file), {});
      if (request.writer.mustache.empty()) {
        return fail(ErrorCode::invalid_input, template_ + ": the template is empty");
      }
      if (exports::needs_file(request.format)) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("a template makes text, not {}", to_string(request.format)));
      }
    }
    request.program_version = version_text();
    request.standard_output = write_standard_output;
    return request;
  }

  Result<Format> chosen_format() const {
    if (!format_.empty()) {
      auto format = exports::parse_format(format_);
      if (!format) return fail(format.error().code, "--format: " + format.error().message);
      return format;
    }
    if (const auto format = exports::format_of_file(output_)) return *format;
    if (!template_.empty()) return Format::markdown;  // The template says what the text is.
    return fail(ErrorCode::invalid_input,
                fmt::format("the name {} tells no format: give --format, or a name that ends "
                            "with .csv, .json, .ndjson, .parquet, .xlsx, .md, .html or .pdf",
                            quoted(output_)));
  }

  Codec chosen_codec(Format format) const {
    if (!compress_.empty()) return compression::parse_codec(compress_).value_or(Codec::identity);
    return exports::needs_file(format) ? Codec::identity : compression::codec_of_file(output_);
  }

  exports::WriterOptions writer_options(const accounting::ReportRequest& selection) const {
    exports::WriterOptions options;
    using exports::CsvOptions;
    if (formulas_ == "keep") options.csv.formulas = CsvOptions::Formulas::keep;
    if (line_end_ == "crlf") options.csv.line = CsvOptions::Line::crlf;
    options.csv.null_text = null_;
    if (decimals_ == "number") options.decimals = exports::WriterOptions::Decimals::number;
    if (!title_.empty()) options.document.title = title_;
    options.document.lines.push_back(words_of(selection));
    return options;
  }

  /// What was written, in one line on standard error; standard output may be the export itself.
  void describe(const Session& session, const exports::ExportReport& report) const {
    if (output_ == "-" && session.verbosity() == 0) return;
    std::string text = fmt::format("{} in {}", counted(report.rows, "row", "rows"),
                                   counted(report.files.size(), "file", "files"));
    for (const Money& money : report.totals.all()) {
      text += fmt::format(", {} {}", to_string(money.amount), money.currency.code());
    }
    if (report.partitions_unchanged > 0) {
      text +=
          fmt::format(", {} unchanged", counted(report.partitions_unchanged, "month", "months"));
    }
    if (report.unpriced > 0) {
      text += fmt::format(", {} unpriced", counted(report.unpriced, "record", "records"));
    }
    session.note(text);
  }

  SelectionOptions selection_;
  std::vector<std::string> group_by_, columns_;
  static constexpr std::uint64_t kClosesAfterDays = 3;
  std::uint64_t rows_per_file_ = 0, closes_after_days_ = kClosesAfterDays;
  std::string output_, format_, compress_, partition_, decimals_, formulas_, line_end_, null_,
      title_, template_;
  bool manifest_ = false;
  WebhookOptions webhook_;
  FocusExportOptions focus_;
};

}  // namespace

void add_export(CLI::App& parent, Commands& into) {
  into.push_back(std::make_unique<Export>(parent));
}

}  // namespace costops::cli
