// options.h - kinds of options that several commands share, checked while they are parsed.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The only files that see the library of the command line are this one's, help, completion, main
// and command: it takes seconds to compile.
namespace CLI {
class App;
}

namespace costops::cli {

enum class Need { optional, required };

/// One value of any text; `type` stands for it in the help ("FILE", "TIME").
void add_text(CLI::App& app, const char* names, std::string& into, const char* type,
              const char* description, Need need = Need::optional);
/// As add_text, each use adding one value.
void add_list(CLI::App& app, const char* names, std::vector<std::string>& into, const char* type,
              const char* description);
/// As add_list, each use adding values with commas between them.
void add_comma_list(CLI::App& app, const char* names, std::vector<std::string>& into,
                    const char* type, const char* description);
/// A value without an option's name before it, which must be there.
void add_argument(CLI::App& app, std::string& into, const char* type, const char* description);
/// As add_argument, any number of them.
void add_arguments(CLI::App& app, std::vector<std::string>& into, const char* type,
                   const char* description);
/// True if it is there.
void add_flag(CLI::App& app, const char* names, bool& into, const char* description);
/// One of some words; others are refused with the list.
void add_choice(CLI::App& app, const char* names, std::string& into,
                std::initializer_list<std::string_view> words, const char* description,
                Need need = Need::optional);
/// A value that `problem_of` finds nothing wrong with: it answers "" or says what is.
void add_checked(CLI::App& app, const char* names, std::string& into, const char* type,
                 const char* description,
                 std::function<std::string(const std::string&)> problem_of);
/// A whole number from 1.
void add_number(CLI::App& app, const char* names, std::uint64_t& into, const char* description);

/// A whole number from 1 to 10^15, or none.
[[nodiscard]] std::optional<std::uint64_t> whole_number(std::string_view text);

/// The candidate that `word` is probably meant to be: at most a third of its letters differ.
[[nodiscard]] std::optional<std::string> closest(std::string_view word,
                                                 const std::vector<std::string>& candidates);

/// "a, b, c".
[[nodiscard]] std::string joined(const std::vector<std::string>& words, std::string_view by = ", ");

}  // namespace costops::cli
