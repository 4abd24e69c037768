// line_shapes.h - usage records read by comparing their lines with lines seen before.
//
// A program that logs writes every line alike: the same names in the same order, with other values
// between them. A *shape* is such a line taken apart: the literal bytes between the values, and
// what each value is. A line is read by comparing the literals and taking what lies between; it is
// accepted only where that proves that the JSON reader would give the same record:
// - literals are equal byte for byte, and come from a line that the JSON reader accepted, so names,
//   brackets and commas are right and no name is repeated;
// - a text holds no quote, backslash, control character or byte above 0x7f, so it needs no
//   unescaping and is valid UTF-8; a number is 1 to 15 digits without a leading zero;
// - the counts agree with each other, and nothing is missing or in the future.
// Everything else (also everything that is wrong) is left to the JSON reader.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/usage_batch.h"
#include "costops/ingestion/reader.h"
#include "ingestion/code_memo.h"
#include "ingestion/usage_record_fields.h"

namespace costops::ingestion {

/// Shapes of one input's lines. One thread at a time.
class LineShapes {
 public:
  LineShapes(const ReadOptions& options, std::string_view file);

  /// Reads the line at `at`, which ends before `end` (kPadding readable bytes follow), and appends
  /// its record. Returns where the next line begins; null if the line has no known shape, or holds
  /// anything that this reader leaves to the other.
  [[nodiscard]] const char* read(const char* at, const char* end, std::uint64_t line,
                                 UsageBatch& into);
  /// Takes a line as an example. Requires that the JSON reader made one record of it.
  void learn(std::string_view line);

 private:
  enum class Kind : std::uint8_t { text, number, texts };
  /// A literal, and the value behind it.
  struct Slot {
    std::string literal;  ///< With kPadding bytes behind its `length`.
    std::size_t length = 0;
    Kind kind = Kind::text;
    Field field = Field::unknown;
    bool model_version = false;  ///< Of the fields of an object `model`.
    bool context_window = false;
  };
  struct Shape {
    std::vector<Slot> slots;
    Slot tail;
    /// Slots before which the object `metadata` begins and ends, and where in their literals.
    std::size_t metadata_from = SIZE_MAX, metadata_to = SIZE_MAX;
    std::size_t metadata_from_byte = 0, metadata_to_byte = 0;
  };
  struct Values;
  class Learner;

  [[nodiscard]] static const char* match(const Shape& shape, const char* at, Values& values);
  [[nodiscard]] bool append(const Values& values, std::uint64_t line, UsageBatch& into);
  [[nodiscard]] std::uint32_t tags_code(const Values& values, UsageBatch& into);
  [[nodiscard]] bool time_of(const Values& values, Field field, std::int64_t& at);
  [[nodiscard]] RecordId id_of(std::string_view id, std::uint32_t organization,
                               const UsageBatch& into);

  static constexpr std::size_t kShapesMax = 8;
  const ReadOptions& options_;
  std::string file_;
  std::vector<Shape> shapes_;
  std::uint64_t misses_ = 0;

  // What lines said, and what became of it.
  CodeMemo providers_, tiers_, regions_, tags_;
  std::string tags_written_;
  std::array<char, 10> date_{};
  std::int64_t date_micros_ = 0;
  std::uint64_t keys_of_ = 0;  ///< Identity of the dictionary whose codes the keys have.
  std::vector<RecordId> uuid_keys_;
};

}  // namespace costops::ingestion
