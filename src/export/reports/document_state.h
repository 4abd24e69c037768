// document_state.h - what a finished report holds; filled by ReportGenerator.
#pragma once

#include <optional>

#include "costops/export/report_generator.h"

namespace costops::reports {

struct ReportDocument::State {
  exports::Schema schema;
  std::optional<exports::BatchBuilder> builder;
  exports::DocumentText text;
  CurrencyTotals totals;
  Kind kind = Kind::cost;
};

/// Places of a share or a change in percent.
inline constexpr int kPercentPlaces = 2;

/// part / whole in units of 0.01 percent, rounded half away from zero. Requires whole > 0.
[[nodiscard]] inline Int128 percent(Int128 part, Int128 whole) {
  const Int128 scaled = part * 10'000;
  const Int128 half = whole / 2;
  return scaled >= 0 ? (scaled + half) / whole : -((-scaled + half) / whole);
}

}  // namespace costops::reports
