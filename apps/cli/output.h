// output.h - standard output: results only, gathered, and honest about failing.
#pragma once

#include <string>
#include <string_view>

#include "costops/domain/error.h"

namespace costops::cli {

/// Gathers text and writes it to standard output in large pieces. A reader that goes away (a closed
/// pipe) is no error: closed() then says that nobody listens any more.
class Output {
 public:
  /// Text to append to; call flush_if_large() now and then.
  [[nodiscard]] std::string& text() { return text_; }
  void write(std::string_view text);
  void flush_if_large();
  /// Writes everything. Fails with io_error (disk full); a closed pipe is not a failure.
  [[nodiscard]] Result<void> finish();
  [[nodiscard]] bool closed() const { return state_ != State::open; }

 private:
  enum class State { open, closed, failed };
  void flush();
  std::string text_;
  State state_ = State::open;
  int error_number_ = 0;
};

}  // namespace costops::cli
