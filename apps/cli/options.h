// options.h - kinds of options that several commands share, checked while they are parsed.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/error.h"

namespace costops::cli {

/// One value of any text; `type` stands for it in the help ("FILE", "TIME").
CLI::Option* add_text(CLI::App& app, const char* names, std::string& into, const char* type,
                      const char* description);
/// As add_text, each use adding one value.
CLI::Option* add_list(CLI::App& app, const char* names, std::vector<std::string>& into,
                      const char* type, const char* description);
/// One of some words; others are refused with the list.
CLI::Option* add_choice(CLI::App& app, const char* names, std::string& into,
                        std::initializer_list<std::string_view> words, const char* description);
/// A whole number from 1.
CLI::Option* add_number(CLI::App& app, const char* names, std::uint64_t& into,
                        const char* description);

/// A whole number from 1 to 10^15, or none.
[[nodiscard]] std::optional<std::uint64_t> whole_number(std::string_view text);

/// The candidate that `word` is probably meant to be: at most a third of its letters differ.
[[nodiscard]] std::optional<std::string> closest(std::string_view word,
                                                 const std::vector<std::string>& candidates);

/// "a, b, c".
[[nodiscard]] std::string joined(const std::vector<std::string>& words, std::string_view by = ", ");

}  // namespace costops::cli
