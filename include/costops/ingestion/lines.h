// lines.h - usage records from stretches of lines, for readers that work side by side.
//
// A file with one record per line may be cut anywhere between two lines: each stretch gives a
// portion of records as columns, and the portions in their order are the file, whoever read them.
// Lines that look like earlier ones are read by comparison with them (see line_shapes.h), several
// times as fast as JSON can be parsed; all others by the same reader as everywhere.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/usage_batch.h"
#include "costops/ingestion/input.h"
#include "costops/ingestion/reader.h"

namespace costops::ingestion {

/// What a stretch of lines gave.
struct Portion {
  /// A record whose identity comes from its content: only who sees all portions knows whether the
  /// same content came before.
  struct Unnamed {
    std::size_t row = 0;
    std::string content;
  };
  UsageBatch records;
  std::vector<Rejection> rejections;
  std::vector<Unnamed> unnamed;
  std::uint64_t lines = 0;
  std::uint64_t compared = 0;  ///< Lines that were read by comparison.

  /// Keeps memory and dictionaries, unless they hold very many texts.
  void clear();
};

/// Whether an input in this format can be read in stretches: it is one of usage records, line by
/// line. `head`: its first MiB, or all of it.
[[nodiscard]] bool reads_in_stretches(Format format, std::string_view head);

/// Reads stretches of one input. One thread at a time.
class LinesReader {
 public:
  /// `options` must outlive it.
  LinesReader(const ReadOptions& options, std::string file);
  ~LinesReader();
  /// Adds what `lines` hold to `into`. They are whole lines, followed by Input::kPadding readable
  /// bytes; the first one's number is `first_line`.
  void read(std::string_view lines, std::uint64_t first_line, Portion& into);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Gives the unnamed records of one input their identities. Portions must come in order.
class ContentNames {
 public:
  ContentNames();
  ~ContentNames();
  void name(Portion& portion);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace costops::ingestion
