// reading.h - what every fuzz target of a reader checks.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "ingestion/collected.h"

namespace costops::ingestion {

/// Reads the bytes (as `format`, or as what they are told to be) and stops the program if a record is
/// no valid one, an excerpt is too long, or reading them again gives other identities.
inline void read_anything(std::optional<Format> format, const std::uint8_t* data,
                          std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ReadOptions options;
  options.format = format;
  const Collected first = collect(bytes, options);
  for (const UsageRecord& record : first.records) {
    if (!validate(record, kTestNow, OrganizationRule::optional) || record.id.is_null()) std::abort();
  }
  for (const Rejection& rejection : first.rejections) {
    // Invalid bytes become three bytes each.
    if (rejection.reason.empty() || rejection.excerpt.size() > 3 * kExcerptBytesMax) std::abort();
  }
  const Collected second = collect(bytes, options);
  if (second.records.size() != first.records.size()) std::abort();
  for (std::size_t i = 0; i < first.records.size(); ++i) {
    if (first.records[i].id != second.records[i].id) std::abort();
  }
}

}  // namespace costops::ingestion
