// Helicone requests, JSON or CSV.
//
// All token columns stand beside each other (Helicone's own total is the sum of prompt, completion,
// cache read, cache write and audio). Rows whose total_tokens is prompt + completion alone have the
// others inside.

#include <array>
#include <string>

#include "ingestion/containment.h"
#include "ingestion/export_rows.h"
#include "ingestion/format_reader.h"

namespace costops::ingestion {
namespace {

constexpr std::string_view kScope = "helicone";
constexpr std::array<std::string_view, 1> kContainers{"data"};

struct Column {
  std::string_view name;
  Unit unit;
  bool is_input;
};
constexpr std::array<Column, 5> kColumns{{
    {"prompt_cache_read_tokens", Unit::cache_read_tokens, true},
    {"prompt_cache_write_tokens", Unit::cache_write_tokens, true},
    {"prompt_audio_tokens", Unit::input_audio_tokens, true},
    {"completion_audio_tokens", Unit::output_audio_tokens, false},
    {"reasoning_tokens", Unit::output_reasoning_tokens, false},
}};

class HeliconeReader final : public FormatReader {
 public:
  void read(Input& input, Emitter& emitter) override {
    for_each_row(input, emitter, kContainers,
                 [&](ExportRow& row, const Element& at) { read_row(row, at, emitter); });
  }

 private:
  void read_row(ExportRow& row, const Element& at, Emitter& emitter);
  void read_counts(ExportRow& row, UsageCounts& counts);
  void read_properties(ExportRow& row, UsageRecord& record);
  void read_status(ExportRow& row, UsageRecord& record);

  json::Document scratch_;
};

void HeliconeReader::read_row(ExportRow& row, const Element& at, Emitter& emitter) {
  UsageRecord& record = emitter.record();
  read_counts(row, emitter.counts());
  read_status(row, record);
  read_properties(row, record);
  record.source_kind = kScope;
  record.source_id = row.text({"request_id", "id"});
  if (!record.source_id.empty()) record.id = record_id(kScope, {record.source_id});
  if (const auto time = row.time({"request_created_at", "created_at"})) record.at = *time;
  record.provider = row.text({"provider"});
  if (record.provider == "CUSTOM") record.provider.clear();
  record.model = row.text({"model_override", "response_model", "model", "request_model"});
  record.user = row.text({"request_user_id", "user_id"});
  record.source_endpoint = row.text({"request_path", "target_url"});
  record.latency_ms = row.count({"delay_ms"});
  record.time_to_first_token_ms = row.count({"time_to_first_token"});
  if (const auto cost = row.cost({"costUSD", "cost_usd", "cost"})) {
    record.reported_cost = Money{*cost, Currency::usd()};
  }
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

void HeliconeReader::read_counts(ExportRow& row, UsageCounts& counts) {
  WrittenCounts written{.input = row.count({"prompt_tokens"}).value_or(0),
                        .output = row.count({"completion_tokens"}).value_or(0),
                        .total = row.count({"total_tokens"})};
  for (const Column& column : kColumns) {
    const std::int64_t count = row.count({column.name}).value_or(0);
    if (count == 0) continue;
    counts.add(column.unit, count);
    std::int64_t& parts = column.is_input ? written.input_parts : written.output_parts;
    if (__builtin_add_overflow(parts, count, &parts)) parts = INT64_MAX;
  }
  const auto reading = containment_of(written, {Parts::beside, Parts::beside});
  if (!reading) return row.fail(reading.error().message);
  counts.add(Unit::input_tokens, written.input);
  if (reading->input == Parts::beside) counts.add(Unit::input_tokens, written.input_parts);
  counts.add(Unit::output_tokens, written.output);
  if (reading->output == Parts::beside) counts.add(Unit::output_tokens, written.output_parts);
}

/// Custom properties become tags "name:value"; the session's id is one of them.
void HeliconeReader::read_properties(ExportRow& row, UsageRecord& record) {
  const json::Value properties = row.structure({"request_properties", "properties"}, scratch_);
  if (!properties.is_object()) return;
  for (json::Value entry = properties.first(); entry.exists(); entry = entry.next()) {
    const auto text = entry.string();
    if (!text || text->empty()) continue;
    if (entry.name() == "Helicone-Session-Id") {
      record.session = *text;
    } else if (!entry.name().starts_with("Helicone-")) {
      record.tags.push_back(std::string(entry.name()) + ":" + std::string(*text));
    }
  }
}

void HeliconeReader::read_status(ExportRow& row, UsageRecord& record) {
  // A response served from Helicone's cache points to the request that filled it; others carry the
  // null UUID.
  const std::string_view cached = row.text({"cache_reference_id"});
  const bool is_hit = cached.find_first_not_of("0-") != std::string_view::npos && !cached.empty();
  const std::int64_t status = row.value({"response_status", "status"}).exists()
                                  ? row.count({"response_status", "status"}).value_or(0)
                                  : 200;
  if (is_hit) {
    record.status = CallStatus::gateway_cache_hit;
  } else if (status >= 400) {
    record.status = CallStatus::failed;
  }
}

}  // namespace

std::unique_ptr<FormatReader> make_helicone_reader() { return std::make_unique<HeliconeReader>(); }

}  // namespace costops::ingestion
