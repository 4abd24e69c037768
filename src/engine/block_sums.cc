#include "engine/block_sums.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <functional>

namespace costops::engine {
namespace {

constexpr std::size_t kColumns = 8;

/// Two columns' values at once: what every 64-bit processor adds in one instruction.
using Pair = std::uint64_t __attribute__((vector_size(16)));

/// One pass over the rows for kCount columns; sums of a group lie kColumns apart.
template <std::size_t kCount>
void add_pass(std::span<const std::uint32_t> groups, const std::int64_t* const* columns,
              std::uint64_t* sums, std::uint64_t* bits) {
  constexpr std::size_t kPairs = (kCount + 1) / 2;
  std::array<const std::int64_t*, 2 * kPairs> column;
  // An odd last column is read twice; its second sum is not used.
  for (std::size_t c = 0; c < column.size(); ++c) column[c] = columns[std::min(c, kCount - 1)];
  std::array<Pair, kPairs> seen{};
  const std::size_t rows = groups.size();
  const std::uint32_t* group = groups.data();
  for (std::size_t i = 0; i < rows; ++i) {
    std::uint64_t* sum = sums + std::size_t{group[i]} * kColumns;
    for (std::size_t p = 0; p < kPairs; ++p) {
      const Pair value = {static_cast<std::uint64_t>(column[2 * p][i]),
                          static_cast<std::uint64_t>(column[2 * p + 1][i])};
      seen[p] |= value;
      Pair total;
      std::memcpy(&total, sum + 2 * p, sizeof(Pair));
      total += value;
      std::memcpy(sum + 2 * p, &total, sizeof(Pair));
    }
  }
  for (std::size_t c = 0; c < kCount; ++c) bits[c] = seen[c / 2][c % 2];
}

/// The same where all rows are of one group: no sum has to go through memory.
void add_column(std::size_t rows, const std::int64_t* column, std::uint64_t& sum,
                std::uint64_t& bits) {
  std::uint64_t total = 0;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    total += static_cast<std::uint64_t>(column[i]);
    seen |= static_cast<std::uint64_t>(column[i]);
  }
  sum = total;
  bits = seen;
}

}  // namespace

void BlockSums::sum(std::span<const std::uint32_t> groups, std::size_t group_count,
                    std::span<const std::int64_t* const> columns) {
  assert(groups.size() <= kRowsMax);
  static_assert(BlockSums::kColumns == engine::kColumns);
  const std::size_t passes = (columns.size() + kColumns - 1) / kColumns;
  group_count_ = group_count;
  sums_.assign(passes * group_count * kColumns, 0);
  bits_.resize(columns.size());
  const bool is_one_group =
      std::adjacent_find(groups.begin(), groups.end(), std::not_equal_to<>()) == groups.end();
  for (std::size_t from = 0; from < columns.size(); from += kColumns) {
    const std::size_t count = std::min(kColumns, columns.size() - from);
    std::uint64_t* sums = sums_.data() + from * group_count;
    if (is_one_group && !groups.empty()) {
      for (std::size_t c = 0; c < count; ++c) {
        add_column(groups.size(), columns[from + c], sums[groups[0] * kColumns + c],
                   bits_[from + c]);
      }
      continue;
    }
    constexpr std::array kPasses = {add_pass<1>, add_pass<2>, add_pass<3>, add_pass<4>,
                                    add_pass<5>, add_pass<6>, add_pass<7>, add_pass<8>};
    kPasses[count - 1](groups, columns.data() + from, sums, bits_.data() + from);
  }
}

}  // namespace costops::engine
