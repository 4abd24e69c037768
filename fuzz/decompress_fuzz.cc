#include <cstdint>
#include <cstdlib>
#include <string>

#include "costops/compression/codec.h"
#include "costops/compression/stream.h"

using namespace costops::compression;

/// Any bytes, in every codec: an answer within the limits, the same in one piece and in several.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto codec = static_cast<Codec>(data[0] % kCodecCount);
  const std::size_t piece = 1 + data[0] / kCodecCount;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Limits limits{.size_max = 1 << 20, .ratio_max = 200, .ratio_free_bytes = 1 << 16};
  const auto whole = decompress(codec, bytes, limits);
  if (whole && whole->size() > limits.size_max) __builtin_trap();

  std::string pieces;
  auto stream = decoding(codec, limits, [&pieces](std::string_view out) {
    pieces.append(out);
    return costops::Result<void>();
  });
  if (!stream) return 0;
  costops::Result<void> done;
  for (std::size_t at = 0; at < bytes.size() && done; at += piece) {
    done = stream->write(bytes.substr(at, piece));
  }
  if (done) done = stream->finish();
  // A limit on the ratio sees pieces earlier than a whole; nothing else may differ.
  if (whole && done && *whole != pieces) __builtin_trap();
  if (!whole && done) __builtin_trap();

  const auto small = compress(codec, bytes);
  if (!small || decompress(codec, *small) != std::string(bytes)) __builtin_trap();
  return 0;
}
