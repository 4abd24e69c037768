#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "ingestion/csv.h"

using costops::ingestion::CsvReader;
using costops::ingestion::Input;

/// Reads any bytes; writing the good rows quoted and reading them again gives the same rows.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Input input = Input::from_memory("fuzz.csv", bytes);
  CsvReader csv(input);
  if (!csv.read_header()) return 0;
  std::vector<std::string> cells;
  std::string written = "a";
  for (std::size_t i = 1; i < csv.header().size(); ++i) written += ",a" + std::to_string(i);
  written += '\n';
  std::size_t steps = 0;
  for (CsvReader::Step step = csv.next(); step != CsvReader::Step::end; step = csv.next()) {
    if (++steps > size + 1) __builtin_trap();  // Each step takes at least a byte.
    if (step == CsvReader::Step::bad) continue;
    for (std::size_t i = 0; i < csv.header().size(); ++i) {
      cells.emplace_back(csv.cell(i));
      written += i == 0 ? "\"" : ",\"";
      for (const char c : cells.back()) written += c == '"' ? "\"\"" : std::string(1, c);
      written += '"';
    }
    written += '\n';
  }
  Input copy = Input::from_memory("copy.csv", written);
  CsvReader again(copy);
  if (!again.read_header()) __builtin_trap();
  std::size_t at = 0;
  for (CsvReader::Step step = again.next(); step != CsvReader::Step::end; step = again.next()) {
    if (step == CsvReader::Step::bad) __builtin_trap();
    for (std::size_t i = 0; i < again.header().size(); ++i) {
      if (at == cells.size() || cells[at++] != again.cell(i)) __builtin_trap();
    }
  }
  if (at != cells.size()) __builtin_trap();
  return 0;
}
