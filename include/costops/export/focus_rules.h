// focus_rules.h - the rules of a FOCUS version that a program can check, as data.
//
// FOCUS (the FinOps Open Cost and Usage Specification) comes with a machine-readable model of its
// requirements. A RuleSet holds those of its rules that look at a file: each with its condition and
// its check, both expressions over the columns of one row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/error.h"

namespace costops::focus {

/// One expression. A column that the file lacks, or an empty cell, is null. A check of a value
/// holds for null, because other rules say where null is wrong; is, in and number do not.
struct Check {
  enum class Kind : std::uint8_t {
    always,       ///< No condition.
    present,      ///< The file has the column.
    type_string,  ///< Of a column's type where the file has types, else of each value.
    type_decimal,
    type_datetime,
    format_string,      ///< Valid UTF-8.
    format_numeric,     ///< "35.2", "35.2E-7": no "+", no thousands separators.
    format_datetime,    ///< "2026-07-01T00:00:00Z".
    format_unit,        ///< "Tokens", "1000000 Tokens", "GB-Hours", "Requests/Day".
    format_currency,    ///< ISO 4217, or the name of a virtual currency.
    format_key_value,   ///< A JSON object of scalars, as text.
    national_currency,  ///< ISO 4217.
    decimal,            ///< A decimal number.
    null,
    not_null,
    is,  ///< Equal to the value, letter by letter.
    is_not,
    in,        ///< One of the values.
    number,    ///< A number equal to the value.
    at_least,  ///< A number not below the value.
    same,      ///< As the other column.
    different,
    product,     ///< column x other = result, exactly. Holds where one of them is null.
    one_parent,  ///< Each value of column stands beside one value of other, in all rows.
    all,         ///< Every item.
    any,         ///< Some item.
  };
  Kind kind = Kind::always;
  std::string column{};
  std::string other{};
  std::string result{};
  std::vector<std::string> values{};
  std::vector<Check> items{};
  friend bool operator==(const Check&, const Check&) = default;
};

/// MUST and MUST NOT; SHOULD, SHOULD NOT and RECOMMENDED.
enum class Level : std::uint8_t { must, should };

struct Rule {
  std::string id;  ///< "BilledCost-C-003-M".
  Level level = Level::must;
  /// A presence rule is checked where all of these are said to be supported. Rules on a column that
  /// is there hold in any case.
  std::vector<std::string> criteria;
  Check when;
  Check check;
  std::string known;      ///< Why a sound file breaks it all the same; "" for most rules.
  std::string corrected;  ///< How it differs from the model's own machine form, and why; "".
  friend bool operator==(const Rule&, const Rule&) = default;
};

struct RuleSet {
  std::string version;          ///< "1.2".
  std::vector<Rule> rules;      ///< In the model's order.
  std::size_t uncheckable = 0;  ///< Rules on what no file tells.
  std::size_t permissions = 0;  ///< MAY: nothing can break them.
};

/// The built-in rules of FOCUS 1.2.
/// Source: requirements model 1.2 of the FOCUS specification; see src/export/focus/rules_1_2.inc.
[[nodiscard]] const RuleSet& rules_1_2();

/// The rules of an official requirements model. Rules that rules_1_2() corrects or knows to be
/// unsatisfiable are treated the same way.
/// Fails with invalid_input, naming the rule, for what is no such model or a check function that
/// nobody told us of.
[[nodiscard]] Result<RuleSet> read_rule_model(std::string_view json);

/// A rule in words: "ListCost must be ListUnitPrice x PricingQuantity".
[[nodiscard]] std::string in_words(const Rule& rule);

}  // namespace costops::focus
