#include "table.h"

#include <algorithm>
#include <cstdint>

namespace costops::cli {
namespace {

constexpr std::size_t kGap = 2;

/// A column's measured widths. For decimal columns, `before` and `after` are the columns on both
/// sides of where the decimal point ends.
struct Width {
  std::size_t all = 0, before = 0, after = 0;
};

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("-0123456789.") == std::string_view::npos &&
         text != "-";
}

std::size_t point_of(std::string_view text) { return std::min(text.find('.'), text.size()); }

std::string spaces(std::size_t count) { return std::string(count, ' '); }

Width width_of(const Column& column, const std::vector<std::string>& cells) {
  Width width;
  for (const std::string& cell : cells) {
    width.all = std::max(width.all, display_width(cell));
    if (column.align != Align::decimal || !is_number(cell)) continue;
    width.before = std::max(width.before, point_of(cell));
    width.after = std::max(width.after, cell.size() - point_of(cell));
  }
  width.all = std::max({width.all, width.before + width.after, display_width(column.title)});
  return width;
}

/// `cell` with the blanks that put it into its column; the ink goes around the text alone.
std::string placed(const std::string& cell, Ink ink, Align align, const Width& width,
                   Colors colors) {
  const std::size_t used = display_width(cell);
  if (align == Align::left) return inked(cell, ink, colors) + spaces(width.all - used);
  std::size_t behind = 0;
  if (align == Align::decimal && is_number(cell)) {
    behind = width.after - (cell.size() - point_of(cell));
  }
  return spaces(width.all - used - behind) + inked(cell, ink, colors) + spaces(behind);
}

void append_line(std::string& out, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  out += line;
  out += '\n';
}

bool must_quote(std::string_view text) {
  return text.find_first_of(",\"\r\n") != std::string_view::npos;
}

}  // namespace

void Table::append_to(std::string& out, Colors colors, std::size_t indent) const {
  std::vector<Width> widths;
  std::vector<std::vector<std::string>> texts(columns_.size());
  std::string line = spaces(indent);
  std::size_t total = 0;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    for (const auto& row : rows_) texts[c].push_back(printable(row[c].text));
    widths.push_back(width_of(columns_[c], texts[c]));
    const Align align = columns_[c].align == Align::left ? Align::left : Align::right;
    if (c > 0) line += spaces(kGap);
    line += placed(columns_[c].title, Ink::bold, align, widths[c], colors);
    total += widths[c].all + (c > 0 ? kGap : 0);
  }
  append_line(out, line);
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    if (r == rule_) append_line(out, spaces(indent) + std::string(total, '-'));
    line = spaces(indent);
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (c > 0) line += spaces(kGap);
      line += placed(texts[c][r], rows_[r][c].ink, columns_[c].align, widths[c], colors);
    }
    append_line(out, line);
  }
}

std::string csv_text(std::string_view text) {
  std::string guarded(text);
  if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos) {
    guarded.insert(0, 1, '\'');
  }
  if (!must_quote(guarded)) return guarded;
  std::string out = "\"";
  for (const char c : guarded) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

void append_csv(std::string& out, const std::vector<std::string>& fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += ',';
    out += fields[i];
  }
  out += "\r\n";
}

}  // namespace costops::cli
