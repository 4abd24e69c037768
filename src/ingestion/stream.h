// stream.h - responses that were logged as the chunks or events of their stream.
#pragma once

#include <string>

#include "costops/json/json.h"

namespace costops::ingestion {

/// A chunk or event that counts nothing by itself, because another one of its stream does.
[[nodiscard]] bool is_part_of_stream(json::Value body);
/// An event that counts, but not without the others: Anthropic's message_delta.
[[nodiscard]] bool is_torn_event(json::Value body);

/// Puts the chunks of one stream together. One thread at a time.
class StreamJoin {
 public:
  /// The body that `chunks` (an array) make up, as far as it counts; valid until the next call.
  /// OpenAI and Gemini: the last chunk with usage, which counts the whole. Anthropic: message_start
  /// with the cumulative counts of the last message_delta.
  /// Fails with invalid_input if no chunk counts anything.
  [[nodiscard]] Result<json::Value> whole_of(json::Value chunks);

 private:
  [[nodiscard]] Result<json::Value> joined(json::Value message, json::Value last_usage);
  json::Document document_;
  std::string text_;
};

}  // namespace costops::ingestion
