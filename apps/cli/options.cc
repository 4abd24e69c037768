#include "options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <numeric>

namespace costops::cli {
namespace {

/// Levenshtein distance, with a swap of neighbours counted once.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, change});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

void add_text(CLI::App& app, const char* names, std::string& into, const char* type,
              const char* description, Need need) {
  app.add_option(names, into, description)->type_name(type)->required(need == Need::required);
}

void add_list(CLI::App& app, const char* names, std::vector<std::string>& into, const char* type,
              const char* description) {
  app.add_option(names, into, description)->type_name(type)->allow_extra_args(false);
}

void add_comma_list(CLI::App& app, const char* names, std::vector<std::string>& into,
                    const char* type, const char* description) {
  app.add_option(names, into, description)
      ->type_name(type)
      ->allow_extra_args(false)
      ->delimiter(',');
}

void add_argument(CLI::App& app, std::string& into, const char* type, const char* description) {
  app.add_option(type, into, description)->type_name(type)->required();
}

void add_arguments(CLI::App& app, std::vector<std::string>& into, const char* type,
                   const char* description) {
  app.add_option(type, into, description)->type_name(type);
}

void add_flag(CLI::App& app, const char* names, bool& into, const char* description) {
  app.add_flag(names, into, description);
}

void add_checked(CLI::App& app, const char* names, std::string& into, const char* type,
                 const char* description,
                 std::function<std::string(const std::string&)> problem_of) {
  app.add_option(names, into, description)
      ->type_name(type)
      ->check(CLI::Validator(std::move(problem_of), ""));
}

void add_choice(CLI::App& app, const char* names, std::string& into,
                std::initializer_list<std::string_view> words, const char* description, Need need) {
  const std::vector<std::string> known(words.begin(), words.end());
  const auto check = [known](const std::string& word) {
    if (std::find(known.begin(), known.end(), word) != known.end()) return std::string();
    return fmt::format("\"{}\" is none of {}", word, joined(known));
  };
  app.add_option(names, into, description)
      ->type_name(joined(known, "|"))
      ->check(CLI::Validator(check, ""))
      ->required(need == Need::required);
}

void add_number(CLI::App& app, const char* names, std::uint64_t& into, const char* description) {
  const auto check = [](const std::string& text) {
    if (whole_number(text)) return std::string();
    return fmt::format("\"{}\" is not a whole number from 1", text);
  };
  app.add_option(names, into, description)->type_name("N")->check(CLI::Validator(check, ""));
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || number == 0 || number > 1'000'000'000'000'000) return std::nullopt;
  return number;
}

std::optional<std::string> closest(std::string_view word,
                                   const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

std::string joined(const std::vector<std::string>& words, std::string_view by) {
  return fmt::format("{}", fmt::join(words, by));
}

}  // namespace costops::cli
