// query.h - one description of a question to a ledger, for every backend.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "costops/domain/charge.h"
#include "costops/domain/meter.h"
#include "costops/domain/time.h"
#include "costops/domain/usage_batch.h"

namespace costops::storage {

/// Keeps records whose dimension has one of the values ("" is unassigned); `exclude` turns it
/// around.
struct Filter {
  enum class Kind : std::uint8_t { include, exclude };
  Dimension dimension = Dimension::model;
  std::vector<std::string> values;
  Kind kind = Kind::include;
};

/// Local time as steps: between instants, the zone's offset is constant. Lets every backend find
/// a record's hour or day by integer arithmetic, with no time zone data of its own.
/// A step that a change of the offset cuts is two steps, the second starting at the change.
struct LocalSteps {
  struct Offset {
    Instant from;
    std::int64_t offset_us = 0;
  };
  std::int64_t step_us = 0;     ///< An hour or a day.
  std::vector<Offset> offsets;  ///< Ascending; the first covers everything before the second.
};

struct Query {
  TimeRange range;
  std::vector<Dimension> group_by;  ///< Dimension::tags: once under each tag of the record.
  std::optional<LocalSteps> steps;  ///< Also group by the start of the local hour or day.
  std::vector<Filter> filters;      ///< All must hold.
  std::optional<Instant> as_of;     ///< Only what the ledger knew then.
};

/// One group in one currency. Rows come ordered by keys, then step, then currency. A query fails
/// with unsupported where a sum of quantities leaves 64 bits, never silently.
struct QueryRow {
  std::vector<std::string> keys;
  Instant step_start{};
  Currency currency;  ///< None for records without a computed cost.
  std::int64_t requests = 0;
  std::int64_t unpriced = 0;
  Quantities quantities{};
  ClassCosts costs;
  /// What sources claimed, where they did, in the same currency.
  Amount reported_cost;
};

}  // namespace costops::storage
