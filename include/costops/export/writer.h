// writer.h - one writer per output format: batches in, bytes out, in bounded memory.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "costops/compression/stream.h"
#include "costops/export/table.h"

namespace costops::exports {

enum class Format : std::uint8_t { csv, json, ndjson, parquet, xlsx, markdown, html, pdf };
inline constexpr std::size_t kFormatCount = 8;
/// "csv", "json", "ndjson", "parquet", "xlsx", "markdown", "html", "pdf".
[[nodiscard]] std::string_view to_string(Format format);
/// Also "jsonl" and "md". Fails with invalid_input, listing the known ones.
[[nodiscard]] Result<Format> parse_format(std::string_view word);
/// "csv", "json", "ndjson", "parquet", "xlsx", "md", "html", "pdf": what file names end with.
[[nodiscard]] std::string_view extension_of(Format format);
/// The format that a file's name tells, a compression's ending aside ("a.csv.gz").
[[nodiscard]] std::optional<Format> format_of_file(std::string_view name);

/// Bars or lines, drawn into HTML and PDF, or by themselves (picture.h).
struct Chart {
  enum class Kind : std::uint8_t { bars, stacked, lines } kind = Kind::bars;
  std::string title, unit;
  std::vector<std::string> labels;  ///< Along the axis, in order.
  struct Series {
    std::string name;
    std::vector<double> values;  ///< One per label; for drawing only.
    /// Of a line: the band around it (a forecast's interval); empty, or one per label.
    std::vector<double> low{}, high{};
    std::vector<double> outer_low{}, outer_high{};  ///< A wider band around that one.
  };
  std::vector<Series> series;
  /// A value that all lines are measured by (a budget): drawn across, dashed.
  struct Limit {
    std::string name;
    double value = 0;
  };
  std::vector<Limit> limits{};
};

struct CsvOptions {
  enum class Line : std::uint8_t { lf, crlf } line = Line::lf;
  /// defuse: text cells that a spreadsheet would run as a formula get a ' in front. Off where a
  /// format forbids changing values (FOCUS).
  enum class Formulas : std::uint8_t { defuse, keep } formulas = Formulas::defuse;
  std::string null_text;  ///< Default: nothing between the commas; an empty text is then "".
};

/// What a document (Markdown, HTML, PDF, XLSX) says beside its table.
struct DocumentText {
  std::string title = "Costs";
  std::vector<std::string> lines;  ///< Below the title: period, filters, totals.
  std::vector<Chart> charts;
};

struct WriterOptions {
  CsvOptions csv;
  /// How JSON shows decimals. text: "0.15", which every reader keeps exact.
  enum class Decimals : std::uint8_t { text, number } decimals = Decimals::text;
  DocumentText document;
  /// A mustache template in place of a text format; "": none. See reports::in_template.
  std::string mustache;
  /// XLSX: rows of a sheet with its heading, then a further sheet begins. At most what the format
  /// allows.
  std::uint32_t sheet_rows_max = 1'048'576;
  std::size_t document_rows_max = 5'000;  ///< Markdown, HTML, PDF: then "and N more rows".
};

/// begin(), write() any number of times, finish(). After a failure nothing further is written.
class TableWriter {
 public:
  virtual ~TableWriter() = default;
  /// `schema` must outlive the writer.
  [[nodiscard]] virtual Result<void> begin(const Schema& schema) = 0;
  [[nodiscard]] virtual Result<void> write(const Batch& batch) = 0;
  /// Writes the end. Bytes are then complete, in the sink or in the file.
  [[nodiscard]] virtual Result<void> finish() = 0;
};

/// Parquet and XLSX are written by libraries that name their file; the others go to a sink.
[[nodiscard]] bool needs_file(Format format);
/// Requires !needs_file(format).
[[nodiscard]] Result<std::unique_ptr<TableWriter>> make_writer(Format format,
                                                               const WriterOptions& options,
                                                               compression::Sink sink);
/// Writes to `path`, which the caller renames into place. Requires needs_file(format).
[[nodiscard]] Result<std::unique_ptr<TableWriter>> make_file_writer(Format format,
                                                                    const WriterOptions& options,
                                                                    std::string path);

}  // namespace costops::exports
