// markup.h - text in HTML and SVG, and the look that both pages share.
#pragma once

#include <string>
#include <string_view>

namespace costops::benchmarks {

/// Text safe between tags and in quoted attributes; control characters become blanks.
[[nodiscard]] std::string markup_text(std::string_view text);

/// A whole page: title, style for light and dark, body as it is.
[[nodiscard]] std::string html_page(std::string_view title, std::string_view body);

}  // namespace costops::benchmarks
