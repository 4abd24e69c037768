// json.cc - an array of objects, or one object a line.
#include "costops/json/json.h"

#include "export/buffered.h"
#include "export/values.h"

namespace costops::exports {
namespace {

/// A control character as \u0000: six characters for one byte.
constexpr std::size_t kEscapedMost = 6;

class JsonWriter final : public BufferedWriter {
 public:
  JsonWriter(JsonShape shape, WriterOptions::Decimals decimals, compression::Sink sink)
      : BufferedWriter(std::move(sink)), shape_(shape), decimals_(decimals) {}

  Result<void> begin(const Schema& schema) override {
    schema_ = &schema;
    fixed_most_ = 4;
    for (std::size_t c = 0; c < schema.columns.size(); ++c) {
      const Column& column = schema.columns[c];
      std::string key = c == 0 ? "{" : ",";
      json::append_quoted(key, column.name);
      keys_.push_back(key + ":");
      quoted_.push_back(
          column.type == ColumnType::instant ||
          (column.type == ColumnType::decimal && decimals_ == WriterOptions::Decimals::text));
      fixed_most_ += keys_.back().size() + kValueCharacters + 2;
    }
    if (shape_ == JsonShape::array) out_ += '[';
    return {};
  }

  Result<void> write(const Batch& batch) override {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      std::size_t most = fixed_most_;
      for (const Batch::Values& values : batch.columns) {
        if (!values.text.empty()) most += values.text[row].size() * kEscapedMost;
      }
      put(most, [&](char* out) { return put_row(out, batch, row); });
      if (auto flushed = flush_if_large(); !flushed) return flushed;
    }
    return {};
  }

  Result<void> finish() override {
    if (shape_ == JsonShape::array) out_ += first_ ? "]\n" : "\n]\n";
    return flush();
  }

 private:
  char* put_row(char* out, const Batch& batch, std::size_t row) {
    const bool in_array = shape_ == JsonShape::array;
    if (in_array) out = put_text(out, first_ ? "\n" : ",\n");
    first_ = false;
    for (std::size_t c = 0; c < batch.columns.size(); ++c) {
      out = put_text(out, keys_[c]);
      out = put_cell(out, c, batch.columns[c], row);
    }
    return put_text(out, in_array ? "}" : "}\n");
  }

  char* put_cell(char* out, std::size_t c, const Batch::Values& values, std::size_t row) {
    if (values.is_null(row)) return put_text(out, "null");
    const Column& column = schema_->columns[c];
    if (column.type != ColumnType::text) {
      if (!quoted_[c]) return put_value(out, column, values, row);
      *out++ = '"';
      out = put_value(out, column, values, row);
      *out++ = '"';
      return out;
    }
    const std::string_view text = values.text[row];
    if (!is_plain(text)) {
      escaped_.clear();
      json::append_quoted(escaped_, text);
      return put_text(out, escaped_);
    }
    *out++ = '"';
    out = put_text(out, text);
    *out++ = '"';
    return out;
  }

  JsonShape shape_;
  WriterOptions::Decimals decimals_;
  const Schema* schema_ = nullptr;
  std::vector<std::string> keys_;
  std::vector<std::uint8_t> quoted_;
  std::size_t fixed_most_ = 0;  ///< Characters of a row without its texts.
  std::string escaped_;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<TableWriter> make_json_writer(JsonShape shape, WriterOptions::Decimals decimals,
                                              compression::Sink sink) {
  return std::make_unique<JsonWriter>(shape, decimals, std::move(sink));
}

}  // namespace costops::exports
