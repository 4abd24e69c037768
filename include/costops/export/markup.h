// markup.h - texts of anybody's inside HTML and Markdown, so that nothing in them is markup.
#pragma once

#include <string>
#include <string_view>

namespace costops::exports {

/// As content or quoted attribute: nothing in it ends an attribute or begins a tag. Bytes that are
/// no UTF-8, and control characters but tab and line feed, become U+FFFD: HTML has none.
void append_html(std::string& out, std::string_view text);
[[nodiscard]] std::string html_of(std::string_view text);

/// As a cell or a line of GitHub's Markdown: nothing in it ends the cell or the line, begins HTML,
/// formats, links or mentions a person. Line breaks and tabs become spaces.
void append_markdown(std::string& out, std::string_view text);
[[nodiscard]] std::string markdown_of(std::string_view text);

}  // namespace costops::exports
