// json.cc - an array of objects, or one object a line.
#include "costops/json/json.h"

#include "export/buffered.h"
#include "export/values.h"

namespace costops::exports {
namespace {

/// Texts that need no escape and no check of their UTF-8: printable ASCII.
bool is_plain(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f || c == '"' || c == '\\') return false;
  }
  return true;
}

class JsonWriter final : public BufferedWriter {
 public:
  JsonWriter(JsonShape shape, WriterOptions::Decimals decimals, compression::Sink sink)
      : BufferedWriter(std::move(sink)), shape_(shape), decimals_(decimals) {}

  Result<void> begin(const Schema& schema) override {
    schema_ = &schema;
    for (std::size_t c = 0; c < schema.columns.size(); ++c) {
      std::string key = c == 0 ? "{" : ",";
      json::append_quoted(key, schema.columns[c].name);
      keys_.push_back(key + ":");
    }
    if (shape_ == JsonShape::array) out_ += '[';
    return {};
  }

  Result<void> write(const Batch& batch) override {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      if (shape_ == JsonShape::array) out_ += first_ ? "\n" : ",\n";
      first_ = false;
      for (std::size_t c = 0; c < batch.columns.size(); ++c) {
        out_ += keys_[c];
        append_cell(schema_->columns[c], batch.columns[c], row);
      }
      out_ += shape_ == JsonShape::array ? "}" : "}\n";
      if (auto flushed = flush_if_large(); !flushed) return flushed;
    }
    return {};
  }

  Result<void> finish() override {
    if (shape_ == JsonShape::array) out_ += first_ ? "]\n" : "\n]\n";
    return flush();
  }

 private:
  void append_cell(const Column& column, const Batch::Values& values, std::size_t row) {
    if (values.is_null(row)) {
      out_ += "null";
      return;
    }
    const bool quoted =
        column.type == ColumnType::instant ||
        (column.type == ColumnType::decimal && decimals_ == WriterOptions::Decimals::text);
    if (column.type != ColumnType::text) {
      if (quoted) out_ += '"';
      append_value(out_, column, values, row);
      if (quoted) out_ += '"';
      return;
    }
    const std::string_view text = values.text[row];
    if (is_plain(text)) {
      out_ += '"';
      out_ += text;
      out_ += '"';
    } else {
      json::append_quoted(out_, text);
    }
  }

  JsonShape shape_;
  WriterOptions::Decimals decimals_;
  const Schema* schema_ = nullptr;
  std::vector<std::string> keys_;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<TableWriter> make_json_writer(JsonShape shape, WriterOptions::Decimals decimals,
                                              compression::Sink sink) {
  return std::make_unique<JsonWriter>(shape, decimals, std::move(sink));
}

}  // namespace costops::exports
