// picture.h - one chart as a picture of its own: SVG text, or PNG.
#pragma once

#include <string>

#include "costops/export/writer.h"

namespace costops::exports {

/// On light paper, or dark where the reader's screen is dark. Values in it show where a mouse
/// points.
[[nodiscard]] std::string svg_of(const Chart& chart);

/// On white paper, 1,920 pixels wide. Fails with io_error if memory runs out.
[[nodiscard]] Result<std::string> png_of(const Chart& chart);

}  // namespace costops::exports
