// LiteLLM SpendLogs, as JSON (/spend/logs, an array, {"data": [...]}, one a line) or CSV.
//
// prompt_tokens contain cached and written tokens and completion_tokens contain reasoning; versions
// that wrote them beside are told by total_tokens. The details stand in metadata.usage_object.

#include <array>
#include <string>

#include "ingestion/containment.h"
#include "ingestion/export_rows.h"
#include "ingestion/format_reader.h"

namespace costops::ingestion {
namespace {

constexpr std::string_view kScope = "litellm";
constexpr std::array<std::string_view, 1> kContainers{"data"};

std::string_view text_of(json::Value value) { return value.string().value_or(std::string_view{}); }

/// A count inside metadata.usage_object, which several versions keep in several places.
struct Detail {
  Unit unit;
  std::array<std::string_view, 2> path;  ///< The second empty: a member of usage_object itself.
};
constexpr std::array<Detail, 13> kDetails{{
    {Unit::cache_read_tokens, {"cache_read_input_tokens", ""}},
    {Unit::cache_read_tokens, {"prompt_tokens_details", "cached_tokens"}},
    {Unit::cache_write_tokens, {"cache_creation_input_tokens", ""}},
    {Unit::cache_write_tokens, {"prompt_tokens_details", "cache_creation_tokens"}},
    {Unit::cache_write_tokens, {"prompt_tokens_details", "cache_write_tokens"}},
    {Unit::cache_write_5m_tokens, {"cache_creation_token_details", "ephemeral_5m_input_tokens"}},
    {Unit::cache_write_1h_tokens, {"cache_creation_token_details", "ephemeral_1h_input_tokens"}},
    {Unit::input_audio_tokens, {"prompt_tokens_details", "audio_tokens"}},
    {Unit::input_image_tokens, {"prompt_tokens_details", "image_tokens"}},
    {Unit::output_reasoning_tokens, {"completion_tokens_details", "reasoning_tokens"}},
    {Unit::output_audio_tokens, {"completion_tokens_details", "audio_tokens"}},
    {Unit::output_image_tokens, {"completion_tokens_details", "image_tokens"}},
    {Unit::web_searches, {"server_tool_use", "web_search_requests"}},
}};

/// Adds each detail once: of several places for one unit, the first that holds something.
void add_details(json::Value usage, UsageCounts& counts, ExportRow& row) {
  for (const Detail& detail : kDetails) {
    const json::Value outer = usage[detail.path[0]];
    const json::Value found = detail.path[1].empty() ? outer : outer[detail.path[1]];
    if (!found.exists() || found.kind() == json::Value::Kind::null) continue;
    if (counts.count(detail.unit) != 0) continue;
    auto count = count_of(detail.path[1].empty() ? detail.path[0] : detail.path[1], found);
    if (!count) return row.fail(count.error().message);
    if (*count != 0) counts.add(detail.unit, *count);
  }
}

std::int64_t saturating_sum(std::int64_t a, std::int64_t b) {
  return a > INT64_MAX - b ? INT64_MAX : a + b;
}

class LiteLlmReader final : public FormatReader {
 public:
  void read(Input& input, Emitter& emitter) override {
    for_each_row(input, emitter, kContainers,
                 [&](ExportRow& row, const Element& at) { read_row(row, at, emitter); });
  }

 private:
  void read_row(ExportRow& row, const Element& at, Emitter& emitter);
  void read_counts(ExportRow& row, json::Value metadata, UsageCounts& counts);
  void read_who(ExportRow& row, json::Value metadata, UsageRecord& record);
  void read_model(ExportRow& row, UsageRecord& record);
  void read_status(ExportRow& row, json::Value metadata, UsageRecord& record);

  json::Document metadata_;
  json::Document scratch_;
};

void LiteLlmReader::read_row(ExportRow& row, const Element& at, Emitter& emitter) {
  UsageRecord& record = emitter.record();
  const json::Value metadata = row.structure({"metadata"}, metadata_);
  read_model(row, record);
  read_who(row, metadata, record);
  read_status(row, metadata, record);
  read_counts(row, metadata, emitter.counts());

  record.source_kind = kScope;
  record.source_id = row.text({"request_id"});
  if (!record.source_id.empty()) record.id = record_id(kScope, {record.source_id});
  record.source_endpoint = row.text({"call_type"});
  if (const auto start = row.time({"startTime", "start_time"})) record.at = *start;
  const auto end = row.time({"endTime", "end_time"});
  if (record.at && end && *end >= *record.at) {
    record.latency_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(*end - *record.at).count();
  }
  if (const auto spend = row.cost({"spend"})) record.reported_cost = Money{*spend, Currency::usd()};
  if (row.failed()) {
    emitter.reject(at.line, row.reason(), at.text);
    return;
  }
  const UsageCounts& counts = emitter.counts();
  const bool counts_nothing =
      counts.count(Unit::input_tokens) == 0 && counts.count(Unit::output_tokens) == 0;
  const bool costs_nothing = !record.reported_cost || record.reported_cost->amount.is_zero();
  if (record.status == CallStatus::failed && counts_nothing && costs_nothing) {
    record.clear();  // A call that failed before anything was counted or billed.
    emitter.counts().clear();
    return;
  }
  emitter.emit(at.line, at.text);
}

void LiteLlmReader::read_model(ExportRow& row, UsageRecord& record) {
  std::string_view model = row.text({"model", "model_group"});
  std::string_view provider = row.text({"custom_llm_provider"});
  const std::size_t slash = model.find('/');
  if (provider.empty() && slash != std::string_view::npos) provider = model.substr(0, slash);
  // "openai/gpt-4o" of provider openai is gpt-4o.
  if (slash != std::string_view::npos && model.substr(0, slash) == provider) {
    model.remove_prefix(slash + 1);
  }
  record.model = model;
  record.provider = provider;
}

void LiteLlmReader::read_who(ExportRow& row, json::Value metadata, UsageRecord& record) {
  record.organization = row.text({"organization_id"});
  record.project = row.text({"team_id"});
  record.user = row.text({"end_user", "user"});
  record.session = row.text({"session_id"});
  const json::Value tags = row.structure({"request_tags"}, scratch_);
  for (json::Value tag = tags.first(); tags.is_array() && tag.exists(); tag = tag.next()) {
    if (const auto text = tag.string(); text && !text->empty()) record.tags.emplace_back(*text);
  }
  const std::string_view group = row.text({"model_group"});
  const std::string_view key = text_of(metadata["user_api_key_alias"]);
  const std::string_view team = text_of(metadata["user_api_key_team_alias"]);
  if (group.empty() && key.empty() && team.empty()) return;
  json::Writer writer(record.metadata);
  writer.object();
  if (!group.empty()) writer.key("model_group").value(group);
  if (!key.empty()) writer.key("key_alias").value(key);
  if (!team.empty()) writer.key("team_alias").value(team);
  writer.end_object();
}

void LiteLlmReader::read_status(ExportRow& row, json::Value metadata, UsageRecord& record) {
  const std::string_view hit = row.text({"cache_hit"});
  const bool is_hit =
      hit == "True" || hit == "true" || row.value({"cache_hit"}).boolean().value_or(false);
  std::string_view status = row.text({"status"});
  if (status.empty()) status = text_of(metadata["status"]);
  if (is_hit) {
    record.status = CallStatus::gateway_cache_hit;
  } else if (status == "failure") {
    record.status = CallStatus::failed;
  }
}

void LiteLlmReader::read_counts(ExportRow& row, json::Value metadata, UsageCounts& counts) {
  const json::Value usage = metadata["usage_object"];
  const auto column_or_detail = [&](std::string_view name) -> std::optional<std::int64_t> {
    if (const auto column = row.count({name})) return column;
    const json::Value detail = usage[name];
    return detail.exists() ? detail.integer() : std::nullopt;
  };
  WrittenCounts written{.input = column_or_detail("prompt_tokens").value_or(0),
                        .output = column_or_detail("completion_tokens").value_or(0),
                        .total = column_or_detail("total_tokens")};
  add_details(usage, counts, row);
  written.input_parts =
      saturating_sum(counts.count(Unit::cache_read_tokens), counts.count(Unit::cache_write_tokens));
  written.output_parts = counts.count(Unit::output_reasoning_tokens);
  const auto reading = containment_of(written, {Parts::inside, Parts::inside});
  if (!reading) return row.fail(reading.error().message);
  counts.add(Unit::input_tokens, written.input);
  counts.add(Unit::output_tokens, written.output);
  if (reading->input == Parts::beside) counts.add(Unit::input_tokens, written.input_parts);
  if (reading->output == Parts::beside) counts.add(Unit::output_tokens, written.output_parts);
}

}  // namespace

std::unique_ptr<FormatReader> make_litellm_reader() { return std::make_unique<LiteLlmReader>(); }

}  // namespace costops::ingestion
