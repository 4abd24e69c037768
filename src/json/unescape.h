// unescape.h - JSON's escapes.
#pragma once

#include <string_view>

namespace costops::json {

/// Writes the meaning of `escaped`, the valid UTF-8 between a string's quotes, to `out`, which must
/// have room for as many bytes. Returns the end of what it wrote; null if an escape is unknown,
/// or names half of a surrogate pair.
[[nodiscard]] char* unescape(std::string_view escaped, char* out);

}  // namespace costops::json
