// files_ahead.h - many files read side by side, given out as if one after the other.
//
// Every thread takes the next file that nobody has, and fills a few portions of its own; when they
// are full it waits until they were used. The file that is wanted next was always taken first, so
// somebody always goes on. What comes out does not depend on the number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "accounting/file_journal.h"
#include "costops/accounting/ingest.h"
#include "costops/ingestion/portions.h"

namespace costops::accounting {

/// A file, and what the journal knows about it.
struct PlannedFile {
  std::string name;
  std::optional<FileState> state;
  std::optional<storage::JournalEntry> known;
};

/// What a file turned out to be, at its end.
struct FileOutcome {
  enum class Kind : std::uint8_t {
    read,
    unreadable,    ///< For `error`.
    in_stretches,  ///< Nothing is read yet: `input` is left to threads of its own.
  };
  Kind kind = Kind::read;
  Error error{};
  /// Of a file that was read; none if it changed meanwhile or is none that a journal keeps.
  std::optional<storage::JournalEntry> entry{};
  std::optional<ingestion::Input> input{};
  ingestion::Place from{};                         ///< Where `input` begins.
  std::optional<ingestion::ContentHash> before{};  ///< Of what lies before, if anything does.
};

class FilesAhead {
 public:
  struct Piece {
    ingestion::Portion portion;
    std::uint64_t bytes_read = 0, bytes_total = 0;
    std::optional<FileOutcome> end;  ///< With the last piece of a file.
  };

  /// All three must outlive it.
  FilesAhead(std::span<const PlannedFile> files, const IngestOptions& options);
  /// Waits for the threads, which stop soon.
  ~FilesAhead();
  /// The next piece of the files in their order, valid until the next call. Requires that there is
  /// one: the last piece of the last file has not been given out.
  [[nodiscard]] Piece& next();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace costops::accounting
