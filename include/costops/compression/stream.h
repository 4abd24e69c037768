// stream.h - encoding and decoding piece by piece, in bounded memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "costops/compression/codec.h"

namespace costops::compression {

/// What went through a stream. The time is spent in the codec alone, not in the sink.
struct Statistics {
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::int64_t nanoseconds = 0;
  /// The larger side over the smaller one's: 7.5 means 7.5 bytes in the space of one.
  [[nodiscard]] double ratio() const;
  /// Plain bytes by time, in 10^6 bytes a second.
  [[nodiscard]] double megabytes_per_second() const;
};

/// Takes what comes out, in pieces of at most 64 KiB; a failure ends the stream and is handed on.
using Sink = std::function<Result<void>(std::string_view)>;

/// Bytes in by write(), bytes out to the sink. One thread at a time. After a failure every further
/// call gives that failure again.
class Stream {
 public:
  class Coder;
  Stream(std::unique_ptr<Coder> coder, Limits limits, Sink sink);
  ~Stream();
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) = delete;

  [[nodiscard]] Result<void> write(std::string_view bytes);
  /// Encoding: everything written so far can be decoded by the receiver. Costs some size.
  [[nodiscard]] Result<void> flush();
  /// Encoding: writes the end. Decoding: fails with invalid_input if the data are cut off.
  /// Nothing may follow.
  [[nodiscard]] Result<void> finish();
  [[nodiscard]] Statistics statistics() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// How gzip is cut. stream: one member by zlib, what HTTP clients expect. members: a member for
/// each MiB by libdeflate, twice as fast and smaller; every file tool reads it, some HTTP clients
/// stop after the first member.
enum class Framing : std::uint8_t { stream, members };

struct EncodeOptions {
  Level level{};
  Framing framing = Framing::stream;  ///< gzip only.
};

/// Fails with invalid_input for a level that the codec does not have, io_error without memory.
[[nodiscard]] Result<Stream> encoding(Codec codec, EncodeOptions options, Sink sink);
/// Holds at most the codec's window: 32 KiB for gzip, 8 MiB for zstd files of usual levels and at
/// most 128 MiB for any, 16 MiB for brotli.
[[nodiscard]] Result<Stream> decoding(Codec codec, Limits limits, Sink sink);

}  // namespace costops::compression
