// anthropic_counts.h - the "usage" object of Anthropic's Messages API, as coding agents log it.
#pragma once

#include "costops/domain/meter.h"
#include "costops/json/json.h"

namespace costops::ingestion {

/// Adds the counts of a usage object. Anthropic's input_tokens exclude cache reads and writes, so
/// the true input is the sum of the three; output_tokens include thinking.
/// cache_creation_input_tokens is the total of the breakdown by time to live; what the breakdown
/// leaves open stays a cache write without one.
void add_anthropic_usage(json::Fields& usage, UsageCounts& counts);

}  // namespace costops::ingestion
