#include "export/manifest.h"

#include <fstream>
#include <sstream>

#include "costops/domain/identity.h"
#include "costops/json/json.h"

namespace costops::exports {
namespace {

std::string_view type_word(ColumnType type) {
  switch (type) {
    case ColumnType::text:
      return "text";
    case ColumnType::integer:
      return "integer";
    case ColumnType::decimal:
      return "decimal";
    case ColumnType::instant:
      return "instant";
    case ColumnType::boolean:
      break;
  }
  return "boolean";
}

void write_columns(json::Writer& json, const Schema& schema) {
  json.key("columns").array();
  for (const Column& column : schema.columns) {
    json.object().key("name").value(column.name).key("type").value(type_word(column.type));
    if (column.type == ColumnType::decimal) json.key("scale").value(column.scale);
    json.end_object();
  }
  json.end_array();
}

/// What the rows are of: everything here is part of the export's kind.
void write_question(json::Writer& json, const ExportRequest& request, const Schema& schema) {
  const accounting::ReportRequest& selection = request.selection;
  json.key("schema_version").value(schema.version);
  json.key("format").value(to_string(request.format));
  json.key("compression").value(to_string(request.compression));
  json.key("formulas_defused")
      .value(request.format == Format::csv &&
             request.writer.csv.formulas == CsvOptions::Formulas::defuse);
  if (request.late == ExportRequest::Late::correct) {
    json.key("late").value("correct").key("closes_after_days").value(request.closes_after_days);
  }
  write_columns(json, schema);
  json.key("range").object();
  json.key("from").value(costops::to_string(selection.range.from));
  json.key("to").value(costops::to_string(selection.range.to)).end_object();
  json.key("as_of");
  if (selection.as_of) {
    json.value(costops::to_string(*selection.as_of));
  } else {
    json.null();
  }
  json.key("filters").array();
  for (const storage::Filter& filter : selection.filters) {
    json.object().key("dimension").value(to_string(filter.dimension)).key("kind");
    json.value(filter.kind == storage::Filter::Kind::include ? "include" : "exclude");
    json.key("values").array();
    for (const std::string& value : filter.values) json.value(value);
    json.end_array().end_object();
  }
  json.end_array();
}

void write_totals(json::Writer& json, const CurrencyTotals& totals) {
  json.key("totals").object();
  for (const Money& money : totals.all()) json.key(money.currency.code()).value(money.amount);
  json.end_object();
}

/// 0: not known, as of sums of records that are told of without their times.
void write_watermark(json::Writer& json, std::int64_t watermark) {
  json.key("watermark");
  if (watermark == 0) {
    json.null();
  } else {
    json.value(costops::to_string(Instant(Microseconds(watermark))));
  }
}

void write_partition(json::Writer& json, const ExportedPartition& partition) {
  json.object().key("name").value(partition.name);
  json.key("records").value(partition.state.records);
  write_watermark(json, partition.state.watermark);
  json.key("watermark_us").value(partition.state.watermark);
  json.key("files").array();
  for (const ExportedFile& file : partition.files) {
    json.object().key("path").value(file.path).key("rows").value(file.rows);
    json.key("bytes").value(file.facts.bytes).key("sha256").value(file.facts.sha256);
    write_totals(json, file.totals);
    json.end_object();
  }
  json.end_array().end_object();
}

CurrencyTotals read_totals(json::Value object) {
  CurrencyTotals totals;
  for (json::Value total = object.first(); total.exists(); total = total.next()) {
    const auto currency = Currency::parse(total.name());
    const auto amount = parse_amount(total.string().value_or(""));
    if (currency && amount) totals.add({*amount, *currency});
  }
  return totals;
}

ExportedPartition read_partition(json::Value value) {
  json::Fields field(value);
  ExportedPartition partition;
  partition.name = field.text("name");
  partition.state.records = static_cast<std::uint64_t>(field.count("records"));
  partition.state.watermark = value["watermark_us"].integer().value_or(0);
  for (json::Value file = value["files"].first(); file.exists(); file = file.next()) {
    json::Fields of_file(file);
    ExportedFile& out = partition.files.emplace_back();
    out.path = of_file.text("path");
    out.rows = static_cast<std::uint64_t>(of_file.count("rows"));
    out.facts.bytes = static_cast<std::uint64_t>(of_file.count("bytes"));
    out.facts.sha256 = of_file.text("sha256");
    out.totals = read_totals(file["totals"]);
  }
  return partition;
}

}  // namespace

std::string kind_of(const ExportRequest& request, const Schema& schema) {
  std::string text;
  json::Writer json(text);
  json.object();
  write_question(json, request, schema);
  json.key("rows_per_file_max").value(request.rows_per_file_max);
  json.key("decimals").value(static_cast<int>(request.writer.decimals));
  if (!request.writer.mustache.empty()) json.key("template").value(request.writer.mustache);
  json.end_object();
  return costops::to_string(record_id("export", {text}));
}

std::string manifest_text(const ExportRequest& request, const Schema& schema,
                          const Manifest& manifest) {
  std::string out;
  json::Writer json(out);
  json.object().key("manifest").value("cost-ops export").key("manifest_version").value(1);
  json.key("kind").value(manifest.kind);
  json.key("cost_ops_version").value(request.program_version);
  json.key("price_book").value(request.price_book);
  write_question(json, request, schema);
  std::uint64_t rows = 0;
  std::int64_t watermark = 0;
  CurrencyTotals totals;
  for (const ExportedPartition& partition : manifest.partitions) {
    watermark = std::max(watermark, partition.state.watermark);
    for (const ExportedFile& file : partition.files) {
      rows += file.rows;
      totals.add(file.totals);
    }
  }
  json.key("rows").value(rows);
  write_totals(json, totals);
  write_watermark(json, watermark);
  json.key("partitions").array();
  for (const ExportedPartition& partition : manifest.partitions) write_partition(json, partition);
  json.end_array().end_object();
  return out + "\n";
}

Result<std::optional<Manifest>> read_manifest(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::stringstream text;
  text << file.rdbuf();
  json::Document document;
  const auto root = document.parse_copy(text.str());
  if (!root || (*root)["manifest"].string() != "cost-ops export") {
    return fail(ErrorCode::conflict,
                path + " is no manifest of cost-ops: export into another folder, or move it away");
  }
  Manifest manifest;
  manifest.kind = (*root)["kind"].string().value_or("");
  for (json::Value p = (*root)["partitions"].first(); p.exists(); p = p.next()) {
    manifest.partitions.push_back(read_partition(p));
  }
  return manifest;
}

}  // namespace costops::exports
