// help.h - the text of --help, and what is said about a command line that cannot be parsed.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace costops::cli {

/// "cost-ops query - ...", usage, arguments, commands, options and, from the footer, examples and
/// remarks (a footer begins with its empty line); at most 80 columns wide.
class HelpFormatter : public CLI::FormatterBase {
 public:
  [[nodiscard]] std::string make_help(const CLI::App* app, std::string name,
                                      CLI::AppFormatMode mode) const override;
};

/// The command that was parsed last, in words: "cost-ops pricing add".
[[nodiscard]] std::string command_in_words(const CLI::App& root);

/// What is wrong with the command line, in one sentence, with the closest known word.
[[nodiscard]] std::string told(const CLI::App& root, const CLI::ParseError& error);
/// As above for a command line that names no command: "" if it names none at all.
[[nodiscard]] std::string unknown_command(const CLI::App& root);

}  // namespace costops::cli
