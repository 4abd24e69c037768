// html.cc - one file that needs no other: charts as inline SVG, style for screen, dark screen and
// paper. No script runs in it and nothing is fetched; its own policy forbids both.
#include <fmt/format.h>

#include <algorithm>

#include "costops/export/markup.h"
#include "export/buffered.h"
#include "export/chart_layout.h"
#include "export/document_rows.h"
#include "export/svg.h"

namespace costops::exports {
namespace {

constexpr double kChartWidth = 920;
constexpr double kChartText = 12.5;

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--paper:#f6f6f3;--card:#fff;--ink:#17171a;--soft:#6a6963;
--line:#e6e5df;--stripe:#fafaf8}
@media(prefers-color-scheme:dark){:root{--paper:#121214;--card:#1b1b1e;--ink:#f0efea;
--soft:#a09f98;--line:#303034;--stripe:#202024}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1180px;margin:0 auto;padding:40px 28px 56px}
h1{font-size:29px;line-height:1.2;letter-spacing:-.015em;margin:0 0 14px}
h2{font-size:15px;margin:0 0 10px}
dl{display:flex;flex-wrap:wrap;gap:8px 36px;margin:0 0 26px}
dt{font-size:12px;color:var(--soft)}
dd{margin:0;font-size:16px;font-weight:600;font-variant-numeric:tabular-nums}
dd.note{font-weight:400;font-size:15px}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;
padding:20px 22px;margin:0 0 20px;overflow-x:auto}
figure{margin:0}
svg{display:block;width:100%;min-width:600px;height:auto}
svg .h:hover{fill:var(--ink);fill-opacity:.06}svg rect.s:hover{opacity:.8}
.rows{padding:0;width:max-content;min-width:100%;max-width:max(100%,calc(100vw - 88px));
position:relative;left:50%;transform:translateX(-50%)}
table{border-collapse:collapse;width:100%;font-size:13px}
th,td{padding:7px 10px;text-align:left;vertical-align:top}
th:first-child,td:first-child{padding-left:22px}th:last-child,td:last-child{padding-right:22px}
th{position:sticky;top:0;background:var(--card);color:var(--soft);font-weight:600;
font-size:12px;white-space:nowrap;box-shadow:inset 0 -1px var(--line)}
td{border-top:1px solid var(--line);unicode-bidi:isolate;white-space:pre-wrap;
overflow-wrap:anywhere;min-width:24ch;max-width:48ch}
tbody tr:first-child td{border-top:0}
tbody tr:hover td{background:var(--stripe)}
.n,.t{min-width:0;white-space:nowrap;font-variant-numeric:tabular-nums;overflow-wrap:normal}
.n{text-align:right}
.f{color:var(--soft)}
tfoot td{font-weight:600;white-space:nowrap}
.more{padding:10px 22px;color:var(--soft);margin:0;border-top:1px solid var(--line);
font-size:13px;width:0;min-width:100%}
@media print{@page{size:A4;margin:14mm}
:root{color-scheme:light;--paper:#fff;--card:#fff;--ink:#000;--soft:#555;--line:#ddd;--stripe:#fff}
body{font-size:10pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}
main{max-width:none;padding:0}
.card{border:0;padding:0;border-radius:0;overflow:visible}
.rows{width:auto;max-width:none;left:0;transform:none}figure{break-inside:avoid}
svg{min-width:0}thead{display:table-header-group}tfoot{display:table-row-group}
th{position:static}tr{break-inside:avoid}table{font-size:8.5pt}
th,td{padding:3px 6px}th:first-child,td:first-child{padding-left:0}
th:last-child,td:last-child{padding-right:0}}
)";

/// Cents stand out; what is beyond them is there, but steps back.
void append_amount(std::string& out, std::string_view text) {
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos || text.size() <= point + 3) {
    out += text;
    return;
  }
  out += text.substr(0, point + 3);
  out += "<span class=\"f\">";
  out += text.substr(point + 3);
  out += "</span>";
}

class HtmlWriter final : public BufferedWriter {
 public:
  HtmlWriter(const WriterOptions& options, compression::Sink sink)
      : BufferedWriter(std::move(sink)),
        text_(options.document),
        rows_(options.document_rows_max) {}

  Result<void> begin(const Schema& schema) override {
    rows_.begin(schema);
    return {};
  }

  Result<void> write(const Batch& batch) override {
    rows_.add(batch);
    return {};
  }

  /// Everything: how many places a column needs is known only now.
  Result<void> finish() override {
    head();
    for (const Chart& chart : text_.charts) {
      const Drawing drawing = lay_out(chart, kChartWidth, kChartText);
      out_ += "<figure class=\"card\">\n<h2>";
      append_html(out_, drawing.title);
      out_ += "</h2>\n";
      append_svg(out_, drawing);
      out_ += "</figure>\n";
      if (auto flushed = flush_if_large(); !flushed) return flushed;
    }
    if (auto done = table(); !done) return done;
    out_ += "</main>\n</body>\n</html>\n";
    return flush();
  }

 private:
  void head() {
    out_ +=
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" "
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"generator\" content=\"cost-ops\">\n<title>";
    append_html(out_, text_.title);
    out_ += "</title>\n<style>";
    out_ += kStyle;
    if (!text_.charts.empty()) out_ += svg_rules();
    out_ += "</style>\n</head>\n<body>\n<main>\n<h1>";
    append_html(out_, text_.title);
    out_ += "</h1>\n";
    if (text_.lines.empty()) return;
    out_ += "<dl>\n";
    for (const std::string& line : text_.lines) fact(line);
    out_ += "</dl>\n";
  }

  /// "Total: 12.5 USD" as a term and what it is.
  void fact(std::string_view line) {
    constexpr std::size_t kLong = 60;
    const std::size_t colon = line.find(": ");
    const bool has_term = colon != std::string_view::npos;
    out_ += "<div><dt>";
    append_html(out_, has_term ? line.substr(0, colon) : "Note");
    out_ += line.size() > kLong ? "</dt><dd class=\"note\">" : "</dt><dd>";
    append_html(out_, with_grouped_figures(has_term ? line.substr(colon + 2) : line));
    out_ += "</dd></div>\n";
  }

  /// Numbers to the right; texts in one line but long ones.
  static std::string_view class_of(ColumnType type, std::string_view text) {
    constexpr std::size_t kOneLine = 40;
    if (is_number(type)) return " class=\"n\"";
    return text.size() <= kOneLine && text.find('\n') == text.npos ? " class=\"t\"" : "";
  }

  /// Columns that say something: in a table of many, zeros and gaps hide the rest.
  void choose_columns() {
    constexpr std::size_t kFew = 6;
    const Schema& schema = rows_.schema();
    const bool many = schema.columns.size() > kFew && rows_.size() > 0;
    for (std::size_t c = 0; c < schema.columns.size(); ++c) {
      const bool kept = c == schema.amount_column || c == schema.currency_column;
      if (many && !kept && rows_.is_empty(c)) {
        left_out_ += left_out_.empty() ? "" : ", ";
        left_out_ += heading_of(schema.columns[c]);
      } else {
        shown_.push_back(c);
      }
    }
  }

  Result<void> table() {
    choose_columns();
    const auto& columns = rows_.schema().columns;
    out_ += "<div class=\"card rows\">\n<table>\n<thead><tr>";
    for (const std::size_t c : shown_) {
      out_ += "<th scope=\"col\" data-column=\"";
      append_html(out_, columns[c].name);
      out_ += '"';
      out_ += is_number(columns[c].type) ? " class=\"n\">" : ">";
      append_html(out_, heading_of(columns[c]));
      out_ += "</th>";
    }
    out_ += "</tr></thead>\n<tbody>\n";
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      out_ += "<tr>";
      for (const std::size_t c : shown_) cell(row, c);
      out_ += "</tr>\n";
      if (auto flushed = flush_if_large(); !flushed) return flushed;
    }
    out_ += "</tbody>\n";
    totals();
    out_ += "</table>\n";
    notes();
    out_ += "</div>\n";
    return {};
  }

  void notes() {
    if (rows_.beyond() > 0) {
      out_ += fmt::format("<p class=\"more\">and {} more rows</p>\n",
                          with_thousands(std::to_string(rows_.beyond())));
    }
    if (left_out_.empty()) return;
    out_ += "<p class=\"more\">Without values, or zero in every row: ";
    append_html(out_, left_out_);
    out_ += "</p>\n";
  }

  void cell(std::size_t row, std::size_t c) {
    const ColumnType type = rows_.schema().columns[c].type;
    const std::string text = rows_.text(row, c);
    out_ += "<td";
    out_ += class_of(type, text);
    out_ += '>';
    if (type == ColumnType::decimal) {
      append_amount(out_, text);
    } else {
      append_html(out_, text);
    }
    out_ += "</td>";
  }

  /// Below the column of amounts: the sum of all rows, those not shown among them.
  void totals() {
    const Schema& schema = rows_.schema();
    if (!schema.amount_column || rows_.totals().all().empty()) return;
    out_ += "<tfoot>\n";
    const auto place = std::find(shown_.begin(), shown_.end(), *schema.amount_column);
    const auto before = static_cast<std::size_t>(place - shown_.begin());
    const std::size_t after = shown_.size() - before - 1;
    for (const Money& money : rows_.totals().all()) {
      out_ += "<tr>";
      const std::string words =
          fmt::format("Total of {} rows", with_thousands(std::to_string(rows_.added())));
      if (before > 0) out_ += fmt::format("<td colspan=\"{}\">{}</td>", before, words);
      out_ += "<td class=\"n\">";
      append_amount(out_, with_thousands(to_string(money.amount)));
      out_ += "</td>";
      if (after > 0)
        out_ += fmt::format("<td colspan=\"{}\">{}</td>", after, money.currency.code());
      out_ += "</tr>\n";
    }
    out_ += "</tfoot>\n";
  }

  DocumentText text_;
  DocumentRows rows_;
  std::vector<std::size_t> shown_;
  std::string left_out_;
};

}  // namespace

std::unique_ptr<TableWriter> make_html_writer(const WriterOptions& options,
                                              compression::Sink sink) {
  return std::make_unique<HtmlWriter>(options, std::move(sink));
}

}  // namespace costops::exports
