// printed_run.h - what `claude -p` printed of a run's responses, against the sums of its result.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "costops/domain/identity.h"
#include "costops/domain/meter.h"
#include "costops/json/json.h"

namespace costops::ingestion {

class PrintedRun {
 public:
  /// A response as printed; of several with one id, the one with more output is remembered.
  void note(RecordId id, std::string_view model, const UsageCounts& counts);
  /// What a result's "modelUsage" entry counts above everything noted or taken before; empty if
  /// nothing. Fails with invalid_input if a count is none.
  [[nodiscard]] Result<UsageCounts> take_rest(std::string_view model, json::Value usage);

 private:
  using Sums = std::array<std::int64_t, 5>;
  struct Response {
    std::string model;
    Sums sums{};
  };
  std::map<RecordId, Response> responses_;
  std::map<std::string, Sums, std::less<>> taken_;
};

}  // namespace costops::ingestion
