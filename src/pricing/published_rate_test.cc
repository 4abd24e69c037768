#include "pricing/published_rate.h"

#include <gtest/gtest.h>

#include <array>

#include "pricing/id_normalization.h"

namespace costops::pricing {
namespace {

TEST(PublishedRate, ShiftsDecimalTextExactly) {
  struct Case {
    const char* amount;
    std::int64_t amount_per, per;
    const char* rate;
  };
  for (const Case& c :
       std::array{Case{"2.5e-06", 1, 1'000'000, "2.5 per 1000000"},
                  Case{"3.625e-09", 1, 1'000'000, "0.003625 per 1000000"},
                  Case{"0", 1, 1'000'000, "0 per 1000000"}, Case{"0.0", 1, 1000, "0 per 1000"},
                  Case{"1E-5", 1, 1'000'000, "10 per 1000000"},
                  Case{"15", 1'000'000, 1'000'000, "15 per 1000000"},
                  Case{"0.0001", 1, 3600, "0.36 per 3600"},
                  // A sixtieth of 0.017 for a second is 1.02 for an hour once its noise is off.
                  Case{"0.0002833333333333333", 1, 3600, "1.02 per 3600"},
                  Case{"2.0345052083e-09", 1, 1'000'000'000, "2.0345052083 per 1000000000"},
                  Case{"1e-13", 1, 1, "0.000000000001 per 10"}}) {
    const auto published = published_rate(c.amount, c.amount_per, c.per);
    ASSERT_TRUE(published) << c.amount << ": " << published.error().message;
    EXPECT_EQ(to_string(published->rate), c.rate) << c.amount;
  }
}

TEST(PublishedRate, SnapsOnlyNoise) {
  struct Case {
    const char* amount;
    const char* note;
  };
  for (const Case& c :
       std::array{Case{"0.18000000000000002", "0.18000000000000002 taken as 0.18 per 1000000"},
                  Case{"1.4999999999999999", "1.4999999999999999 taken as 1.5 per 1000000"},
                  Case{"0.08333333333333334", ""}, Case{"0.123456789", ""},
                  Case{"0.1234567891", ""}, Case{"1234567.891", ""}}) {
    EXPECT_EQ(published_rate(c.amount, 1'000'000, 1'000'000)->note, c.note) << c.amount;
  }
}

TEST(PublishedRate, RefusesWhatIsNoAmount) {
  struct Case {
    const char* amount;
    const char* message;
  };
  for (const Case& c :
       std::array{Case{"", "\"\" is not a decimal number that can be kept exactly"},
                  Case{".", "\".\" is not a decimal number that can be kept exactly"},
                  Case{"1.2.3", "\"1.2.3\" is not a decimal number that can be kept exactly"},
                  Case{"1e", "\"1e\" is not a decimal number that can be kept exactly"},
                  Case{"1e-99", "\"1e-99\" is not a decimal number that can be kept exactly"},
                  Case{"NaN", "\"NaN\" is not a decimal number that can be kept exactly"},
                  Case{"-0.5", "-0.5 is negative"},
                  Case{"1e20", "1e20 is too large or too fine for a price"},
                  Case{"1e-40", "1e-40 is too large or too fine for a price"}}) {
    EXPECT_EQ(published_rate(c.amount, 1, 1).error().message, c.message);
  }
}

TEST(ModelIds, CompactDatesAreDashed) {
  EXPECT_EQ(with_dashed_dates("gpt-5.2-20251211"), "gpt-5.2-2025-12-11");
  EXPECT_EQ(with_dashed_dates("a-20251211-v1"), "a-2025-12-11-v1");
  EXPECT_EQ(with_dashed_dates("a-20251211:free"), "a-2025-12-11:free");
  EXPECT_EQ(with_dashed_dates("a-20250230"), "a-20250230");
  EXPECT_EQ(with_dashed_dates("a-19991211"), "a-19991211");
  EXPECT_EQ(with_dashed_dates("a-202512110"), "a-202512110");
  EXPECT_EQ(with_dashed_dates("a-20251211b"), "a-20251211b");
  EXPECT_EQ(with_dashed_dates("20251211"), "20251211");
  EXPECT_EQ(with_dashed_dates("a-2025121"), "a-2025121");
  EXPECT_EQ(with_dashed_dates(""), "");
}

TEST(ModelIds, DecorationsComeOffOneByOne) {
  struct Case {
    const char* provider;
    const char* id;
    std::vector<std::string> simpler;
  };
  for (const Case& c :
       std::array{Case{"anthropic", "claude-opus-4-6[1m]", {"claude-opus-4-6"}},
                  Case{"openai", "gpt-4o[1m]", {}},
                  Case{"google", "publishers/google/models/gemini-2.5-pro", {"gemini-2.5-pro"}},
                  Case{"google",
                       "vertex_ai/claude-sonnet-4@20250514",
                       {"claude-sonnet-4@20250514", "claude-sonnet-4-20250514"}},
                  Case{"google", "claude-haiku@default", {"claude-haiku"}},
                  Case{"azure", "azure/openai/gpt-4o", {"openai/gpt-4o", "gpt-4o"}},
                  Case{"aws",
                       "bedrock/us.anthropic.claude-3-haiku-20240307-v1:0",
                       {"us.anthropic.claude-3-haiku-20240307-v1:0",
                        "anthropic.claude-3-haiku-20240307-v1:0",
                        "anthropic.claude-3-haiku-20240307", "claude-3-haiku-20240307"}},
                  Case{"aws", "us-gov.anthropic.claude-x", {}},
                  // What sells something else stays: a free variant is not the model.
                  Case{"openrouter", "meta-llama/llama-3:free", {}},
                  Case{"openai", "ft:gpt-4o-2024-08-06:acme::id", {}}}) {
    EXPECT_EQ(simpler_ids(c.provider, c.id), c.simpler) << c.id;
  }
}

TEST(EditDistance, CountsChangesUpToItsLimit) {
  EXPECT_EQ(edit_distance("gpt-4o-mni", "gpt-4o-mini", 3), 1U);
  EXPECT_EQ(edit_distance("abc", "abc", 3), 0U);
  EXPECT_EQ(edit_distance("kitten", "sitting", 3), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting", 2), 3U);
  EXPECT_EQ(edit_distance("", "abcd", 3), 4U);
}

}  // namespace
}  // namespace costops::pricing
