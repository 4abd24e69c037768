// coder.h - one codec in one direction, step by step; Stream drives it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "costops/compression/stream.h"

namespace costops::compression {

enum class Mode : std::uint8_t { run, flush, finish };

class Stream::Coder {
 public:
  struct Step {
    std::size_t produced = 0;
    bool more = false;  ///< Call again, with what is left of the input, even if that is nothing.
  };
  virtual ~Coder() = default;
  /// Takes from the front of `in` and writes into `out`, as far as either goes.
  [[nodiscard]] virtual Result<Step> step(std::string_view& in, std::span<char> out, Mode mode) = 0;
  /// What it decodes, for messages; "" for an encoder.
  [[nodiscard]] virtual std::string_view decodes() const { return ""; }
};

using Coder = Stream::Coder;
using CoderResult = Result<std::unique_ptr<Coder>>;

[[nodiscard]] std::unique_ptr<Coder> identity_coder();
[[nodiscard]] CoderResult zlib_encoder(Codec codec, int level);
[[nodiscard]] CoderResult zlib_decoder(Codec codec);
[[nodiscard]] CoderResult member_encoder(int level);
[[nodiscard]] CoderResult zstd_encoder(int level);
[[nodiscard]] CoderResult zstd_decoder();
[[nodiscard]] CoderResult brotli_encoder(int level);
[[nodiscard]] CoderResult brotli_decoder();

/// The codec's own level. Fails with invalid_input, saying which there are. zlib's streams have no
/// levels above 9.
enum class Use : std::uint8_t { whole, stream };
[[nodiscard]] Result<int> level_of(Codec codec, Level level, Use use);

[[nodiscard]] inline tl::unexpected<Error> broken(std::string_view codec, std::string_view why) {
  return fail(ErrorCode::invalid_input,
              "the " + std::string(codec) + " data are broken: " + std::string(why));
}
[[nodiscard]] inline tl::unexpected<Error> cut_off(std::string_view codec) {
  return fail(ErrorCode::invalid_input,
              "the " + std::string(codec) + " data are cut off: the end is missing");
}
[[nodiscard]] inline tl::unexpected<Error> out_of_memory(std::string_view codec) {
  return fail(ErrorCode::io_error, "no memory for " + std::string(codec));
}

}  // namespace costops::compression
