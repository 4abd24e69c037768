#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "costops/compression/negotiation.h"

using namespace costops::compression;

/// Any header: the choice is one of those offered, or identity; a field that names nothing keeps
/// identity possible.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view header(reinterpret_cast<const char*>(data), size);
  static constexpr Codec kOffered[] = {Codec::zstd, Codec::gzip};
  const auto chosen = negotiate(header, kOffered);
  const bool refusable = header.find("=0") != std::string_view::npos;
  if (!chosen && !refusable) __builtin_trap();
  if (chosen && *chosen != Codec::identity &&
      std::find(std::begin(kOffered), std::end(kOffered), *chosen) == std::end(kOffered)) {
    __builtin_trap();
  }
  return 0;
}
