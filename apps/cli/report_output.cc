// report_output.cc - formats that are text, and those that a library writes.
#include "report_output.h"

#include <fstream>
#include <iterator>

#include "costops/export/output_file.h"
#include "options.h"

namespace costops::cli {
namespace {

using exports::Format;
using reports::ReportDocument;

Result<void> write_by_library(ReportDocument& document, Format format, const std::string& path) {
  auto file = exports::OutputFile::create(path);
  if (!file) return fail(file.error());
  exports::WriterOptions options;
  options.document = document.text();
  auto writer = exports::make_file_writer(format, options, file->temporary_path());
  if (!writer) return fail(writer.error());
  if (auto begun = (*writer)->begin(document.schema()); !begun) return begun;
  auto rows = document.rows([&](const exports::Batch& batch) { return (*writer)->write(batch); });
  if (rows) rows = (*writer)->finish();
  if (!rows) return rows;
  const auto facts = file->commit();
  if (!facts) return fail(facts.error());
  return {};
}

}  // namespace

Result<std::string> whole_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::not_found, path + ": cannot be opened");
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

Result<void> write_report_text(Session& session, const std::string& path, std::string_view text) {
  if (path.empty() || path == "-") {
    session.out().write(text);
    return {};
  }
  if (auto written = exports::write_file(path, text); !written) return fail(written.error());
  return {};
}

void ReportOutput::declare(CLI::App& app) {
  add_text(app, "-o,--output", output, "FILE", "Where to write. Default: standard output.");
  add_choice(app, "--format", format, {"markdown", "html", "pdf", "xlsx", "csv", "json", "ndjson"},
             "Form of the report. Default: by FILE's name, else markdown.");
  add_text(app, "--template", mustache, "FILE", "A mustache template in place of a format.");
  add_text(app, "--title", title, "TEXT", "The report's title.");
}

Result<void> ReportOutput::write(Session& session, ReportDocument& document) const {
  if (!mustache.empty()) {
    const auto pattern = whole_file(mustache);
    if (!pattern) return fail(pattern.error());
    const auto text = in_template(document, *pattern);
    if (!text) return fail(text.error().code, mustache + ": " + text.error().message);
    return write_report_text(session, output, *text);
  }
  Format form = Format::markdown;
  if (!format.empty()) {
    const auto parsed = exports::parse_format(format);
    if (!parsed) return fail(parsed.error());
    form = *parsed;
  } else if (const auto told = exports::format_of_file(output)) {
    form = *told;
  }
  const bool to_file = !output.empty() && output != "-";
  if (exports::needs_file(form) && to_file) return write_by_library(document, form, output);
  const auto text = in_format(document, form);
  if (!text) return fail(text.error());
  return write_report_text(session, output, *text);
}

}  // namespace costops::cli
