// file_journal.cc - sizes, times and fingerprints of input files.
#include "accounting/file_journal.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

namespace costops::accounting {
namespace {

/// A change within a file system's time resolution after the reading would not show.
constexpr std::chrono::seconds kSettled{2};
constexpr std::size_t kBlockBytes = std::size_t{1} << 20;

}  // namespace

std::optional<ingestion::ContentHash> hash_of_beginning(const std::string& file,
                                                        std::uint64_t bytes) {
  std::ifstream in(file, std::ios::binary);
  std::vector<char> block(kBlockBytes);
  ingestion::ContentHash hash;
  while (in && bytes > 0) {
    in.read(block.data(),
            static_cast<std::streamsize>(std::min<std::uint64_t>(bytes, kBlockBytes)));
    const auto got = static_cast<std::size_t>(in.gcount());
    hash.add({block.data(), got});
    bytes -= got;
  }
  if (bytes > 0) return std::nullopt;
  return hash;
}

bool begins_plainly(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string head(4, '\0');
  in.read(head.data(), 4);
  return !head.starts_with("\x1f\x8b") && head != "\x28\xb5\x2f\xfd" &&
         !head.starts_with("\xef\xbb\xbf");
}

std::optional<FileState> state_of(const std::string& file) {
  struct stat status {};
  if (file == "-" || ::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  const auto since = std::chrono::seconds(status.st_mtim.tv_sec) +
                     std::chrono::nanoseconds(status.st_mtim.tv_nsec);
  return FileState{static_cast<std::uint64_t>(status.st_size),
                   Instant(std::chrono::floor<Microseconds>(since))};
}

std::string journal_name(const std::string& file) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(file, error);
  return error ? file : absolute.lexically_normal().string();
}

bool may_be_unchanged(const FileState& state, const storage::JournalEntry& entry) {
  return state.size == entry.size && entry.is_complete() && entry.rejected == 0;
}

bool is_untouched(const FileState& state, const storage::JournalEntry& entry) {
  return may_be_unchanged(state, entry) && state.modified == entry.modified &&
         state.modified + kSettled < entry.recorded_at;
}

bool is_unchanged(const std::string& file, const FileState& state,
                  const storage::JournalEntry& entry) {
  if (is_untouched(state, entry)) return true;
  if (!may_be_unchanged(state, entry)) return false;
  const auto hash = hash_of_beginning(file, state.size);
  return hash && hash->digest() == entry.fingerprint;
}

std::optional<storage::JournalEntry> journal_entry(const std::string& file, const FileState& before,
                                                   const ingestion::ContentHash* content) {
  std::optional<ingestion::ContentHash> read_now;
  if (content == nullptr) {
    read_now = hash_of_beginning(file, before.size);
    if (!read_now) return std::nullopt;
    content = &*read_now;
  }
  if (state_of(file) != before) return std::nullopt;
  storage::JournalEntry entry;
  entry.source = journal_name(file);
  entry.size = entry.read_bytes = before.size;
  entry.fingerprint = content->digest();
  entry.modified = before.modified;
  return entry;
}

}  // namespace costops::accounting
