// file_journal.h - what is known about a file before it is parsed: enough to leave it alone.
#pragma once

#include <optional>
#include <string>

#include "costops/ingestion/content_hash.h"
#include "costops/storage/ledger.h"

namespace costops::accounting {

/// A file's size and time, as the file system tells them.
struct FileState {
  std::uint64_t size = 0;
  Instant modified{};
  friend bool operator==(const FileState&, const FileState&) = default;
};
/// None for standard input, and for what is no regular file.
[[nodiscard]] std::optional<FileState> state_of(const std::string& file);

/// The name under which the journal keeps a file.
[[nodiscard]] std::string journal_name(const std::string& file);

/// Whether the file is what the journal's entry says by its size and time alone: untouched since
/// well before the entry was made.
[[nodiscard]] bool is_untouched(const FileState& state, const storage::JournalEntry& entry);

/// Whether its content may be the entry's: it has the same size, and none of it was rejected.
[[nodiscard]] bool may_be_unchanged(const FileState& state, const storage::JournalEntry& entry);

/// Whether the file is what the journal's entry says: of the same size, and either untouched since
/// well before the entry was made, or of the same content, which is then read (and not parsed).
[[nodiscard]] bool is_unchanged(const std::string& file, const FileState& state,
                                const storage::JournalEntry& entry);

/// The entry for a file that has been read to its end, without its records and its time; none if it
/// changed meanwhile, so that the next run reads it again. `content`: the hash of all its bytes;
/// where it is null, they are read for it.
[[nodiscard]] std::optional<storage::JournalEntry> journal_entry(
    const std::string& file, const FileState& before, const ingestion::ContentHash* content);

/// Hash of the first `bytes` bytes; none if the file is shorter or cannot be read.
[[nodiscard]] std::optional<ingestion::ContentHash> hash_of_beginning(const std::string& file,
                                                                      std::uint64_t bytes);
/// Whether the file's bytes are its text: not compressed, and without a byte order mark.
[[nodiscard]] bool begins_plainly(const std::string& file);

}  // namespace costops::accounting
