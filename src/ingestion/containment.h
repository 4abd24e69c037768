// containment.h - do a row's input and output counts contain their parts? Its total tells.
//
// Gateways and tracing tools collect counts of many providers, and not all of them bring "input
// contains cached tokens" and "input stands beside them" into one form. The row's own total
// decides; a row whose total fits no reading is in doubt.
#pragma once

#include <cstdint>
#include <optional>

#include "costops/domain/error.h"
#include "costops/domain/meter.h"

namespace costops::ingestion {

/// Counts of one row as written.
struct WrittenCounts {
  std::int64_t input = 0;
  std::int64_t input_parts = 0;  ///< Cached, written: all that may stand beside input. Saturated.
  std::int64_t output = 0;
  std::int64_t output_parts = 0;  ///< Reasoning and others that may stand beside output. Saturated.
  std::optional<std::int64_t> total;
};

enum class Parts : std::uint8_t { inside, beside };
struct Containment {
  Parts input = Parts::inside;
  Parts output = Parts::inside;
  friend bool operator==(const Containment&, const Containment&) = default;
};

/// The reading under which the counts add up to the total. Where several do, `usual` is taken if
/// it is one of them; without a total (or with 0) it is `usual`. Parts above their whole cannot be
/// inside it.
/// Fails with invalid_input, naming the counts, if no reading gives the total.
[[nodiscard]] Result<Containment> containment_of(const WrittenCounts& counts, Containment usual);

}  // namespace costops::ingestion
