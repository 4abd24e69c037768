#include "ingestion/stream.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace costops::ingestion {
namespace {

bool has_counts(json::Value body) {
  return body["usage"].is_object() || body["usageMetadata"].is_object() ||
         body.at({"response", "usage"}).is_object() ||
         body.at({"meta", "billed_units"}).is_object();
}

}  // namespace

bool is_part_of_stream(json::Value body) {
  if (has_counts(body)) return false;
  if (body["object"].string().value_or("").ends_with(".chunk")) return true;
  const std::string_view type = body["type"].string().value_or("");
  constexpr std::array<std::string_view, 6> kEvents{"message_start",       "content_block_start",
                                                    "content_block_delta", "content_block_stop",
                                                    "message_stop",        "ping"};
  constexpr std::array<std::string_view, 4> kLast{"response.completed", "response.incomplete",
                                                  "response.failed", "response.done"};
  if (type.starts_with("response.")) return std::ranges::find(kLast, type) == kLast.end();
  return std::ranges::find(kEvents, type) != kEvents.end();
}

bool is_torn_event(json::Value body) { return body["type"].string() == "message_delta"; }

Result<json::Value> StreamJoin::whole_of(json::Value chunks) {
  json::Value message;
  json::Value last_usage;
  json::Value last;
  for (json::Value chunk = chunks.first(); chunk.exists(); chunk = chunk.next()) {
    const std::string_view type = chunk["type"].string().value_or("");
    if (type == "message_start") message = chunk["message"];
    if (type == "message_delta") last_usage = chunk["usage"];
    if (has_counts(chunk)) last = chunk;
  }
  if (message.is_object()) return joined(message, last_usage);
  if (last.exists()) return last;
  return fail(ErrorCode::invalid_input,
              fmt::format("none of the {} chunks in \"body\" counts anything (OpenAI needs "
                          "stream_options.include_usage)",
                          chunks.size()));
}

Result<json::Value> StreamJoin::joined(json::Value message, json::Value last_usage) {
  text_.clear();
  json::Writer writer(text_);
  writer.object();
  for (json::Value member = message.first(); member.exists(); member = member.next()) {
    if (member.name() != "usage" && member.name() != "content") {
      writer.key(member.name()).raw(member.raw());
    }
  }
  writer.key("usage").object();
  const json::Value usage = message["usage"];
  const auto present = [](json::Value value) {
    return value.exists() && value.kind() != json::Value::Kind::null;
  };
  for (json::Value member = usage.first(); member.exists(); member = member.next()) {
    if (!present(last_usage[member.name()])) writer.key(member.name()).raw(member.raw());
  }
  for (json::Value member = last_usage.first(); member.exists(); member = member.next()) {
    if (present(member)) writer.key(member.name()).raw(member.raw());
  }
  writer.end_object().end_object();
  return document_.parse_copy(text_);
}

}  // namespace costops::ingestion
