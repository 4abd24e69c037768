// Claude Code session files (~/.claude/projects/<project>/<session>.jsonl), and what
// `claude -p --output-format json|stream-json` prints.
//
// A response is written as several lines, one per content block, with output counts that grow; the
// same lines come again in resumed, forked and subagent files. So a record's identity is the pair
// (message.id, requestId), and of equal pairs the larger one counts, whatever file it stands in.
//
// The "result" object that ends a printed run repeats the sum of its responses, with final output
// counts that the lines before it lack. What it has above them is a record of its own, so that the
// file's sum is the result's, and a run that broke off still counts what its lines say.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "ingestion/anthropic_counts.h"
#include "ingestion/elements.h"
#include "ingestion/format_reader.h"
#include "ingestion/growing_window.h"
#include "ingestion/printed_run.h"
#include "ingestion/reported_cost.h"
#include "ingestion/served.h"

namespace costops::ingestion {
namespace {

constexpr std::string_view kScope = "claude-code";

std::string_view text_of(json::Value value) { return value.string().value_or(std::string_view{}); }

/// Bedrock and Vertex show in the ids. A model of somebody else came through a gateway, and whom it
/// was paid to is not said.
std::string_view provider_of(std::string_view message_id, std::string_view model) {
  if (message_id.starts_with("msg_bdrk_") || model.find("anthropic.") != std::string_view::npos) {
    return "aws";
  }
  if (!model.starts_with("claude")) return {};
  const bool is_vertex =
      message_id.starts_with("msg_vrtx_") || model.find('@') != std::string_view::npos;
  return is_vertex ? "google" : "anthropic";
}

class ClaudeCodeReader final : public FormatReader {
 public:
  void read(Input& input, Emitter& emitter) override {
    GrowingWindow window(emitter);
    for_each_value(input, emitter, {}, [&](json::Value line, const Element& at) {
      const std::string_view type = text_of(line["type"]);
      if (project_.empty()) project_ = text_of(line["cwd"]);
      if (!line.is_object()) {
        emitter.reject(at.line, "expected a JSON object", at.text);
      } else if (type == "result" && line["modelUsage"].is_object()) {
        read_result(line, at, emitter, window);
      } else if (type.empty() || type == "assistant") {
        read_response(line, at, emitter, window);
      }
    });
    window.flush();
  }

 private:
  void read_response(json::Value line, const Element& at, Emitter& emitter, GrowingWindow& window);
  void read_iterations(json::Value line, const Element& at, Emitter& emitter,
                       GrowingWindow& window);
  bool fill(json::Value line, std::string_view model, Emitter& emitter, std::string& reason);
  void fill_metadata(json::Value line, std::string& metadata);
  void read_result(json::Value line, const Element& at, Emitter& emitter, GrowingWindow& window);

  std::string project_;  ///< The folder in which the session began.
  PrintedRun printed_;
};

/// Identity of a response, or of its `part`: (message.id, requestId), else the line's own uuid.
RecordId identity(json::Value line, std::string_view part) {
  const std::string_view message = text_of(line["message"]["id"]);
  const std::string_view request = text_of(line["requestId"]);
  const std::string_view uuid = text_of(line["uuid"]);
  if (message.empty() && request.empty()) {
    if (uuid.empty()) return {};
    return part.empty() ? record_id(kScope, {uuid}) : record_id(kScope, {uuid, "", part});
  }
  return part.empty() ? record_id(kScope, {message, request})
                      : record_id(kScope, {message, request, part});
}

void ClaudeCodeReader::read_response(json::Value line, const Element& at, Emitter& emitter,
                                     GrowingWindow& window) {
  const json::Value message = line["message"];
  const std::string_view model = text_of(message["model"]);
  const std::string_view role = text_of(message["role"]);
  if (model == "<synthetic>" || (!role.empty() && role != "assistant")) return;
  const json::Value usage_value = message["usage"];
  if (!usage_value.is_object()) {
    if (text_of(line["type"]) != "assistant") return;
    emitter.reject(at.line, "an assistant line without the object \"message.usage\"", at.text);
    return;
  }
  std::string reason;
  if (!fill(line, model, emitter, reason)) {
    emitter.reject(at.line, std::move(reason), at.text);
    return;
  }
  UsageRecord& record = emitter.record();
  json::Fields usage(usage_value);
  add_anthropic_usage(usage, emitter.counts());
  if (const json::Value cost = line["costUSD"]; cost.number_text()) {
    auto amount = parse_reported_cost(*cost.number_text());
    if (!amount) usage.fail("\"costUSD\": " + amount.error().message);
    if (amount) record.reported_cost = Money{*amount, Currency::usd()};
  }
  if (usage.failed()) {
    emitter.reject(at.line, usage.error().message, at.text);
    return;
  }
  record.id = identity(line, {});
  if (line["session_id"].exists()) printed_.note(record.id, model, emitter.counts());
  window.add(at.line, at.text);
  read_iterations(line, at, emitter, window);
}

/// What the record says apart from its counts. False with the reason if the time is no time.
bool ClaudeCodeReader::fill(json::Value line, std::string_view model, Emitter& emitter,
                            std::string& reason) {
  UsageRecord& record = emitter.record();
  const json::Value message = line["message"];
  const json::Value usage = message["usage"];
  if (const json::Value time = line["timestamp"]; time.exists()) {
    auto at = parse_instant(text_of(time));
    if (!at) {
      reason = "\"timestamp\": " + at.error().message;
      return false;
    }
    record.at = *at;
  }
  record.grows = true;
  record.source_kind = kScope;
  record.source_id = text_of(message["id"]);
  if (record.source_id.empty()) record.source_id = text_of(line["requestId"]);
  record.model = model;
  record.provider = provider_of(record.source_id, model);
  record.session = text_of(line["sessionId"]);
  if (record.session.empty()) record.session = text_of(line["session_id"]);
  record.project = project_;
  record.service_tier = served_tier(text_of(usage["service_tier"]));
  record.region = served_region(text_of(usage["inference_geo"]));
  record.speed = served_speed(text_of(usage["speed"]));
  if (line["isSidechain"].boolean().value_or(false)) record.tags.emplace_back("sidechain");
  fill_metadata(line, record.metadata);
  return true;
}

void ClaudeCodeReader::fill_metadata(json::Value line, std::string& metadata) {
  constexpr std::array<std::string_view, 4> kNames{"cwd", "gitBranch", "version", "agentId"};
  if (std::ranges::none_of(kNames, [&](auto name) { return !text_of(line[name]).empty(); })) return;
  json::Writer writer(metadata);
  writer.object();
  for (const std::string_view name : kNames) {
    if (const auto text = text_of(line[name]); !text.empty()) writer.key(name).value(text);
  }
  writer.end_object();
}

/// Compactions and advisor messages are billed and stand outside the top-level counts; an advisor
/// message names a model of its own.
void ClaudeCodeReader::read_iterations(json::Value line, const Element& at, Emitter& emitter,
                                       GrowingWindow& window) {
  const json::Value message = line["message"];
  int index = 0;
  for (json::Value entry = message["usage"]["iterations"].first(); entry.exists();
       entry = entry.next(), ++index) {
    const std::string_view type = text_of(entry["type"]);
    if (type != "compaction" && type != "advisor_message") continue;
    const auto own_model = entry["model"].string();
    std::string reason;
    if (!fill(line, own_model.value_or(text_of(message["model"])), emitter, reason)) return;
    json::Fields usage(entry);
    add_anthropic_usage(usage, emitter.counts());
    if (usage.failed()) {
      emitter.reject(at.line, fmt::format("iteration {}: {}", index, usage.error().message),
                     entry.raw());
      continue;
    }
    emitter.counts().add(Unit::requests, 0);  // It is part of its response's request.
    emitter.record().tags.emplace_back(type == "compaction" ? "compaction" : "advisor");
    emitter.record().id = identity(line, fmt::format("iteration {}", index));
    window.add(at.line, entry.raw());
  }
}

void ClaudeCodeReader::read_result(json::Value line, const Element& at, Emitter& emitter,
                                   GrowingWindow& window) {
  for (json::Value usage = line["modelUsage"].first(); usage.exists(); usage = usage.next()) {
    const std::string_view name = usage.name();
    const std::string_view model = name.substr(0, name.find('['));  // "claude-opus-4-6[1m]"
    auto rest = printed_.take_rest(model, usage);
    if (!rest) {
      emitter.reject(at.line, rest.error().message, at.text);
      continue;
    }
    if (rest->empty()) continue;
    std::string reason;
    if (!fill(line, model, emitter, reason)) {
      emitter.reject(at.line, std::move(reason), at.text);
      return;
    }
    emitter.counts() = *rest;
    emitter.record().tags.emplace_back("result");
    const std::string_view uuid = text_of(line["uuid"]);
    const std::string_view run = uuid.empty() ? text_of(line["session_id"]) : uuid;
    if (!run.empty()) emitter.record().id = record_id(kScope, {"result", run, model});
    window.add(at.line, usage.raw());
  }
}

}  // namespace

std::unique_ptr<FormatReader> make_claude_code_reader() {
  return std::make_unique<ClaudeCodeReader>();
}

}  // namespace costops::ingestion
