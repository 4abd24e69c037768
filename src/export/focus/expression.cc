#include "export/focus/expression.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace costops::focus {
namespace {

using Kind = Check::Kind;

/// What follows the word of an expression.
enum class Shape : std::uint8_t { column, value, values, pair, triple, items };
struct Word {
  std::string_view word;
  Kind kind;
  Shape shape;
};

constexpr Word kWords[] = {
    {"present", Kind::present, Shape::column},
    {"type-string", Kind::type_string, Shape::column},
    {"type-decimal", Kind::type_decimal, Shape::column},
    {"type-datetime", Kind::type_datetime, Shape::column},
    {"format-string", Kind::format_string, Shape::column},
    {"format-numeric", Kind::format_numeric, Shape::column},
    {"format-datetime", Kind::format_datetime, Shape::column},
    {"format-unit", Kind::format_unit, Shape::column},
    {"format-currency", Kind::format_currency, Shape::column},
    {"format-key-value", Kind::format_key_value, Shape::column},
    {"national-currency", Kind::national_currency, Shape::column},
    {"decimal", Kind::decimal, Shape::column},
    {"null", Kind::null, Shape::column},
    {"not-null", Kind::not_null, Shape::column},
    {"is", Kind::is, Shape::value},
    {"is-not", Kind::is_not, Shape::value},
    {"in", Kind::in, Shape::values},
    {"number", Kind::number, Shape::value},
    {"at-least", Kind::at_least, Shape::value},
    {"same", Kind::same, Shape::pair},
    {"different", Kind::different, Shape::pair},
    {"product", Kind::product, Shape::triple},
    {"one-parent", Kind::one_parent, Shape::pair},
    {"and", Kind::all, Shape::items},
    {"or", Kind::any, Shape::items},
};

/// Reads one expression; nesting is as deep as the built-in table and our own models make it.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Result<Check> whole() {
    auto check = expression();
    if (check && !rest_.empty()) return wrong();
    return check;
  }

 private:
  Result<Check> expression() {
    if (!taken("(")) return wrong();
    const std::string_view name = until(" )");
    const auto* const word = std::find_if(std::begin(kWords), std::end(kWords),
                                          [&](const Word& w) { return w.word == name; });
    if (word == std::end(kWords)) return wrong();
    Check check{.kind = word->kind};
    if (word->shape == Shape::items) {
      while (taken(" ")) {
        auto item = expression();
        if (!item) return item;
        check.items.push_back(std::move(*item));
      }
    } else if (!arguments(word->shape, check)) {
      return wrong();
    }
    if (!taken(")")) return wrong();
    return check;
  }

  bool arguments(Shape shape, Check& check) {
    check.column = argument();
    if (shape == Shape::pair || shape == Shape::triple) check.other = argument();
    if (shape == Shape::triple) check.result = argument();
    if (shape == Shape::value || shape == Shape::values) {
      while (taken(" \"")) {
        check.values.emplace_back(until("\""));
        if (!taken("\"")) return false;
      }
      if (check.values.empty() || (shape == Shape::value && check.values.size() > 1)) return false;
    }
    return !check.column.empty();
  }

  std::string argument() { return taken(" ") ? std::string(until(" )")) : ""; }

  bool taken(std::string_view mark) {
    if (!rest_.starts_with(mark)) return false;
    rest_.remove_prefix(mark.size());
    return true;
  }
  std::string_view until(std::string_view marks) {
    const std::string_view found = rest_.substr(0, rest_.find_first_of(marks));
    rest_.remove_prefix(found.size());
    return found;
  }
  tl::unexpected<Error> wrong() const {
    return fail(ErrorCode::invalid_input, "no rule expression: " + quoted(rest_));
  }

  std::string_view rest_;
};

std::vector<Check> without_repetitions(std::vector<Check> items) {
  std::vector<Check> out;
  for (Check& item : items) {
    if (item.kind == Kind::always) continue;
    if (std::find(out.begin(), out.end(), item) == out.end()) out.push_back(std::move(item));
  }
  return out;
}

Check joined(Kind kind, std::vector<Check> items) {
  if (items.empty()) return {};
  if (items.size() == 1) return std::move(items.front());
  Check check{.kind = kind};
  check.items = std::move(items);
  return check;
}

std::string listed(const std::vector<std::string>& values) {
  constexpr std::size_t kShown = 6;
  if (values.size() <= kShown) return fmt::format("{}", fmt::join(values, " or "));
  return fmt::format("{} or {} more", fmt::join(values.begin(), values.begin() + kShown, " or "),
                     values.size() - kShown);
}

/// What stands behind "must" in a rule's words, and behind the column in a condition's.
std::string demanded(const Check& check) {
  switch (check.kind) {
    case Kind::type_string:
      return "be a string";
    case Kind::type_decimal:
    case Kind::decimal:
      return "be a decimal number";
    case Kind::type_datetime:
      return "be a date with time";
    case Kind::format_string:
      return "be valid UTF-8";
    case Kind::format_numeric:
      return "be written like 35.2 or 35.2E-7";
    case Kind::format_datetime:
      return "be written like 2026-07-01T00:00:00Z";
    case Kind::format_unit:
      return "be a unit like Tokens, 1000000 Tokens or GB-Hours";
    case Kind::format_currency:
      return "be an ISO 4217 code or the name of a virtual currency";
    case Kind::format_key_value:
      return "be a JSON object of scalars";
    case Kind::national_currency:
      return "be an ISO 4217 code";
    case Kind::null:
      return "be null";
    case Kind::not_null:
      return "not be null";
    case Kind::is:
    case Kind::in:
      return "be " + listed(check.values);
    case Kind::is_not:
      return "not be " + check.values[0];
    case Kind::number:
      return "be " + check.values[0];
    case Kind::at_least:
      return "be at least " + check.values[0];
    case Kind::same:
      return "be the same as " + check.other;
    case Kind::different:
      return "differ from " + check.other;
    case Kind::one_parent:
      return "stand beside one " + check.other + " only";
    default:
      return "";
  }
}

std::string alternatives(const Check& check, std::string_view by) {
  std::vector<std::string> parts;
  for (const Check& item : check.items) parts.push_back(condition_in_words(item));
  constexpr std::size_t kShown = 4;
  const std::size_t more = parts.size() > kShown ? parts.size() - kShown : 0;
  parts.resize(parts.size() - more);
  if (more > 0) parts.push_back(fmt::format("{} more", more));
  return fmt::format("{}", fmt::join(parts, by));
}

}  // namespace

Result<Check> parse_check(std::string_view text) {
  if (text == "-") return Check{};
  return Parser(text).whole();
}

Check all_of(std::vector<Check> items) {
  std::vector<Check> flat;
  for (Check& item : items) {
    if (item.kind != Kind::all) {
      flat.push_back(std::move(item));
    } else {
      std::move(item.items.begin(), item.items.end(), std::back_inserter(flat));
    }
  }
  return joined(Kind::all, without_repetitions(std::move(flat)));
}

Check any_of(std::vector<Check> items) {
  items = without_repetitions(std::move(items));
  const bool one_column =
      items.size() > 1 && std::all_of(items.begin(), items.end(), [&](const Check& item) {
        return item.kind == Kind::is && item.column == items.front().column;
      });
  if (!one_column) return joined(Kind::any, std::move(items));
  Check check{.kind = Kind::in, .column = items.front().column};
  for (Check& item : items) check.values.push_back(std::move(item.values.front()));
  return check;
}

std::string condition_in_words(const Check& check) {
  if (check.kind == Kind::all) return alternatives(check, " and ");
  if (check.kind == Kind::any) return alternatives(check, " or ");
  std::string words = demanded(check);
  if (words.starts_with("be ")) return check.column + " is " + words.substr(3);
  if (words.starts_with("not be ")) return check.column + " is not " + words.substr(7);
  return check.column + " must " + words;
}

std::string in_words(const Rule& rule) {
  const Check& check = rule.check;
  const std::string_view must = rule.level == Level::must ? "must" : "should";
  std::string words;
  if (check.kind == Kind::present) {
    words = fmt::format("column {} {} be there", check.column, must);
  } else if (check.kind == Kind::product) {
    words = fmt::format("{} {} be {} x {}", check.result, must, check.column, check.other);
  } else if (check.kind == Kind::any || check.kind == Kind::all) {
    words = fmt::format("it {} hold that {}", must, condition_in_words(check));
  } else {
    words = fmt::format("{} {} {}", check.column, must, demanded(check));
  }
  if (rule.when.kind != Kind::always) words += " where " + condition_in_words(rule.when);
  return words;
}

}  // namespace costops::focus
