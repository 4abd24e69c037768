// Which format an input has, by the keys that its values have, never by matching bytes: a space
// behind a colon, another order of members, or a line longer than what is at hand change nothing.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>

#include "costops/ingestion/reader.h"
#include "ingestion/elements.h"
#include "ingestion/outline.h"

namespace costops::ingestion {
namespace {

/// Lines that are looked at before giving up: logs may begin with lines that say nothing.
constexpr int kLinesMax = 256;

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> all) {
  return std::ranges::find(all, text) != all.end();
}

bool is_bedrock_log(const Outline& o) {
  return o.text("schemaType") == "ModelInvocationLog" ||
         (o.has("modelId") && o.has_any({"input.inputTokenCount", "output.outputTokenCount",
                                         "input.inputBodyJson", "output.outputBodyJson"}));
}

bool is_otlp(const Outline& o) {
  return o.has_any({"resourceSpans", "resourceLogs", "resourceMetrics", "resource_spans",
                    "resource_logs", "resource_metrics"});
}

bool is_openai_usage(const Outline& o) {
  for (const std::string_view path : {"results[].object", "data[].results[].object", "object"}) {
    if (o.text(path).starts_with("organization.")) return true;
  }
  return o.text("object") == "bucket" || o.text("data[].object") == "bucket";
}

bool is_anthropic_usage(const Outline& o) {
  return (o.has("starting_at") && o.has("results")) ||
         (o.has("data[].starting_at") && o.has("data[].results")) ||
         o.has_any({"uncached_input_tokens", "results[].uncached_input_tokens"});
}

bool is_codex(const Outline& o) {
  const std::string_view type = o.text("type");
  if (o.has("payload") && is_one_of(type, {"session_meta", "turn_context", "event_msg",
                                           "response_item", "compacted"})) {
    return true;
  }
  return is_one_of(type, {"thread.started", "turn.started", "turn.completed", "turn.failed",
                          "item.started", "item.updated", "item.completed"});
}

bool is_claude_code(const Outline& o) {
  const std::string_view type = o.text("type");
  if (o.has("sessionId") && o.has_any({"message", "uuid", "leafUuid", "snapshot", "operation"})) {
    return true;
  }
  if (o.has("leafUuid") && type == "summary") return true;
  return o.has("message.usage") && type != "message_start" &&
         (type == "assistant" ||
          o.has_any({"requestId", "uuid", "costUSD", "session_id", "timestamp"}));
}

bool is_litellm(const Outline& o) {
  return (o.has("spend") && o.has_any({"call_type", "startTime", "api_key", "request_id"})) ||
         (o.has("call_type") && o.has("startTime"));
}

bool is_langfuse(const Outline& o) {
  for (const std::string_view prefix : {"", "data[]."}) {
    const auto has = [&](std::string_view name) { return o.has(std::string(prefix) += name); };
    if (has("usage_details") || has("usageDetails") || has("provided_usage_details")) return true;
    const std::string_view type = o.text(std::string(prefix) + "type");
    if ((has("trace_id") || has("traceId")) && is_one_of(type, {"GENERATION", "SPAN", "EVENT"})) {
      return true;
    }
  }
  return false;
}

bool is_helicone(const Outline& o) {
  for (const std::string_view prefix : {"", "data[]."}) {
    const auto has = [&](std::string_view name) { return o.has(std::string(prefix) += name); };
    if (has("request_created_at") || has("response_created_at")) return true;
    if (has("request_id") && (has("response_model") || has("request_model"))) return true;
  }
  return false;
}

bool is_envelope(const Outline& o) {
  return (o.is_object("body") || o.is_array("body")) || (o.has("provider") && o.has("api"));
}

bool is_usage_record(const Outline& o) {
  for (const std::string_view prefix : {"", "payload.", "records[]."}) {
    const auto has = [&](std::initializer_list<std::string_view> names) {
      return std::ranges::any_of(
          names, [&](std::string_view name) { return o.has(std::string(prefix) += name); });
    };
    const bool counts = has({"prompt_tokens", "promptTokens", "completion_tokens",
                             "completionTokens", "total_tokens", "totalTokens", "input_tokens",
                             "inputTokens", "output_tokens", "outputTokens"});
    const bool owner = has({"organization_id", "organizationId"});
    if (counts && (owner || has({"provider", "model", "model_id", "modelId"}))) return true;
    if (owner && (has({"usage", "provider", "event_type", "eventType"}))) return true;
    if (has({"usage.provider"}) && has({"dimensions", "pricingContext", "requestId"})) return true;
  }
  return false;
}

bool is_body(const Outline& o) {
  const std::string_view object = o.text("object");
  const std::string_view type = o.text("type");
  return o.has_any({"usage", "usageMetadata", "usage_metadata", "meta.billed_units", "choices",
                    "candidates", "response.body", "response.usage", "response.usageMetadata",
                    "result.type", "result.message", "modelOutput", "recordId", "message.usage",
                    "custom_id", "error"}) ||
         is_one_of(object, {"response", "chat.completion", "chat.completion.chunk", "list"}) ||
         type.starts_with("message") || type.starts_with("response.");
}

struct Rule {
  Format format;
  bool (*applies)(const Outline&);
};
/// The first that applies. Formats with telling names stand before those with common ones.
constexpr std::array kRules = {
    Rule{Format::bedrock_log, is_bedrock_log},
    Rule{Format::otlp, is_otlp},
    Rule{Format::openai_usage, is_openai_usage},
    Rule{Format::anthropic_usage, is_anthropic_usage},
    Rule{Format::codex, is_codex},
    Rule{Format::claude_code, is_claude_code},
    Rule{Format::litellm_spend_logs, is_litellm},
    Rule{Format::langfuse, is_langfuse},
    Rule{Format::helicone, is_helicone},
    Rule{Format::provider_body, is_envelope},
    Rule{Format::usage_record, is_usage_record},
    Rule{Format::provider_body, is_body},
};

std::optional<Format> format_of(const Outline& outline) {
  for (const Rule& rule : kRules) {
    if (rule.applies(outline)) return rule.format;
  }
  return std::nullopt;
}

/// The names in the first line of a CSV file, without quotes.
std::vector<std::string_view> csv_names(std::string_view head) {
  std::string_view line = head.substr(0, head.find_first_of("\r\n"));
  std::vector<std::string_view> names;
  while (!line.empty()) {
    const std::size_t comma = std::min(line.find(','), line.size());
    std::string_view name = line.substr(0, comma);
    while (name.starts_with('"') || name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with('"') || name.ends_with(' ')) name.remove_suffix(1);
    names.push_back(name);
    line.remove_prefix(std::min(comma + 1, line.size()));
  }
  return names;
}

std::optional<Format> format_of_csv(std::string_view head) {
  const std::vector<std::string_view> names = csv_names(head);
  const auto has = [&](std::string_view name) {
    return std::ranges::find(names, name) != names.end();
  };
  if (has("spend") && (has("request_id") || has("call_type"))) return Format::litellm_spend_logs;
  if (has("request_created_at") || (has("request_id") && has("response_model"))) {
    return Format::helicone;
  }
  if (has("usage_details") || has("usageDetails") || has("provided_usage_details") ||
      (has("trace_id") && (has("total_cost") || has("model")))) {
    return Format::langfuse;
  }
  return std::nullopt;
}

std::optional<Format> format_of_name(std::string_view file_name) {
  const std::string_view name = file_name.substr(file_name.rfind('/') + 1);
  if (name.starts_with("rollout-")) return Format::codex;
  if (file_name.find("/.claude/projects/") != std::string_view::npos ||
      file_name.find("/claude/projects/") != std::string_view::npos) {
    return Format::claude_code;
  }
  return std::nullopt;
}

std::optional<Format> format_of_lines(std::string_view head) {
  for (int line = 0; line < kLinesMax && !head.empty(); ++line) {
    const std::size_t end = std::min(head.find('\n'), head.size());
    if (const auto format = format_of(Outline(head.substr(0, end)))) return format;
    head.remove_prefix(std::min(end + 1, head.size()));
  }
  return std::nullopt;
}

/// What a text is that no reader takes, with the remedy where it is known.
std::string description_of(std::string_view head) {
  struct Magic {
    std::string_view bytes;
    std::string_view name;
  };
  constexpr std::array kMagic = {
      Magic{"PK\x03\x04", "a zip archive: unpack it"},
      Magic{"BZh", "bzip2 data: unpack them"},
      Magic{"\xfd"
            "7zXZ",
            "xz data: unpack them"},
      Magic{"PAR1", "a Parquet file: convert it to JSON lines"},
      Magic{"SQLite format 3", "an SQLite database: export its table as JSON lines"},
      Magic{"\xff\xfe", "UTF-16 text: save it as UTF-8"},
      Magic{"\xfe\xff", "UTF-16 text: save it as UTF-8"},
  };
  for (const Magic& magic : kMagic) {
    if (head.starts_with(magic.bytes)) return fmt::format("it is {}", magic.name);
  }
  const Outline outline(head);
  if (const std::string names = outline.names(); !names.empty()) {
    return "its first value has the members " + names;
  }
  const std::size_t from = std::min(head.find_first_not_of(" \t\r\n"), head.size());
  if (from == head.size()) return "it is empty";
  const std::string_view line = head.substr(from, head.find_first_of("\r\n", from) - from);
  return fmt::format("it begins with \"{}\"", json::valid_utf8(line.substr(0, 60)));
}

}  // namespace

Result<Format> detect(std::string_view head, std::string_view file_name) {
  std::optional<Format> format;
  if (reads_by_line(head)) {
    format = format_of_lines(head);
    if (!format) format = format_of_csv(head);
  } else {
    format = format_of(Outline(head));
  }
  if (!format) format = format_of_name(file_name);
  if (format) return *format;
  std::vector<std::string_view> names;
  for (const Format known : all_formats()) names.push_back(to_string(known));
  return fail(ErrorCode::unsupported,
              fmt::format("cannot tell the format: {}. If it is one of these, force it with "
                          "--format: {}",
                          description_of(head), fmt::join(names, ", ")));
}

}  // namespace costops::ingestion
