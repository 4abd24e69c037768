#include "benchmarks/own_pages.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace costops::benchmarks {
namespace {

struct Range {
  std::uintptr_t from = 0, to = 0;
};

/// Where this program's file is mapped for running.
std::vector<Range> mapped_code() {
  std::array<char, 4096> path{};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  std::vector<Range> ranges;
  if (length <= 0) return ranges;
  const std::string file(path.data(), static_cast<std::size_t>(length));
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    Range range;
    char dash = 0;
    std::string rights;
    words >> std::hex >> range.from >> dash >> range.to >> rights;
    if (words && rights == "r-xp" && line.ends_with(" " + file)) ranges.push_back(range);
  }
  return ranges;
}

bool replace(std::uintptr_t from, std::size_t bytes) {
  void* const fresh = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (fresh == MAP_FAILED) return false;
  void* const place = reinterpret_cast<void*>(from);
  std::memcpy(fresh, place, bytes);
  const bool moved =
      ::mprotect(fresh, bytes, PROT_READ | PROT_EXEC) == 0 &&
      ::mremap(fresh, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, place) != MAP_FAILED;
  if (!moved) ::munmap(fresh, bytes);
  return moved;
}

/// One entry for each page; empty if the system does not say.
std::vector<std::uint64_t> page_entries(int pagemap, const Range& range, std::size_t page) {
  std::vector<std::uint64_t> entries((range.to - range.from) / page);
  const std::size_t bytes = entries.size() * sizeof(std::uint64_t);
  const auto at = static_cast<off_t>(range.from / page * sizeof(std::uint64_t));
  if (::pread(pagemap, entries.data(), bytes, at) != static_cast<ssize_t>(bytes)) return {};
  return entries;
}

}  // namespace

std::size_t take_own_pages() {
  constexpr std::uint64_t kPresent = std::uint64_t{1} << 63;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const int pagemap = ::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (pagemap < 0) return 0;
  std::size_t pages = 0;
  for (const Range& range : mapped_code()) {
    const auto entries = page_entries(pagemap, range, page);
    for (std::size_t first = 0; first < entries.size();) {
      std::size_t end = first;
      while (end < entries.size() && (entries[end] & kPresent) != 0) ++end;
      const std::size_t count = end - first;
      if (count > 0 && replace(range.from + first * page, count * page)) {
        pages += count;
      }
      first = end + 1;
    }
  }
  ::close(pagemap);
  return pages;
}

}  // namespace costops::benchmarks
