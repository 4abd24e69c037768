#include "ingestion/body_facts.h"

#include <fmt/core.h>

#include <array>

#include "ingestion/reported_cost.h"
#include "ingestion/served.h"

namespace costops::ingestion {
namespace {

std::string_view first_text(json::Value object, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (const auto text = object[name].string(); text && !text->empty()) return *text;
  }
  return {};
}

/// OpenAI: "created" or "created_at" in seconds; Vertex: "createTime"; Ollama and others: a text.
std::optional<Instant> time_of(json::Value body) {
  for (const std::string_view name : {"created", "created_at", "createTime"}) {
    const json::Value value = body[name];
    if (const auto seconds = value.integer()) {
      if (const auto at = instant_from_epoch(*seconds)) return *at;
    }
    if (const auto text = value.string()) {
      if (const auto at = parse_instant(*text)) return *at;
    }
  }
  return std::nullopt;
}

/// What OpenRouter (and a gateway) says the call cost. With a key of one's own ("is_byok"), "cost"
/// is the fee alone, and the provider's price stands beside it.
std::optional<Money> cost_of(json::Value usage) {
  const auto amount = [](json::Value value) -> std::optional<Amount> {
    const auto text = value.number_text() ? value.number_text() : value.string();
    const auto cost = text ? parse_reported_cost(*text) : fail(ErrorCode::invalid_input, "");
    return cost ? std::optional(*cost) : std::nullopt;
  };
  std::optional<Amount> cost = amount(usage["cost"]);
  if (cost && usage["is_byok"].boolean() == true) {
    const auto upstream = amount(usage.at({"cost_details", "upstream_inference_cost"}));
    cost = upstream ? std::optional(*cost + *upstream) : std::nullopt;
  }
  if (!cost) cost = amount(usage.at({"pydantic_ai_gateway", "cost_estimate"}));
  return cost ? std::optional(Money{*cost, Currency::usd()}) : std::nullopt;
}

void add_served(json::Value body, json::Value usage, UsageRecord& record) {
  const json::Value gemini = body["usageMetadata"];
  std::string_view tier = first_text(usage, {"service_tier"});
  if (tier.empty()) tier = first_text(body, {"service_tier", "serviceTier"});
  if (tier.empty()) tier = first_text(gemini, {"serviceTier", "trafficType"});
  // The wrapper of a batch is the only sign of it; otherwise the tier that the response states is
  // the one served.
  if (!tier.empty() && record.service_tier != "batch") record.service_tier = served_tier(tier);
  if (record.region.empty()) {
    std::string_view region = first_text(usage, {"inference_geo"});
    if (region.empty()) region = first_text(body, {"inference_geo"});
    if (!region.empty()) record.region = served_region(region);
  }
  if (const auto speed = first_text(usage, {"speed"}); !speed.empty()) {
    record.speed = served_speed(speed);
  }
}

}  // namespace

void add_body_facts(json::Value body, UsageRecord& record) {
  const json::Value usage = body["usage"];
  if (record.source_id.empty()) record.source_id = first_text(body, {"id", "responseId"});
  if (!record.at) record.at = time_of(body);
  add_served(body, usage, record);
  if (record.user.empty()) record.user = first_text(body, {"user", "safety_identifier"});
  if (record.metadata.empty() && body["metadata"].is_object() && body["metadata"].size() != 0) {
    record.metadata = body["metadata"].raw();
  }
  const auto status = body["status"].string();
  if (status == "failed") record.status = CallStatus::failed;
  if (status == "cancelled") record.status = CallStatus::cancelled;
  if (!record.latency_ms) record.latency_ms = body.at({"metrics", "latencyMs"}).integer();
  if (!record.reported_cost && usage.is_object()) record.reported_cost = cost_of(usage);
}

void add_output_fees(json::Value body, UsageCounts& counts) {
  struct Fee {
    std::string_view type;
    Unit unit;
  };
  constexpr std::array kFees = {
      Fee{"web_search_call", Unit::web_searches},
      Fee{"file_search_call", Unit::storage_searches},
      Fee{"code_interpreter_call", Unit::code_executions},
  };
  const json::Value output = body["output"];
  if (!output.is_array()) return;
  for (json::Value item = output.first(); item.exists(); item = item.next()) {
    const auto type = item["type"].string();
    if (!type) continue;
    // Opening a page and finding in it belong to a search that was counted.
    const auto action = item.at({"action", "type"}).string();
    if (action && *action != "search") continue;
    for (const Fee& fee : kFees) {
      if (*type == fee.type) counts.add(fee.unit, 1);
    }
  }
}

std::string_view provider_of_body(json::Value body) {
  const json::Value usage = body["usage"];
  const std::string_view id = body["id"].string().value_or("");
  if (body["usageMetadata"].is_object() || id.starts_with("msg_vrtx_")) return "google";
  if (usage["inputTokens"].exists() || id.starts_with("msg_bdrk_")) return "aws";
  if (usage["billed_units"].exists() || body.at({"meta", "billed_units"}).exists()) return "cohere";
  if (id.starts_with("gen-") && body["provider"].exists()) return "openrouter";
  if (body["x_groq"].exists()) return "groq";
  if (usage["prompt_cache_hit_tokens"].exists()) return "deepseek";
  if (body["prompt_filter_results"].exists()) return "azure";
  return {};
}

std::string error_of_body(json::Value body) {
  const json::Value error = body["error"];
  if (const auto text = error.string()) return std::string(*text);
  if (!error.is_object()) return {};
  const std::string_view kind = first_text(error, {"type", "code", "status"});
  const std::string_view message = first_text(error, {"message"});
  if (kind.empty() || message.empty()) {
    const std::string text(kind.empty() ? message : kind);
    return text.empty() ? "an error without a message" : text;
  }
  return fmt::format("{}: {}", kind, message);
}

}  // namespace costops::ingestion
