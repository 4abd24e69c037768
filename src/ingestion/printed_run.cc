#include "ingestion/printed_run.h"

#include <algorithm>

namespace costops::ingestion {
namespace {

struct Part {
  std::string_view name;
  Unit unit;
};
/// The result's counts exclude each other; a response's input contains its cache counts.
constexpr std::array<Part, 5> kParts{{
    {"outputTokens", Unit::output_tokens},
    {"inputTokens", Unit::input_tokens},
    {"cacheReadInputTokens", Unit::cache_read_tokens},
    {"cacheCreationInputTokens", Unit::cache_write_tokens},
    {"webSearchRequests", Unit::web_searches},
}};
constexpr std::size_t kInput = 1;
constexpr std::size_t kCacheRead = 2;
constexpr std::size_t kCacheWrite = 3;

}  // namespace

void PrintedRun::note(RecordId id, std::string_view model, const UsageCounts& counts) {
  Sums sums{};
  for (std::size_t i = 0; i < kParts.size(); ++i) sums[i] = counts.count(kParts[i].unit);
  sums[kInput] = std::max<std::int64_t>(sums[kInput] - sums[kCacheRead], 0);
  sums[kInput] = std::max<std::int64_t>(sums[kInput] - sums[kCacheWrite], 0);
  Response& response = responses_[id];
  if (sums < response.sums) return;
  response.model = model;
  response.sums = sums;
}

Result<UsageCounts> PrintedRun::take_rest(std::string_view model, json::Value usage) {
  auto found = taken_.find(model);
  if (found == taken_.end()) found = taken_.emplace(std::string(model), Sums{}).first;
  Sums known = found->second;
  for (const auto& [id, response] : responses_) {
    if (response.model != model) continue;
    for (std::size_t i = 0; i < kParts.size(); ++i) {
      if (__builtin_add_overflow(known[i], response.sums[i], &known[i])) known[i] = INT64_MAX;
    }
  }
  json::Fields fields(usage);
  UsageCounts rest;
  for (std::size_t i = 0; i < kParts.size(); ++i) {
    const std::int64_t more = std::max<std::int64_t>(fields.count(kParts[i].name) - known[i], 0);
    if (more == 0) continue;
    found->second[i] += more;
    rest.add(kParts[i].unit, more);
    if (i == kCacheRead || i == kCacheWrite) rest.add(Unit::input_tokens, more);
  }
  if (fields.failed()) return fail(fields.error());
  return rest;
}

}  // namespace costops::ingestion
