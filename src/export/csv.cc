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
    for (std::size_t c = 0; c < schema.columns.size(); ++c) {
      if (c > 0) out_ += ',';
      append_text(schema.columns[c].name);
    }
    end_line();
    return {};
  }

  Result<void> write(const Batch& batch) override {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      for (std::size_t c = 0; c < batch.columns.size(); ++c) {
        if (c > 0) out_ += ',';
        append_cell(schema_->columns[c], batch.columns[c], row);
      }
      end_line();
      if (auto flushed = flush_if_large(); !flushed) return flushed;
    }
    return {};
  }

  Result<void> finish() override { return flush(); }

 private:
  void append_cell(const Column& column, const Batch::Values& values, std::size_t row) {
    if (values.is_null(row)) {
      out_ += options_.null_text;
    } else if (column.type == ColumnType::text) {
      append_text(values.text[row]);
    } else {
      append_value(out_, column, values, row);
    }
  }

  void append_text(std::string_view text) {
    const bool formula = options_.formulas == CsvOptions::Formulas::defuse && begins_formula(text);
    const bool ambiguous = text == options_.null_text;
    const bool quoted = ambiguous || std::any_of(text.begin(), text.end(), [](char c) {
                          return kQuoted[static_cast<unsigned char>(c)];
                        });
    if (!quoted) {
      if (formula) out_ += '\'';
      out_ += text;
      return;
    }
    out_ += '"';
    if (formula) out_ += '\'';
    for (const char c : text) {
      if (c == '"') out_ += '"';
      out_ += c;
    }
    out_ += '"';
  }

  void end_line() { out_ += options_.line == CsvOptions::Line::lf ? "\n" : "\r\n"; }

  CsvOptions options_;
  const Schema* schema_ = nullptr;
};

}  // namespace

std::unique_ptr<TableWriter> make_csv_writer(const CsvOptions& options, compression::Sink sink) {
  return std::make_unique<CsvWriter>(options, std::move(sink));
}

}  // namespace costops::exports
