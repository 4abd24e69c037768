// svg.h - drawings as SVG, for a page of HTML or a file of its own.
#pragma once

#include <string>

#include "export/chart_layout.h"

namespace costops::exports {

/// An element for a page that has svg_rules() in its style.
void append_svg(std::string& out, const Drawing& drawing);
/// Its shapes alone.
void append_shapes(std::string& out, const Drawing& drawing);

/// CSS that gives shapes their colours, on light and on dark screens. Needs the variables --ink,
/// --soft and --line.
[[nodiscard]] std::string svg_rules();

}  // namespace costops::exports
