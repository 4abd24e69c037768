// terminal.h - what a terminal can be told: columns, colours, and no control characters from data.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

namespace costops::cli {

[[nodiscard]] bool is_terminal(std::FILE* stream);
/// Columns of the terminal behind `stream`; 80 where there is none.
[[nodiscard]] std::size_t terminal_columns(std::FILE* stream);

/// Text of unknown origin made safe to show: control characters (C0, DEL, C1), line and paragraph
/// separators and text-direction marks become escapes such as \x1b, \n and \u202e; invalid UTF-8
/// becomes U+FFFD. A value can so neither move the cursor nor reorder what stands beside it.
[[nodiscard]] std::string printable(std::string_view text);

/// Columns that printable text takes: wide characters take two, combining marks none.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// How some text is shown where colours are on.
enum class Ink { plain, bold, dim, warning };
enum class Colors { off, on };
[[nodiscard]] std::string inked(std::string_view text, Ink ink, Colors colors);

}  // namespace costops::cli
