// reader_fuzz.h - one reader under fuzzing: whatever the bytes are, it must end, keep its promises
// about each record, and give the same again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>

#include "ingestion/collected.h"

namespace costops::ingestion {

/// Stops the run with a finding.
inline void expect_in_fuzzing(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  __builtin_trap();
}

/// `format`: none, to tell it from the bytes.
inline int fuzz_reader(std::optional<Format> format, const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ReadOptions options;
  options.format = format;
  options.now = kTestNow;
  const Collected once = collect(bytes, options);
  for (const UsageRecord& record : once.records) {
    expect_in_fuzzing(!record.id.is_null(), "a record has an identity");
    expect_in_fuzzing(!record.model.empty(), "a record has a model");
    for (const std::int64_t quantity : record.quantities) {
      expect_in_fuzzing(quantity >= 0 && quantity <= kQuantityMax, "a quantity is in range");
    }
    expect_in_fuzzing(!record.at || *record.at <= kTestNow + kClockSkewAllowance,
                      "a record is not of the future");
  }
  for (const Rejection& rejection : once.rejections) {
    expect_in_fuzzing(!rejection.reason.empty(), "a rejection has a reason");
    expect_in_fuzzing(rejection.excerpt.size() <= kExcerptBytesMax, "an excerpt is short");
  }
  const Collected again = collect(bytes, options);
  expect_in_fuzzing(again.records.size() == once.records.size(), "reading is repeatable");
  for (std::size_t i = 0; i < once.records.size(); ++i) {
    expect_in_fuzzing(again.records[i].id == once.records[i].id, "identities are repeatable");
  }
  return 0;
}

}  // namespace costops::ingestion
