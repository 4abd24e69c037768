// file_journal.cc - sizes, times and fingerprints of input files.
#include "accounting/file_journal.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace costops::accounting {
namespace {

/// A change within a file system's time resolution after the reading would not show.
constexpr std::chrono::seconds kSettled{2};
constexpr std::size_t kBlockBytes = std::size_t{1} << 20;

/// None if the file cannot be read to the end, or is not of `size`.
std::optional<RecordId> fingerprint_of(const std::string& file, std::uint64_t size) {
  std::ifstream in(file, std::ios::binary);
  std::vector<char> block(kBlockBytes);
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  std::uint64_t total = 0;
  while (in) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    const auto got = static_cast<std::size_t>(in.gcount());
    XXH3_128bits_update(&state, block.data(), got);
    total += got;
  }
  if (!in.eof() || total != size) return std::nullopt;
  const XXH128_hash_t hash = XXH3_128bits_digest(&state);
  return RecordId{hash.high64, hash.low64};
}

}  // namespace

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

bool is_unchanged(const std::string& file, const FileState& state,
                  const storage::JournalEntry& entry) {
  if (state.size != entry.size) return false;
  if (state.modified == entry.modified && state.modified + kSettled < entry.recorded_at) {
    return true;
  }
  return fingerprint_of(file, state.size) == entry.fingerprint;
}

std::optional<storage::JournalEntry> journal_entry(const std::string& file, const FileState& before,
                                                   std::uint64_t records, Instant now) {
  const auto fingerprint = fingerprint_of(file, before.size);
  if (!fingerprint || state_of(file) != before) return std::nullopt;
  return storage::JournalEntry{journal_name(file), before.size, *fingerprint,
                               before.modified,    records,     now};
}

}  // namespace costops::accounting
