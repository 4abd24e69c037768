// export_rows.h - rows of tools that export the same columns as JSON or as CSV.
//
// A CSV row becomes an object of strings, so that one mapping reads both. In turn, a JSON row may
// hold numbers, lists and objects as text, as CSV must.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "costops/domain/money.h"
#include "costops/domain/time.h"
#include "costops/json/json.h"
#include "ingestion/csv.h"
#include "ingestion/elements.h"

namespace costops::ingestion {

/// One row, its columns read by any of several names (the first that is there and not empty). The
/// first failure is kept.
class ExportRow {
 public:
  using Names = std::initializer_list<std::string_view>;

  void reset(json::Value object) {
    object_ = object;
    reason_.clear();
  }
  [[nodiscard]] json::Value value(Names names) const;
  /// Text; a number's digits; "" where it is absent, null or something else.
  [[nodiscard]] std::string_view text(Names names) const;
  /// A whole number from 0; a number or its text.
  [[nodiscard]] std::optional<std::int64_t> count(Names names);
  /// An instant: RFC 3339, or a number since 1970.
  [[nodiscard]] std::optional<Instant> time(Names names);
  [[nodiscard]] std::optional<Amount> cost(Names names);
  /// An object or array, or the text of one, parsed with `scratch`.
  [[nodiscard]] json::Value structure(Names names, json::Document& scratch) const;

  void fail(std::string reason);
  [[nodiscard]] bool failed() const { return !reason_.empty(); }
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  json::Value object_;
  std::string reason_;
};

/// A whole number from 0, as a JSON number or as text ("12", "12.0"). Fails with invalid_input:
/// "\"prompt_tokens\" must be a count, found \"-5\"".
[[nodiscard]] Result<std::int64_t> count_of(std::string_view name, json::Value value);

/// The rows of a CSV input as objects of strings, empty cells left out.
class CsvRows {
 public:
  CsvRows(Input& input, Emitter& emitter) : emitter_(emitter), csv_(input) {}
  /// Rejects the header if it is none; there are no rows then.
  [[nodiscard]] bool read_header();
  /// Moves to the next row; false at the end. Broken ones are rejected on the way.
  [[nodiscard]] bool next();
  [[nodiscard]] json::Value object() const { return object_; }
  [[nodiscard]] Element element() const { return {csv_.text(), csv_.line()}; }

 private:
  Emitter& emitter_;
  CsvReader csv_;
  json::Document document_;
  json::Value object_;
  std::string object_text_;
};

/// Whether the input is JSON: its first byte is "{" or "[". If not, it is CSV.
[[nodiscard]] bool begins_as_json(std::string_view head);

/// Calls visit(row, element) for each row of a JSON or CSV input. `containers`: see Elements.
template <typename Visit>
void for_each_row(Input& input, Emitter& emitter, std::span<const std::string_view> containers,
                  Visit visit) {
  ExportRow row;
  if (begins_as_json(input.peek(1024))) {
    for_each_value(input, emitter, containers, [&](json::Value value, const Element& at) {
      if (!value.is_object()) {
        emitter.reject(at.line, "expected a JSON object", at.text);
        return;
      }
      row.reset(value);
      visit(row, at);
    });
    return;
  }
  CsvRows rows(input, emitter);
  if (!rows.read_header()) return;
  while (rows.next()) {
    row.reset(rows.object());
    visit(row, rows.element());
  }
}

}  // namespace costops::ingestion
