// OpenAI organization usage: pages of time buckets, each with one result per combination of the
// dimensions that the export was grouped by.
//
// input_tokens contain cached and written ones. Newer exports add counts that are disjoint
// (input_uncached_tokens, input_cached_audio_tokens, ...), and their input_text/audio/image_tokens
// are the uncached ones only. A bucket exported again may have grown: its identity is its time, its
// kind and its dimensions, and the larger one counts. A record here stands for `requests` calls.
//
// Cost reports hold money and no usage: each is rejected, saying so.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "ingestion/elements.h"
#include "ingestion/export_rows.h"
#include "ingestion/format_reader.h"
#include "ingestion/served.h"

namespace costops::ingestion {
namespace {

constexpr std::string_view kScope = "openai-usage";
constexpr std::array<std::string_view, 1> kContainers{"data"};
constexpr std::string_view kPrefix = "organization.usage.";

std::string_view text_of(json::Value value) { return value.string().value_or(std::string_view{}); }

enum class Kind : std::uint8_t { tokens, counted };
/// A kind of result: what it counts, and its name where no model is given.
struct ResultKind {
  std::string_view name;
  Kind kind;
  std::array<std::string_view, 2> fields;  ///< Spellings of the count.
  Unit unit;
  std::string_view tool;
};
constexpr std::array<ResultKind, 10> kKinds{{
    {"completions", Kind::tokens, {}, Unit::input_tokens, ""},
    {"embeddings", Kind::tokens, {}, Unit::input_tokens, ""},
    {"moderations", Kind::tokens, {}, Unit::input_tokens, ""},
    {"images", Kind::counted, {"images", ""}, Unit::output_images, ""},
    {"audio_speeches", Kind::counted, {"characters", ""}, Unit::input_characters, ""},
    {"audio_transcriptions", Kind::counted, {"seconds", ""}, Unit::input_audio_seconds, ""},
    {"code_interpreter_sessions",
     Kind::counted,
     {"num_sessions", "sessions"},
     Unit::code_executions,
     "code_interpreter"},
    {"file_search_calls",
     Kind::counted,
     {"num_requests", "num_calls"},
     Unit::storage_searches,
     "file_search"},
    {"web_search_calls",
     Kind::counted,
     {"num_requests", "num_calls"},
     Unit::web_searches,
     "web_search"},
    {"vector_stores", Kind::counted, {"usage_bytes", ""}, Unit::storage_searches, "vector_store"},
}};

const ResultKind* kind_of(std::string_view object) {
  if (!object.starts_with(kPrefix) || !object.ends_with(".result")) return nullptr;
  object.remove_prefix(kPrefix.size());
  object.remove_suffix(std::string_view(".result").size());
  const auto found = std::ranges::find(kKinds, object, &ResultKind::name);
  return found == kKinds.end() ? nullptr : &*found;
}

/// Counts of one modality (or of all), and their units.
struct Modality {
  std::string_view uncached;
  std::string_view cached;
  Unit whole;
  Unit read;
};
constexpr std::array<Modality, 2> kModalities{{
    {"input_audio_tokens", "input_cached_audio_tokens", Unit::input_audio_tokens,
     Unit::cache_audio_read_tokens},
    {"input_image_tokens", "input_cached_image_tokens", Unit::input_image_tokens,
     Unit::cache_image_read_tokens},
}};

void add_if_any(UsageCounts& counts, Unit unit, std::int64_t quantity) {
  if (quantity != 0) counts.add(unit, quantity);
}

void read_tokens(json::Fields& result, UsageCounts& counts) {
  const std::int64_t input = result.count("input_tokens");
  const std::int64_t cached = result.count("input_cached_tokens");
  const std::int64_t written = result.count("input_cache_write_tokens");
  const auto uncached = result.optional_count("input_uncached_tokens");
  if (uncached && Int128{*uncached} + cached + written != input) {
    result.fail(
        fmt::format("input_uncached_tokens ({}) + input_cached_tokens ({}) + "
                    "input_cache_write_tokens ({}) are not input_tokens ({})",
                    *uncached, cached, written, input));
    return;
  }
  counts.add(Unit::input_tokens, input);
  counts.add(Unit::output_tokens, result.count("output_tokens"));
  add_if_any(counts, Unit::cache_read_tokens, cached);
  add_if_any(counts, Unit::cache_write_tokens, written);
  for (const Modality& modality : kModalities) {
    const std::int64_t read = result.count(modality.cached);
    add_if_any(counts, modality.whole, result.count(modality.uncached));
    add_if_any(counts, modality.whole, read);
    add_if_any(counts, modality.read, read);
  }
  add_if_any(counts, Unit::output_audio_tokens, result.count("output_audio_tokens"));
  add_if_any(counts, Unit::output_image_tokens, result.count("output_image_tokens"));
}

void read_counted(const ResultKind& kind, json::Fields& result, UsageCounts& counts) {
  constexpr std::int64_t kMillisecondsPerSecond = 1000;
  auto count = result.optional_count(kind.fields[0]);
  if (!count && !kind.fields[1].empty()) count = result.optional_count(kind.fields[1]);
  std::int64_t quantity = count.value_or(0);
  if (kind.unit == Unit::input_audio_seconds &&
      __builtin_mul_overflow(quantity, kMillisecondsPerSecond, &quantity)) {
    quantity = INT64_MAX;
  }
  counts.add(kind.unit, quantity);
}

class OpenAiUsageReader final : public FormatReader {
 public:
  void read(Input& input, Emitter& emitter) override {
    for_each_value(input, emitter, kContainers, [&](json::Value bucket, const Element& at) {
      read_bucket(bucket, at, emitter);
    });
  }

 private:
  static void read_bucket(json::Value bucket, const Element& at, Emitter& emitter);
  static void read_result(json::Value bucket, json::Value result, const Element& at,
                          Emitter& emitter);
  static RecordId identity(json::Value bucket, json::Value result);
  static void fill(json::Value result, const ResultKind& kind, UsageRecord& record);
};

void OpenAiUsageReader::read_bucket(json::Value bucket, const Element& at, Emitter& emitter) {
  const json::Value results = bucket["results"].exists() ? bucket["results"] : bucket["result"];
  if (!results.is_array()) {
    emitter.reject(at.line, "expected a bucket with the array \"results\"", at.text);
    return;
  }
  for (json::Value result = results.first(); result.exists() && !emitter.stopped();
       result = result.next()) {
    read_result(bucket, result, at, emitter);
  }
}

void OpenAiUsageReader::read_result(json::Value bucket, json::Value result, const Element& at,
                                    Emitter& emitter) {
  const std::string_view object = text_of(result["object"]);
  if (object == "organization.costs.result") {
    emitter.reject(at.line,
                   "a cost report, not usage: export /v1/organization/usage to compute costs",
                   result.raw());
    return;
  }
  const ResultKind* kind = kind_of(object);
  if (kind == nullptr) {
    emitter.reject(
        at.line,
        fmt::format("\"object\": expected \"{}<kind>.result\", found \"{}\"", kPrefix, object),
        result.raw());
    return;
  }
  if (kind->name == "vector_stores") {
    emitter.reject(at.line, "vector store bytes are storage and have no meter", result.raw());
    return;
  }
  UsageRecord& record = emitter.record();
  fill(result, *kind, record);
  if (record.model.empty()) {
    emitter.reject(at.line, "\"model\" is null: export the usage grouped by model", result.raw());
    return;
  }
  const auto start = bucket["start_time"].integer();
  const auto at_time = instant_from_epoch(start.value_or(-1));
  if (!start || !at_time) {
    emitter.reject(at.line, "\"start_time\" of the bucket must be seconds since 1970",
                   result.raw());
    return;
  }
  record.at = *at_time;
  json::Fields fields(result);
  if (kind->kind == Kind::tokens) {
    read_tokens(fields, emitter.counts());
  } else {
    read_counted(*kind, fields, emitter.counts());
  }
  emitter.counts().add(Unit::requests, fields.count("num_model_requests"));
  if (fields.failed()) {
    emitter.reject(at.line, fields.error().message, result.raw());
    return;
  }
  record.status = CallStatus::several;
  record.id = identity(bucket, result);
  emitter.emit(at.line, result.raw());
}

RecordId OpenAiUsageReader::identity(json::Value bucket, json::Value result) {
  return record_id(
      kScope,
      {text_of(result["object"]), bucket["start_time"].raw(), bucket["end_time"].raw(),
       text_of(result["project_id"]), text_of(result["user_id"]), text_of(result["api_key_id"]),
       text_of(result["model"]), result["batch"].raw(), text_of(result["service_tier"]),
       text_of(result["size"]), text_of(result["source"]), text_of(result["context_level"])});
}

void OpenAiUsageReader::fill(json::Value result, const ResultKind& kind, UsageRecord& record) {
  record.grows = true;
  record.source_kind = kScope;
  record.source_endpoint = kind.name;
  record.provider = "openai";
  record.model = text_of(result["model"]);
  if (record.model.empty()) record.model = kind.tool;
  record.project = text_of(result["project_id"]);
  record.user = text_of(result["user_id"]);
  record.service_tier = served_tier(text_of(result["service_tier"]));
  if (result["batch"].boolean().value_or(false)) record.service_tier = "batch";
  if (const auto key = text_of(result["api_key_id"]); !key.empty()) {
    json::Writer writer(record.metadata);
    writer.object().key("api_key_id").value(key).end_object();
  }
}

}  // namespace

std::unique_ptr<FormatReader> make_openai_usage_reader() {
  return std::make_unique<OpenAiUsageReader>();
}

}  // namespace costops::ingestion
