// usage_record.h - one billable call as its source reported it, normalised.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/error.h"
#include "costops/domain/identity.h"
#include "costops/domain/meter.h"
#include "costops/domain/money.h"
#include "costops/domain/time.h"

namespace costops {

/// Where a record was read: "logs/july.jsonl", line 17 (from 1; 0: the file as a whole).
struct SourcePosition {
  std::string file;
  std::uint64_t line = 0;
};
/// "logs/july.jsonl:17"; the file alone for line 0.
[[nodiscard]] std::string to_string(const SourcePosition& position);

/// What the source says became of the call. Failed and cancelled calls can still be billed, so
/// they are priced by their quantities; a gateway's cache hit costs nothing.
/// `several`: a sum of many calls, as organization exports give it by hour or day. Its context is
/// not the sum of its tokens, so a long-context rule looks at context_window instead.
enum class CallStatus : std::uint8_t { ok, failed, cancelled, gateway_cache_hit, several };
[[nodiscard]] std::string_view to_string(CallStatus status);

/// One billable call. Text fields are empty where the source says nothing: "" is *unassigned* or
/// *unknown*, never a default.
struct UsageRecord {
  RecordId id;
  /// True where the source writes the same call several times with growing counts (streamed
  /// session logs): of two records with one id, the one with more output wins.
  bool grows = false;
  std::string source_id;  ///< The id as the source wrote it (response id, request id), for people.

  std::optional<Instant> at;  ///< When the call was made; none if the source does not say.
  std::string provider;       ///< Folded (see fold_provider).
  std::string model;          ///< As reported.
  std::string model_version;
  /// The model's context window as reported; of several calls, the longest that their contexts can
  /// have been. 0: not reported (several calls then count as short).
  std::int64_t context_window = 0;

  std::string organization;
  std::string project;
  std::string user;
  std::string session;
  std::vector<std::string> tags;
  std::string metadata;  ///< JSON object text, or empty.

  std::string service_tier;  ///< Tier *served*: standard, batch, flex, priority, ...; "": standard.
  std::string region;        ///< Region or inference geography where it changes the price.
  std::string speed;         ///< "fast" where a provider sells speed.
  CallStatus status = CallStatus::ok;

  Quantities quantities{};  ///< Disjoint.

  std::optional<std::int64_t> latency_ms;
  std::optional<std::int64_t> time_to_first_token_ms;
  /// What the source itself claims the call cost: evidence, never mixed with the computed cost.
  std::optional<Money> reported_cost;

  std::optional<Instant> ingested_at;
  std::string source_kind;      ///< "openai-chat", "claude-code", "usage-record", ...
  std::string source_endpoint;  ///< Endpoint, path or topic, where the source names one.
  SourcePosition position;

  /// Makes it empty again; keeps the memory of its strings.
  void clear();
};

/// How far in the future a timestamp may lie before it is taken as wrong: clocks differ.
inline constexpr std::chrono::minutes kClockSkewAllowance{5};

enum class OrganizationRule { optional, required };

/// The checks that every record passes, in this order; the first failure is the reason:
/// - overflow: "output_tokens (-5) is negative", "output_tokens (...) is more than
///   1000000000000000, the most that one record can count" (kQuantityMax);
/// - zero tokens, requests aside: "nothing was counted: all quantities are zero";
/// - "the model is missing";
/// - where required, "the provider is missing", then "the organization is missing" (response bodies
///   name no provider: then the model id must identify it);
/// - "timestamp ... is in the future: now is ..., and clocks may differ by 5 minutes".
/// The sum identity comes before all of them, in the reader, which alone knows the source's sums.
/// Fails with invalid_input.
[[nodiscard]] Result<void> validate(const UsageRecord& record, Instant now,
                                    OrganizationRule organization);

}  // namespace costops
