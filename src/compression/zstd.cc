// zstd.cc - zstd (RFC 8878), frame after frame.
#include <zstd.h>

#include "compression/coder.h"

namespace costops::compression {
namespace {

class ZstdEncoder final : public Coder {
 public:
  explicit ZstdEncoder(int level) : context_(ZSTD_createCCtx(), &ZSTD_freeCCtx) {
    if (!context_) return;
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }
  [[nodiscard]] bool ready() const { return context_ != nullptr; }

  Result<Step> step(std::string_view& in, std::span<char> out, Mode mode) override {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    const auto directive = mode == Mode::run     ? ZSTD_e_continue
                           : mode == Mode::flush ? ZSTD_e_flush
                                                 : ZSTD_e_end;
    const std::size_t left = ZSTD_compressStream2(context_.get(), &output, &input, directive);
    if (ZSTD_isError(left) != 0) return fail(ErrorCode::io_error, ZSTD_getErrorName(left));
    in.remove_prefix(input.pos);
    const bool more = mode == Mode::run ? output.pos == output.size : left != 0;
    return Step{output.pos, more};
  }

 private:
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context_;
};

class ZstdDecoder final : public Coder {
 public:
  ZstdDecoder() : context_(ZSTD_createDCtx(), &ZSTD_freeDCtx) {}
  [[nodiscard]] bool ready() const { return context_ != nullptr; }
  std::string_view decodes() const override { return "zstd"; }

  Result<Step> step(std::string_view& in, std::span<char> out, Mode mode) override {
    if (in.empty() && at_end_) {
      if (mode == Mode::finish && !any_) return cut_off(decodes());
      return Step{};
    }
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    const std::size_t left = ZSTD_decompressStream(context_.get(), &output, &input);
    if (ZSTD_isError(left) != 0) return broken(decodes(), ZSTD_getErrorName(left));
    in.remove_prefix(input.pos);
    at_end_ = left == 0;
    any_ = any_ || at_end_;
    const bool full = output.pos == output.size;
    if (mode == Mode::finish && in.empty() && !at_end_ && !full) return cut_off(decodes());
    return Step{output.pos, full && !at_end_};
  }

 private:
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context_;
  bool at_end_ = true;  ///< Between frames.
  bool any_ = false;
};

}  // namespace

CoderResult zstd_encoder(int level) {
  auto coder = std::make_unique<ZstdEncoder>(level);
  if (!coder->ready()) return out_of_memory("zstd");
  return coder;
}

CoderResult zstd_decoder() {
  auto coder = std::make_unique<ZstdDecoder>();
  if (!coder->ready()) return out_of_memory("zstd");
  return coder;
}

}  // namespace costops::compression
