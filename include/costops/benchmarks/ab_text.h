// ab_text.h - a comparison of two builds as text: for a terminal, for a pull request, for programs.
#pragma once

#include <string>

#include "costops/benchmarks/ab.h"

namespace costops::benchmarks {

/// A head line about the machine, one line for each target, one line of counts.
[[nodiscard]] std::string to_table(const AbReport& report);
/// The same as Markdown, at most 60 kB; folded away when nothing changed.
[[nodiscard]] std::string to_markdown(const AbReport& report);
/// All of it, the rounds' times left out. Without machine and CPU times it is a function of the
/// samples alone.
[[nodiscard]] Json to_json(const AbReport& report);

/// "112.4 ns", "16.0 us", "1.25 ms".
[[nodiscard]] std::string duration_text(double nanoseconds);

}  // namespace costops::benchmarks
