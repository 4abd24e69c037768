#include "output.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace costops::cli {
namespace {
constexpr std::size_t kLarge = 1u << 18;
}

void Output::write(std::string_view text) {
  text_ += text;
  flush_if_large();
}

void Output::flush_if_large() {
  if (text_.size() >= kLarge) flush();
}

void Output::flush() {
  for (std::string_view rest = text_; !rest.empty() && state_ == State::open;) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      error_number_ = errno;
      state_ = errno == EPIPE ? State::closed : State::failed;
    }
  }
  text_.clear();
}

Result<void> Output::finish() {
  flush();
  if (state_ != State::failed) return {};
  return fail(ErrorCode::io_error,
              std::string("cannot write to standard output: ") + std::strerror(error_number_));
}

}  // namespace costops::cli
