// A requirements model of any bytes, and a file held against what it says.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "costops/export/focus_validation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto rules = costops::focus::read_rule_model(bytes);
  if (!rules) return 0;
  for (const auto& rule : rules->rules) (void)in_words(rule);
  const auto result = costops::focus::validate_csv("A,B,C\n1,2,2\n,x,\n", {.rules = &*rules});
  if (!result || result->outcomes.size() != rules->rules.size()) __builtin_trap();
  return 0;
}
