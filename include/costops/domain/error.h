// error.h - the one error model: values, never exceptions.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace costops {

/// One code per remedy, so that a caller can decide without reading the message.
enum class ErrorCode {
  invalid_input,  ///< What was handed in is wrong: correct it.
  not_found,      ///< What was asked for does not exist: ask for something else, or add it.
  conflict,       ///< It contradicts what is already there.
  io_error,       ///< The file system, the database or the network refused.
  unsupported,    ///< Valid, but this build or this version cannot do it.
  cancelled,      ///< The user stopped it; what was acknowledged is kept.
};

/// What went wrong: says what, where (file:line of the input, added by whoever reads the file)
/// and what to do.
struct Error {
  ErrorCode code = ErrorCode::invalid_input;
  std::string message;

  friend bool operator==(const Error&, const Error&) = default;
};

template <typename T>
using Result = tl::expected<T, Error>;

/// The unexpected side of a Result: `return fail(ErrorCode::not_found, "...");`
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

/// Hands an error on unchanged: `if (!x) return fail(x.error());`
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

/// `text` in double quotes for a message: at most 80 bytes of it (then "..."), with control
/// characters and quotes shown as escapes, so that a message is always one line.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace costops
