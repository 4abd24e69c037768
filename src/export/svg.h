// svg.h - drawings as SVG, for a page of HTML or a file of its own.
#pragma once

#include <string>
#include <string_view>

#include "export/chart_layout.h"

namespace costops::exports {

/// Text that can neither end an attribute nor begin a tag.
void append_escaped(std::string& out, std::string_view text);

/// An element for a page that has svg_rules() in its style.
void append_svg(std::string& out, const Drawing& drawing);
/// Its shapes alone.
void append_shapes(std::string& out, const Drawing& drawing);

/// CSS that gives shapes their colours, on light and on dark screens. Needs the variables --ink,
/// --soft and --line.
[[nodiscard]] std::string svg_rules();

}  // namespace costops::exports
