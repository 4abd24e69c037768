// buffered.h - what writers of bytes share: text that goes to a sink in large pieces.
#pragma once

#include <algorithm>
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
    if (used_ > 0) {
      auto written = sink_(std::string_view(pieces_.data(), used_));
      used_ = 0;
      if (!written) return written;
    }
    if (out_.empty()) return {};
    auto written = sink_(out_);
    out_.clear();
    return written;
  }
  [[nodiscard]] Result<void> flush_if_large() {
    return used_ + out_.size() < kPiece ? Result<void>() : flush();
  }

  /// Appends what `write` writes: it gets the place for at most `most` characters and returns the
  /// end. For many small pieces, of which each would be an append of its own.
  template <typename Write>
  void put(std::size_t most, const Write& write) {
    most += out_.size();
    if (pieces_.size() < used_ + most) pieces_.resize(std::max(2 * kPiece, used_ + most));
    char* place = pieces_.data() + used_;
    if (!out_.empty()) {  // What came before.
      place = std::copy(out_.begin(), out_.end(), place);
      out_.clear();
    }
    used_ = static_cast<std::size_t>(write(place) - pieces_.data());
  }

  std::string out_;

 private:
  compression::Sink sink_;
  std::vector<char> pieces_;  ///< Of put(); they come before out_.
  std::size_t used_ = 0;
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
