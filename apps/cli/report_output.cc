// report_output.cc - formats that are text, and those that a library writes.
#include "report_output.h"

#include <fstream>
#include <iterator>

#include "costops/export/output_file.h"
#include "options.h"
#include "table.h"

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

/// Shares have fewer places than the twelve of amounts.
Amount amount_of(Int128 value, int scale) {
  for (; scale < exports::kMoneyScale; ++scale) value *= 10;
  return Amount::pico(value);
}

std::string cell_text(const exports::Column& column, const exports::Batch::Values& values,
                      std::size_t row) {
  if (values.is_null(row)) return "";
  switch (column.type) {
    case exports::ColumnType::text:
      return std::string(values.text[row]);
    case exports::ColumnType::integer:
      return std::to_string(values.whole[row]);
    case exports::ColumnType::decimal:
      return to_string(amount_of(values.decimal[row], column.scale));
    case exports::ColumnType::instant:
      return to_string(Instant(Microseconds(values.whole[row])));
    case exports::ColumnType::boolean:
      break;
  }
  return values.whole[row] != 0 ? "yes" : "no";
}

/// For a terminal: the title's lines, the table, the totals.
Result<std::string> as_table(ReportDocument& document, Colors colors) {
  std::vector<Column> columns;
  for (const exports::Column& column : document.schema().columns) {
    const bool number =
        column.type == exports::ColumnType::integer || column.type == exports::ColumnType::decimal;
    columns.push_back({column.name, number ? Align::right : Align::left});
  }
  Table table(std::move(columns));
  const auto read = document.rows([&](const exports::Batch& batch) -> Result<void> {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      std::vector<Cell> cells;
      for (std::size_t c = 0; c < batch.columns.size(); ++c) {
        cells.push_back({cell_text(document.schema().columns[c], batch.columns[c], row)});
      }
      table.add(std::move(cells));
    }
    return {};
  });
  if (!read) return fail(read.error());
  std::string out = document.text().title + "\n";
  for (const std::string& line : document.text().lines) out += line + "\n";
  out += '\n';
  table.append_to(out, colors);
  return out;
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
  add_choice(app, "--format", format,
             {"table", "markdown", "html", "pdf", "xlsx", "csv", "json", "ndjson"},
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
  if (format == "table") {
    const auto text = as_table(document, output.empty() ? session.colors() : Colors::off);
    if (!text) return fail(text.error());
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
