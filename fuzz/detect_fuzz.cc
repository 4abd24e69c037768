// Any bytes, with the format told from them: whichever reader gets them, it gives records or
// rejections, never a crash.
#include "reading.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  costops::ingestion::read_anything(std::nullopt, data, size);
  return 0;
}
