// combination_index.h - numbers the distinct combinations of dictionary codes in order of first
// sight.
//
// Records of a batch share few combinations (provider, model, tier, ...), so what depends on the
// combination alone is done once for each, and per record there is one look-up: in a table
// addressed by the codes' bits side by side where that is small, else in a hash table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace costops::engine {

class CombinationIndex {
 public:
  /// Requires at least one column.
  explicit CombinationIndex(std::size_t width);

  /// Forgets everything; keeps memory.
  void clear();
  /// Announces how many codes each column can hold from now on. Numbers stay as they are.
  void expect(std::span<const std::uint32_t> cardinalities);
  /// The numbers of `count` combinations, columns[k][row]; new combinations get the next number.
  /// Requires codes below the announced cardinalities.
  void number(std::span<const std::uint32_t* const> columns, std::size_t count,
              std::uint32_t* numbers);

  [[nodiscard]] std::size_t size() const { return codes_.size() / width_; }
  /// The codes of a combination; valid until the next call that is not const.
  [[nodiscard]] std::span<const std::uint32_t> codes_of(std::uint32_t number) const {
    return std::span(codes_).subspan(number * width_, width_);
  }

 private:
  [[nodiscard]] std::uint32_t add(std::span<const std::uint32_t* const> columns, std::size_t row);
  void number_by_table(std::span<const std::uint32_t* const> columns, std::size_t count,
                       std::uint32_t* numbers);
  void number_by_hash(std::span<const std::uint32_t* const> columns, std::size_t count,
                      std::uint32_t* numbers);
  void grow_hash();
  void rebuild();

  std::size_t width_;
  std::vector<std::uint32_t> codes_;   ///< width_ codes for each number.
  std::vector<unsigned> bits_;         ///< Of each column.
  std::vector<std::uint32_t> table_;   ///< By address, or the slots of the hash table.
  std::vector<std::uint64_t> hashes_;  ///< By number; only where the table is hashed.
  bool hashed_ = false;
};

}  // namespace costops::engine
