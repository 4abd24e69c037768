// body_facts.h - what a response body says beside its counts: ids, time, how it was served, fees
// that only its output shows, and what it claims to have cost.
#pragma once

#include "costops/domain/usage_record.h"
#include "costops/json/json.h"

namespace costops::ingestion {

/// Fills in what the body says; fields that are set already stay, but for a tier served.
void add_body_facts(json::Value body, UsageRecord& record);

/// Tools that the provider ran and bills per call, in the output of a Responses body:
/// web_search_call, file_search_call, code_interpreter_call. They are not in "usage".
void add_output_fees(json::Value body, UsageCounts& counts);

/// The provider where the body gives itself away (Gemini, Bedrock, Cohere, Groq, DeepSeek, Azure,
/// OpenRouter, Claude on Bedrock or Vertex); empty where any compatible server could have sent it.
[[nodiscard]] std::string_view provider_of_body(json::Value body);

/// What an error body says: "rate_limit_error: slow down". Empty if it is none.
[[nodiscard]] std::string error_of_body(json::Value body);

}  // namespace costops::ingestion
