// duckdb_query.h - a Query as SQL with bound parameters.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "costops/storage/query.h"
#include "storage/duck.h"

namespace costops::storage {

/// SQL text and the values of its parameters, built together in the order of the text. Nothing from
/// outside ever becomes part of the text.
class Sql {
 public:
  Sql& add(std::string_view text) {
    text_.append(text);
    return *this;
  }
  /// Adds "?" and its value.
  Sql& value(std::int64_t number);
  Sql& value(std::string text);
  Sql& time(Instant at);
  /// Adds a number of our own as text: the database computes with it before it reads rows.
  Sql& number(std::int64_t number);

  /// Adds a condition on range, as-of and filters, for rows of `entries`.
  Sql& where(const Query& query);

  [[nodiscard]] Result<duck::Statement> prepare(duck::Connection& connection) const;

 private:
  std::string text_;
  std::vector<std::variant<std::int64_t, std::string, Instant>> values_;
};

/// Runs a query on one connection.
[[nodiscard]] Result<Groups> run_query(duck::Connection& connection, const Query& query);

}  // namespace costops::storage
