// parquet.h - the rows of a Parquet file as text, through the embedded database.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/error.h"

namespace costops::storage {

struct ParquetColumn {
  enum class Kind : std::uint8_t { text, number, time, nested, other };
  std::string name;
  Kind kind = Kind::other;
  std::string type;  ///< As the database says it: "DECIMAL(38,12)".
};

/// Takes the columns, once, before the first row.
using ParquetHeader = std::function<Result<void>(const std::vector<ParquetColumn>&)>;
/// Takes a row: no value is null. Texts are valid during the call. Numbers are exact decimal text,
/// times "2026-07-01T00:00:00Z" (UTC; with a fraction where they have one), nested values JSON.
using ParquetRow = std::function<Result<void>(std::span<const std::optional<std::string_view>>)>;

/// Reads all rows in the file's order, in bounded memory; stops at the first failure of a visitor
/// and hands it on. Fails with not_found, or with invalid_input if it is no Parquet file.
[[nodiscard]] Result<void> read_parquet(const std::string& path, const ParquetHeader& header,
                                        const ParquetRow& row);

}  // namespace costops::storage
