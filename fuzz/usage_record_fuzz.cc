#include "reader_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return costops::ingestion::fuzz_reader(costops::ingestion::Format::usage_record, data, size);
}
