#include "costops/compression/stream.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <optional>

#include "compression/coder.h"

namespace costops::compression {
namespace {

constexpr std::size_t kPiece = std::size_t{64} << 10;
/// Input is taken in bites, so that a bomb is noticed after little of it.
constexpr std::size_t kBite = std::size_t{64} << 10;

class IdentityCoder final : public Coder {
 public:
  Result<Step> step(std::string_view& in, std::span<char> out, Mode) override {
    const std::size_t count = std::min(in.size(), out.size());
    if (count != 0) std::memcpy(out.data(), in.data(), count);
    in.remove_prefix(count);
    return Step{count, false};
  }
};

CoderResult encoder_of(Codec codec, EncodeOptions options) {
  const bool members = codec == Codec::gzip && options.framing == Framing::members;
  const auto level = level_of(codec, options.level, members ? Use::whole : Use::stream);
  if (!level) return fail(level.error());
  switch (codec) {
    case Codec::gzip:
    case Codec::deflate:
      return members ? member_encoder(*level) : zlib_encoder(codec, *level);
    case Codec::zstd:
      return zstd_encoder(*level);
    case Codec::brotli:
      return brotli_encoder(*level);
    case Codec::identity:
      break;
  }
  return identity_coder();
}

CoderResult decoder_of(Codec codec) {
  switch (codec) {
    case Codec::gzip:
    case Codec::deflate:
      return zlib_decoder(codec);
    case Codec::zstd:
      return zstd_decoder();
    case Codec::brotli:
      return brotli_decoder();
    case Codec::identity:
      break;
  }
  return identity_coder();
}

}  // namespace

double Statistics::ratio() const {
  const auto [small, large] = std::minmax(bytes_in, bytes_out);
  return small == 0 ? 1.0 : static_cast<double>(large) / static_cast<double>(small);
}

double Statistics::megabytes_per_second() const {
  if (nanoseconds == 0) return 0.0;
  return static_cast<double>(std::max(bytes_in, bytes_out)) * 1e3 /
         static_cast<double>(nanoseconds);
}

struct Stream::State {
  State(std::unique_ptr<Coder> with, Limits within, Sink to)
      : coder(std::move(with)), limits(within), sink(std::move(to)) {}

  Result<void> drive(std::string_view bytes, Mode mode) {
    if (failure) return fail(*failure);
    auto driven = drive_on(bytes, mode);
    if (!driven) failure = driven.error();
    return driven;
  }

  std::unique_ptr<Coder> coder;
  Limits limits;
  Sink sink;
  Statistics statistics;
  std::optional<Error> failure;

 private:
  Result<void> drive_on(std::string_view bytes, Mode mode) {
    while (bytes.size() > kBite) {
      if (auto taken = take(bytes.substr(0, kBite), Mode::run); !taken) return taken;
      bytes.remove_prefix(kBite);
    }
    return take(bytes, mode);
  }

  Result<void> take(std::string_view bite, Mode mode) {
    for (bool more = true; more;) {
      const std::size_t before = bite.size();
      const auto start = std::chrono::steady_clock::now();
      const auto step = coder->step(bite, piece, mode);
      statistics.nanoseconds +=
          std::chrono::nanoseconds(std::chrono::steady_clock::now() - start).count();
      if (!step) return fail(step.error());
      statistics.bytes_in += before - bite.size();
      statistics.bytes_out += step->produced;
      if (auto fits = check_limits(); !fits) return fits;
      if (step->produced != 0) {
        auto taken = sink(std::string_view(piece.data(), step->produced));
        if (!taken) return taken;
      }
      more = step->more || !bite.empty();
    }
    return {};
  }

  [[nodiscard]] Result<void> check_limits() const {
    const std::string_view what = coder->decodes();
    if (what.empty()) return {};
    if (statistics.bytes_out > limits.size_max) {
      return fail(
          ErrorCode::invalid_input,
          fmt::format("the {} data grow beyond {} bytes, the limit", what, limits.size_max));
    }
    const std::uint64_t in = statistics.bytes_in;
    if (statistics.bytes_out <= limits.ratio_free_bytes ||
        (statistics.bytes_out - limits.ratio_free_bytes) / std::max<std::uint64_t>(in, 1) <
            limits.ratio_max) {
      return {};
    }
    return fail(
        ErrorCode::invalid_input,
        fmt::format("the {} data grow more than {} times, the limit (a decompression bomb?)", what,
                    limits.ratio_max));
  }

  std::array<char, kPiece> piece;
};

Stream::Stream(std::unique_ptr<Coder> coder, Limits limits, Sink sink)
    : state_(std::make_unique<State>(std::move(coder), limits, std::move(sink))) {}
Stream::~Stream() = default;
Stream::Stream(Stream&&) noexcept = default;

Result<void> Stream::write(std::string_view bytes) {
  if (bytes.empty()) return {};
  return state_->drive(bytes, Mode::run);
}
Result<void> Stream::flush() { return state_->drive({}, Mode::flush); }
Result<void> Stream::finish() { return state_->drive({}, Mode::finish); }
Statistics Stream::statistics() const { return state_->statistics; }

std::unique_ptr<Coder> identity_coder() { return std::make_unique<IdentityCoder>(); }

Result<Stream> encoding(Codec codec, EncodeOptions options, Sink sink) {
  auto coder = encoder_of(codec, options);
  if (!coder) return fail(coder.error());
  return Stream(std::move(*coder), Limits{}, std::move(sink));
}

Result<Stream> decoding(Codec codec, Limits limits, Sink sink) {
  auto coder = decoder_of(codec);
  if (!coder) return fail(coder.error());
  return Stream(std::move(*coder), limits, std::move(sink));
}

}  // namespace costops::compression
