#include <gtest/gtest.h>

#include "costops/domain/usage_batch.h"

namespace costops {
namespace {

TEST(Dictionary, NumbersStringsInOrderOfFirstSight) {
  Dictionary dictionary;
  EXPECT_EQ(dictionary.size(), 1U);
  EXPECT_EQ(dictionary.code_of(""), 0U);
  EXPECT_EQ(dictionary.code_of("b"), 1U);
  EXPECT_EQ(dictionary.code_of("a"), 2U);
  EXPECT_EQ(dictionary.code_of("b"), 1U);
  EXPECT_EQ(dictionary.text_of(0), "");
  EXPECT_EQ(dictionary.text_of(2), "a");
  EXPECT_EQ(dictionary.size(), 3U);
}

TEST(Dictionary, KeepsViewsWhileItGrows) {
  Dictionary dictionary;
  const std::string_view first = dictionary.text_of(dictionary.code_of("first"));
  const std::string large(100'000, 'x');
  EXPECT_EQ(dictionary.text_of(dictionary.code_of(large)), large);
  for (int i = 0; i < 100'000; ++i) {
    const std::string text = "user-" + std::to_string(i);
    ASSERT_EQ(dictionary.code_of(text), static_cast<std::uint32_t>(i) + 3);
  }
  for (int i = 0; i < 100'000; ++i) {
    const std::string text = "user-" + std::to_string(i);
    ASSERT_EQ(dictionary.code_of(text), static_cast<std::uint32_t>(i) + 3);
    ASSERT_EQ(dictionary.text_of(static_cast<std::uint32_t>(i) + 3), text);
  }
  EXPECT_EQ(first, "first");
  const Dictionary moved = std::move(dictionary);
  EXPECT_EQ(first, "first");
  EXPECT_EQ(moved.size(), 100'003U);
}

TEST(Dictionary, HasAnIdentityOfItsOwn) {
  Dictionary one;
  const Dictionary other;
  EXPECT_NE(one.identity(), other.identity());
  const std::uint64_t identity = one.identity();
  const Dictionary moved = std::move(one);
  EXPECT_EQ(moved.identity(), identity);
}

}  // namespace
}  // namespace costops
