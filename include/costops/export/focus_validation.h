// focus_validation.h - a FOCUS file held against rules: native, in one pass, exact.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "costops/export/focus_rules.h"

namespace costops::focus {

/// A cell of a row; null has no text.
struct Value {
  std::string_view text;
  bool is_null = true;
};

/// What a file says about a column's type; untyped: it is text (CSV), so the values must tell.
enum class ColumnType : std::uint8_t { untyped, string, number, datetime, other };
struct InputColumn {
  std::string name;
  ColumnType type = ColumnType::untyped;
};

/// A place where a rule is broken.
struct Example {
  std::uint64_t row = 0;   ///< From 1, without the header; 0: the file as a whole.
  std::uint64_t line = 0;  ///< In the file; 0: not known.
  std::string text;        ///< What stands there: `PricingUnit is "1M Tokens"`.
};

/// passed: no violation. known: violated, but see Rule::known. allowed: violated as often as the
/// caller said. not_checked: a column that it needs is absent, or its criteria are not given.
enum class Verdict : std::uint8_t { passed, failed, advice, known, allowed, not_checked };
[[nodiscard]] std::string_view to_string(Verdict verdict);

struct Outcome {
  const Rule* rule = nullptr;
  Verdict verdict = Verdict::not_checked;
  std::uint64_t violations = 0;
  std::vector<Example> examples;  ///< The first ones, at most kExamplesMax.
};
inline constexpr std::size_t kExamplesMax = 3;

struct Validation {
  std::uint64_t rows = 0;
  std::vector<Outcome> outcomes;      ///< One per rule, in the order of the rule set.
  std::vector<std::string> problems;  ///< Of the file: a row that is none, a column named twice.
  std::uint64_t problem_count = 0;
  /// Exceptions of the caller that do not hold: "X: 3 violations were allowed, 2 found".
  std::vector<std::string> stale;

  /// No failed rule, no problem, no stale exception.
  [[nodiscard]] bool passed() const;
  [[nodiscard]] std::size_t count(Verdict verdict) const;
};

/// An exception: exactly this rule may be broken, exactly so often.
struct Exception {
  std::string rule;
  std::uint64_t violations = 0;
};

struct ValidationOptions {
  const RuleSet* rules = &rules_1_2();
  /// Applicability criteria that hold for the file's maker ("REGION_SUPPORTED"); "ALL": every one.
  std::vector<std::string> criteria{};
  std::vector<Exception> exceptions{};
};

/// Takes a file's rows one after the other. Memory grows with the different SKU prices and services
/// only. One thread at a time.
class Validator {
 public:
  /// `options.rules` must outlive it. Fails with invalid_input if an exception names no rule, or a
  /// criterion is unknown.
  [[nodiscard]] static Result<Validator> make(std::vector<InputColumn> columns,
                                              const ValidationOptions& options);
  Validator(Validator&&) noexcept;
  ~Validator();
  /// Requires as many values as there are columns.
  void check(std::span<const Value> row, std::uint64_t line);
  /// Something is wrong with the file itself.
  void problem(std::string text);
  [[nodiscard]] Validation finish();

 private:
  struct State;
  explicit Validator(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Reads a CSV (plain, gzip, zstd; "-": standard input) or, by its name, Parquet file.
/// Fails with not_found, io_error, invalid_input where there is no header or no Parquet in it.
[[nodiscard]] Result<Validation> validate_file(const std::string& path,
                                               const ValidationOptions& options);
/// CSV in memory: tests and fuzzing.
[[nodiscard]] Result<Validation> validate_csv(std::string_view bytes,
                                              const ValidationOptions& options);

}  // namespace costops::focus
