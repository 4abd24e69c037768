#include "costops/pricing/providers.h"

#include <gtest/gtest.h>

namespace costops::pricing {
namespace {

TEST(ProviderNames, AreThoseOfBills) {
  const ProviderNames own = names_of("anthropic", "claude-sonnet-4-5");
  EXPECT_EQ(own.provider, "Anthropic");
  EXPECT_EQ(own.service, "Claude API");
  EXPECT_EQ(own.publisher, "Anthropic");
}

TEST(ProviderNames, TellThePublisherOnPlatforms) {
  const ProviderNames bedrock = names_of("aws", "us.anthropic.claude-sonnet-4-5-v1:0");
  EXPECT_EQ(bedrock.provider, "Amazon Web Services");
  EXPECT_EQ(bedrock.service, "Amazon Bedrock");
  EXPECT_EQ(bedrock.publisher, "Anthropic");
  EXPECT_EQ(names_of("groq", "llama-3.3-70b").publisher, "Meta");
  EXPECT_EQ(names_of("azure", "house-model").publisher, "Microsoft");
}

TEST(ProviderNames, OfUnknownProvidersAreTheirOwn) {
  const ProviderNames names = names_of("acme", "x");
  EXPECT_EQ(names.provider, "acme");
  EXPECT_EQ(names.service, "acme API");
  EXPECT_EQ(names.publisher, "acme");
}

TEST(PublicLists, AreThoseThatTheBuiltInBookIsMadeOf) {
  EXPECT_TRUE(is_public_list("genai-prices"));
  EXPECT_TRUE(is_public_list("litellm"));
  EXPECT_FALSE(is_public_list("prices.toml"));
  EXPECT_FALSE(is_public_list(""));
}

}  // namespace
}  // namespace costops::pricing
