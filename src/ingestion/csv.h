// csv.h - rows of a CSV file by column name (RFC 4180): quoted cells, doubled quotes, newlines
// inside quotes, a header row.
//
// Strict on purpose: a quote inside an unquoted cell, or text after a closing quote, makes the row
// bad. That keeps a lost quote local: reading goes on with the line after the bad row's first line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/error.h"
#include "costops/ingestion/input.h"

namespace costops::ingestion {

/// Largest row, newlines included; a longer one is bad.
inline constexpr std::size_t kCsvRowBytesMax = kLineBytesMax;
inline constexpr std::size_t kCsvColumnsMax = 4096;

class CsvReader {
 public:
  explicit CsvReader(Input& input) : input_(input) {}

  /// Reads the first row as column names (a byte order mark is dropped).
  /// Fails with invalid_input if there is none, it is no row, names a column twice, or names more
  /// than kCsvColumnsMax.
  [[nodiscard]] Result<void> read_header();
  [[nodiscard]] const std::vector<std::string>& header() const { return header_; }

  /// bad: see reason(); the row is skipped. Requires a header that was read. Blank lines are
  /// skipped.
  enum class Step : std::uint8_t { row, bad, end };
  [[nodiscard]] Step next();
  /// Cell of the row last returned, unquoted; valid until next(). A line break in it is LF,
  /// without the carriage returns before it.
  [[nodiscard]] std::string_view cell(std::size_t column) const;
  /// Line on which the row begins, from 1.
  [[nodiscard]] std::uint64_t line() const { return row_line_; }
  /// The row as written.
  [[nodiscard]] std::string_view text() const { return row_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  enum class State : std::uint8_t { closed, open, broken };
  Step read_row();
  bool take_line(std::string_view& line, Input::Step& step);
  State parse(std::string_view line);
  Step bad(std::string reason);
  void keep(std::string_view line);
  void end_line_in_cell();
  void start_row();

  Input& input_;
  std::vector<std::string> header_;
  std::string cells_;  ///< All cells of the row, end to end.
  std::vector<std::size_t> ends_;
  std::string_view row_;
  std::string reason_;
  std::uint64_t row_line_ = 0;
  std::uint64_t line_ = 0;  ///< Of the line last taken.
  bool in_quotes_ = false;
  bool failed_ = false;
  /// Lines of a row that spans several, each with LF, and behind read_to_ those to be read again
  /// after it turned out bad.
  std::string kept_;
  std::size_t row_from_ = 0;
  std::size_t read_to_ = 0;
};

}  // namespace costops::ingestion
