// whole.cc - whole buffers at once. Encoding uses each library's one-shot call, which knows the
// size beforehand; decoding is a stream into a string, so that limits hold while it grows.
#include <brotli/encode.h>
#include <libdeflate.h>
#include <zstd.h>

#include "compression/coder.h"

namespace costops::compression {
namespace {

Result<std::string> deflated(Codec codec, std::string_view bytes, int level) {
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
      libdeflate_alloc_compressor(level), &libdeflate_free_compressor);
  if (!compressor) return out_of_memory("libdeflate");
  const bool gzip = codec == Codec::gzip;
  const auto bound = gzip ? &libdeflate_gzip_compress_bound : &libdeflate_zlib_compress_bound;
  const auto run = gzip ? &libdeflate_gzip_compress : &libdeflate_zlib_compress;
  std::string out(bound(compressor.get(), bytes.size()), '\0');
  out.resize(run(compressor.get(), bytes.data(), bytes.size(), out.data(), out.size()));
  return out;
}

Result<std::string> zstandard(std::string_view bytes, int level) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), level);
  if (ZSTD_isError(size) != 0) return fail(ErrorCode::io_error, ZSTD_getErrorName(size));
  out.resize(size);
  return out;
}

Result<std::string> brotli(std::string_view bytes, int level) {
  // The bound is 0 where it does not fit size_t, and does not hold for windows below 16 bits.
  std::size_t size = BrotliEncoderMaxCompressedSize(bytes.size());
  std::string out(size, '\0');
  const auto done =
      BrotliEncoderCompress(level, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, bytes.size(),
                            reinterpret_cast<const std::uint8_t*>(bytes.data()), &size,
                            reinterpret_cast<std::uint8_t*>(out.data()));
  if (done != BROTLI_TRUE) return out_of_memory("brotli");
  out.resize(size);
  return out;
}

}  // namespace

Result<std::string> compress(Codec codec, std::string_view bytes, Level level) {
  const auto number = level_of(codec, level, Use::whole);
  if (!number) return fail(number.error());
  switch (codec) {
    case Codec::gzip:
    case Codec::deflate:
      return deflated(codec, bytes, *number);
    case Codec::zstd:
      return zstandard(bytes, *number);
    case Codec::brotli:
      return brotli(bytes, *number);
    case Codec::identity:
      break;
  }
  return std::string(bytes);
}

Result<std::string> decompress(Codec codec, std::string_view bytes, const Limits& limits) {
  std::string out;
  auto stream = decoding(codec, limits, [&out](std::string_view piece) -> Result<void> {
    out.append(piece);
    return {};
  });
  if (!stream) return fail(stream.error());
  if (auto written = stream->write(bytes); !written) return fail(written.error());
  if (auto finished = stream->finish(); !finished) return fail(finished.error());
  return out;
}

}  // namespace costops::compression
