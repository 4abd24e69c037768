#include "costops/domain/usage_batch.h"

#include <gtest/gtest.h>

#include <random>

namespace costops {
namespace {

void expect_equal(const UsageRecord& a, const UsageRecord& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.grows, b.grows);
  EXPECT_EQ(a.source_id, b.source_id);
  EXPECT_EQ(a.at, b.at);
  EXPECT_EQ(a.provider, b.provider);
  EXPECT_EQ(a.model, b.model);
  EXPECT_EQ(a.model_version, b.model_version);
  EXPECT_EQ(a.context_window, b.context_window);
  EXPECT_EQ(a.organization, b.organization);
  EXPECT_EQ(a.project, b.project);
  EXPECT_EQ(a.user, b.user);
  EXPECT_EQ(a.session, b.session);
  EXPECT_EQ(a.tags, b.tags);
  EXPECT_EQ(a.metadata, b.metadata);
  EXPECT_EQ(a.service_tier, b.service_tier);
  EXPECT_EQ(a.region, b.region);
  EXPECT_EQ(a.speed, b.speed);
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.quantities, b.quantities);
  EXPECT_EQ(a.latency_ms, b.latency_ms);
  EXPECT_EQ(a.time_to_first_token_ms, b.time_to_first_token_ms);
  EXPECT_EQ(a.reported_cost, b.reported_cost);
  EXPECT_EQ(a.ingested_at, b.ingested_at);
  EXPECT_EQ(a.source_kind, b.source_kind);
  EXPECT_EQ(a.source_endpoint, b.source_endpoint);
  EXPECT_EQ(a.position.file, b.position.file);
  EXPECT_EQ(a.position.line, b.position.line);
}

/// A record whose every field is drawn, or left empty.
class RecordSource {
 public:
  UsageRecord next() {
    UsageRecord record;
    record.id = {random_(), random_()};
    record.grows = coin();
    for (std::string* text :
         {&record.source_id, &record.provider, &record.model, &record.model_version,
          &record.organization, &record.project, &record.user, &record.session, &record.metadata,
          &record.service_tier, &record.region, &record.speed, &record.source_kind,
          &record.source_endpoint, &record.position.file}) {
      *text = text_of_any_bytes();
    }
    while (coin()) record.tags.push_back(text_of_any_bytes());
    if (coin()) record.at = Instant{Microseconds(number())};
    if (coin()) record.ingested_at = Instant{Microseconds(number())};
    if (coin()) record.latency_ms = number();
    if (coin()) record.time_to_first_token_ms = number();
    if (coin()) record.reported_cost = Money{Amount::pico(number()), Currency::usd()};
    record.context_window = number();
    record.status = static_cast<CallStatus>(random_() % 4);
    record.position.line = random_() % 1000;
    for (int i = 0; i < 3; ++i) record.quantities[random_() % kMeterCount] = number();
    return record;
  }

 private:
  bool coin() { return random_() % 2 == 0; }
  std::int64_t number() { return static_cast<std::int64_t>(random_() % 1'000'000); }
  std::string text_of_any_bytes() {
    std::string text;
    for (std::uint64_t left = random_() % 6; left > 0; --left) {
      text += static_cast<char>(random_() % 256);
    }
    return text;
  }
  std::mt19937_64 random_{8};
};

TEST(UsageBatch, GivesBackTheRecordsItWasGiven) {
  RecordSource source;
  UsageBatch batch;
  for (int round = 0; round < 3; ++round) {
    std::vector<UsageRecord> records;
    for (int i = 0; i < 300; ++i) {
      records.push_back(source.next());
      batch.append(records.back());
    }
    ASSERT_EQ(batch.size(), 300U);
    for (std::size_t row = 0; row < 300; ++row) {
      expect_equal(batch.record(row), records[row]);
      ASSERT_FALSE(HasFailure()) << "row " << row;
    }
    batch.clear();
    ASSERT_EQ(batch.size(), 0U);
    ASSERT_TRUE(batch.meters().none());
  }
}

TEST(UsageBatch, MakesAColumnWhereAMeterIsFirstCounted) {
  UsageRecord record;
  UsageBatch batch;
  batch.append(record);
  at(record.quantities, Meter::web_searches) = 3;
  batch.append(record);
  at(record.quantities, Meter::web_searches) = 0;
  batch.append(record);
  ASSERT_EQ(batch.quantities(Meter::web_searches).size(), 3U);
  EXPECT_EQ(batch.quantities(Meter::web_searches)[0], 0);
  EXPECT_EQ(batch.quantities(Meter::web_searches)[1], 3);
  EXPECT_EQ(batch.quantities(Meter::web_searches)[2], 0);
  EXPECT_TRUE(batch.quantities(Meter::output_tokens).empty());
  EXPECT_EQ(batch.meters().count(), 1U);
}

TEST(UsageBatch, KeepsCodesWhenItIsCleared) {
  UsageRecord record;
  record.model = "gpt-4o";
  UsageBatch batch;
  batch.append(record);
  const std::uint32_t code = batch.codes(Dimension::model)[0];
  batch.clear();
  record.model = "gpt-4o-mini";
  batch.append(record);
  EXPECT_EQ(batch.dictionary(Dimension::model).code_of("gpt-4o"), code);
  EXPECT_NE(batch.codes(Dimension::model)[0], code);
}

TEST(UsageBatch, WritesTagsAsAJsonArray) {
  UsageRecord record;
  record.tags = {"prod", "a\"b\\c\n"};
  UsageBatch batch;
  batch.append(record);
  record.tags.clear();
  batch.append(record);
  const auto text = [&batch](std::size_t row) {
    return batch.dictionary(Dimension::tags).text_of(batch.codes(Dimension::tags)[row]);
  };
  EXPECT_EQ(text(0), R"(["prod","a\"b\\c\u000a"])");
  EXPECT_EQ(text(1), "");
}

TEST(TagsOf, NeverReadsPastATextThatIsCutOff) {
  const std::string whole = R"(["a\u000a\"","b"])";
  EXPECT_EQ(tags_of(whole), (std::vector<std::string>{"a\n\"", "b"}));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_LE(tags_of(std::string(whole, 0, length)).size(), 2U);
  }
}

TEST(UsageRecord, IsEmptyAgainOnceCleared) {
  RecordSource source;
  for (int i = 0; i < 50; ++i) {
    UsageRecord record = source.next();
    record.clear();
    expect_equal(record, UsageRecord{});
  }
}

TEST(Dimension, HasItsWord) {
  EXPECT_EQ(to_string(Dimension::provider), "provider");
  EXPECT_EQ(to_string(Dimension::service_tier), "service_tier");
  EXPECT_EQ(to_string(Dimension::tags), "tags");
}

}  // namespace
}  // namespace costops
