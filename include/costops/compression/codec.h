// codec.h - bytes made smaller and back: which codecs there are, how hard they try, whole buffers.
//
// Whole buffers are for bodies that are at hand; stream.h does the same in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "costops/domain/error.h"

namespace costops::compression {

/// The content codings of HTTP (RFC 9110, section 8.4.1), which are file formats as well.
/// deflate is the zlib format (RFC 1950); a decoder also takes bare deflate data (RFC 1951),
/// because some senders leave the wrapper out.
enum class Codec : std::uint8_t { identity, gzip, deflate, zstd, brotli };
inline constexpr std::size_t kCodecCount = 5;
/// The word in HTTP: "identity", "gzip", "deflate", "zstd", "br".
[[nodiscard]] std::string_view to_string(Codec codec);
/// Any case; also "x-gzip", "brotli", "zlib" and "none", as people write them.
[[nodiscard]] std::optional<Codec> parse_codec(std::string_view word);
/// What file names end with: ".gz", ".zz", ".zst", ".br"; "" for identity.
[[nodiscard]] std::string_view file_suffix(Codec codec);
/// The codec that a file's name tells; identity where it tells none.
[[nodiscard]] Codec codec_of_file(std::string_view name);

/// How hard to try. Names mean the same effort in every codec; a number is the codec's own level
/// (gzip and deflate 1 to 12, streams 1 to 9; zstd -7 to 19; brotli 0 to 11).
/// Default: zstd 1, which is both faster and smaller than 3 on usage data; gzip 5 (streams 6);
/// brotli 5.
class Level {
 public:
  enum class Effort : std::uint8_t { fastest, fast, standard, best, custom };
  constexpr Level() = default;
  constexpr Level(Effort effort) : effort_(effort) {}  // NOLINT: an effort is a level.
  [[nodiscard]] static constexpr Level custom(int number) {
    Level level(Effort::custom);
    level.number_ = number;
    return level;
  }
  [[nodiscard]] constexpr Effort effort() const { return effort_; }
  [[nodiscard]] constexpr int number() const { return number_; }

 private:
  Effort effort_ = Effort::standard;
  int number_ = 0;
};
/// "fastest", "fast", "default", "best", or a number. Fails with invalid_input, listing these.
[[nodiscard]] Result<Level> parse_level(std::string_view word);

/// What decoding may cost. Both hold for the whole of a stream, so that a bomb is stopped as soon
/// as it has grown beyond either.
struct Limits {
  std::uint64_t size_max = std::uint64_t{1} << 30;  ///< Decoded bytes.
  /// Decoded bytes per encoded byte. Deflate can reach 1,032; real logs stay below 100.
  std::uint64_t ratio_max = 1'100;
  /// Growth that is always allowed, because small bodies may be all repetition.
  std::uint64_t ratio_free_bytes = std::uint64_t{1} << 20;
};

/// The bytes encoded. gzip and deflate by libdeflate: faster and smaller than zlib at its level.
/// Deterministic. Fails with invalid_input for a level that the codec does not have.
[[nodiscard]] Result<std::string> compress(Codec codec, std::string_view bytes, Level level = {});

/// The bytes decoded; concatenated gzip members and zstd frames give their concatenation.
/// Fails with invalid_input if the data are broken, cut off, followed by something else, or grow
/// beyond a limit.
[[nodiscard]] Result<std::string> decompress(Codec codec, std::string_view bytes,
                                             const Limits& limits = {});

}  // namespace costops::compression
