// xlsx.cc - workbooks, a row at a time in constant memory. Numbers of a workbook are binary and
// hold 15 digits, so every amount also stands beside itself as exact text.
#include <fmt/format.h>
#include <on_demand.h>
#include <xlsxwriter.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "costops/json/json.h"
#include "export/buffered.h"
#include "export/values.h"

namespace costops::exports {
namespace {

/// Limits of the format: ECMA-376, and Microsoft's published specifications of Excel.
constexpr std::uint32_t kSheetRows = 1'048'576;
constexpr std::size_t kSheetColumns = 16'384;
constexpr std::size_t kCellCharacters = 32'767;
/// Whole numbers beyond this are no longer exact in a workbook.
constexpr std::int64_t kExactMax = std::int64_t{1} << 53;
/// 1970-01-01 counted in days of a workbook's calendar.
constexpr double kEpochDay = 25'569.0;
constexpr double kDayUs = 86'400e6;

/// UTF-16 units, which is what the limit counts.
std::size_t characters_of(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    count += (byte & 0xc0) != 0x80;  // A character begins.
    count += byte >= 0xf0;           // It needs a surrogate pair.
  }
  return count;
}

/// XML 1.0 has no control characters but tab, LF and CR.
std::string printable(std::string_view text) {
  std::string out = json::valid_utf8(text);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') c = ' ';
  }
  return out;
}

class XlsxWriter final : public TableWriter {
 public:
  XlsxWriter(const WriterOptions& options, std::string path)
      : title_(options.document.title),
        path_(std::move(path)),
        rows_max_(std::clamp(options.sheet_rows_max, std::uint32_t{2}, kSheetRows)) {}
  XlsxWriter(const XlsxWriter&) = delete;
  XlsxWriter& operator=(const XlsxWriter&) = delete;
  ~XlsxWriter() override {
    if (book_ != nullptr) workbook_close(book_);
  }

  Result<void> begin(const Schema& schema) override {
    if (const char* why = costops_why_no_xlsxwriter()) return fail(ErrorCode::io_error, why);
    schema_ = &schema;
    for (const Column& column : schema.columns) {
      places_.push_back(width_);
      width_ += column.type == ColumnType::decimal ? 2 : 1;
    }
    if (width_ > kSheetColumns) {
      return fail(
          ErrorCode::invalid_input,
          fmt::format("{} columns do not fit a sheet, which has {}", width_, kSheetColumns));
    }
    folder_ = std::filesystem::path(path_).parent_path().string();
    if (folder_.empty()) folder_ = ".";
    lxw_workbook_options options{};
    options.constant_memory = LXW_TRUE;
    options.tmpdir = folder_.data();
    options.use_zip64 = LXW_FALSE;
    book_ = workbook_new_opt(path_.c_str(), &options);
    if (book_ == nullptr) return fail(ErrorCode::io_error, "cannot begin a workbook");
    lxw_doc_properties properties{};
    properties.title = title_.data();
    properties.created = 1;  // Not now: the same input gives the same bytes.
    check(workbook_set_properties(book_, &properties));
    bold_ = workbook_add_format(book_);
    format_set_bold(bold_);
    time_ = workbook_add_format(book_);
    format_set_num_format(time_, "yyyy-mm-dd hh:mm:ss");
    return begin_sheet();
  }

  Result<void> write(const Batch& batch) override {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      if (row_ == rows_max_) {
        if (auto begun = begin_sheet(); !begun) return begun;
      }
      for (std::size_t c = 0; c < batch.columns.size(); ++c) {
        if (batch.columns[c].is_null(row)) continue;
        write_cell(c, batch.columns[c], row);
      }
      ++row_;
      if (failure_) return fail(*failure_);
    }
    return {};
  }

  Result<void> finish() override {
    const lxw_error closed = workbook_close(book_);
    book_ = nullptr;
    check(closed);
    if (failure_) return fail(*failure_);
    return {};
  }

 private:
  Result<void> begin_sheet() {
    ++sheets_;
    const std::string name = sheets_ == 1 ? "Costs" : fmt::format("Costs {}", sheets_);
    sheet_ = workbook_add_worksheet(book_, name.c_str());
    if (sheet_ == nullptr) return fail(ErrorCode::io_error, "cannot add a sheet to the workbook");
    check(worksheet_set_column(sheet_, 0, static_cast<lxw_col_t>(width_ - 1), 18, nullptr));
    worksheet_freeze_panes(sheet_, 1, 0);
    row_ = 0;
    for (std::size_t c = 0; c < schema_->columns.size(); ++c) {
      const Column& column = schema_->columns[c];
      write_text(places_[c], column.name, bold_);
      if (column.type == ColumnType::decimal)
        write_text(places_[c] + 1, column.name + " (exact)", bold_);
    }
    row_ = 1;
    if (failure_) return fail(*failure_);
    return {};
  }

  void write_cell(std::size_t c, const Batch::Values& values, std::size_t row) {
    const Column& column = schema_->columns[c];
    switch (column.type) {
      case ColumnType::text:
        write_checked(c, values.text[row]);
        break;
      case ColumnType::integer:
        if (std::abs(values.whole[row]) <= kExactMax) {
          write_number(places_[c], static_cast<double>(values.whole[row]), nullptr);
        } else {
          write_text(places_[c], std::to_string(values.whole[row]), nullptr);
        }
        break;
      case ColumnType::decimal: {
        text_.clear();
        append_value(text_, column, values, row);
        const double unit = std::pow(10.0, column.scale);
        write_number(places_[c], static_cast<double>(values.decimal[row]) / unit, nullptr);
        write_text(places_[c] + 1, text_, nullptr);
        break;
      }
      case ColumnType::instant:
        write_number(places_[c], kEpochDay + static_cast<double>(values.whole[row]) / kDayUs,
                     time_);
        break;
      case ColumnType::boolean:
        check(worksheet_write_boolean(sheet_, row_, static_cast<lxw_col_t>(places_[c]),
                                      static_cast<int>(values.whole[row]), nullptr));
    }
  }

  void write_checked(std::size_t c, std::string_view text) {
    const std::size_t size = text.size() <= kCellCharacters ? 0 : characters_of(text);
    if (size > kCellCharacters && !failure_) {
      failure_ = Error{ErrorCode::invalid_input,
                       fmt::format("a value of {} has {} characters, a cell of a workbook holds "
                                   "{}: leave the column out, or choose another format",
                                   schema_->columns[c].name, size, kCellCharacters)};
      return;
    }
    write_text(places_[c], printable(text), nullptr);
  }

  /// As text, whatever it looks like: never a formula.
  void write_text(std::size_t column, const std::string& text, lxw_format* format) {
    check(
        worksheet_write_string(sheet_, row_, static_cast<lxw_col_t>(column), text.c_str(), format));
  }
  void write_number(std::size_t column, double number, lxw_format* format) {
    check(worksheet_write_number(sheet_, row_, static_cast<lxw_col_t>(column), number, format));
  }

  /// The library goes on after a refused cell, and closes without a word: the first refusal counts.
  void check(lxw_error error) {
    if (error == LXW_NO_ERROR || failure_) return;
    failure_ = Error{ErrorCode::io_error,
                     fmt::format("cannot write the workbook: {}", lxw_strerror(error))};
  }

  std::string title_, path_, folder_, text_;
  std::uint32_t rows_max_;
  const Schema* schema_ = nullptr;
  std::vector<std::size_t> places_;
  std::size_t width_ = 0;
  lxw_workbook* book_ = nullptr;
  lxw_worksheet* sheet_ = nullptr;
  lxw_format *bold_ = nullptr, *time_ = nullptr;
  std::uint32_t row_ = 0, sheets_ = 0;
  std::optional<Error> failure_;
};

}  // namespace

std::unique_ptr<TableWriter> make_xlsx_writer(const WriterOptions& options, std::string path) {
  return std::make_unique<XlsxWriter>(options, std::move(path));
}

}  // namespace costops::exports
