// brotli.cc - brotli (RFC 7932).
#include <brotli/decode.h>
#include <brotli/encode.h>

#include "compression/coder.h"

namespace costops::compression {
namespace {

const std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

class BrotliEncoder final : public Coder {
 public:
  explicit BrotliEncoder(int level)
      : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr),
               &BrotliEncoderDestroyInstance) {
    if (!state_) return;
    BrotliEncoderSetParameter(state_.get(), BROTLI_PARAM_QUALITY,
                              static_cast<std::uint32_t>(level));
  }
  [[nodiscard]] bool ready() const { return state_ != nullptr; }

  Result<Step> step(std::string_view& in, std::span<char> out, Mode mode) override {
    const auto operation = mode == Mode::run     ? BROTLI_OPERATION_PROCESS
                           : mode == Mode::flush ? BROTLI_OPERATION_FLUSH
                                                 : BROTLI_OPERATION_FINISH;
    std::size_t in_left = in.size();
    std::size_t out_left = out.size();
    const std::uint8_t* next_in = bytes_of(in);
    auto* next_out = reinterpret_cast<std::uint8_t*>(out.data());
    if (BrotliEncoderCompressStream(state_.get(), operation, &in_left, &next_in, &out_left,
                                    &next_out, nullptr) != BROTLI_TRUE) {
      return out_of_memory("brotli");
    }
    in.remove_prefix(in.size() - in_left);
    bool more = BrotliEncoderHasMoreOutput(state_.get()) == BROTLI_TRUE;
    if (mode == Mode::finish) more = BrotliEncoderIsFinished(state_.get()) != BROTLI_TRUE;
    return Step{out.size() - out_left, more};
  }

 private:
  std::unique_ptr<BrotliEncoderState, decltype(&BrotliEncoderDestroyInstance)> state_;
};

class BrotliDecoder final : public Coder {
 public:
  BrotliDecoder()
      : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr),
               &BrotliDecoderDestroyInstance) {}
  [[nodiscard]] bool ready() const { return state_ != nullptr; }
  std::string_view decodes() const override { return "br"; }

  Result<Step> step(std::string_view& in, std::span<char> out, Mode mode) override {
    if (ended_) {
      if (!in.empty()) return broken(decodes(), "bytes behind the end");
      return Step{};
    }
    std::size_t in_left = in.size();
    std::size_t out_left = out.size();
    const std::uint8_t* next_in = bytes_of(in);
    auto* next_out = reinterpret_cast<std::uint8_t*>(out.data());
    const auto state = BrotliDecoderDecompressStream(state_.get(), &in_left, &next_in, &out_left,
                                                     &next_out, nullptr);
    in.remove_prefix(in.size() - in_left);
    if (state == BROTLI_DECODER_RESULT_ERROR) {
      return broken(decodes(), BrotliDecoderErrorString(BrotliDecoderGetErrorCode(state_.get())));
    }
    ended_ = state == BROTLI_DECODER_RESULT_SUCCESS;
    const bool full = state == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
    if (mode == Mode::finish && !ended_ && !full) return cut_off(decodes());
    return Step{out.size() - out_left, full};
  }

 private:
  std::unique_ptr<BrotliDecoderState, decltype(&BrotliDecoderDestroyInstance)> state_;
  bool ended_ = false;
};

}  // namespace

CoderResult brotli_encoder(int level) {
  auto coder = std::make_unique<BrotliEncoder>(level);
  if (!coder->ready()) return out_of_memory("brotli");
  return coder;
}

CoderResult brotli_decoder() {
  auto coder = std::make_unique<BrotliDecoder>();
  if (!coder->ready()) return out_of_memory("brotli");
  return coder;
}

}  // namespace costops::compression
