// Any bytes as a benchmark result: as our own, as a history, as a sibling's of any kind.
#include <cstddef>
#include <cstdint>
#include <string>

#include "costops/benchmarks/result.h"
#include "costops/benchmarks/sibling.h"

namespace {

using namespace costops::benchmarks;

/// What is accepted is written and read the same again.
void fuzz_own(std::string_view text) {
  const auto depth_limit = [](int depth, Json::parse_event_t, Json&) { return depth <= 8; };
  const Json json = Json::parse(text, depth_limit, /*allow_exceptions=*/false);
  if (json.is_discarded()) return;
  const auto result = result_from_json(json);
  if (!result) return;
  (void)lint(*result);
  const auto again = result_from_json(to_json(*result));
  if (!again || again->target_id != result->target_id || again->timestamp != result->timestamp) {
    __builtin_trap();
  }
}

void fuzz_sibling(std::string_view text, const char* file) {
  SiblingResults siblings;
  read_sibling_text(text, file, "repo", siblings);
  for (const SiblingResult& result : siblings.results) {
    if (result.target_id.empty() || result.target_id.find('\n') != std::string::npos) {
      __builtin_trap();
    }
  }
  (void)siblings_markdown(siblings);
  if (siblings_html(siblings).find("<script") != std::string::npos) __builtin_trap();
  (void)to_json(siblings).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz_own(text);
  fuzz_sibling(text, "a.json");
  fuzz_sibling(text, "a.jsonl");
  fuzz_sibling(text, "a.csv");
  return 0;
}
