// in_format.cc - a report as text: JSON, the writers' formats, a user's own template.
#include <fmt/format.h>

#include "costops/export/report_generator.h"
#include "costops/json/json.h"
#include "export/template.h"

namespace costops::reports {
namespace {

using exports::Format;

Result<void> write_rows(ReportDocument& document, Format format, std::string& into) {
  exports::WriterOptions options;
  options.document = document.text();
  auto writer = exports::make_writer(format, options, [&](std::string_view bytes) -> Result<void> {
    into += bytes;
    return {};
  });
  if (!writer) return fail(writer.error());
  if (auto begun = (*writer)->begin(document.schema()); !begun) return begun;
  auto rows = document.rows([&](const exports::Batch& batch) { return (*writer)->write(batch); });
  return rows ? (*writer)->finish() : rows;
}

Result<std::string> as_json(ReportDocument& document) {
  std::string out;
  json::Writer json(out);
  json.object().key("report").value(to_string(document.kind()));
  json.key("title").value(document.text().title);
  json.key("lines").array();
  for (const std::string& line : document.text().lines) json.value(line);
  json.end_array().key("key_names").array();
  for (const exports::Column& column : document.schema().columns) {
    if (column.type != exports::ColumnType::text || column.name == "currency") break;
    json.value(column.name);
  }
  json.end_array().key("totals").array();
  for (const Money& money : document.totals().all()) {
    json.object().key("currency").value(money.currency.code());
    json.key("amount").value(money.amount).end_object();
  }
  json.end_array();
  out += ",\"rows\":";
  if (auto written = write_rows(document, Format::json, out); !written) {
    return fail(written.error());
  }
  while (out.back() == '\n') out.pop_back();
  return out += "}\n";
}

}  // namespace

Result<std::string> in_format(ReportDocument& document, Format format) {
  if (format == Format::json) return as_json(document);
  if (exports::needs_file(format)) {
    return fail(ErrorCode::unsupported,
                fmt::format("{} is written to a file, not to text", to_string(format)));
  }
  std::string out;
  if (auto written = write_rows(document, format, out); !written) return fail(written.error());
  return out;
}

Result<std::string> in_template(ReportDocument& document, std::string_view text) {
  auto pattern = exports::Template::parse(text);
  if (!pattern) return fail(pattern.error());
  pattern->begin(document.text(), document.schema());
  auto added = document.rows([&](const exports::Batch& batch) { return pattern->add(batch); });
  if (!added) return fail(added.error());
  return pattern->render(document.totals());
}

}  // namespace costops::reports
