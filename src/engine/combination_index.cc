#include "engine/combination_index.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <numeric>

namespace costops::engine {
namespace {

constexpr std::uint32_t kAbsent = UINT32_MAX;
/// A table by address of up to 2^18 numbers (1 MiB); only the lines in use are touched.
constexpr unsigned kTableBitsMax = 18;

std::uint64_t mixed(std::uint64_t hash, std::uint32_t code) {
  hash = (hash ^ code) * 0x9E3779B97F4A7C15U;
  return hash ^ (hash >> 32);
}

}  // namespace

CombinationIndex::CombinationIndex(std::size_t width)
    : width_(width), bits_(width, 0), table_(1, kAbsent) {}

void CombinationIndex::clear() {
  codes_.clear();
  hashes_.clear();
  std::fill(table_.begin(), table_.end(), kAbsent);
}

void CombinationIndex::expect(std::span<const std::uint32_t> cardinalities) {
  bool grown = false;
  for (std::size_t k = 0; k < cardinalities.size(); ++k) {
    const auto bits = static_cast<unsigned>(std::bit_width(std::max(cardinalities[k], 1U) - 1));
    if (bits <= bits_[k]) continue;
    bits_[k] = bits;
    grown = true;
  }
  if (grown) rebuild();
}

void CombinationIndex::rebuild() {
  const unsigned bits = std::accumulate(bits_.begin(), bits_.end(), 0U);
  hashed_ = bits > kTableBitsMax;
  hashes_.clear();
  if (hashed_) {
    for (std::size_t n = 0; n < size(); ++n) {
      std::uint64_t hash = 0;
      for (const std::uint32_t code : codes_of(static_cast<std::uint32_t>(n))) {
        hash = mixed(hash, code);
      }
      hashes_.push_back(hash);
    }
    table_.clear();
    grow_hash();
    return;
  }
  table_.assign(std::size_t{1} << bits, kAbsent);
  for (std::size_t n = 0; n < size(); ++n) {
    std::size_t address = 0;
    unsigned shift = 0;
    for (std::size_t k = 0; k < width_; ++k) {
      address |= std::size_t{codes_[n * width_ + k]} << shift;
      shift += bits_[k];
    }
    table_[address] = static_cast<std::uint32_t>(n);
  }
}

std::uint32_t CombinationIndex::add(std::span<const std::uint32_t* const> columns,
                                    std::size_t row) {
  const auto number = static_cast<std::uint32_t>(size());
  for (const std::uint32_t* column : columns) codes_.push_back(column[row]);
  return number;
}

void CombinationIndex::number(std::span<const std::uint32_t* const> columns, std::size_t count,
                              std::uint32_t* numbers) {
  assert(columns.size() == width_);
  if (hashed_) {
    number_by_hash(columns, count, numbers);
  } else {
    number_by_table(columns, count, numbers);
  }
}

void CombinationIndex::number_by_table(std::span<const std::uint32_t* const> columns,
                                       std::size_t count, std::uint32_t* numbers) {
  unsigned shift = 0;
  for (std::size_t k = 0; k < columns.size(); ++k) {
    if (bits_[k] == 0) continue;
    const std::uint32_t* column = columns[k];
    if (shift == 0) {
      std::copy_n(column, count, numbers);
    } else {
      for (std::size_t i = 0; i < count; ++i) numbers[i] |= column[i] << shift;
    }
    shift += bits_[k];
  }
  if (shift == 0) std::fill_n(numbers, count, 0U);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t& entry = table_[numbers[i]];
    if (entry == kAbsent) [[unlikely]] {
      entry = add(columns, i);
    }
    numbers[i] = entry;
  }
}

void CombinationIndex::number_by_hash(std::span<const std::uint32_t* const> columns,
                                      std::size_t count, std::uint32_t* numbers) {
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t hash = 0;
    for (const std::uint32_t* column : columns) hash = mixed(hash, column[i]);
    std::size_t slot = hash & (table_.size() - 1);
    const auto is_other = [&](std::uint32_t number) {
      if (hashes_[number] != hash) return true;
      for (std::size_t k = 0; k < width_; ++k) {
        if (codes_[number * width_ + k] != columns[k][i]) return true;
      }
      return false;
    };
    while (table_[slot] != kAbsent && is_other(table_[slot])) {
      slot = (slot + 1) & (table_.size() - 1);
    }
    numbers[i] = table_[slot];
    if (numbers[i] != kAbsent) continue;
    numbers[i] = table_[slot] = add(columns, i);
    hashes_.push_back(hash);
    if (2 * hashes_.size() > table_.size()) grow_hash();
  }
}

void CombinationIndex::grow_hash() {
  const std::size_t slots = std::bit_ceil(std::max<std::size_t>(4 * hashes_.size(), 1024));
  table_.assign(slots, kAbsent);
  for (std::size_t n = 0; n < hashes_.size(); ++n) {
    std::size_t slot = hashes_[n] & (slots - 1);
    while (table_[slot] != kAbsent) slot = (slot + 1) & (slots - 1);
    table_[slot] = static_cast<std::uint32_t>(n);
  }
}

}  // namespace costops::engine
