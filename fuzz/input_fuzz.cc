// Any bytes as a file, compressed or not: lines, blocks and the whole are the same bytes, and the
// JSON values cut from them lie inside.
#include <cstdint>
#include <string>
#include <string_view>

#include "ingestion/elements.h"
#include "reader_fuzz.h"

namespace costops::ingestion {
namespace {

std::size_t line_bytes(std::string_view bytes) {
  Input input = Input::from_memory("fuzz", bytes);
  std::string_view line;
  std::size_t total = 0;
  while (true) {
    const Input::Step step = input.next_line(line);
    if (step == Input::Step::end || step == Input::Step::failed) return total;
    total += line.size();
  }
}

void read_input(std::string_view bytes) {
  Input blocks = Input::from_memory("fuzz", bytes);
  std::string joined;
  std::string_view block;
  while (blocks.next_block(block) == Input::Step::line) joined += block;
  expect_in_fuzzing(line_bytes(bytes) <= joined.size(), "lines are inside the input");

  Input whole = Input::from_memory("fuzz", bytes);
  const auto rest = whole.rest();
  expect_in_fuzzing(!rest || *rest == joined, "the whole is its blocks");

  Input input = Input::from_memory("fuzz", bytes);
  Elements elements(input, {});
  Element element;
  std::size_t total = 0;
  while (elements.next(element) != Elements::Step::end) total += element.text.size();
  expect_in_fuzzing(total <= joined.size(), "values are inside the input");
}

}  // namespace
}  // namespace costops::ingestion

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  costops::ingestion::read_input({reinterpret_cast<const char*>(data), size});
  return 0;
}
