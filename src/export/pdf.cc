// pdf.cc - A4 pages: title and facts, charts, and a table that goes on under its own heading.
//
// First everything gets its place (columns their widths, rows their pages), then it is drawn: the
// number of pages stands on the first one.
#include <fmt/format.h>
#include <on_demand.h>

#include <algorithm>
#include <cmath>

#include "export/buffered.h"
#include "export/document_rows.h"
#include "export/cairo_pen.h"

namespace costops::exports {
namespace {

constexpr double kShort = 595.28, kLong = 841.89;  // A4 in points.
constexpr double kMargin = 40, kHead = 34, kFoot = 30;
constexpr double kTextSizeMax = 8.5, kTextSizeMin = 5.5;
constexpr double kRow = 1.85;  ///< Of a row's height, by the text's size.
constexpr double kGap = 1.1;   ///< Between columns, likewise.
/// A column of texts may be cut to this width, likewise.
constexpr double kTextColumnMin = 9;
constexpr std::uint32_t kInk = 0x17171a, kSoft = 0x6a6963, kRule = 0xdedcd6;
using Anchor = Shape::Anchor;
using Weight = PdfPen::Weight;

struct TableColumn {
  std::size_t index = 0;
  double width = 0;
};

/// How the table stands on the page.
struct Table {
  std::vector<TableColumn> columns;
  std::size_t left_out = 0;  ///< Columns that have no room.
  std::size_t empty = 0;     ///< Columns without a value, or of zeros.
  double text_size = kTextSizeMax;
  bool landscape = false;
};

class Typesetter {
 public:
  Typesetter(const DocumentText& text, const DocumentRows& rows) : text_(text), rows_(rows) {}

  Result<void> write(const compression::Sink& sink) {
    fit_table();
    const double width = table_.landscape ? kLong : kShort;
    height_ = table_.landscape ? kShort : kLong;
    right_ = width - kMargin;
    for (const Chart& chart : text_.charts) {
      drawings_.push_back(lay_out(chart, right_ - kMargin, 7.5));
    }
    PdfPen pen(width, height_, {text_.title, rows_.latest().value_or(Instant{})}, sink);
    for (const Mode mode : {Mode::count, Mode::draw}) {
      mode_ = mode;
      pages_ = mode == Mode::count ? 0 : pages_;
      page_ = 0;
      pen_ = &pen;
      begin_page();
      opening();
      for (const Drawing& drawing : drawings_) picture(drawing);
      table();
      end_page();
    }
    return pen.finish();
  }

 private:
  enum class Mode : std::uint8_t { count, draw };

  // --- Where things go ---

  /// What a document is about, so that other columns make room for it.
  [[nodiscard]] bool is_kept(std::size_t column) const {
    return column == rows_.schema().amount_column || column == rows_.schema().currency_column;
  }

  /// Natural widths at a text size of 1, of the widest cell, or else of the heading.
  std::vector<TableColumn> natural_columns() {
    PdfPen ruler(kShort, kLong, {}, [](std::string_view) { return Result<void>(); });
    std::vector<TableColumn> columns;
    const auto& schema = rows_.schema().columns;
    for (std::size_t c = 0; c < schema.size(); ++c) {
      if (rows_.size() > 0 && rows_.is_empty(c) && !is_kept(c)) {
        ++table_.empty;
        continue;
      }
      std::string longest;
      for (std::size_t row = 0; row < rows_.size(); ++row) {
        std::string cell = rows_.text(row, c);
        if (cell.size() > longest.size()) longest = std::move(cell);
      }
      constexpr std::size_t kEnough = 200;  // Bytes; no column is as wide.
      if (longest.size() > kEnough) longest.resize(kEnough);
      const double heading =
          ruler.width_of(heading_of(schema[c]), {100, Weight::bold, kInk, Anchor::start});
      const double cell = ruler.width_of(longest, {100, Weight::normal, kInk, Anchor::start});
      columns.push_back({c, std::max(heading, cell) / 100 * 1.01});
    }
    widen_for_totals(ruler, columns);
    return columns;
  }

  void widen_for_totals(PdfPen& ruler, std::vector<TableColumn>& columns) const {
    for (TableColumn& column : columns) {
      if (column.index != rows_.schema().amount_column) continue;
      for (const Money& money : rows_.totals().all()) {
        const double width = ruler.width_of(with_thousands(to_string(money.amount)),
                                            {100, Weight::bold, kInk, Anchor::start});
        column.width = std::max(column.width, width / 100);
      }
    }
  }

  /// Width of a column that may lose the ends of long texts.
  [[nodiscard]] double least(const TableColumn& column) const {
    if (rows_.schema().columns[column.index].type != ColumnType::text) return column.width;
    return std::min(column.width, kTextColumnMin);
  }

  /// The largest text, upright before sideways, at which all columns fit; else the first that do.
  void fit_table() {
    const std::vector<TableColumn> natural = natural_columns();
    double needed = 0;
    for (const TableColumn& column : natural) needed += least(column) + kGap;
    needed -= kGap;
    const double upright = kShort - 2 * kMargin, sideways = kLong - 2 * kMargin;
    constexpr double kComfortable = 7;
    table_.landscape = needed * kComfortable > upright;
    const double room = table_.landscape ? sideways : upright;
    table_.text_size = std::clamp(room / std::max(needed, 1.0), kTextSizeMin, kTextSizeMax);
    double used = -kGap;
    for (const TableColumn& column : natural) {
      if (is_kept(column.index)) used += least(column) + kGap;
    }
    bool full = false;
    for (const TableColumn& column : natural) {
      if (!is_kept(column.index)) {
        full = full || (used + least(column) + kGap) * table_.text_size > room + 0.01;
        if (full) continue;
        used += least(column) + kGap;
      }
      table_.columns.push_back(column);
    }
    table_.left_out = natural.size() - table_.columns.size();
    share_out(room / table_.text_size);
  }

  /// Texts get what room is left, none more than it needs; `room` in text sizes.
  void share_out(double room) {
    double fixed = -kGap, wishes = 0;
    for (const TableColumn& column : table_.columns) {
      fixed += least(column) + kGap;
      wishes += column.width - least(column);
    }
    const double part = wishes > 0 ? std::clamp((room - fixed) / wishes, 0.0, 1.0) : 1;
    double total = -kGap;
    for (TableColumn& column : table_.columns) {
      column.width = least(column) + (column.width - least(column)) * part;
      total += column.width + kGap;
    }
    // A narrow table still spans the page.
    const double spare = std::max(0.0, room - total);
    if (table_.columns.size() > 1) {
      gap_ = kGap + std::min(spare / static_cast<double>(table_.columns.size() - 1), 6.0);
    }
  }

  // --- Pages ---

  [[nodiscard]] bool drawing() const { return mode_ == Mode::draw; }
  [[nodiscard]] double bottom() const { return height_ - kMargin - kFoot; }

  void begin_page() {
    ++page_;
    y_ = kMargin;
    if (!drawing()) {
      pages_ = page_;
      return;
    }
    const double foot = height_ - kMargin;
    pen_->line({{kMargin, foot - 14}, {right_, foot - 14}}, 0.5, kRule);
    pen_->text({kMargin, foot}, "cost-ops", {7.5, Weight::normal, kSoft, Anchor::start});
    pen_->text({right_, foot}, fmt::format("Page {} of {}", page_, pages_),
               {7.5, Weight::normal, kSoft, Anchor::end});
    if (page_ == 1) return;
    pen_->text({kMargin, kMargin + 4}, text_.title, {7.5, Weight::bold, kSoft, Anchor::start},
               right_ - kMargin);
    pen_->line({{kMargin, kMargin + 12}, {right_, kMargin + 12}}, 0.5, kRule);
  }
  void end_page() {
    if (drawing()) pen_->next_page();
  }
  void break_page() {
    end_page();
    begin_page();
    y_ = kMargin + kHead;
  }

  void put(double x, std::string_view words, const PdfPen::Type& type, double room = 0) {
    if (drawing()) pen_->text({x, y_}, words, type, room);
  }

  /// Title, and "Total: 12.5 USD" as a term above what it is.
  void opening() {
    y_ += 16;
    put(kMargin, text_.title, {20, Weight::bold, kInk, Anchor::start}, right_ - kMargin);
    y_ += 26;
    double x = kMargin;
    for (const std::string& line : text_.lines) {
      const std::size_t colon = line.find(": ");
      const bool has_term = colon != std::string::npos;
      const std::string term = has_term ? line.substr(0, colon) : "Note";
      const std::string words = with_grouped_figures(has_term ? line.substr(colon + 2) : line);
      const PdfPen::Type type{9.5, line.size() > 60 ? Weight::normal : Weight::bold, kInk,
                              Anchor::start};
      const double width = std::max(pen_->width_of(words, type), 40.0);
      if (x > kMargin && x + width > right_) {
        x = kMargin;
        y_ += 32;
      }
      put(x, term, {7.5, Weight::normal, kSoft, Anchor::start});
      y_ += 13;
      put(x, words, type, right_ - x);
      y_ -= 13;
      x += width + 26;
    }
    y_ += text_.lines.empty() ? 0 : 40;
  }

  void picture(const Drawing& drawing) {
    if (y_ + 20 + drawing.height > bottom()) break_page();
    y_ += 6;
    put(kMargin, drawing.title, {9.5, Weight::bold, kInk, Anchor::start}, right_ - kMargin);
    y_ += 12;
    if (this->drawing()) pen_->drawing(drawing, {kMargin, y_});
    y_ += drawing.height + 20;
  }

  // --- The table ---

  [[nodiscard]] double row_height() const { return kRow * table_.text_size; }
  [[nodiscard]] double em() const { return table_.text_size; }

  void table() {
    if (y_ + 5 * row_height() > bottom()) break_page();
    heading();
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      if (y_ + row_height() > bottom()) {
        break_page();
        heading();
      }
      table_row(row);
    }
    totals();
    note();
  }

  void heading() {
    y_ += row_height() * 0.72;
    double x = kMargin;
    for (const TableColumn& column : table_.columns) {
      const Column& facts = rows_.schema().columns[column.index];
      cell(x, column, heading_of(facts), Weight::bold, kSoft);
      x += (column.width + gap_) * em();
    }
    y_ += row_height() * 0.28;
    rule(0.8, kSoft);
  }

  void table_row(std::size_t row) {
    y_ += row_height() * 0.7;
    double x = kMargin;
    for (const TableColumn& column : table_.columns) {
      if (drawing()) cell(x, column, rows_.text(row, column.index), Weight::normal, kInk);
      x += (column.width + gap_) * em();
    }
    y_ += row_height() * 0.3;
    rule(0.3, kRule);
  }

  void cell(double x, const TableColumn& column, std::string_view words, Weight weight,
            std::uint32_t colour) {
    const bool number = is_number(rows_.schema().columns[column.index].type);
    const double width = column.width * em();
    put(number ? x + width : x, words, {em(), weight, colour, number ? Anchor::end : Anchor::start},
        number ? 0 : width);
  }

  void rule(double thickness, std::uint32_t colour) {
    if (!drawing()) return;
    pen_->line({{kMargin, y_}, {right_, y_}}, thickness, colour);
  }

  /// The sums of all rows, those not shown among them.
  void totals() {
    const auto& all = rows_.totals().all();
    if (all.empty()) return;
    if (y_ + row_height() * static_cast<double>(all.size()) > bottom()) break_page();
    for (const Money& money : all) {
      y_ += row_height() * 0.78;
      total(money);
      y_ += row_height() * 0.22;
    }
    rule(0.8, kSoft);
  }

  void total(const Money& money) {
    const std::string amount = with_thousands(to_string(money.amount));
    const PdfPen::Type bold{em(), Weight::bold, kInk, Anchor::start};
    const std::string words =
        fmt::format("Total of {} rows", with_thousands(std::to_string(rows_.added())));
    double x = kMargin;
    for (const TableColumn& column : table_.columns) {
      const double width = column.width * em();
      if (column.index == rows_.schema().amount_column && column.index > 0) {
        put(kMargin, words, bold);
        put(x + width, amount, {em(), Weight::bold, kInk, Anchor::end});
        put(x + width + gap_ * em(), money.currency.code(), bold);
        return;
      }
      x += width + gap_ * em();
    }
    put(kMargin, fmt::format("{}: {} {}", words, amount, money.currency.code()), bold);
  }

  void note() {
    std::string words;
    const auto add = [&words](const std::string& sentence) {
      words += (words.empty() ? "" : " ") + sentence;
    };
    if (rows_.beyond() > 0) {
      add(fmt::format("And {} more rows.", with_thousands(std::to_string(rows_.beyond()))));
    }
    if (table_.empty > 0)
      add(fmt::format("{} columns without values or with zeros only are not shown.", table_.empty));
    if (table_.left_out > 0) {
      add(fmt::format("{} columns have no room here: choose with --columns.", table_.left_out));
    }
    if (words.empty()) return;
    if (y_ + 16 > bottom()) break_page();
    y_ += 14;
    put(kMargin, words, {7.5, Weight::normal, kSoft, Anchor::start}, right_ - kMargin);
  }

  const DocumentText& text_;
  const DocumentRows& rows_;
  Table table_;
  std::vector<Drawing> drawings_;
  PdfPen* pen_ = nullptr;
  Mode mode_ = Mode::count;
  std::size_t page_ = 0, pages_ = 0;
  double y_ = 0, right_ = 0, height_ = 0, gap_ = kGap;
};

class PdfWriter final : public TableWriter {
 public:
  PdfWriter(const WriterOptions& options, compression::Sink sink)
      : text_(options.document), rows_(options.document_rows_max), sink_(std::move(sink)) {}

  Result<void> begin(const Schema& schema) override {
    if (const char* why = costops_why_no_pangocairo()) return fail(ErrorCode::io_error, why);
    rows_.begin(schema);
    return {};
  }
  Result<void> write(const Batch& batch) override {
    rows_.add(batch);
    return {};
  }
  Result<void> finish() override { return Typesetter(text_, rows_).write(sink_); }

 private:
  DocumentText text_;
  DocumentRows rows_;
  compression::Sink sink_;
};

}  // namespace

std::unique_ptr<TableWriter> make_pdf_writer(const WriterOptions& options, compression::Sink sink) {
  return std::make_unique<PdfWriter>(options, std::move(sink));
}

}  // namespace costops::exports
