// counted.h - a count with its noun: "1 record", "2 records".
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <string>
#include <string_view>

namespace costops::cli {

/// `one` and `many` may go on with a verb: "record is", "records are".
std::string counted(std::integral auto count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace costops::cli
