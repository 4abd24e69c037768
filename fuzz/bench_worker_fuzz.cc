// What a benchmark worker may answer: anything.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "costops/benchmarks/worker.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace costops::benchmarks;
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto block = parse_block(line);
  if (block && (block->wall_ns <= 0 || block->cpu_ns <= 0 || block->typical_ns <= 0)) std::abort();
  const auto identity = parse_ready(line, "sum");
  if (identity && identity->workload_hash.empty()) std::abort();
  return 0;
}
