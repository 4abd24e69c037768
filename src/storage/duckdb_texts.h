// duckdb_texts.h - the numbers of texts in the ledger's text tables, both ways, in bounded memory.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/duck.h"

namespace costops::storage {

/// From texts to numbers, for one table and its one writer. Remembers up to kRemembered texts;
/// others are looked up.
class TextNumbers {
 public:
  static constexpr std::size_t kRemembered = 100'000;
  explicit TextNumbers(std::string table) : table_(std::move(table)) {}

  /// Numbers of some distinct texts, in their order; new texts are added to the table within the
  /// connection's transaction. Returns the first number that was new.
  [[nodiscard]] Result<std::int32_t> number(duck::Connection& connection,
                                            std::span<const std::string_view> texts,
                                            std::vector<std::int32_t>& numbers);
  /// After a roll-back: what is remembered may not be there.
  void forget();

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  void remember(std::string_view text, std::int32_t number);
  [[nodiscard]] Result<void> load(duck::Connection& connection);
  [[nodiscard]] Result<void> look_up(duck::Connection& connection,
                                     std::span<const std::string_view> texts,
                                     std::vector<std::int32_t>& numbers);
  [[nodiscard]] Result<void> add(duck::Connection& connection,
                                 std::span<const std::string_view> texts,
                                 std::vector<std::int32_t>& numbers);

  std::string table_;
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> remembered_;
  bool complete_ = false;   ///< All texts of the table are remembered.
  std::int32_t next_ = -1;  ///< -1: not loaded.
};

/// From numbers to texts, for one table and one reader.
class Texts {
 public:
  explicit Texts(std::string table) : table_(std::move(table)) {}
  /// The text of a number, valid until the next call. Fetches the numbers that follow as well:
  /// records that lie together were numbered together.
  [[nodiscard]] Result<std::string_view> text(duck::Connection& connection, std::int32_t number);

 private:
  static constexpr std::int32_t kFetched = 1024;
  std::string table_;
  std::unordered_map<std::int32_t, std::string> texts_;
};

}  // namespace costops::storage
