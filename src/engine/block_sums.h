// block_sums.h - sums of a block's columns by few groups, fast.
//
// A row's values are added where its group's sums lie side by side, eight columns at a time, in 64
// bits. That can only overflow if some value has more than 63 - log2(rows) bits; a column in which
// one has is reported, and its sums are of no use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace costops::engine {

class BlockSums {
 public:
  static constexpr std::size_t kRowsMax = 1024;

  /// Sums up columns[c][i] for groups[i], all of them below `group_count`. Requires at most
  /// kRowsMax rows.
  void sum(std::span<const std::uint32_t> groups, std::size_t group_count,
           std::span<const std::int64_t* const> columns);

  /// The sum of a column in a group. Requires is_exact(column).
  [[nodiscard]] std::int64_t at(std::size_t group, std::size_t column) const {
    const std::size_t pass = column / kColumns;
    return static_cast<std::int64_t>(
        sums_[(pass * group_count_ + group) * kColumns + column % kColumns]);
  }
  [[nodiscard]] bool is_exact(std::size_t column) const { return bits_[column] < kValueEnd; }

 private:
  static constexpr std::size_t kColumns = 8;
  static constexpr std::uint64_t kValueEnd = std::uint64_t{1} << 53;
  static_assert(kRowsMax * (kValueEnd - 1) < std::uint64_t{1} << 63);

  std::size_t group_count_ = 0;
  std::vector<std::uint64_t> sums_;  ///< By pass of eight columns, then group, then column.
  std::vector<std::uint64_t> bits_;  ///< By column: all values or-ed.
};

}  // namespace costops::engine
