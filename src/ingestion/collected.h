// collected.h - a sink that keeps what it is given: for tests, fuzzing and benchmarks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "costops/ingestion/reader.h"

namespace costops::ingestion {

struct Collected final : RecordSink {
  void record(const UsageRecord& record) override { records.push_back(record); }
  void rejected(Rejection rejection) override { rejections.push_back(std::move(rejection)); }

  /// "line: reason" of each rejection.
  [[nodiscard]] std::vector<std::string> reasons() const {
    std::vector<std::string> all;
    for (const Rejection& r : rejections) {
      all.push_back(std::to_string(r.position.line) + ": " + r.reason);
    }
    return all;
  }

  std::vector<UsageRecord> records;
  std::vector<Rejection> rejections;
  Result<void> outcome;
};

/// 2026-09-01T00:00:00Z: the clock of tests.
inline constexpr Instant kTestNow{std::chrono::seconds{1788220800}};

/// Everything that reading `bytes` gives; `options.now` is kTestNow where it is not set.
[[nodiscard]] inline Collected collect(std::string_view bytes, ReadOptions options = {},
                                       const std::string& name = "test.jsonl") {
  if (options.now == Instant{}) options.now = kTestNow;
  Collected all;
  Input input = Input::from_memory(name, bytes);
  all.outcome = read(input, options, all);
  return all;
}

/// The same with the format forced.
[[nodiscard]] inline Collected collect_as(Format format, std::string_view bytes) {
  ReadOptions options;
  options.format = format;
  return collect(bytes, options);
}

/// RFC 3339, or "none".
[[nodiscard]] inline std::string time_text(const std::optional<Instant>& at) {
  return at ? costops::to_string(*at) : "none";
}

/// "meter=quantity meter=quantity" of the quantities that are not zero, but for the one request.
[[nodiscard]] inline std::string meters_of(const UsageRecord& record) {
  std::string text;
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    const auto meter = static_cast<Meter>(i);
    const std::int64_t quantity = record.quantities[i];
    if (quantity == 0 || (meter == Meter::requests && quantity == 1)) continue;
    if (!text.empty()) text += ' ';
    text += std::string(to_string(meter)) + '=' + quantity_text(meter, quantity);
  }
  return text;
}

}  // namespace costops::ingestion
