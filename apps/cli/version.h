// version.h - which cost-ops this is.
#pragma once

#include <string>

namespace costops::cli {

/// "cost-ops 0.1.0".
[[nodiscard]] std::string version_text();

}  // namespace costops::cli
