// values.h - cells as text, without a locale and without allocating.
#pragma once

#include <string>

#include "costops/export/table.h"

namespace costops::exports {

void append_integer(std::string& out, std::int64_t value);
/// All places that are not trailing zeros; no exponent, no grouping: "0.15", "-3".
void append_decimal(std::string& out, Int128 value, int scale);
/// "2026-07-01T12:00:00Z", with a fraction of 3 or 6 digits where there is one.
void append_instant(std::string& out, std::int64_t microseconds);
/// The value of a cell that is not null and not a text.
void append_value(std::string& out, const Column& column, const Batch::Values& values,
                  std::size_t row);

}  // namespace costops::exports
