// gzip and zstd, undone block by block. Both formats may hold several members (frames) one after
// the other; a file that ends inside one is cut off. A file that grows beyond kInflationMax is
// refused while it is read, so that a bomb costs little more than its own size.
#include <fmt/core.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "costops/ingestion/input.h"
#include "ingestion/byte_source.h"

namespace costops::ingestion {
namespace {

constexpr std::size_t kCompressedBlock = 128u << 10;
/// Small files may grow more: the factor counts from here.
constexpr std::uint64_t kInflationFree = 16u << 20;

/// The compressed side: a block at a time, beginning with what was read to tell the format.
class CompressedBytes {
 public:
  CompressedBytes(std::unique_ptr<ByteSource> source, std::vector<char> first)
      : source_(std::move(source)), block_(std::move(first)), end_(block_.size()) {}

  [[nodiscard]] std::string_view pending() const { return {block_.data() + begin_, end_ - begin_}; }
  void consume(std::size_t count) { begin_ += count; }
  /// Requires that nothing is pending. False at the end.
  [[nodiscard]] Result<bool> refill() {
    block_.resize(kCompressedBlock);
    const auto count = source_->read(block_);
    if (!count) return fail(count.error());
    begin_ = 0;
    end_ = *count;
    return end_ != 0;
  }
  [[nodiscard]] const ByteSource& source() const { return *source_; }
  [[nodiscard]] Result<std::size_t> read_behind(std::span<char> space) {
    return source_->read(space);
  }

 private:
  std::unique_ptr<ByteSource> source_;
  std::vector<char> block_;
  std::size_t begin_ = 0;
  std::size_t end_;
};

/// What both formats share: blocks in, blocks out, the bomb guard.
class InflatedSource : public ByteSource {
 public:
  InflatedSource(CompressedBytes compressed, const char* format)
      : compressed_(std::move(compressed)), format_(format) {}

  Result<std::size_t> read(std::span<char> space) final {
    while (!failure_) {
      // A full block out may leave bytes inside the decoder although no compressed ones are left.
      if (compressed_.pending().empty() && !filled_) {
        const auto more = compressed_.refill();
        if (!more) return fail(more.error());
        if (!*more) return finish();
      }
      const std::size_t produced = inflate_into(space);
      filled_ = produced == space.size();
      produced_ += produced;
      if (produced_ > kInflationFree + kInflationMax * bytes_read()) return bomb();
      if (produced != 0) return produced;
    }
    return fail(*failure_);
  }
  std::uint64_t bytes_read() const final { return compressed_.source().bytes_read(); }
  std::uint64_t bytes_total() const final { return compressed_.source().bytes_total(); }

 protected:
  /// Takes pending bytes and fills `space`, as far as either goes; may produce nothing. Says
  /// broken() where it cannot go on; what it produced before that counts.
  [[nodiscard]] virtual std::size_t inflate_into(std::span<char> space) = 0;
  /// Whether the data may end here.
  [[nodiscard]] virtual bool complete() const = 0;

  void broken(std::string_view why) {
    failure_ =
        Error{ErrorCode::invalid_input, fmt::format("the {} data are broken: {}", format_, why)};
  }
  CompressedBytes compressed_;

 private:
  Result<std::size_t> finish() {
    if (complete()) return std::size_t{0};
    return fail(ErrorCode::invalid_input,
                fmt::format("the {} data are cut off: the file is incomplete", format_));
  }
  Result<std::size_t> bomb() const {
    return fail(ErrorCode::invalid_input,
                fmt::format("the {} data grow more than {} times (a decompression bomb?): "
                            "unpack the file yourself if it is right",
                            format_, kInflationMax));
  }
  const char* format_;
  std::uint64_t produced_ = 0;
  bool filled_ = false;
  std::optional<Error> failure_;
};

class GzipSource final : public InflatedSource {
 public:
  explicit GzipSource(CompressedBytes compressed) : InflatedSource(std::move(compressed), "gzip") {
    // 15 bits of window, +16: a gzip header is required.
    ready_ = inflateInit2(&stream_, 15 + 16) == Z_OK;
  }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;
  ~GzipSource() override {
    if (ready_) inflateEnd(&stream_);
  }

 private:
  std::size_t inflate_into(std::span<char> space) override {
    if (!ready_) broken("out of memory");
    if (!ready_ || (between_members_ && !next_member())) return 0;
    const std::string_view pending = compressed_.pending();
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(pending.data()));
    stream_.avail_in = static_cast<uInt>(pending.size());
    stream_.next_out = reinterpret_cast<Bytef*>(space.data());
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(space.size(), 1u << 30));
    const uInt room = stream_.avail_out;
    const int state = inflate(&stream_, Z_NO_FLUSH);
    compressed_.consume(pending.size() - stream_.avail_in);
    if (state == Z_STREAM_END) {
      between_members_ = true;
    } else if (state != Z_OK && state != Z_BUF_ERROR) {
      broken(stream_.msg != nullptr ? stream_.msg : "not inflatable");
    }
    return room - stream_.avail_out;
  }

  /// Zero bytes behind a member are padding (tapes, block devices); anything else begins the next.
  bool next_member() {
    const std::string_view pending = compressed_.pending();
    const std::size_t zeros = std::min(pending.find_first_not_of('\0'), pending.size());
    compressed_.consume(zeros);
    if (zeros == pending.size()) return false;
    inflateReset(&stream_);
    between_members_ = false;
    return true;
  }
  bool complete() const override { return between_members_; }

  z_stream stream_{};
  bool ready_ = false;
  bool between_members_ = false;
};

class ZstdSource final : public InflatedSource {
 public:
  explicit ZstdSource(CompressedBytes compressed)
      : InflatedSource(std::move(compressed), "zstd"), stream_(ZSTD_createDStream()) {}
  ZstdSource(const ZstdSource&) = delete;
  ZstdSource& operator=(const ZstdSource&) = delete;
  ~ZstdSource() override { ZSTD_freeDStream(stream_); }

 private:
  std::size_t inflate_into(std::span<char> space) override {
    if (stream_ == nullptr) broken("out of memory");
    // Small bites: what one call decodes is lost if that call fails.
    const std::string_view pending = compressed_.pending().substr(0, kBite);
    if (stream_ == nullptr || (pending.empty() && !frame_open_)) return 0;
    ZSTD_inBuffer in{pending.data(), pending.size(), 0};
    ZSTD_outBuffer out{space.data(), space.size(), 0};
    const std::size_t state = ZSTD_decompressStream(stream_, &out, &in);
    compressed_.consume(in.pos);
    if (ZSTD_isError(state) != 0) broken(ZSTD_getErrorName(state));
    frame_open_ = state != 0;
    return out.pos;
  }
  bool complete() const override { return !frame_open_; }

  static constexpr std::size_t kBite = 16u << 10;
  ZSTD_DStream* stream_;
  bool frame_open_ = false;
};

/// No compression: the bytes that were read to find that out, and then the rest.
class PlainSource final : public ByteSource {
 public:
  explicit PlainSource(CompressedBytes bytes) : bytes_(std::move(bytes)) {}

  Result<std::size_t> read(std::span<char> space) override {
    const std::string_view pending = bytes_.pending();
    if (pending.empty()) return bytes_.read_behind(space);
    const std::size_t count = std::min(space.size(), pending.size());
    std::memcpy(space.data(), pending.data(), count);
    bytes_.consume(count);
    return count;
  }
  std::uint64_t bytes_read() const override { return bytes_.source().bytes_read(); }
  std::uint64_t bytes_total() const override { return bytes_.source().bytes_total(); }

 private:
  CompressedBytes bytes_;
};

/// RFC 1952 section 2.3.1 (with method 8, deflate); RFC 8878 sections 3.1.1 and 3.1.2.
bool begins_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b\x08"); }
bool begins_zstd(std::string_view bytes) {
  const bool skippable = bytes.size() >= 4 &&
                         (static_cast<unsigned char>(bytes[0]) & 0xf0) == 0x50 &&
                         bytes.substr(1, 3) == "\x2a\x4d\x18";
  return skippable || bytes.starts_with("\x28\xb5\x2f\xfd");
}

}  // namespace

Result<std::unique_ptr<ByteSource>> inflated(std::unique_ptr<ByteSource> source) {
  constexpr std::size_t kMagicBytes = 4;
  const std::uint64_t total = source->bytes_total();
  const bool small = total != 0 && total < kCompressedBlock;
  std::vector<char> first(small ? static_cast<std::size_t>(total) + kMagicBytes : kCompressedBlock);
  std::size_t size = 0;
  while (size < kMagicBytes) {
    const auto count = source->read(std::span(first).subspan(size));
    if (!count) return fail(count.error());
    if (*count == 0) break;
    size += *count;
  }
  first.resize(size);
  const std::string_view head(first.data(), first.size());
  const bool gzip = begins_gzip(head);
  const bool zstd = begins_zstd(head);
  CompressedBytes bytes(std::move(source), std::move(first));
  if (gzip) return std::make_unique<GzipSource>(std::move(bytes));
  if (zstd) return std::make_unique<ZstdSource>(std::move(bytes));
  return std::make_unique<PlainSource>(std::move(bytes));
}

}  // namespace costops::ingestion
