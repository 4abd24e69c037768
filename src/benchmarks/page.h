// page.h - the look that the pages of this room share.
#pragma once

#include <string>
#include <string_view>

namespace costops::benchmarks {

/// A whole page: title, style for light and dark, body as it is.
[[nodiscard]] std::string html_page(std::string_view title, std::string_view body);

}  // namespace costops::benchmarks
