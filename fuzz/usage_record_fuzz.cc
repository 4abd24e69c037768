// Any bytes, read as the documented usage record: records or rejections, never a crash, and no quantity below zero.
#include "reading.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  costops::ingestion::read_anything(costops::ingestion::Format::usage_record, data, size);
  return 0;
}
