#include "ingestion/containment.h"

#include <fmt/format.h>

#include <array>

#include "costops/domain/money.h"

namespace costops::ingestion {
namespace {

bool fits(const WrittenCounts& counts, Containment reading) {
  const bool input_inside = reading.input == Parts::inside;
  const bool output_inside = reading.output == Parts::inside;
  if (input_inside && counts.input_parts > counts.input) return false;
  if (output_inside && counts.output_parts > counts.output) return false;
  const Int128 sum = Int128{counts.input} + counts.output +
                     (input_inside ? 0 : counts.input_parts) +
                     (output_inside ? 0 : counts.output_parts);
  return sum == *counts.total;
}

}  // namespace

Result<Containment> containment_of(const WrittenCounts& counts, Containment usual) {
  if (counts.total.value_or(0) == 0) return usual;
  if (fits(counts, usual)) return usual;
  for (const Containment reading :
       {Containment{Parts::inside, Parts::inside}, Containment{Parts::beside, Parts::inside},
        Containment{Parts::inside, Parts::beside}, Containment{Parts::beside, Parts::beside}}) {
    if (fits(counts, reading)) return reading;
  }
  return fail(ErrorCode::invalid_input,
              fmt::format("the total ({}) is not the sum of input ({}) and output ({}), with or "
                          "without cached and written input ({}) and parts of output ({})",
                          *counts.total, counts.input, counts.output, counts.input_parts,
                          counts.output_parts));
}

}  // namespace costops::ingestion
