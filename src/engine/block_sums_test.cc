#include "engine/block_sums.h"

#include <gtest/gtest.h>

#include <array>

namespace costops::engine {
namespace {

using Groups = std::vector<std::uint32_t>;
using Column = std::vector<std::int64_t>;

TEST(BlockSums, AddUpEachColumnByGroup) {
  const Groups groups{2, 0, 2, 2};
  // Seven columns: one pass of four, one of three.
  std::vector<Column> columns;
  std::vector<const std::int64_t*> pointers;
  for (std::int64_t c = 0; c < 7; ++c) columns.push_back({1 + c, 10, 100, 1000 * c});
  for (const Column& column : columns) pointers.push_back(column.data());
  BlockSums sums;
  sums.sum(groups, 3, pointers);
  for (std::size_t c = 0; c < 7; ++c) {
    EXPECT_TRUE(sums.is_exact(c));
    EXPECT_EQ(sums.at(0, c), 10);
    EXPECT_EQ(sums.at(1, c), 0);
    EXPECT_EQ(sums.at(2, c), static_cast<std::int64_t>(101 + 1001 * c));
  }
}

TEST(BlockSums, OfOneGroupAreTheSame) {
  const Column a{1, 2, 3};
  const Column b{10, 20, 30};
  BlockSums sums;
  sums.sum(Groups{1, 1, 1}, 2, std::array{a.data(), b.data()});
  EXPECT_EQ(sums.at(1, 0), 6);
  EXPECT_EQ(sums.at(1, 1), 60);
  EXPECT_EQ(sums.at(0, 0), 0);
}

TEST(BlockSums, SayWhereAValueIsTooLarge) {
  const Column fits{(std::int64_t{1} << 53) - 1, 1};
  const Column large{std::int64_t{1} << 53, 1};
  const Column negative{-1, 1};
  for (const Groups& groups : {Groups{0, 1}, Groups{0, 0}}) {
    BlockSums sums;
    sums.sum(groups, 2, std::array{fits.data(), large.data(), negative.data()});
    EXPECT_TRUE(sums.is_exact(0));
    EXPECT_FALSE(sums.is_exact(1));
    EXPECT_FALSE(sums.is_exact(2));
  }
}

}  // namespace
}  // namespace costops::engine
