// csv.cc - RFC 4180, with NULL and "" told apart and formulas defused.
#include <algorithm>
#include <array>

#include "export/buffered.h"
#include "export/values.h"

namespace costops::exports {
namespace {

/// What makes a spreadsheet take a cell for a formula (OWASP ASVS 5.0, 1.2.10, and CR).
bool begins_formula(std::string_view text) {
  if (text.empty()) return false;
  switch (text.front()) {
    case '=':
    case '+':
    case '-':
    case '@':
    case '\t':
    case '\r':
    case '\0':
      return true;
    default:
      // Full-width signs, which some spreadsheets fold: U+FF1D, U+FF0B, U+FF0D, U+FF20.
      return text.starts_with("\xef\xbc\x9d") || text.starts_with("\xef\xbc\x8b") ||
             text.starts_with("\xef\xbc\x8d") || text.starts_with("\xef\xbc\xa0");
  }
}

/// Bytes for which a text is quoted.
constexpr std::array<bool, 256> kQuoted = [] {
  std::array<bool, 256> quoted{};
  for (const char c : {',', '"', '\n', '\r'}) quoted[static_cast<unsigned char>(c)] = true;
  return quoted;
}();

class CsvWriter final : public BufferedWriter {
 public:
  CsvWriter(const CsvOptions& options, compression::Sink sink)
      : BufferedWriter(std::move(sink)), options_(options) {}

  Result<void> begin(const Schema& schema) override {
    schema_ = &schema;
    fixed_most_ =
        2 + schema.columns.size() * (1 + std::max(kValueCharacters, options_.null_text.size() + 3));
    for (std::size_t c = 0; c < schema.columns.size(); ++c) {
      const std::string& name = schema.columns[c].name;
      put(2 * name.size() + 4, [&](char* out) {
        if (c > 0) *out++ = ',';
        return put_cell_text(out, name);
      });
    }
    put(2, [&](char* out) { return end_line(out); });
    return {};
  }

  Result<void> write(const Batch& batch) override {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      std::size_t most = fixed_most_;
      for (const Batch::Values& values : batch.columns) {
        if (!values.text.empty()) most += 2 * values.text[row].size();
      }
      put(most, [&](char* out) {
        for (std::size_t c = 0; c < batch.columns.size(); ++c) {
          if (c > 0) *out++ = ',';
          out = put_cell(out, schema_->columns[c], batch.columns[c], row);
        }
        return end_line(out);
      });
      if (auto flushed = flush_if_large(); !flushed) return flushed;
    }
    return {};
  }

  Result<void> finish() override { return flush(); }

 private:
  char* put_cell(char* out, const Column& column, const Batch::Values& values,
                 std::size_t row) const {
    if (values.is_null(row)) return put_text(out, options_.null_text);
    if (column.type == ColumnType::text) return put_cell_text(out, values.text[row]);
    return put_value(out, column, values, row);
  }

  /// Twice the text's size and three more at most.
  char* put_cell_text(char* out, std::string_view text) const {
    const bool formula = options_.formulas == CsvOptions::Formulas::defuse && begins_formula(text);
    const bool ambiguous = text == options_.null_text;
    const bool quoted = ambiguous || std::any_of(text.begin(), text.end(), [](char c) {
                          return kQuoted[static_cast<unsigned char>(c)];
                        });
    if (!quoted) {
      if (formula) *out++ = '\'';
      return put_text(out, text);
    }
    *out++ = '"';
    if (formula) *out++ = '\'';
    for (const char c : text) {
      if (c == '"') *out++ = '"';
      *out++ = c;
    }
    *out++ = '"';
    return out;
  }

  char* end_line(char* out) const {
    return put_text(out, options_.line == CsvOptions::Line::lf ? "\n" : "\r\n");
  }

  CsvOptions options_;
  const Schema* schema_ = nullptr;
  std::size_t fixed_most_ = 0;  ///< Characters of a row without its texts.
};

}  // namespace

std::unique_ptr<TableWriter> make_csv_writer(const CsvOptions& options, compression::Sink sink) {
  return std::make_unique<CsvWriter>(options, std::move(sink));
}

}  // namespace costops::exports
