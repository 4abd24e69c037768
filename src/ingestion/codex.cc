// Codex rollout files (~/.codex/sessions/Y/M/D/rollout-*.jsonl) and `codex exec --json`.
//
// A token_count event holds the session's running totals, so a call is the difference to the event
// before it, and an event that repeats the totals is no call. Where totals went down, the count
// began anew, and the event's own last_token_usage is the call.
//
// A forked session (forked_from_id) begins with a copy of its parent's lines: same totals, new
// times. An event's identity is therefore the oldest session that the file names as an ancestor and
// the totals themselves: copied events are the parent's, in whatever file they are met first, and
// are counted once. What a fork adds has totals of its own.
//
// Output contains reasoning. total_tokens is input + output; the logs of some versions, and samples
// in circulation, write input + output + reasoning: accepted as the same counts.

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>

#include "ingestion/elements.h"
#include "ingestion/format_reader.h"

namespace costops::ingestion {
namespace {

constexpr std::string_view kScope = "codex";
constexpr std::string_view kExecScope = "codex-exec";

std::string_view text_of(json::Value value) { return value.string().value_or(std::string_view{}); }

/// The counts of an event: cached and written are parts of input, reasoning of output.
struct Tokens {
  std::int64_t input = 0;
  std::int64_t cached = 0;
  std::int64_t written = 0;
  std::int64_t output = 0;
  std::int64_t reasoning = 0;
  std::int64_t total = 0;  ///< 0: not given.

  [[nodiscard]] std::array<std::int64_t, 5> parts() const {
    return {input, cached, written, output, reasoning};
  }
  [[nodiscard]] bool counts_nothing() const { return parts() == std::array<std::int64_t, 5>{}; }
  friend bool operator==(const Tokens&, const Tokens&) = default;
};

Tokens read_tokens(json::Fields& fields) {
  return {.input = fields.count("input_tokens"),
          .cached = fields.count("cached_input_tokens"),
          .written = fields.count("cache_write_input_tokens"),
          .output = fields.count("output_tokens"),
          .reasoning = fields.count("reasoning_output_tokens"),
          .total = fields.count("total_tokens")};
}

/// Whether the running totals went down somewhere: the count began anew.
bool went_down(const Tokens& from, const Tokens& to) {
  const auto before = from.parts();
  const auto after = to.parts();
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (after[i] < before[i]) return true;
  }
  return false;
}

Tokens difference(const Tokens& from, const Tokens& to) {
  const bool both = from.total > 0 && to.total >= from.total;
  return {.input = to.input - from.input,
          .cached = to.cached - from.cached,
          .written = to.written - from.written,
          .output = to.output - from.output,
          .reasoning = to.reasoning - from.reasoning,
          .total = both ? to.total - from.total : 0};
}

std::int64_t saturating_sum(std::int64_t a, std::int64_t b) {
  return a > INT64_MAX - b ? INT64_MAX : a + b;
}

Tokens sum(const Tokens& a, const Tokens& b) {
  return {.input = saturating_sum(a.input, b.input),
          .cached = saturating_sum(a.cached, b.cached),
          .written = saturating_sum(a.written, b.written),
          .output = saturating_sum(a.output, b.output),
          .reasoning = saturating_sum(a.reasoning, b.reasoning),
          .total = saturating_sum(a.total, b.total)};
}

/// Requires counts from 0.
bool adds_up(const Tokens& tokens) {
  if (tokens.total == 0) return true;
  const Int128 sum = Int128{tokens.input} + tokens.output;
  return tokens.total == sum || tokens.total == sum + tokens.reasoning;
}

std::string identity_text(const Tokens& t) {
  return fmt::format("{},{},{},{},{},{}", t.input, t.cached, t.written, t.output, t.reasoning,
                     t.total);
}

class CodexReader final : public FormatReader {
 public:
  void read(Input& input, Emitter& emitter) override {
    for_each_value(input, emitter, {}, [&](json::Value line, const Element& at) {
      if (line.is_object()) {
        read_line(line, at, emitter);
      } else {
        emitter.reject(at.line, "expected a JSON object", at.text);
      }
    });
  }

 private:
  void read_line(json::Value line, const Element& at, Emitter& emitter);
  void read_session(json::Value meta);
  void read_event(json::Value line, const Element& at, Emitter& emitter);
  void read_turn(json::Value line, const Element& at, Emitter& emitter);
  [[nodiscard]] Tokens call_of(const Tokens& totals, const std::optional<Tokens>& last) const;
  void emit(const Tokens& call, const Element& at, Emitter& emitter) const;

  std::string session_;  ///< The file's own session.
  std::string root_;     ///< The oldest ancestor that the file names; session_ without one.
  std::string provider_ = "openai";
  std::string folder_;
  std::string metadata_;
  std::string model_;
  std::optional<Tokens> totals_;
  std::string thread_;  ///< Of `codex exec --json`.
};

void CodexReader::read_line(json::Value line, const Element& at, Emitter& emitter) {
  const std::string_view type = text_of(line["type"]);
  const json::Value payload = line["payload"];
  if (type == "event_msg" && text_of(payload["type"]) == "token_count") {
    if (payload["info"].is_object()) read_event(line, at, emitter);
  } else if (type == "turn_context") {
    if (const auto model = text_of(payload["model"]); !model.empty()) model_ = model;
    if (folder_.empty()) folder_ = text_of(payload["cwd"]);
  } else if (type == "session_meta") {
    read_session(payload);
  } else if (type == "thread.started") {
    thread_ = text_of(line["thread_id"]);
    totals_.reset();
  } else if (type == "turn.completed") {
    read_turn(line, at, emitter);
  }
}

/// The first is the file's own; those that follow before the first call were copied with an
/// ancestor's lines, the oldest last.
void CodexReader::read_session(json::Value meta) {
  const std::string_view id = text_of(meta["id"]);
  if (totals_ || (!session_.empty() && id == session_)) return;
  const std::string_view parent = text_of(meta["forked_from_id"]);
  root_ = parent.empty() ? id : parent;
  if (!session_.empty()) return;
  session_ = id;
  if (const auto cwd = text_of(meta["cwd"]); !cwd.empty()) folder_ = cwd;
  if (const auto name = text_of(meta["model_provider"]); !name.empty()) provider_ = name;
  const std::string_view version = text_of(meta["cli_version"]);
  const std::string_view branch = text_of(meta["git"]["branch"]);
  if (version.empty() && branch.empty() && parent.empty()) return;
  json::Writer writer(metadata_);
  writer.object();
  if (!version.empty()) writer.key("version").value(version);
  if (!branch.empty()) writer.key("gitBranch").value(branch);
  if (!parent.empty()) writer.key("forked_from_id").value(parent);
  writer.end_object();
}

Tokens CodexReader::call_of(const Tokens& totals, const std::optional<Tokens>& last) const {
  if (!totals_) {
    // A fork that copied no events goes on counting from its parent's totals.
    const bool is_fork = root_ != session_;
    return is_fork && last ? *last : totals;
  }
  if (went_down(*totals_, totals)) return last.value_or(totals);
  return difference(*totals_, totals);
}

void CodexReader::read_event(json::Value line, const Element& at, Emitter& emitter) {
  const json::Value info = line["payload"]["info"];
  json::Fields total_fields(info["total_token_usage"]);
  json::Fields last_fields(info["last_token_usage"]);
  Tokens totals = read_tokens(total_fields);
  std::optional<Tokens> last;
  if (info["last_token_usage"].is_object()) last = read_tokens(last_fields);
  if (!info["total_token_usage"].is_object() && last) {
    totals = sum(totals_.value_or(Tokens{}), *last);
  }
  for (const json::Fields* fields : {&total_fields, &last_fields}) {
    if (!fields->failed()) continue;
    emitter.reject(at.line, fields->error().message, at.text);
    return;
  }
  const Tokens call = call_of(totals, last);
  totals_ = totals;
  // Equal totals: written again. Nothing but a total: a full context window, no call.
  if (call.counts_nothing()) return;

  UsageRecord& record = emitter.record();
  auto time = parse_instant(text_of(line["timestamp"]));
  if (!time && line["timestamp"].exists()) {
    emitter.reject(at.line, "\"timestamp\": " + time.error().message, at.text);
    return;
  }
  if (time) record.at = *time;
  record.model = text_of(info["model"]);
  if (record.model.empty()) record.model = model_;
  record.context_window = info["model_context_window"].integer().value_or(0);
  if (root_.empty()) {
    record.id = record_id(kScope, {"", identity_text(totals), text_of(line["timestamp"])});
  } else {
    record.id = record_id(kScope, {root_, identity_text(totals)});
  }
  record.session = session_;
  record.project = folder_;
  record.metadata = metadata_;
  record.source_kind = kScope;
  emit(call, at, emitter);
}

/// `codex exec --json`: the usage of a completed turn is the thread's running total.
void CodexReader::read_turn(json::Value line, const Element& at, Emitter& emitter) {
  json::Fields fields(line["usage"]);
  const Tokens totals = read_tokens(fields);
  if (fields.failed()) {
    emitter.reject(at.line, fields.error().message, at.text);
    return;
  }
  const Tokens call = call_of(totals, std::nullopt);
  totals_ = totals;
  if (call.counts_nothing()) return;
  UsageRecord& record = emitter.record();
  record.model = text_of(line["model"]);
  if (record.model.empty()) record.model = model_;
  if (!thread_.empty()) record.id = record_id(kExecScope, {thread_, identity_text(totals)});
  record.session = thread_;
  record.source_kind = kExecScope;
  emit(call, at, emitter);
}

void CodexReader::emit(const Tokens& call, const Element& at, Emitter& emitter) const {
  if (!adds_up(call)) {
    emitter.reject(
        at.line,
        fmt::format("total_tokens ({}) is neither input_tokens + output_tokens ({}) nor that and "
                    "reasoning_output_tokens ({})",
                    call.total, costops::to_string(Int128{call.input} + call.output),
                    costops::to_string(Int128{call.input} + call.output + call.reasoning)),
        at.text);
    return;
  }
  UsageRecord& record = emitter.record();
  record.provider = provider_;
  record.grows = true;
  UsageCounts& counts = emitter.counts();
  counts.add(Unit::input_tokens, call.input);
  counts.add(Unit::output_tokens, call.output);
  if (call.cached != 0) counts.add(Unit::cache_read_tokens, call.cached);
  if (call.written != 0) counts.add(Unit::cache_write_tokens, call.written);
  if (call.reasoning != 0) counts.add(Unit::output_reasoning_tokens, call.reasoning);
  emitter.emit(at.line, at.text);
}

}  // namespace

std::unique_ptr<FormatReader> make_codex_reader() { return std::make_unique<CodexReader>(); }

}  // namespace costops::ingestion
