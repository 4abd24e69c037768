#include "costops/domain/usage_record.h"

#include <array>

namespace costops {
namespace {

constexpr std::array<std::string_view, 5> kStatusNames = {"ok", "failed", "cancelled",
                                                          "gateway_cache_hit", "several"};

tl::unexpected<Error> refuse(std::string message) {
  return fail(ErrorCode::invalid_input, std::move(message));
}

Result<void> validate_quantities(const Quantities& quantities) {
  bool counted = false;
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    const std::int64_t quantity = quantities[i];
    if (quantity == 0) continue;
    const auto meter = static_cast<Meter>(i);
    if (quantity < 0 || quantity > kQuantityMax) {
      const std::string named =
          std::string(to_string(meter)) + " (" + std::to_string(quantity) + ")";
      if (quantity < 0) return refuse(named + " is negative");
      return refuse(named + " is more than " + std::to_string(kQuantityMax) +
                    ", the most that one record can count");
    }
    counted = counted || meter != Meter::requests;
  }
  if (!counted) return refuse("nothing was counted: all quantities are zero");
  return {};
}

}  // namespace

std::string_view to_string(CallStatus status) {
  return kStatusNames[static_cast<std::size_t>(status)];
}

std::string to_string(const SourcePosition& position) {
  return position.line == 0 ? position.file : position.file + ":" + std::to_string(position.line);
}

void UsageRecord::clear() {
  for (std::string* text : {&source_id, &provider, &model, &model_version, &organization, &project,
                            &user, &session, &metadata, &service_tier, &region, &speed,
                            &source_kind, &source_endpoint, &position.file}) {
    text->clear();
  }
  id = {};
  grows = false;
  at.reset();
  context_window = 0;
  tags.clear();
  status = CallStatus::ok;
  quantities.fill(0);
  latency_ms.reset();
  time_to_first_token_ms.reset();
  reported_cost.reset();
  ingested_at.reset();
  position.line = 0;
}

Result<void> validate(const UsageRecord& record, Instant now, OrganizationRule organization) {
  if (Result<void> counted = validate_quantities(record.quantities); !counted) return counted;
  if (record.model.empty()) return refuse("the model is missing");
  if (organization == OrganizationRule::required) {
    if (record.provider.empty()) return refuse("the provider is missing");
    if (record.organization.empty()) return refuse("the organization is missing");
  }
  if (record.at && *record.at > now + kClockSkewAllowance) {
    return refuse("timestamp " + to_string(*record.at) + " is in the future: now is " +
                  to_string(now) + ", and clocks may differ by 5 minutes");
  }
  return {};
}

}  // namespace costops
