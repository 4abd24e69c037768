#include <cstdint>
#include <string_view>

#include "storage/row_binary.h"

using costops::storage::RowBinaryReader;
using costops::storage::RowBinaryWriter;

/// Reads any bytes as rows of a length, a text and an id; what was read whole is written back to
/// bytes that read the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  RowBinaryReader in(std::string_view(reinterpret_cast<const char*>(data), size));
  std::size_t rows = 0;
  while (in.more()) {
    if (++rows > size) __builtin_trap();  // Each row takes at least a byte.
    const std::uint64_t length = in.length();
    const std::string_view text = in.text();
    const auto id = in.id();
    if (in.failed()) break;
    RowBinaryWriter out;
    out.length(length).text(text).id(id);
    RowBinaryReader again(out.bytes());
    if (again.length() != length || again.text() != text || again.id() != id || again.more() ||
        again.failed()) {
      __builtin_trap();
    }
  }
  return 0;
}
