// Langfuse observations: blob storage and UI exports and the API's pages, JSON or CSV.
//
// The keys of usage_details are meant to be disjoint, but for "total". Integrations that pass a
// provider's counts on leave cached tokens inside "input" (and reasoning inside "output"); the
// total tells. Spans and other observations carry no usage of their own and are left out.

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "ingestion/containment.h"
#include "ingestion/export_rows.h"
#include "ingestion/format_reader.h"

namespace costops::ingestion {
namespace {

constexpr std::string_view kScope = "langfuse";
constexpr std::array<std::string_view, 1> kContainers{"data"};

std::string_view text_of(json::Value value) { return value.string().value_or(std::string_view{}); }

/// A key of usage_details that names a part, and what it is a part of.
struct Part {
  std::string_view key;
  Unit whole;
  Unit unit;
};
constexpr std::array<Part, 30> kParts{{
    {"input_cached_tokens", Unit::input_tokens, Unit::cache_read_tokens},
    {"input_cache_read", Unit::input_tokens, Unit::cache_read_tokens},
    {"input_cache_read_tokens", Unit::input_tokens, Unit::cache_read_tokens},
    {"cache_read_input_tokens", Unit::input_tokens, Unit::cache_read_tokens},
    {"cached_input_tokens", Unit::input_tokens, Unit::cache_read_tokens},
    {"cached_tokens", Unit::input_tokens, Unit::cache_read_tokens},
    {"cached_content_token_count", Unit::input_tokens, Unit::cache_read_tokens},
    {"input_cache_creation", Unit::input_tokens, Unit::cache_write_tokens},
    {"input_cache_creation_tokens", Unit::input_tokens, Unit::cache_write_tokens},
    {"cache_creation_input_tokens", Unit::input_tokens, Unit::cache_write_tokens},
    {"input_cache_write", Unit::input_tokens, Unit::cache_write_tokens},
    {"input_cache_write_tokens", Unit::input_tokens, Unit::cache_write_tokens},
    {"input_cache_creation_5m", Unit::input_tokens, Unit::cache_write_5m_tokens},
    {"input_cache_creation_1h", Unit::input_tokens, Unit::cache_write_1h_tokens},
    {"input_audio_tokens", Unit::input_tokens, Unit::input_audio_tokens},
    {"input_audio", Unit::input_tokens, Unit::input_audio_tokens},
    {"input_image_tokens", Unit::input_tokens, Unit::input_image_tokens},
    {"input_image", Unit::input_tokens, Unit::input_image_tokens},
    {"input_video_tokens", Unit::input_tokens, Unit::input_video_tokens},
    {"input_text_tokens", Unit::input_tokens, Unit::input_text_tokens},
    {"output_reasoning_tokens", Unit::output_tokens, Unit::output_reasoning_tokens},
    {"output_reasoning", Unit::output_tokens, Unit::output_reasoning_tokens},
    {"reasoning_tokens", Unit::output_tokens, Unit::output_reasoning_tokens},
    {"thoughts_token_count", Unit::output_tokens, Unit::output_reasoning_tokens},
    {"output_audio_tokens", Unit::output_tokens, Unit::output_audio_tokens},
    {"output_audio", Unit::output_tokens, Unit::output_audio_tokens},
    {"output_image_tokens", Unit::output_tokens, Unit::output_image_tokens},
    {"output_text_tokens", Unit::output_tokens, Unit::output_text_tokens},
    {"output_accepted_prediction_tokens", Unit::output_tokens, Unit::output_tokens},
    {"output_rejected_prediction_tokens", Unit::output_tokens, Unit::output_tokens},
}};
constexpr std::array<std::string_view, 4> kInputNames{"input", "input_tokens", "prompt_tokens",
                                                      "promptTokens"};
constexpr std::array<std::string_view, 4> kOutputNames{"output", "output_tokens",
                                                       "completion_tokens", "completionTokens"};
constexpr std::array<std::string_view, 3> kTotalNames{"total", "total_tokens", "totalTokens"};

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::ranges::find(names, name) != names.end();
}

void add_saturating(std::int64_t& sum, std::int64_t more) {
  if (__builtin_add_overflow(sum, more, &sum)) sum = INT64_MAX;
}

class LangfuseReader final : public FormatReader {
 public:
  void read(Input& input, Emitter& emitter) override {
    for_each_row(input, emitter, kContainers,
                 [&](ExportRow& row, const Element& at) { read_row(row, at, emitter); });
  }

 private:
  void read_row(ExportRow& row, const Element& at, Emitter& emitter);
  void read_usage(ExportRow& row, UsageCounts& counts);
  void read_detail(json::Value entry, WrittenCounts& written, UsageCounts& counts, ExportRow& row);
  void read_who(ExportRow& row, UsageRecord& record);
  void read_times(ExportRow& row, UsageRecord& record);

  json::Document usage_;
  json::Document scratch_;
};

void LangfuseReader::read_row(ExportRow& row, const Element& at, Emitter& emitter) {
  const std::string_view type = row.text({"type"});
  if (!type.empty() && type != "GENERATION" && type != "EMBEDDING") return;
  UsageRecord& record = emitter.record();
  read_usage(row, emitter.counts());
  read_times(row, record);
  read_who(row, record);
  record.source_kind = kScope;
  record.grows = true;  // An observation is updated until it ends.
  record.source_id = row.text({"id", "observation_id"});
  if (!record.source_id.empty()) record.id = record_id(kScope, {record.source_id});
  record.model = row.text({"model", "provided_model_name", "providedModelName", "internal_model"});
  if (const auto cost =
          row.cost({"total_cost", "totalCost", "calculated_total_cost", "calculatedTotalCost"})) {
    record.reported_cost = Money{*cost, Currency::usd()};
  }
  if (row.text({"level"}) == "ERROR") record.status = CallStatus::failed;
  if (row.failed()) {
    emitter.reject(at.line, row.reason(), at.text);
  } else {
    emitter.emit(at.line, at.text);
  }
}

void LangfuseReader::read_times(ExportRow& row, UsageRecord& record) {
  const auto start = row.time({"start_time", "startTime"});
  if (start) record.at = *start;
  const auto since = [&](const std::optional<Instant>& end) -> std::optional<std::int64_t> {
    if (!start || !end || *end < *start) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::milliseconds>(*end - *start).count();
  };
  record.latency_ms = since(row.time({"end_time", "endTime"}));
  record.time_to_first_token_ms = since(row.time({"completion_start_time", "completionStartTime"}));
}

void LangfuseReader::read_who(ExportRow& row, UsageRecord& record) {
  record.project = row.text({"project_id", "projectId"});
  record.user = row.text({"user_id", "userId"});
  record.session = row.text({"session_id", "sessionId"});
  record.source_endpoint = row.text({"name"});
  const json::Value tags = row.structure({"tags"}, scratch_);
  for (json::Value tag = tags.first(); tags.is_array() && tag.exists(); tag = tag.next()) {
    if (const auto text = text_of(tag); !text.empty()) record.tags.emplace_back(text);
  }
  const json::Value metadata = row.structure({"metadata"}, scratch_);
  record.provider = text_of(metadata["ls_provider"]);
  if (record.provider.empty()) {
    record.provider = text_of(metadata["attributes"]["gen_ai.provider.name"]);
  }
  if (record.provider.empty()) record.provider = text_of(metadata["attributes"]["gen_ai.system"]);
}

void LangfuseReader::read_usage(ExportRow& row, UsageCounts& counts) {
  WrittenCounts written;
  const json::Value details =
      row.structure({"usage_details", "usageDetails", "provided_usage_details"}, usage_);
  if (details.is_object() && details.size() > 0) {
    for (json::Value entry = details.first(); entry.exists(); entry = entry.next()) {
      read_detail(entry, written, counts, row);
    }
  } else {
    // Columns of older exports.
    const json::Value usage = row.structure({"usage"}, usage_);
    const auto unit = text_of(usage["unit"]);
    if (!unit.empty() && unit != "TOKENS") {
      return row.fail("usage in " + std::string(unit) + " is not supported, only TOKENS");
    }
    for (json::Value entry = usage.first(); entry.exists(); entry = entry.next()) {
      if (entry.number_text()) read_detail(entry, written, counts, row);
    }
    const auto input = row.count({"prompt_tokens", "promptTokens", "inputUsage", "input_usage"});
    const auto output =
        row.count({"completion_tokens", "completionTokens", "outputUsage", "output_usage"});
    if (input && written.input == 0) written.input = *input;
    if (output && written.output == 0) written.output = *output;
    if (!written.total) {
      written.total = row.count({"total_tokens", "totalTokens", "totalUsage", "total_usage"});
    }
  }
  // Times to live without their total: the total is their sum.
  if (!counts.has(Unit::cache_write_tokens)) {
    for (const Unit unit : {Unit::cache_write_5m_tokens, Unit::cache_write_1h_tokens}) {
      if (counts.count(unit) != 0) counts.add(Unit::cache_write_tokens, counts.count(unit));
    }
  }
  const auto reading = containment_of(written, {Parts::beside, Parts::beside});
  if (!reading) return row.fail(reading.error().message);
  counts.add(Unit::input_tokens, written.input);
  if (reading->input == Parts::beside) counts.add(Unit::input_tokens, written.input_parts);
  counts.add(Unit::output_tokens, written.output);
  if (reading->output == Parts::beside) counts.add(Unit::output_tokens, written.output_parts);
}

void LangfuseReader::read_detail(json::Value entry, WrittenCounts& written, UsageCounts& counts,
                                 ExportRow& row) {
  const std::string_view name = entry.name();
  if (entry.kind() == json::Value::Kind::null) return;
  const auto count = count_of(name, entry);
  if (!count) return row.fail(count.error().message);
  if (is_one_of(name, kTotalNames)) {
    written.total = *count;
  } else if (is_one_of(name, kInputNames)) {
    add_saturating(written.input, *count);
  } else if (is_one_of(name, kOutputNames)) {
    add_saturating(written.output, *count);
  } else if (name == "web_search_requests" || name == "web_searches") {
    counts.add(Unit::web_searches, *count);
  } else if (const auto* part = std::ranges::find(kParts, name, &Part::key); part != kParts.end()) {
    const bool is_input = part->whole == Unit::input_tokens;
    add_saturating(is_input ? written.input_parts : written.output_parts, *count);
    if (part->unit != part->whole && *count != 0) counts.add(part->unit, *count);
  } else if (name.starts_with("input")) {
    add_saturating(written.input_parts, *count);
  } else if (name.starts_with("output")) {
    add_saturating(written.output_parts, *count);
  } else if (*count != 0) {
    row.fail("usage_details: \"" + std::string(name) + "\" is no usage type that is known");
  }
}

}  // namespace

std::unique_ptr<FormatReader> make_langfuse_reader() { return std::make_unique<LangfuseReader>(); }

}  // namespace costops::ingestion
