#include "costops/domain/identity.h"

#include <gtest/gtest.h>

#include <set>

namespace costops {
namespace {

TEST(FoldProvider, GivesOneNameToEveryKnownSpelling) {
  for (const std::string_view name :
       {"google", "vertex", "vertexai", "googlevertexai", "gemini", "vertex_ai", "Vertex AI",
        "gcp.gemini", "google-vertex", " Google "}) {
    EXPECT_EQ(fold_provider(name), "google") << name;
  }
  for (const std::string_view name :
       {"azure", "azureopenai", "azure_openai", "Azure OpenAI", "azure.ai.openai", "azure_ai"}) {
    EXPECT_EQ(fold_provider(name), "azure") << name;
  }
  for (const std::string_view name : {"aws", "bedrock", "awsbedrock", "aws.bedrock",
                                      "amazon-bedrock", "bedrock_converse", "AWS Bedrock"}) {
    EXPECT_EQ(fold_provider(name), "aws") << name;
  }
  for (const std::string_view name : {"x-ai", "xai", "x_ai", "xAI", "X AI"}) {
    EXPECT_EQ(fold_provider(name), "x-ai") << name;
  }
  for (const std::string_view name : {"together", "together_ai", "together-ai", "TogetherAI"}) {
    EXPECT_EQ(fold_provider(name), "together") << name;
  }
  EXPECT_EQ(fold_provider("moonshot"), "moonshotai");
  EXPECT_EQ(fold_provider("fireworks_ai"), "fireworks");
  EXPECT_EQ(fold_provider("mistral_ai"), "mistral");
  EXPECT_EQ(fold_provider("voyage"), "voyageai");
  EXPECT_EQ(fold_provider("z.ai"), "zai");
}

TEST(FoldProvider, KeepsAnyOtherNameTrimmedAndInLowerCase) {
  EXPECT_EQ(fold_provider("  My-Gateway "), "my-gateway");
  EXPECT_EQ(fold_provider("huggingface_together"), "huggingface_together");
  EXPECT_EQ(fold_provider("openai-compatible"), "openai-compatible");
  EXPECT_EQ(fold_provider("Größe GmbH & Co"), "größe gmbh & co");
  EXPECT_EQ(fold_provider(std::string(100, 'A')), std::string(100, 'a'));
  EXPECT_EQ(fold_provider(""), "");
  EXPECT_EQ(fold_provider(" - "), "-");
}

// The ids of the published price file are their own folding.
TEST(FoldProvider, LeavesProviderIdsAlone) {
  for (const std::string_view name : {"anthropic",
                                      "avian",
                                      "aws",
                                      "azure",
                                      "cerebras",
                                      "cohere",
                                      "deepseek",
                                      "doubleword",
                                      "fireworks",
                                      "google",
                                      "groq",
                                      "huggingface_cerebras",
                                      "huggingface_fireworks-ai",
                                      "minimax",
                                      "mistral",
                                      "modal",
                                      "moonshotai",
                                      "novita",
                                      "openai",
                                      "openrouter",
                                      "ovhcloud",
                                      "perplexity",
                                      "together",
                                      "voyageai",
                                      "x-ai",
                                      "zai",
                                      "zhipuai"}) {
    EXPECT_EQ(fold_provider(name), name);
  }
}

TEST(RecordId, KeepsPartsApart) {
  std::set<RecordId> ids;
  ids.insert(record_id("s", {"ab", "c"}));
  ids.insert(record_id("s", {"a", "bc"}));
  ids.insert(record_id("s", {"abc"}));
  ids.insert(record_id("s", {"abc", ""}));
  ids.insert(record_id("t", {"abc"}));
  ids.insert(record_id("sabc", {}));
  EXPECT_EQ(ids.size(), 6U);
  EXPECT_EQ(record_id("s", {"ab", "c"}), record_id("s", {"ab", "c"}));
}

// Identities are stored in ledgers, so the hash must never change. The value is XXH3-128 of
// length 6 (8 bytes, little endian), "openai", length 10, "chatcmpl-1", by libxxhash's own one-call
// function.
TEST(RecordId, StaysTheSameForEver) {
  EXPECT_EQ(to_string(record_id("openai", {"chatcmpl-1"})), "e6f09e9f8021dc74cb8e17e4f2060a26");
  // Longer than the hash's own buffer.
  EXPECT_EQ(to_string(record_id("openai", {std::string(2000, 'x')})),
            "8d2048192c5cbf0a4594e87316fb24ca");
}

TEST(ContentId, TellsOccurrencesApart) {
  EXPECT_NE(content_id("{}", 0), content_id("{}", 1));
  EXPECT_NE(content_id("{}", 0), content_id("{} ", 0));
  EXPECT_EQ(content_id("{}", 7), content_id("{}", 7));
}

TEST(RecordId, ReadsBackItsText) {
  const RecordId id{0x0123456789abcdef, 0xfedcba9876543210};
  EXPECT_EQ(to_string(id), "0123456789abcdeffedcba9876543210");
  EXPECT_EQ(parse_record_id("0123456789abcdeffedcba9876543210"), id);
  EXPECT_EQ(parse_record_id("0123456789ABCDEFFEDCBA9876543210"), id);
  EXPECT_TRUE(RecordId{}.is_null());
  EXPECT_FALSE(id.is_null());
  for (const std::string_view text :
       {"", "0123", "0123456789abcdeffedcba987654321g", "0123456789abcdeffedcba98765432100"}) {
    EXPECT_EQ(parse_record_id(text).error().message,
              "record id \"" + std::string(text) + "\" is not 32 hexadecimal digits");
  }
}

}  // namespace
TEST(Uuid, IsReadInItsUsualWritingOnly) {
  EXPECT_EQ(parse_uuid("01234567-89ab-cdef-0123-456789abcdef"),
            (RecordId{0x0123456789abcdef, 0x0123456789abcdef}));
  const std::string good = "01234567-89ab-cdef-0123-456789abcdef";
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = good;
      text[i] = static_cast<char>(byte);
      const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
      const bool digit = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
      EXPECT_EQ(parse_uuid(text).has_value(), hyphen ? byte == '-' : digit) << text;
      if (parse_uuid(text)) {
        EXPECT_EQ(uuid_text(*parse_uuid(text)), text);
      }
    }
  }
  EXPECT_FALSE(parse_uuid("0123456789abcdef0123456789abcdef"));
}

TEST(Uuid, ComesBackFromTheIdentityOfItsOwner) {
  const RecordId uuid{0x0123456789abcdef, 0xfedcba9876543210};
  EXPECT_EQ(turned(turned(uuid, "acme"), "acme"), uuid);
  EXPECT_NE(turned(uuid, "acme"), turned(uuid, "globex"));
}

}  // namespace costops
