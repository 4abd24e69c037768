// parquet_column.h - one column of a row group in the making: a dictionary and codes while values
// repeat, plain values once they do not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/error.h"
#include "costops/export/table.h"

namespace costops::exports {

/// Distinct byte strings, numbered in the order of their first coming.
class ByteDictionary {
 public:
  /// The number of `bytes`, which are added if they are new.
  [[nodiscard]] std::uint32_t number_of(std::string_view bytes);
  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_.size(); }
  [[nodiscard]] std::string_view operator[](std::size_t number) const;
  void clear();

 private:
  void grow();
  std::string bytes_;
  std::vector<std::size_t> ends_;
  std::vector<std::uint32_t> slots_;  ///< Number + 1 by hash; 0: free. At most half are taken.
};

/// A column of a finished row group: what the file's footer says of it.
struct ParquetChunk {
  std::int64_t values = 0, nulls = 0;
  std::int64_t raw_bytes = 0, bytes = 0;  ///< Of its pages with their headers.
  std::int64_t dictionary_bytes = 0;      ///< Of the dictionary's page; 0: there is none.
  std::string least, greatest;            ///< Plain; "": not known.
};

class ParquetColumn {
 public:
  explicit ParquetColumn(const Column& column) : column_(column) {}
  void add(const Batch::Values& values, std::size_t rows);
  [[nodiscard]] std::size_t bytes() const { return plain_.size() + dictionary_.bytes(); }
  /// Appends the pages to `out` and begins anew.
  [[nodiscard]] Result<ParquetChunk> finish(std::string& out);

 private:
  void add_bytes(std::string_view bytes);
  void add_plain(std::string_view bytes);
  void add_number(Int128 number);
  [[nodiscard]] bool repeats() const;
  void give_up_dictionary();
  [[nodiscard]] std::string dictionary_values() const;
  /// As the format stores it.
  [[nodiscard]] std::string_view stored(Int128 number);

  Column column_;
  std::int64_t rows_ = 0, nulls_ = 0;
  std::vector<std::uint32_t> present_;  ///< Per row, 1 with a value.
  bool coded_ = true;
  std::vector<std::uint32_t> codes_;
  ByteDictionary dictionary_;
  std::string plain_;
  char scratch_[16];
  Int128 least_ = 0, greatest_ = 0;
};

/// Of the format: BOOLEAN 0, INT64 2, BYTE_ARRAY 6, FIXED_LEN_BYTE_ARRAY 7.
[[nodiscard]] int parquet_type(ColumnType type);
/// A decimal's digits, and the bytes that hold them.
inline constexpr int kParquetDecimalDigits = 38, kParquetDecimalBytes = 16;

}  // namespace costops::exports
