// local_steps.h - a time zone as a ledger needs it: the offsets in force during a range.
#pragma once

#include "costops/domain/time.h"
#include "costops/storage/query.h"

namespace costops::accounting {

/// Hours for Grain::hour, else days, in the zone's offsets within `range`.
[[nodiscard]] storage::LocalSteps local_steps(const TimeZone& zone, Grain grain, TimeRange range);

}  // namespace costops::accounting
