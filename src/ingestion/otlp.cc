// OTLP/JSON: traces with GenAI spans (semantic conventions of all versions, OpenInference, Vercel
// AI SDK, and names met in the wild), and logs with Claude Code's api_request events.
//
// By convention input tokens contain cached and written ones. Emitters that break it are told by a
// total that says so, or by cached and written tokens above the input. Claude Code's counts always
// exclude each other. Only spans without usage below them are counted (see span_tree.h).

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <deque>
#include <optional>
#include <string>

#include "ingestion/containment.h"
#include "ingestion/elements.h"
#include "ingestion/export_rows.h"
#include "ingestion/format_reader.h"
#include "ingestion/otlp_attributes.h"
#include "ingestion/reported_cost.h"
#include "ingestion/served.h"
#include "ingestion/span_tree.h"

namespace costops::ingestion {
namespace {

constexpr std::string_view kScope = "otlp";
constexpr std::string_view kAgentScope = "claude-code-otel";
constexpr std::array<std::string_view, 3> kContainers{"resourceSpans", "resourceLogs",
                                                      "resourceMetrics"};
/// Spans of one trace are told apart as long as no more than these lie between them.
constexpr std::size_t kSpansRemembered = 100'000;
constexpr std::size_t kCallsHeld = 5'000;

std::string_view text_of(json::Value value) { return value.string().value_or(std::string_view{}); }

// Names of one thing, the current convention first.
constexpr std::array<std::string_view, 7> kInput{"gen_ai.usage.input_tokens",
                                                 "gen_ai.usage.prompt_tokens",
                                                 "llm.token_count.prompt",
                                                 "llm.usage.prompt_tokens",
                                                 "ai.usage.promptTokens",
                                                 "ai.usage.inputTokens",
                                                 "ai.usage.tokens"};
constexpr std::array<std::string_view, 6> kOutput{
    "gen_ai.usage.output_tokens",  "gen_ai.usage.completion_tokens", "llm.token_count.completion",
    "llm.usage.completion_tokens", "ai.usage.completionTokens",      "ai.usage.outputTokens"};
constexpr std::array<std::string_view, 5> kTotal{"gen_ai.usage.total_tokens",
                                                 "llm.token_count.total", "llm.usage.total_tokens",
                                                 "ai.usage.totalTokens", "gen_ai.usage.total"};
constexpr std::array<std::string_view, 10> kCacheRead{
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.input_cached_tokens",
    "gen_ai.usage.cache_read_tokens",
    "gen_ai.usage.details.cache_read_tokens",
    "gen_ai.usage.details.cache_read_input_tokens",
    "gen_ai.usage.details.cached_tokens",
    "llm.token_count.prompt_details.cache_read",
    "ai.usage.cachedInputTokens",
    "llm.usage.cache_read_input_tokens"};
constexpr std::array<std::string_view, 8> kCacheWrite{
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.cache_write_tokens",
    "gen_ai.usage.details.cache_write_tokens",
    "gen_ai.usage.details.cache_creation_input_tokens",
    "llm.token_count.prompt_details.cache_write",
    "llm.usage.cache_creation_input_tokens",
    "ai.usage.cacheCreationInputTokens"};
constexpr std::array<std::string_view, 7> kReasoning{"gen_ai.usage.reasoning.output_tokens",
                                                     "gen_ai.usage.reasoning_tokens",
                                                     "gen_ai.usage.output_reasoning_tokens",
                                                     "gen_ai.usage.details.reasoning_tokens",
                                                     "llm.token_count.completion_details.reasoning",
                                                     "llm.usage.reasoning_tokens",
                                                     "ai.usage.reasoningTokens"};
constexpr std::array<std::string_view, 3> kAudioInput{"gen_ai.usage.audio.input_tokens",
                                                      "gen_ai.usage.details.input_audio_tokens",
                                                      "llm.token_count.prompt_details.audio"};
constexpr std::array<std::string_view, 3> kAudioOutput{"gen_ai.usage.audio.output_tokens",
                                                       "gen_ai.usage.details.output_audio_tokens",
                                                       "llm.token_count.completion_details.audio"};
constexpr std::array<std::string_view, 1> kImageInput{"gen_ai.usage.image.input_tokens"};
constexpr std::array<std::string_view, 1> kVideoInput{"gen_ai.usage.video.input_tokens"};
constexpr std::array<std::string_view, 7> kModel{
    "gen_ai.response.model", "ai.response.model", "llm.response.model", "gen_ai.request.model",
    "llm.request.model",     "llm.model_name",    "ai.model.id"};
constexpr std::array<std::string_view, 5> kProvider{
    "gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system", "ai.model.provider"};
constexpr std::array<std::string_view, 5> kCost{"gen_ai.usage.cost", "gen_ai.usage.total_cost",
                                                "gen_ai.cost.total_cost", "llm.cost.total",
                                                "operation.cost"};
constexpr std::array<std::string_view, 4> kTier{
    "openai.response.service_tier", "gen_ai.openai.response.service_tier",
    "gen_ai.response.service_tier", "aws.bedrock.response.service_tier"};
constexpr std::array<std::string_view, 3> kSession{"gen_ai.conversation.id", "session.id",
                                                   "langfuse.session.id"};
constexpr std::array<std::string_view, 4> kUser{"enduser.id", "user.email", "user.id",
                                                "langfuse.user.id"};
constexpr std::array<std::string_view, 2> kOrganization{"organization.id", "enduser.org"};
constexpr std::array<std::string_view, 2> kResponseId{"gen_ai.response.id", "ai.response.id"};
constexpr std::array<std::string_view, 1> kOperation{"gen_ai.operation.name"};
constexpr std::array<std::string_view, 1> kSpanKind{"openinference.span.kind"};
constexpr std::array<std::string_view, 1> kService{"service.name"};
constexpr std::array<std::string_view, 1> kEvent{"event.name"};

struct PartNames {
  Unit unit;
  Names names;
};
constexpr std::array<PartNames, 7> kParts{{{Unit::cache_read_tokens, kCacheRead},
                                           {Unit::cache_write_tokens, kCacheWrite},
                                           {Unit::output_reasoning_tokens, kReasoning},
                                           {Unit::input_audio_tokens, kAudioInput},
                                           {Unit::output_audio_tokens, kAudioOutput},
                                           {Unit::input_image_tokens, kImageInput},
                                           {Unit::input_video_tokens, kVideoInput}}};

/// Nanoseconds since 1970, as text or number; none where absent or 0.
std::optional<Instant> time_of(json::Value nanoseconds) {
  const auto count = count_of("time", nanoseconds);
  if (!count || *count == 0) return std::nullopt;
  return Instant(std::chrono::duration_cast<Microseconds>(std::chrono::nanoseconds(*count)));
}

class OtlpReader final : public FormatReader {
 public:
  void read(Input& input, Emitter& emitter) override {
    for_each_value(input, emitter, kContainers, [&](json::Value value, const Element& at) {
      read_resource(value, at, emitter);
    });
    while (!calls_.empty() && !emitter.stopped()) emit_oldest(emitter);
  }

 private:
  /// A call that waits until what lies below it is known.
  struct Call {
    UsageRecord record;
    UsageCounts counts;
    RecordId span;
    std::uint64_t line = 0;
    std::uint64_t age = 0;
    std::string excerpt;
    std::string doubt;  ///< Why it will be rejected, if it is a leaf.
  };

  void read_resource(json::Value resource, const Element& at, Emitter& emitter);
  void read_span(json::Value span, const Element& at, Emitter& emitter);
  void read_log(json::Value log, const Element& at, Emitter& emitter);
  void read_agent_event(json::Value log, const Element& at, Emitter& emitter);
  Result<bool> read_counts(UsageCounts& counts) const;
  Result<void> read_cost(UsageRecord& record) const;
  void read_facts(UsageRecord& record) const;
  void hold(json::Value item, const Element& at, RecordId span, Result<bool> has_usage,
            Emitter& emitter);
  void emit_oldest(Emitter& emitter);
  void age(Emitter& emitter);

  OtlpAttributes attributes_;
  std::string service_;
  SpanTree tree_;
  std::deque<Call> calls_;
  std::size_t young_calls_ = 0;
  std::uint64_t age_ = 0;
};

void OtlpReader::read_resource(json::Value resource, const Element& at, Emitter& emitter) {
  attributes_.reset(resource["resource"]["attributes"]);
  service_ = attributes_.text(kService);
  bool known = false;
  for (const std::string_view name : {"scopeSpans", "instrumentationLibrarySpans"}) {
    known = known || resource[name].exists();
    for (json::Value scope = resource[name].first(); scope.exists(); scope = scope.next()) {
      for (json::Value span = scope["spans"].first(); span.exists(); span = span.next()) {
        if (emitter.stopped()) return;
        read_span(span, at, emitter);
      }
    }
  }
  for (json::Value scope = resource["scopeLogs"].first(); scope.exists(); scope = scope.next()) {
    for (json::Value log = scope["logRecords"].first(); log.exists(); log = log.next()) {
      if (emitter.stopped()) return;
      read_log(log, at, emitter);
    }
  }
  if (known || resource["scopeLogs"].exists()) return;
  emitter.reject(at.line,
                 resource["scopeMetrics"].exists()
                     ? "OTLP metrics are sums over calls and are not read; export traces or logs"
                     : "expected resourceSpans or resourceLogs of OTLP/JSON",
                 at.text);
}

void OtlpReader::read_span(json::Value span, const Element& at, Emitter& emitter) {
  if (tree_.size() >= kSpansRemembered) age(emitter);
  const std::string_view trace_id = text_of(span["traceId"]);
  const std::string_view span_id = text_of(span["spanId"]);
  const std::string_view parent_id = text_of(span["parentSpanId"]);
  attributes_.reset(span["attributes"]);
  const RecordId id = span_id.empty() ? RecordId{} : record_id(kScope, {trace_id, span_id});
  const RecordId parent = parent_id.empty() ? RecordId{} : record_id(kScope, {trace_id, parent_id});
  auto has_usage = read_counts(emitter.counts());
  const bool uses = !has_usage || *has_usage;
  if (!id.is_null()) {
    tree_.add(id, parent, uses ? SpanTree::Usage::some : SpanTree::Usage::none);
  }

  const std::string_view operation = attributes_.text(kOperation);
  const bool is_call = operation == "chat" || operation == "text_completion" ||
                       operation == "generate_content" || operation == "embeddings" ||
                       attributes_.text(kSpanKind) == "LLM";
  const json::Value code = span["status"]["code"];
  const bool failed = code.integer() == 2 || text_of(code) == "STATUS_CODE_ERROR";
  if (!uses && (!is_call || failed)) {
    emitter.counts().clear();  // Not a model call, or one that failed before anything was counted.
    return;
  }
  UsageRecord& record = emitter.record();
  record.status = failed ? CallStatus::failed : CallStatus::ok;
  record.at = time_of(span["startTimeUnixNano"]);
  const auto end = time_of(span["endTimeUnixNano"]);
  if (record.at && end && *end >= *record.at) {
    record.latency_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(*end - *record.at).count();
  }
  read_facts(record);
  if (record.source_id.empty()) record.source_id = span_id;
  if (record.source_endpoint.empty()) record.source_endpoint = text_of(span["name"]);
  hold(span, at, id, std::move(has_usage), emitter);
}

void OtlpReader::read_log(json::Value log, const Element& at, Emitter& emitter) {
  attributes_.reset(log["attributes"]);
  std::string_view event = attributes_.text(kEvent);
  if (event.empty()) event = text_of(log["eventName"]);
  if (event.empty()) event = text_of(log["body"]["stringValue"]);
  if (event == "api_request" || event == "claude_code.api_request") {
    read_agent_event(log, at, emitter);
    return;
  }
  // An inference event repeats its span, and has the span's identity.
  auto has_usage = read_counts(emitter.counts());
  if (has_usage && !*has_usage) {
    emitter.counts().clear();
    return;
  }
  const std::string_view trace_id = text_of(log["traceId"]);
  const std::string_view span_id = text_of(log["spanId"]);
  const RecordId id = span_id.empty() ? RecordId{} : record_id(kScope, {trace_id, span_id});
  UsageRecord& record = emitter.record();
  record.at = time_of(log["timeUnixNano"]);
  read_facts(record);
  hold(log, at, id, std::move(has_usage), emitter);
}

/// Claude Code's event: counts that exclude each other, and its own idea of the cost.
void OtlpReader::read_agent_event(json::Value log, const Element& at, Emitter& emitter) {
  static constexpr std::array<std::string_view, 1> kModelName{"model"};
  static constexpr std::array<std::string_view, 1> kDuration{"duration_ms"};
  static constexpr std::array<std::string_view, 1> kRequest{"request_id"};
  static constexpr std::array<std::string_view, 1> kSequence{"event.sequence"};
  static constexpr std::array<std::string_view, 1> kSpeed{"speed"};
  static constexpr std::array<std::string_view, 4> kCounts{
      "input_tokens", "cache_read_tokens", "cache_creation_tokens", "output_tokens"};
  UsageRecord& record = emitter.record();
  UsageCounts& counts = emitter.counts();
  for (std::size_t i = 0; i < kCounts.size(); ++i) {
    const auto count = attributes_.count(Names(&kCounts[i], 1));
    if (!count) return emitter.reject(at.line, count.error().message, log.raw());
    const std::int64_t quantity = count->value_or(0);
    counts.add(i == 3 ? Unit::output_tokens : Unit::input_tokens, quantity);
    if (i == 1 && quantity != 0) counts.add(Unit::cache_read_tokens, quantity);
    if (i == 2 && quantity != 0) counts.add(Unit::cache_write_tokens, quantity);
  }
  read_facts(record);
  record.source_kind = kAgentScope;
  record.model = attributes_.text(kModelName);
  if (record.provider.empty() && record.model.starts_with("claude")) record.provider = "anthropic";
  record.at = time_of(log["timeUnixNano"]);
  record.speed = served_speed(attributes_.text(kSpeed));
  if (const auto duration = attributes_.count(kDuration)) record.latency_ms = *duration;
  record.source_id = attributes_.text(kRequest);
  const std::string_view sequence = attributes_.number(kSequence);
  if (!record.source_id.empty()) {
    record.id = record_id(kAgentScope, {record.source_id});
  } else if (!record.session.empty() && !sequence.empty()) {
    record.id = record_id(kAgentScope, {record.session, sequence});
  }
  if (const auto cost = read_cost(record); !cost) {
    return emitter.reject(at.line, cost.error().message, log.raw());
  }
  emitter.emit(at.line, log.raw());
}

/// Whether anything was counted. Fails with invalid_input on counts that are none or don't add up.
Result<bool> OtlpReader::read_counts(UsageCounts& counts) const {
  const auto input = attributes_.count(kInput);
  if (!input) return fail(input.error());
  const auto output = attributes_.count(kOutput);
  if (!output) return fail(output.error());
  const auto total = attributes_.count(kTotal);
  if (!total) return fail(total.error());
  for (const PartNames& part : kParts) {
    const auto count = attributes_.count(part.names);
    if (!count) return fail(count.error());
    if (count->value_or(0) != 0) counts.add(part.unit, **count);
  }
  WrittenCounts written{
      .input = input->value_or(0), .output = output->value_or(0), .total = *total};
  const std::int64_t read = counts.count(Unit::cache_read_tokens);
  written.input_parts = read;
  if (__builtin_add_overflow(read, counts.count(Unit::cache_write_tokens), &written.input_parts)) {
    written.input_parts = INT64_MAX;
  }
  written.output_parts = counts.count(Unit::output_reasoning_tokens);
  if (written.input == 0 && written.output == 0 && written.input_parts == 0) return false;
  Containment reading;
  if (written.input_parts > written.input) reading.input = Parts::beside;
  if (written.output_parts > written.output) reading.output = Parts::beside;
  if (reading == Containment{}) {
    auto told = containment_of(written, reading);
    if (!told) return fail(told.error());
    reading = *told;
  }
  counts.add(Unit::input_tokens, written.input);
  if (reading.input == Parts::beside) counts.add(Unit::input_tokens, written.input_parts);
  counts.add(Unit::output_tokens, written.output);
  if (reading.output == Parts::beside) counts.add(Unit::output_tokens, written.output_parts);
  return true;
}

Result<void> OtlpReader::read_cost(UsageRecord& record) const {
  static constexpr std::array<std::string_view, 1> kDollars{"cost_usd"};
  static constexpr std::array<std::string_view, 1> kMicros{"cost_usd_micros"};
  constexpr std::int64_t kPicoPerMicro = 1'000'000;
  const auto micros = attributes_.count(kMicros);
  if (!micros) return fail(micros.error());
  if (*micros) {
    record.reported_cost = Money{Amount::pico(Int128{**micros} * kPicoPerMicro), Currency::usd()};
    return {};
  }
  std::string_view text = attributes_.number(kCost);
  if (text.empty()) text = attributes_.number(kDollars);
  if (text.empty()) return {};
  auto amount = parse_reported_cost(text);
  if (!amount) return fail(amount.error());
  record.reported_cost = Money{*amount, Currency::usd()};
  return {};
}

void OtlpReader::read_facts(UsageRecord& record) const {
  record.source_kind = kScope;
  record.project = service_;
  record.organization = attributes_.text(kOrganization);
  record.user = attributes_.text(kUser);
  record.session = attributes_.text(kSession);
  record.model = attributes_.text(kModel);
  record.provider = attributes_.text(kProvider);
  // The Vercel AI SDK names the provider with its kind of API: "openai.chat".
  for (const std::string_view suffix : {".chat", ".responses", ".messages", ".embedding"}) {
    if (record.provider.ends_with(suffix)) {
      record.provider.resize(record.provider.size() - suffix.size());
    }
  }
  record.service_tier = served_tier(attributes_.text(kTier));
  record.source_id = attributes_.text(kResponseId);
  record.source_endpoint = attributes_.text(kOperation);
}

/// Keeps the emitter's record until it is known whether it is a leaf.
void OtlpReader::hold(json::Value item, const Element& at, RecordId span, Result<bool> has_usage,
                      Emitter& emitter) {
  UsageRecord& record = emitter.record();
  record.grows = true;  // A span and its inference event are one call.
  record.id = span;
  Call& call = calls_.emplace_back();
  if (!has_usage) {
    call.doubt = has_usage.error().message;
  } else if (!*has_usage) {
    call.doubt = "a model call without token counts";
  } else if (const auto cost = read_cost(record); !cost) {
    call.doubt = cost.error().message;
  }
  std::swap(call.record, record);
  call.counts = emitter.counts();
  emitter.counts().clear();
  call.span = span;
  call.line = at.line;
  call.age = age_;
  call.excerpt = excerpt_of(item.raw());
  if (++young_calls_ >= kCallsHeld) age(emitter);
}

/// Gives up the older half of what is remembered.
void OtlpReader::age(Emitter& emitter) {
  while (!calls_.empty() && calls_.front().age < age_ && !emitter.stopped()) emit_oldest(emitter);
  tree_.age();
  young_calls_ = 0;
  ++age_;
}

void OtlpReader::emit_oldest(Emitter& emitter) {
  Call& call = calls_.front();
  if (call.span.is_null() || !tree_.has_usage_below(call.span)) {
    if (call.doubt.empty()) {
      std::swap(emitter.record(), call.record);
      emitter.counts() = call.counts;
      emitter.emit(call.line, call.excerpt);
    } else {
      emitter.reject(call.line, std::move(call.doubt), call.excerpt);
    }
  }
  calls_.pop_front();
}

}  // namespace

std::unique_ptr<FormatReader> make_otlp_reader() { return std::make_unique<OtlpReader>(); }

}  // namespace costops::ingestion
