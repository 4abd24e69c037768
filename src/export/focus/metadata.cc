// metadata.cc - the description of a dataset, as the FOCUS metadata specification has it.
#include "costops/domain/identity.h"
#include "costops/export/focus_export.h"
#include "costops/json/json.h"

namespace costops::focus {
namespace {

/// When our columns were last changed. A change gives another SchemaId by itself.
constexpr std::string_view kCreationDate = "2026-11-01T00:00:00Z";

std::string_view data_type(const exports::Column& column) {
  if (column.name == "Tags" || column.name == "SkuPriceDetails") return "JSON";
  switch (column.type) {
    case exports::ColumnType::instant:
      return "DATETIME";
    case exports::ColumnType::decimal:
    case exports::ColumnType::integer:
      return "DECIMAL";
    default:
      return "STRING";
  }
}

/// The same columns of the same version have the same id, everywhere.
std::string schema_id(const exports::Schema& schema) {
  std::string columns;
  for (const exports::Column& column : schema.columns) {
    columns +=
        column.name + ":" + std::string(data_type(column)) + std::to_string(column.scale) + "\n";
  }
  std::string id = to_string(record_id("focus-schema", {schema.version, columns}));
  for (const std::size_t dash : {20u, 16u, 12u, 8u}) id.insert(dash, "-");
  return id;
}

}  // namespace

std::string metadata_of(const exports::Schema& schema, Version version,
                        std::string_view generator_version) {
  std::string out;
  json::Writer json(out);
  json.object();
  json.key("DataGenerator").object().key("DataGenerator").value("cost-ops").end_object();
  json.key("Schema").object();
  json.key("SchemaId").value(schema_id(schema));
  json.key("FocusVersion").value(to_string(version));
  json.key("CreationDate").value(kCreationDate);
  json.key("DataGeneratorVersion").value(generator_version);
  json.key("ColumnDefinition").array();
  for (const exports::Column& column : schema.columns) {
    json.object().key("ColumnName").value(column.name);
    json.key("DataType").value(data_type(column));
    if (column.type == exports::ColumnType::decimal) {
      json.key("NumericPrecision").value(38).key("NumberScale").value(column.scale);
    }
    if (column.type == exports::ColumnType::integer) {
      json.key("NumericPrecision").value(19).key("NumberScale").value(0);
    }
    if (column.type == exports::ColumnType::text) json.key("StringEncoding").value("UTF-8");
    if (column.name == "Tags") {
      json.key("ProviderTagPrefixes").array().value("cost-ops/").end_array();
    }
    json.end_object();
  }
  json.end_array().end_object().end_object();
  return out + "\n";
}

}  // namespace costops::focus
