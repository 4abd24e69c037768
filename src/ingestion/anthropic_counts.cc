#include "ingestion/anthropic_counts.h"

namespace costops::ingestion {
namespace {

void add_if_any(UsageCounts& counts, Unit unit, std::int64_t quantity) {
  if (quantity != 0) counts.add(unit, quantity);
}

}  // namespace

void add_anthropic_usage(json::Fields& usage, UsageCounts& counts) {
  const std::int64_t read = usage.count("cache_read_input_tokens");
  json::Fields by_ttl(usage.value("cache_creation"));
  const std::int64_t five_minutes = by_ttl.count("ephemeral_5m_input_tokens");
  const std::int64_t one_hour = by_ttl.count("ephemeral_1h_input_tokens");
  const auto written = usage.optional_count("cache_creation_input_tokens");
  counts.add(Unit::input_tokens, usage.count("input_tokens"));
  counts.add(Unit::output_tokens, usage.count("output_tokens"));
  add_if_any(counts, Unit::input_tokens, read);
  add_if_any(counts, Unit::cache_read_tokens, read);
  for (const Unit unit : {Unit::input_tokens, Unit::cache_write_tokens}) {
    add_if_any(counts, unit, written.value_or(five_minutes));
    add_if_any(counts, unit, written ? 0 : one_hour);
  }
  add_if_any(counts, Unit::cache_write_5m_tokens, five_minutes);
  add_if_any(counts, Unit::cache_write_1h_tokens, one_hour);

  json::Fields details(usage.value("output_tokens_details"));
  add_if_any(counts, Unit::output_reasoning_tokens, details.count("thinking_tokens"));
  json::Fields tools(usage.value("server_tool_use"));
  add_if_any(counts, Unit::web_searches, tools.count("web_search_requests"));
  for (const json::Fields* part : {&by_ttl, &details, &tools}) {
    if (part->failed()) usage.fail(part->error().message);
  }
}

}  // namespace costops::ingestion
