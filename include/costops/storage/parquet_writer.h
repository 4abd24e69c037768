// parquet_writer.h - a Parquet file from rows of any kind, through the embedded database.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/error.h"
#include "costops/domain/money.h"

namespace costops::storage {

/// Writes rows as they come into one file: zstd, decimals as DECIMAL(38, scale), times as
/// TIMESTAMP with time zone UTC. Memory does not grow with the rows: a row group is held.
/// One thread at a time.
class ParquetWriter {
 public:
  struct Column {
    enum class Type : std::uint8_t { text, integer, decimal, instant, boolean };
    std::string name;
    Type type = Type::text;
    int scale = 0;
  };
  /// Some rows of one column; the vector of its type is filled, `null` may be empty.
  struct Values {
    const std::vector<std::string_view>* text = nullptr;
    const std::vector<std::int64_t>* whole = nullptr;
    const std::vector<Int128>* decimal = nullptr;
    const std::vector<std::uint8_t>* null = nullptr;
  };

  /// Fails with io_error.
  [[nodiscard]] static Result<ParquetWriter> create(std::string path, std::vector<Column> columns);
  ParquetWriter(ParquetWriter&&) noexcept;
  ParquetWriter& operator=(ParquetWriter&&) = delete;
  ~ParquetWriter();

  /// Returns when the rows are taken over.
  [[nodiscard]] Result<void> write(std::size_t rows, const std::vector<Values>& columns);
  [[nodiscard]] Result<void> finish();

 private:
  struct State;
  explicit ParquetWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace costops::storage
