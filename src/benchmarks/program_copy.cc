#include "benchmarks/program_copy.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include "benchmarks/process.h"

namespace costops::benchmarks {
namespace {

constexpr std::string_view kElfMagic =
    "\x7f"
    "ELF";

bool copy_program(int from, int to) {
  std::array<char, 4> magic{};
  if (::pread(from, magic.data(), magic.size(), 0) != 4) return false;
  if (std::string_view(magic.data(), magic.size()) != kElfMagic) return false;
  struct stat status {};
  if (::fstat(from, &status) != 0) return false;
  off_t at = 0;
  while (at < status.st_size) {
    if (::sendfile(to, from, &at, static_cast<std::size_t>(status.st_size - at)) <= 0) return false;
  }
  return true;
}

}  // namespace

ProgramCopy::ProgramCopy(const std::filesystem::path& original) : path_(original) {
  const int from = ::open(original.c_str(), O_RDONLY | O_CLOEXEC);
  if (from < 0) return;
  fd_ = ::memfd_create("cost-ops", MFD_CLOEXEC);
  if (fd_ >= 0 && copy_program(from, fd_)) path_ = "/proc/self/fd/" + std::to_string(fd_);
  ::close(from);
}

ProgramCopy::~ProgramCopy() {
  if (fd_ >= 0) ::close(fd_);
}

bool runs_as_copy(const std::filesystem::path& program) {
  const ProgramCopy copy(program);
  if (copy.path() == program) return false;
  const auto done = run_program({copy.path().string(), "version"}, "",
                                {.time = std::chrono::milliseconds(10'000)});
  return done && done->wait_status == 0;
}

}  // namespace costops::benchmarks
