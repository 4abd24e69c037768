// A FOCUS file of any bytes: every rule holds or not, nothing else happens.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "costops/export/focus_validation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto result = costops::focus::validate_csv(bytes, {.criteria = {"ALL"}});
  if (result && result->outcomes.size() != costops::focus::rules_1_2().rules.size())
    __builtin_trap();
  return 0;
}
