#include "engine/combination_index.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <utility>

namespace costops::engine {
namespace {

using Column = std::vector<std::uint32_t>;

Column numbers_of(CombinationIndex& index, const Column& a, const Column& b) {
  Column numbers(a.size());
  const std::array columns = {a.data(), b.data()};
  index.number(columns, a.size(), numbers.data());
  return numbers;
}

TEST(CombinationIndex, NumbersInOrderOfFirstSight) {
  CombinationIndex index(2);
  index.expect(std::array{8U, 3U});
  EXPECT_EQ(numbers_of(index, {5, 0, 5, 5}, {1, 1, 1, 2}), (Column{0, 1, 0, 2}));
  EXPECT_EQ(index.size(), 3U);
  EXPECT_EQ(index.codes_of(2)[0], 5U);
  EXPECT_EQ(index.codes_of(2)[1], 2U);
}

TEST(CombinationIndex, KeepsItsNumbersWhenColumnsGrow) {
  CombinationIndex index(2);
  index.expect(std::array{2U, 2U});
  EXPECT_EQ(numbers_of(index, {1, 0}, {1, 1}), (Column{0, 1}));
  index.expect(std::array{1000U, 2U});
  EXPECT_EQ(numbers_of(index, {999, 0, 1}, {0, 1, 1}), (Column{2, 1, 0}));
  index.expect(std::array{4'000'000'000U, 4'000'000'000U});
  EXPECT_EQ(numbers_of(index, {3'999'999'999, 0, 1}, {0, 1, 1}), (Column{3, 1, 0}));
}

TEST(CombinationIndex, ForgetsWhenCleared) {
  CombinationIndex index(2);
  index.expect(std::array{4U, 4U});
  EXPECT_EQ(numbers_of(index, {1, 2}, {1, 1}), (Column{0, 1}));
  index.clear();
  EXPECT_EQ(index.size(), 0U);
  EXPECT_EQ(numbers_of(index, {2, 1}, {1, 1}), (Column{0, 1}));
}

TEST(CombinationIndex, NumbersAlikeInATableAndInAHashTable) {
  std::mt19937 random(3);
  CombinationIndex small(2);
  CombinationIndex large(2);
  small.expect(std::array{300U, 300U});
  large.expect(std::array{1U << 20, 1U << 20});
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> expected;
  for (int block = 0; block < 100; ++block) {
    Column a;
    Column b;
    Column wanted;
    for (int i = 0; i < 500; ++i) {
      a.push_back(static_cast<std::uint32_t>(random() % 300));
      b.push_back(static_cast<std::uint32_t>(random() % 300));
      const auto next = static_cast<std::uint32_t>(expected.size());
      wanted.push_back(expected.try_emplace({a.back(), b.back()}, next).first->second);
    }
    ASSERT_EQ(numbers_of(small, a, b), wanted);
    ASSERT_EQ(numbers_of(large, a, b), wanted);
  }
}

}  // namespace
}  // namespace costops::engine
