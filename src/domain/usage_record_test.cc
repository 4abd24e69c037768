#include "costops/domain/usage_record.h"

#include <gtest/gtest.h>

namespace costops {
namespace {

const Instant kNow = parse_instant("2026-07-01T12:00:00Z").value();

UsageRecord good_record() {
  UsageRecord record;
  record.provider = "openai";
  record.model = "gpt-4o";
  record.organization = "acme";
  record.at = kNow;
  at(record.quantities, Meter::input_tokens_uncached) = 10;
  at(record.quantities, Meter::requests) = 1;
  return record;
}

std::string refusal(const UsageRecord& record,
                    OrganizationRule organization = OrganizationRule::required) {
  const Result<void> valid = validate(record, kNow, organization);
  return valid ? "" : valid.error().message;
}

TEST(Validate, AcceptsAGoodRecord) { EXPECT_EQ(refusal(good_record()), ""); }

TEST(Validate, RefusesQuantitiesThatNoCallHas) {
  UsageRecord record = good_record();
  at(record.quantities, Meter::output_tokens) = -5;
  EXPECT_EQ(refusal(record), "output_tokens (-5) is negative");
  at(record.quantities, Meter::output_tokens) = kQuantityMax + 1;
  EXPECT_EQ(refusal(record),
            "output_tokens (1000000000000001) is more than 1000000000000000, the most that one "
            "record can count");
  at(record.quantities, Meter::output_tokens) = kQuantityMax;
  EXPECT_EQ(refusal(record), "");
}

TEST(Validate, RefusesARecordThatCountsNothing) {
  UsageRecord record = good_record();
  at(record.quantities, Meter::input_tokens_uncached) = 0;
  EXPECT_EQ(refusal(record), "nothing was counted: all quantities are zero");
  at(record.quantities, Meter::web_searches) = 1;
  EXPECT_EQ(refusal(record), "");
}

TEST(Validate, RefusesAMissingName) {
  UsageRecord record = good_record();
  record.organization.clear();
  EXPECT_EQ(refusal(record), "the organization is missing");
  EXPECT_EQ(refusal(record, OrganizationRule::optional), "");
  record.provider.clear();
  EXPECT_EQ(refusal(record), "the provider is missing");
  EXPECT_EQ(refusal(record, OrganizationRule::optional), "");
  record.model.clear();
  EXPECT_EQ(refusal(record), "the model is missing");
  EXPECT_EQ(refusal(record, OrganizationRule::optional), "the model is missing");
}

TEST(Validate, AllowsFiveMinutesOfClockSkew) {
  UsageRecord record = good_record();
  record.at = parse_instant("2026-07-01T12:05:00Z").value();
  EXPECT_EQ(refusal(record), "");
  record.at = parse_instant("2026-07-01T12:05:00.000001Z").value();
  EXPECT_EQ(refusal(record),
            "timestamp 2026-07-01T12:05:00.000001Z is in the future: now is "
            "2026-07-01T12:00:00Z, and clocks may differ by 5 minutes");
  record.at.reset();
  EXPECT_EQ(refusal(record), "");
}

TEST(Validate, GivesTheFirstFailureInTheDocumentedOrder) {
  UsageRecord record;
  record.at = kNow + std::chrono::hours(1);
  at(record.quantities, Meter::output_tokens) = -1;
  EXPECT_EQ(refusal(record), "output_tokens (-1) is negative");
  at(record.quantities, Meter::output_tokens) = 0;
  EXPECT_EQ(refusal(record), "nothing was counted: all quantities are zero");
  at(record.quantities, Meter::output_tokens) = 1;
  EXPECT_EQ(refusal(record), "the model is missing");
  record.model = "m";
  EXPECT_EQ(refusal(record), "the provider is missing");
  record.provider = "p";
  EXPECT_EQ(refusal(record), "the organization is missing");
  record.organization = "o";
  EXPECT_EQ(refusal(record),
            "timestamp 2026-07-01T13:00:00Z is in the future: now is 2026-07-01T12:00:00Z, and "
            "clocks may differ by 5 minutes");
}

TEST(CallStatus, HasItsWord) {
  EXPECT_EQ(to_string(CallStatus::ok), "ok");
  EXPECT_EQ(to_string(CallStatus::gateway_cache_hit), "gateway_cache_hit");
}

TEST(SourcePosition, NamesTheLineOfAFile) {
  EXPECT_EQ(to_string(SourcePosition{"logs/july.jsonl", 17}), "logs/july.jsonl:17");
  EXPECT_EQ(to_string(SourcePosition{"logs/july.jsonl", 0}), "logs/july.jsonl");
}

}  // namespace
}  // namespace costops
