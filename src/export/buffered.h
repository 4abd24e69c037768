// buffered.h - what writers of bytes share: text that goes to a sink in large pieces.
#pragma once

#include <string>
#include <utility>

#include "costops/export/writer.h"

namespace costops::exports {

class BufferedWriter : public TableWriter {
 public:
  explicit BufferedWriter(compression::Sink sink) : sink_(std::move(sink)) {}

 protected:
  static constexpr std::size_t kPiece = std::size_t{256} << 10;
  [[nodiscard]] Result<void> flush() {
    if (out_.empty()) return {};
    auto written = sink_(out_);
    out_.clear();
    return written;
  }
  [[nodiscard]] Result<void> flush_if_large() {
    return out_.size() < kPiece ? Result<void>() : flush();
  }

  std::string out_;

 private:
  compression::Sink sink_;
};

[[nodiscard]] std::unique_ptr<TableWriter> make_csv_writer(const CsvOptions& options,
                                                           compression::Sink sink);
enum class JsonShape : std::uint8_t { array, lines };
[[nodiscard]] std::unique_ptr<TableWriter> make_json_writer(JsonShape shape,
                                                            WriterOptions::Decimals decimals,
                                                            compression::Sink sink);
[[nodiscard]] std::unique_ptr<TableWriter> make_markdown_writer(const WriterOptions& options,
                                                                compression::Sink sink);
[[nodiscard]] std::unique_ptr<TableWriter> make_html_writer(const WriterOptions& options,
                                                            compression::Sink sink);
[[nodiscard]] std::unique_ptr<TableWriter> make_template_writer(const WriterOptions& options,
                                                                compression::Sink sink);
[[nodiscard]] std::unique_ptr<TableWriter> make_pdf_writer(const WriterOptions& options,
                                                           compression::Sink sink);
[[nodiscard]] std::unique_ptr<TableWriter> make_parquet_writer(std::string path);
[[nodiscard]] std::unique_ptr<TableWriter> make_xlsx_writer(const WriterOptions& options,
                                                            std::string path);

}  // namespace costops::exports
