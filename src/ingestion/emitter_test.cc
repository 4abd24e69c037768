#include "ingestion/emitter.h"

#include <gtest/gtest.h>

#include "ingestion/collected.h"

namespace costops::ingestion {
namespace {

using Texts = std::vector<std::string>;

class EmitterTest : public testing::Test {
 protected:
  EmitterTest() {
    options_.now = kTestNow;
    options_.default_provider = "OpenAI";
    options_.default_organization = "acme";
    options_.default_project = "search";
    options_.default_user = "u";
    options_.extra_tags = {"z", "a"};
  }
  ReadOptions options_;
  Collected all_;
  Emitter emitter_{options_, all_, "f.jsonl"};
};

TEST_F(EmitterTest, DefaultsFillWhatTheSourceLeavesOpen) {
  emitter_.record().model = "m";
  emitter_.record().tags = {"m", "a"};
  emitter_.counts().add(Unit::input_tokens, 5);
  emitter_.emit(3, "text");
  ASSERT_EQ(all_.records.size(), 1u);
  const UsageRecord& r = all_.records[0];
  EXPECT_EQ(r.provider, "openai");
  EXPECT_EQ(r.organization, "acme");
  EXPECT_EQ(r.project, "search");
  EXPECT_EQ(r.user, "u");
  EXPECT_EQ(r.tags, (Texts{"a", "m", "z"}));
  EXPECT_EQ(r.position.file, "f.jsonl");
  EXPECT_EQ(r.position.line, 3u);
  EXPECT_EQ(at(r.quantities, Meter::requests), 1);
  EXPECT_TRUE(emitter_.record().model.empty());
  EXPECT_TRUE(emitter_.counts().empty());
}

TEST_F(EmitterTest, WhatTheSourceSaysStays) {
  UsageRecord& record = emitter_.record();
  record.model = "m";
  record.provider = "VertexAI";
  record.organization = "o";
  record.id = {1, 2};
  emitter_.counts().add(Unit::output_tokens, 5);
  emitter_.counts().add(Unit::requests, 7);
  emitter_.emit(1, "text");
  ASSERT_EQ(all_.records.size(), 1u);
  EXPECT_EQ(all_.records[0].provider, "google");
  EXPECT_EQ(all_.records[0].organization, "o");
  EXPECT_EQ(all_.records[0].id, (RecordId{1, 2}));
  EXPECT_EQ(at(all_.records[0].quantities, Meter::requests), 7);
}

TEST_F(EmitterTest, EqualContentsAreToldApartByTheirOccurrence) {
  for (int i = 0; i < 3; ++i) {
    emitter_.record().model = "m";
    emitter_.counts().add(Unit::input_tokens, 5);
    emitter_.emit(1, "same");
  }
  ASSERT_EQ(all_.records.size(), 3u);
  EXPECT_EQ(all_.records[0].id, content_id("same", 0));
  EXPECT_EQ(all_.records[1].id, content_id("same", 1));
  EXPECT_EQ(all_.records[2].id, content_id("same", 2));
}

TEST_F(EmitterTest, CountsThatContradictEachOtherAreARejection) {
  emitter_.record().model = "m";
  emitter_.counts().add(Unit::input_tokens, 100);
  emitter_.counts().add(Unit::cache_read_tokens, 500);
  emitter_.emit(9, "{...}");
  EXPECT_TRUE(all_.records.empty());
  EXPECT_EQ(all_.reasons(), (Texts{"9: cache_read_tokens (500) exceed input_tokens (100)"}));
  EXPECT_EQ(all_.rejections[0].excerpt, "{...}");
  EXPECT_TRUE(emitter_.record().model.empty());
}

TEST(Excerpt, IsCutBetweenCharactersAndValid) {
  EXPECT_EQ(excerpt_of("abc"), "abc");
  EXPECT_EQ(excerpt_of("a\xff"), "a\xef\xbf\xbd");
  // 4,095 bytes and a character of two: the character is left out whole.
  const std::string text = std::string(4095, 'x') + "\xc3\xa9" + "rest";
  EXPECT_EQ(excerpt_of(text), std::string(4095, 'x'));
  EXPECT_EQ(excerpt_of(std::string(5000, 'x')).size(), 4096u);
  // Each broken byte becomes three; 1,365 such characters are 4,095 bytes.
  EXPECT_EQ(excerpt_of(std::string(5000, '\xff')).size(), 4095u);
}

TEST(Occurrences, NeverGiveTheSameNumberTwice) {
  Occurrences seen;
  EXPECT_EQ(seen.next(7), 0u);
  EXPECT_EQ(seen.next(0), 0u);
  EXPECT_EQ(seen.next(7), 1u);
  for (std::uint64_t i = 100; i < 5000; ++i) EXPECT_EQ(seen.next(i), 0u);
  EXPECT_EQ(seen.next(7), 2u);
  EXPECT_EQ(seen.next(100), 1u);
  // Past its limit it forgets, and numbers on in another generation.
  for (std::uint64_t i = 0; i < Occurrences::kDistinctMax; ++i) {
    (void)seen.next(i * 0x9e3779b97f4a7c15u + 1);
  }
  const std::uint64_t again = seen.next(7);
  EXPECT_EQ(again >> 32, 1u);
  EXPECT_EQ(seen.next(7), again + 1);
}

}  // namespace
}  // namespace costops::ingestion
