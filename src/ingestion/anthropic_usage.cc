// Anthropic's admin usage report for messages: time buckets with one result per combination of
// dimensions. Its input counts exclude each other.
//
// A record stands for an unknown number of calls, so it counts no requests; context_window says
// which long-context price its calls had ("0-200k", "200k-1M"). Cost reports hold money and no
// usage: each is rejected, saying so.

#include <fmt/format.h>

#include <array>
#include <string>

#include "ingestion/elements.h"
#include "ingestion/format_reader.h"
#include "ingestion/served.h"

namespace costops::ingestion {
namespace {

constexpr std::string_view kScope = "anthropic-usage";
constexpr std::array<std::string_view, 1> kContainers{"data"};

std::string_view text_of(json::Value value) { return value.string().value_or(std::string_view{}); }

std::int64_t context_window_of(std::string_view range) {
  if (range == "0-200k") return 200'000;
  if (range == "200k-1M") return 1'000'000;
  return 0;
}

void add_if_any(UsageCounts& counts, Unit unit, std::int64_t quantity) {
  if (quantity != 0) counts.add(unit, quantity);
}

/// Adds the counts; the failure, or "".
std::string read_counts(json::Value result, UsageCounts& counts) {
  json::Fields fields(result);
  json::Fields written(result["cache_creation"]);
  json::Fields tools(result["server_tool_use"]);
  const std::int64_t five_minutes = written.count("ephemeral_5m_input_tokens");
  const std::int64_t one_hour = written.count("ephemeral_1h_input_tokens");
  const std::int64_t read = fields.count("cache_read_input_tokens");
  counts.add(Unit::input_tokens, fields.count("uncached_input_tokens"));
  counts.add(Unit::output_tokens, fields.count("output_tokens"));
  for (const std::int64_t part : {five_minutes, one_hour, read}) {
    add_if_any(counts, Unit::input_tokens, part);
  }
  add_if_any(counts, Unit::cache_read_tokens, read);
  add_if_any(counts, Unit::cache_write_tokens, five_minutes);
  add_if_any(counts, Unit::cache_write_tokens, one_hour);
  add_if_any(counts, Unit::cache_write_5m_tokens, five_minutes);
  add_if_any(counts, Unit::cache_write_1h_tokens, one_hour);
  add_if_any(counts, Unit::web_searches, tools.count("web_search_requests"));
  counts.add(Unit::requests, 0);
  for (const json::Fields* part : {&fields, &written, &tools}) {
    if (part->failed()) return part->error().message;
  }
  return {};
}

class AnthropicUsageReader final : public FormatReader {
 public:
  void read(Input& input, Emitter& emitter) override {
    for_each_value(input, emitter, kContainers, [&](json::Value bucket, const Element& at) {
      const json::Value results = bucket["results"];
      if (!results.is_array()) {
        emitter.reject(at.line, "expected a bucket with the array \"results\"", at.text);
        return;
      }
      for (json::Value result = results.first(); result.exists() && !emitter.stopped();
           result = result.next()) {
        read_result(bucket, result, at, emitter);
      }
    });
  }

 private:
  static void read_result(json::Value bucket, json::Value result, const Element& at,
                          Emitter& emitter);
  static void fill(json::Value result, UsageRecord& record);
};

void AnthropicUsageReader::read_result(json::Value bucket, json::Value result, const Element& at,
                                       Emitter& emitter) {
  if (result["amount"].exists()) {
    emitter.reject(at.line,
                   "a cost report, not usage: export /v1/organizations/usage_report/messages to "
                   "compute costs",
                   result.raw());
    return;
  }
  UsageRecord& record = emitter.record();
  const auto start = parse_instant(text_of(bucket["starting_at"]));
  if (!start) {
    emitter.reject(at.line, "\"starting_at\" of the bucket: " + start.error().message,
                   result.raw());
    return;
  }
  record.at = *start;
  fill(result, record);
  if (record.model.empty()) {
    emitter.reject(at.line, "\"model\" is null: export the usage grouped by model", result.raw());
    return;
  }
  if (std::string reason = read_counts(result, emitter.counts()); !reason.empty()) {
    emitter.reject(at.line, std::move(reason), result.raw());
    return;
  }
  record.id = record_id(kScope, {text_of(bucket["starting_at"]), text_of(bucket["ending_at"]),
                                 text_of(result["api_key_id"]), text_of(result["workspace_id"]),
                                 text_of(result["account_id"]),
                                 text_of(result["service_account_id"]), text_of(result["model"]),
                                 text_of(result["service_tier"]), text_of(result["context_window"]),
                                 text_of(result["inference_geo"]), text_of(result["speed"])});
  emitter.emit(at.line, result.raw());
}

void AnthropicUsageReader::fill(json::Value result, UsageRecord& record) {
  record.grows = true;
  record.status = CallStatus::several;
  record.source_kind = kScope;
  record.provider = "anthropic";
  record.model = text_of(result["model"]);
  record.project = text_of(result["workspace_id"]);
  record.user = text_of(result["account_id"]);
  record.service_tier = served_tier(text_of(result["service_tier"]));
  record.context_window = context_window_of(text_of(result["context_window"]));
  record.region = served_region(text_of(result["inference_geo"]));
  record.speed = served_speed(text_of(result["speed"]));
  if (const auto key = text_of(result["api_key_id"]); !key.empty()) {
    if (record.user.empty()) record.user = key;
    json::Writer writer(record.metadata);
    writer.object().key("api_key_id").value(key).end_object();
  }
}

}  // namespace

std::unique_ptr<FormatReader> make_anthropic_usage_reader() {
  return std::make_unique<AnthropicUsageReader>();
}

}  // namespace costops::ingestion
