// in_format.cc - a report as text: JSON, the writers' formats, a user's own template.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <kainjow/mustache.hpp>

#include "costops/export/report_generator.h"
#include "costops/json/json.h"
#include "export/values.h"

namespace costops::reports {
namespace {

namespace mustache = kainjow::mustache;
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

/// A cell as text; "" for null.
std::string text_of(const exports::Column& column, const exports::Batch::Values& values,
                    std::size_t row) {
  if (values.is_null(row)) return "";
  if (column.type == exports::ColumnType::text) return std::string(values.text[row]);
  std::string out;
  exports::append_value(out, column, values, row);
  return out;
}

mustache::data rows_of(ReportDocument& document) {
  mustache::data rows{mustache::data::type::list};
  (void)document.rows([&](const exports::Batch& batch) -> Result<void> {
    const auto& columns = document.schema().columns;
    for (std::size_t row = 0; row < batch.rows; ++row) {
      mustache::data entry;
      mustache::data cells{mustache::data::type::list};
      for (std::size_t c = 0; c < columns.size(); ++c) {
        const std::string text = text_of(columns[c], batch.columns[c], row);
        entry.set(columns[c].name, text);
        cells.push_back(mustache::data{"text", text});
      }
      entry.set("cells", cells);
      rows.push_back(entry);
    }
    return {};
  });
  return rows;
}

mustache::data context_of(ReportDocument& document) {
  mustache::data context;
  context.set("title", document.text().title);
  mustache::data lines{mustache::data::type::list};
  for (const std::string& line : document.text().lines) lines.push_back({"text", line});
  context.set("lines", lines);
  mustache::data columns{mustache::data::type::list};
  for (const auto& column : document.schema().columns) columns.push_back({"name", column.name});
  context.set("columns", columns);
  mustache::data totals{mustache::data::type::list};
  for (const Money& money : document.totals().all()) {
    mustache::data total;
    total.set("amount", to_string(money.amount));
    total.set("currency", std::string(money.currency.code()));
    totals.push_back(total);
  }
  context.set("totals", totals);
  context.set("rows", rows_of(document));
  return context;
}

/// The library says "... at 17": a place in the text. People want the line.
std::string with_line(std::string_view message, std::string_view text) {
  const std::size_t at = message.rfind(" at ");
  std::size_t place = 0;
  if (at != std::string_view::npos) {
    const std::string_view digits = message.substr(at + 4);
    std::from_chars(digits.data(), digits.data() + digits.size(), place);
    message = message.substr(0, at);
  }
  const auto lines = std::count(
      text.begin(), text.begin() + static_cast<std::ptrdiff_t>(std::min(place, text.size())), '\n');
  return fmt::format("line {}: {}", lines + 1, message);
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
  mustache::mustache pattern{std::string(text)};
  if (!pattern.is_valid()) {
    return fail(ErrorCode::invalid_input, with_line(pattern.error_message(), text));
  }
  std::string out = pattern.render(context_of(document));
  if (pattern.is_valid()) return out;
  return fail(ErrorCode::invalid_input, with_line(pattern.error_message(), text));
}

}  // namespace costops::reports
