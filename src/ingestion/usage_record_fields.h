// usage_record_fields.h - the names of a usage record's fields, in every spelling.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "costops/json/json.h"
#include "ingestion/elements.h"
#include "ingestion/emitter.h"

namespace costops::ingestion {

inline constexpr std::array<std::string_view, 1> kUsageRecordContainers{"records"};
inline constexpr std::string_view kUsageRecordScope = "usage-record";

enum class Field : std::uint8_t {
  unknown,
  group,  ///< An object whose members count as the record's own.
  prompt,
  completion,
  total,
  cached,
  reasoning,
  latency,
  first_token,
  id,
  request_id,
  event_id,
  message_id,
  timestamp,
  created_at,
  ingested_at,
  provider,
  model,
  organization,
  project,
  user,
  session,
  service_tier,
  region,
  environment,
  tags,
  metadata,
  source,
};
inline constexpr std::size_t kCountFields = 7;  ///< prompt to first_token.

struct Name {
  std::string_view name;
  Field field = Field::unknown;
};
inline constexpr std::array kNames = {
    Name{"payload", Field::group},
    Name{"usage", Field::group},
    Name{"performance", Field::group},
    Name{"dimensions", Field::group},
    Name{"pricingContext", Field::group},
    Name{"prompt_tokens", Field::prompt},
    Name{"promptTokens", Field::prompt},
    Name{"input_tokens", Field::prompt},
    Name{"inputTokens", Field::prompt},
    Name{"completion_tokens", Field::completion},
    Name{"completionTokens", Field::completion},
    Name{"output_tokens", Field::completion},
    Name{"outputTokens", Field::completion},
    Name{"total_tokens", Field::total},
    Name{"totalTokens", Field::total},
    Name{"cached_tokens", Field::cached},
    Name{"cachedTokens", Field::cached},
    Name{"reasoning_tokens", Field::reasoning},
    Name{"reasoningTokens", Field::reasoning},
    Name{"latency_ms", Field::latency},
    Name{"latencyMs", Field::latency},
    Name{"time_to_first_token_ms", Field::first_token},
    Name{"timeToFirstTokenMs", Field::first_token},
    Name{"id", Field::id},
    Name{"request_id", Field::request_id},
    Name{"requestId", Field::request_id},
    Name{"event_id", Field::event_id},
    Name{"eventId", Field::event_id},
    Name{"message_id", Field::message_id},
    Name{"messageId", Field::message_id},
    Name{"timestamp", Field::timestamp},
    Name{"created_at", Field::created_at},
    Name{"createdAt", Field::created_at},
    Name{"ingested_at", Field::ingested_at},
    Name{"ingestedAt", Field::ingested_at},
    Name{"provider", Field::provider},
    Name{"model", Field::model},
    Name{"model_id", Field::model},
    Name{"modelId", Field::model},
    Name{"organization_id", Field::organization},
    Name{"organizationId", Field::organization},
    Name{"project_id", Field::project},
    Name{"projectId", Field::project},
    Name{"user_id", Field::user},
    Name{"userId", Field::user},
    Name{"session_id", Field::session},
    Name{"sessionId", Field::session},
    Name{"service_tier", Field::service_tier},
    Name{"serviceTier", Field::service_tier},
    Name{"tier", Field::service_tier},
    Name{"region", Field::region},
    Name{"environment", Field::environment},
    Name{"tags", Field::tags},
    Name{"metadata", Field::metadata},
    Name{"source", Field::source},
};

/// kNames by hash, open addressing: one comparison for nearly every name.
class NameTable {
 public:
  constexpr NameTable() {
    for (const Name& name : kNames) {
      std::size_t at = slot(name.name);
      while (!slots_[at].name.empty()) at = (at + 1) % kSlots;
      slots_[at] = name;
    }
  }
  [[nodiscard]] constexpr Field field_of(std::string_view name) const {
    if (name.empty()) return Field::unknown;
    std::size_t at = slot(name);
    while (!slots_[at].name.empty()) {
      if (slots_[at].name == name) return slots_[at].field;
      at = (at + 1) % kSlots;
    }
    return Field::unknown;
  }

 private:
  static constexpr std::size_t kSlots = 256;
  static constexpr std::size_t slot(std::string_view name) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(name[i]); };
    return (name.size() * 31 + byte(0) * 7U + byte(name.size() / 2) * 13U + byte(name.size() - 1)) %
           kSlots;
  }
  std::array<Name, kSlots> slots_{};
};
inline constexpr NameTable kFieldNames;

/// Reads one value as a usage record and emits or rejects it.
void read_usage_record(json::Value value, const Element& element, Emitter& emitter);

}  // namespace costops::ingestion
