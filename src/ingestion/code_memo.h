// code_memo.h - codes of texts that are made from what a log says: each is made once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/usage_batch.h"

namespace costops::ingestion {

/// From a text as it is written to the code of the text that stands for it in a batch.
class CodeMemo {
 public:
  /// The code in `into` of `make(written)`; `make` is called once per text and dictionary.
  template <typename Make>
  [[nodiscard]] std::uint32_t code_of(std::string_view written, Dictionary& into,
                                      const Make& make) {
    if (into.identity() != codes_of_) {
      codes_.assign(codes_.size(), kUnknown);
      codes_of_ = into.identity();
    }
    if (written_.size() > kRemembered) {
      written_ = Dictionary();
      codes_.clear();
    }
    const std::uint32_t text = written_.code_of(written);
    if (text >= codes_.size()) codes_.resize(text + 1, kUnknown);
    if (codes_[text] == kUnknown) codes_[text] = into.code_of(make(written));
    return codes_[text];
  }

 private:
  static constexpr std::uint32_t kUnknown = UINT32_MAX;
  static constexpr std::uint32_t kRemembered = 4096;
  Dictionary written_;
  std::vector<std::uint32_t> codes_;  ///< By the code of the written text.
  std::uint64_t codes_of_ = 0;        ///< Identity of the dictionary that the codes are of.
};

}  // namespace costops::ingestion
