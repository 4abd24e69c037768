// gzip.cc - gzip (RFC 1952) and the zlib format (RFC 1950) by zlib, and gzip in members by
// libdeflate.
#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "compression/coder.h"

namespace costops::compression {
namespace {

constexpr int kWindowBits = 15;
constexpr int kGzipWrapper = 16;
constexpr int kMemoryLevel = 8;  // zlib's default

void show(z_stream& stream, std::string_view in, std::span<char> out) {
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
}

class ZlibEncoder final : public Coder {
 public:
  ZlibEncoder(Codec codec, int level) {
    const int bits = codec == Codec::gzip ? kWindowBits + kGzipWrapper : kWindowBits;
    ready_ =
        deflateInit2(&stream_, level, Z_DEFLATED, bits, kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ZlibEncoder(const ZlibEncoder&) = delete;
  ZlibEncoder& operator=(const ZlibEncoder&) = delete;
  ~ZlibEncoder() override {
    if (ready_) deflateEnd(&stream_);
  }
  [[nodiscard]] bool ready() const { return ready_; }

  Result<Step> step(std::string_view& in, std::span<char> out, Mode mode) override {
    show(stream_, in, out);
    const int flush = mode == Mode::run     ? Z_NO_FLUSH
                      : mode == Mode::flush ? Z_SYNC_FLUSH
                                            : Z_FINISH;
    const int state = deflate(&stream_, flush);
    in.remove_prefix(in.size() - stream_.avail_in);
    const std::size_t produced = out.size() - stream_.avail_out;
    // Z_BUF_ERROR: there was nothing to do, as when flushing twice.
    const bool more = mode == Mode::finish ? state != Z_STREAM_END : stream_.avail_out == 0;
    return Step{produced, more};
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

/// Whether data begin like the zlib format: method 8, and a check over the two bytes.
bool begins_zlib(unsigned char first, unsigned char second) {
  return (first & 0x0f) == 8 && (first * 256 + second) % 31 == 0;
}

class ZlibDecoder final : public Coder {
 public:
  explicit ZlibDecoder(Codec codec) : codec_(codec) {}
  ZlibDecoder(const ZlibDecoder&) = delete;
  ZlibDecoder& operator=(const ZlibDecoder&) = delete;
  ~ZlibDecoder() override {
    if (begun_) inflateEnd(&stream_);
  }
  std::string_view decodes() const override { return to_string(codec_); }

  Result<Step> step(std::string_view& in, std::span<char> out, Mode mode) override {
    if (!begun_) {
      if (auto begun = begin(in, mode); !begun) return fail(begun.error());
      if (!begun_) return Step{};
    }
    if (ended_) return behind_the_end(in);
    if (!head_.empty()) {  // What begin() kept back comes first.
      std::string_view head = head_;
      auto step = inflate_some(head, out);
      head_ = std::string(head);
      if (step) step->more = step->more || !head_.empty() || !in.empty();
      return step;
    }
    auto step = inflate_some(in, out);
    if (step && mode == Mode::finish && !ended_ && !step->more) return cut_off(decodes());
    return step;
  }

 private:
  /// Which wrapper it is shows in the first two bytes; until they are here they are kept.
  Result<void> begin(std::string_view& in, Mode mode) {
    const std::size_t wanted = std::min<std::size_t>(2 - head_.size(), in.size());
    head_.append(in.substr(0, wanted));
    in.remove_prefix(wanted);
    if (head_.size() < 2) {
      if (mode == Mode::finish) return cut_off(decodes());
      return {};
    }
    int bits = kWindowBits + kGzipWrapper;
    if (codec_ == Codec::deflate) {
      const bool wrapped =
          begins_zlib(static_cast<unsigned char>(head_[0]), static_cast<unsigned char>(head_[1]));
      bits = wrapped ? kWindowBits : -kWindowBits;
    }
    if (inflateInit2(&stream_, bits) != Z_OK) return out_of_memory("zlib");
    begun_ = true;
    return {};
  }

  Result<Step> inflate_some(std::string_view& in, std::span<char> out) {
    show(stream_, in, out);
    const int state = inflate(&stream_, Z_NO_FLUSH);
    in.remove_prefix(in.size() - stream_.avail_in);
    ended_ = state == Z_STREAM_END;
    if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR) {
      return broken(decodes(), stream_.msg != nullptr ? stream_.msg : "not inflatable");
    }
    return Step{out.size() - stream_.avail_out, !ended_ && stream_.avail_out == 0};
  }

  /// Behind a gzip member comes the next one, or padding with zeros, or nothing.
  Result<Step> behind_the_end(std::string_view& in) {
    if (codec_ == Codec::gzip) {
      in.remove_prefix(std::min(in.find_first_not_of('\0'), in.size()));
    }
    if (in.empty() && head_.empty()) return Step{};
    if (codec_ != Codec::gzip) return broken(decodes(), "bytes behind the end");
    inflateReset(&stream_);
    ended_ = false;
    return Step{0, true};
  }

  Codec codec_;
  z_stream stream_{};
  std::string head_;
  bool begun_ = false, ended_ = false;
};

/// A gzip member for each MiB, so that libdeflate, which needs whole buffers, runs in bounded
/// memory. An empty stream is one empty member.
class MemberEncoder final : public Coder {
 public:
  explicit MemberEncoder(int level)
      : compressor_(libdeflate_alloc_compressor(level), &libdeflate_free_compressor) {}
  [[nodiscard]] bool ready() const { return compressor_ != nullptr; }

  Result<Step> step(std::string_view& in, std::span<char> out, Mode mode) override {
    const std::size_t taken = std::min(in.size(), kMember - plain_.size());
    plain_.append(in.substr(0, taken));
    in.remove_prefix(taken);
    const bool due = plain_.size() == kMember || (mode == Mode::flush && !plain_.empty()) ||
                     (mode == Mode::finish && (!plain_.empty() || members_ == 0));
    if (due && written_ == member_.size()) end_member();
    const std::size_t count = std::min(out.size(), member_.size() - written_);
    if (count != 0) std::memcpy(out.data(), member_.data() + written_, count);
    written_ += count;
    return Step{count, written_ < member_.size()};
  }

 private:
  void end_member() {
    member_.resize(libdeflate_gzip_compress_bound(compressor_.get(), plain_.size()));
    member_.resize(libdeflate_gzip_compress(compressor_.get(), plain_.data(), plain_.size(),
                                            member_.data(), member_.size()));
    plain_.clear();
    written_ = 0;
    ++members_;
  }

  static constexpr std::size_t kMember = std::size_t{1} << 20;
  std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor_;
  std::string plain_, member_;
  std::size_t written_ = 0;
  std::uint64_t members_ = 0;
};

}  // namespace

CoderResult zlib_encoder(Codec codec, int level) {
  auto coder = std::make_unique<ZlibEncoder>(codec, level);
  if (!coder->ready()) return out_of_memory("zlib");
  return coder;
}

CoderResult zlib_decoder(Codec codec) { return std::make_unique<ZlibDecoder>(codec); }

CoderResult member_encoder(int level) {
  auto coder = std::make_unique<MemberEncoder>(level);
  if (!coder->ready()) return out_of_memory("libdeflate");
  return coder;
}

}  // namespace costops::compression
