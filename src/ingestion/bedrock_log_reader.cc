// Bedrock's model invocation log (schema ModelInvocationLog 1.0): one call per line, as S3 and
// CloudWatch get it. Its input count excludes the cache, as in Converse.
#include <fmt/core.h>

#include <array>

#include "costops/json/json.h"
#include "ingestion/elements.h"
#include "ingestion/format_reader.h"

namespace costops::ingestion {
namespace {

constexpr std::array<std::string_view, 1> kContainers{"Records"};

/// Of an ARN the last part ("anthropic.claude-3-haiku-20240307-v1:0", or the id of an inference
/// profile, which only a mapping of the user's own can price), of a plain id all of it. The
/// prefix of cross-region inference ("us.", "global.") stays: prices differ by it.
std::string_view model_of(std::string_view id) {
  return id.starts_with("arn:") ? id.substr(id.rfind('/') + 1) : id;
}

struct CacheCounts {
  std::optional<std::int64_t> read;
  std::optional<std::int64_t> written;
};

/// The body of InvokeModel as the model's maker shapes it (or the events of its stream): the log
/// itself may lack the cache counts.
CacheCounts cache_counts_of(json::Value body) {
  if (body.is_array()) {
    for (json::Value event = body.first(); event.exists(); event = event.next()) {
      const CacheCounts counts = cache_counts_of(event);
      if (counts.read || counts.written) return counts;
    }
    return {};
  }
  json::Value usage = body["usage"];
  if (!usage.is_object()) usage = body.at({"message", "usage"});
  const auto either = [&usage](std::string_view one, std::string_view other) {
    const auto count = usage[one].integer();
    return count ? count : usage[other].integer();
  };
  return {either("cache_read_input_tokens", "cacheReadInputTokens"),
          either("cache_creation_input_tokens", "cacheWriteInputTokens")};
}

class BedrockLogReader final : public FormatReader {
 public:
  void read(Input& input, Emitter& emitter) override {
    for_each_value(input, emitter, kContainers, [&](json::Value value, const Element& element) {
      std::string reason = read_call(value, emitter);
      if (reason.empty()) {
        emitter.emit(element.line, element.text);
      } else {
        emitter.reject(element.line, std::move(reason), element.text);
      }
    });
  }

 private:
  /// Fills in the record; what is wrong, or empty.
  std::string read_call(json::Value call, Emitter& emitter) {
    if (!call.is_object()) return "an invocation log entry must be an object";
    json::Fields fields(call);
    UsageRecord& record = emitter.record();
    record.source_kind = "bedrock-log";
    record.provider = "aws";
    record.model = model_of(fields.require_text("modelId"));
    record.region = fields.text("region");
    record.project = fields.text("accountId");
    record.user = call.at({"identity", "arn"}).string().value_or("");
    record.source_endpoint = fields.text("operation");
    record.source_id = fields.text("requestId");
    if (!record.source_id.empty()) record.id = record_id("bedrock", {record.source_id});
    const std::string_view at = fields.text("timestamp");
    if (fields.failed()) return fields.error().message;
    if (!at.empty()) {
      const auto instant = parse_instant(at);
      if (!instant) return fmt::format("\"timestamp\": {}", instant.error().message);
      record.at = *instant;
    }
    add_metadata(call, record);
    return read_counts(call, emitter);
  }

  /// requestMetadata is what the caller attached to attribute costs: tags, and kept as it is.
  void add_metadata(json::Value call, UsageRecord& record) {
    const json::Value metadata = call["requestMetadata"];
    for (json::Value item = metadata.first(); item.exists(); item = item.next()) {
      if (const auto text = item.string()) {
        record.tags.push_back(fmt::format("{}:{}", item.name(), *text));
      }
    }
    const auto inference_region = call["inferenceRegion"].string();
    if (metadata.size() == 0 && !inference_region) return;
    json::Writer writer(record.metadata);
    writer.object();
    for (json::Value item = metadata.first(); item.exists(); item = item.next()) {
      writer.key(item.name()).raw(item.raw());
    }
    if (inference_region && !metadata["inferenceRegion"].exists()) {
      writer.key("inferenceRegion").value(*inference_region);
    }
    writer.end_object();
  }

  std::string read_counts(json::Value call, Emitter& emitter) {
    json::Fields input(call["input"]);
    json::Fields output(call["output"]);
    const std::int64_t uncached = input.count("inputTokenCount");
    const std::int64_t produced = output.count("outputTokenCount");
    CacheCounts cache{input.optional_count("cacheReadInputTokenCount"),
                      input.optional_count("cacheWriteInputTokenCount")};
    if (input.failed()) return input.error().message;
    if (output.failed()) return output.error().message;
    if (!cache.read && !cache.written) cache = cache_counts_of(output.value("outputBodyJson"));
    const auto error = call["errorCode"].string();
    if (error && uncached == 0 && produced == 0) {
      return fmt::format("the call failed ({}): nothing was counted", *error);
    }
    if (error) emitter.record().status = CallStatus::failed;
    const std::int64_t read = std::max(cache.read.value_or(0), std::int64_t{0});
    const std::int64_t written = std::max(cache.written.value_or(0), std::int64_t{0});
    UsageCounts& counts = emitter.counts();
    counts.add(Unit::input_tokens, uncached);
    counts.add(Unit::input_tokens, read);
    counts.add(Unit::input_tokens, written);
    counts.add(Unit::cache_read_tokens, read);
    counts.add(Unit::cache_write_tokens, written);
    counts.add(Unit::output_tokens, produced);
    return {};
  }
};

}  // namespace

std::unique_ptr<FormatReader> make_bedrock_log_reader() {
  return std::make_unique<BedrockLogReader>();
}

}  // namespace costops::ingestion
