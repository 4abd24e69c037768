// markdown.cc - a title, a few lines and a pipe table (GitHub's), capped.
#include <fmt/format.h>

#include "costops/export/markup.h"
#include "export/buffered.h"
#include "export/document_rows.h"
#include "export/values.h"

namespace costops::exports {
namespace {

class MarkdownWriter final : public BufferedWriter {
 public:
  MarkdownWriter(const WriterOptions& options, compression::Sink sink)
      : BufferedWriter(std::move(sink)),
        text_(options.document),
        rows_max_(options.document_rows_max) {}

  Result<void> begin(const Schema& schema) override {
    schema_ = &schema;
    out_ += "# ";
    append_markdown(out_, text_.title);
    out_ += "\n\n";
    for (const std::string& line : text_.lines) {
      append_markdown(out_, line);
      out_ += "\n\n";
    }
    for (const Column& column : schema.columns) {
      out_ += "| ";
      append_markdown(out_, column.name);
      out_ += ' ';
    }
    out_ += "|\n";
    for (const Column& column : schema.columns) out_ += is_number(column.type) ? "|---:" : "|---";
    out_ += "|\n";
    return {};
  }

  Result<void> write(const Batch& batch) override {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      if (rows_++ >= rows_max_) continue;
      for (std::size_t c = 0; c < batch.columns.size(); ++c) {
        out_ += "| ";
        const Batch::Values& values = batch.columns[c];
        const bool text = schema_->columns[c].type == ColumnType::text;
        if (!values.is_null(row)) {
          if (text) append_markdown(out_, values.text[row]);
          if (!text) append_value(out_, schema_->columns[c], values, row);
        }
        out_ += ' ';
      }
      out_ += "|\n";
      if (auto flushed = flush_if_large(); !flushed) return flushed;
    }
    return {};
  }

  Result<void> finish() override {
    if (rows_ > rows_max_) out_ += fmt::format("\nand {} more rows\n", rows_ - rows_max_);
    return flush();
  }

 private:
  DocumentText text_;
  std::size_t rows_max_;
  const Schema* schema_ = nullptr;
  std::size_t rows_ = 0;
};

}  // namespace

std::unique_ptr<TableWriter> make_markdown_writer(const WriterOptions& options,
                                                  compression::Sink sink) {
  return std::make_unique<MarkdownWriter>(options, std::move(sink));
}

}  // namespace costops::exports
