// alert_delivery.h - hands a new alert to a web address or to a command.
#pragma once

#include <string>

#include "costops/domain/error.h"

namespace costops::cli {

/// Where alerts go. Empty: nowhere.
struct AlertTargets {
  std::string webhook;  ///< http:// or https:// address: gets the alert as JSON by POST.
  std::string command;  ///< For sh -c: gets the same JSON on standard input.
  /// Whether a redirect may lead to a private, local or reserved address.
  enum class Redirects { public_only, anywhere } redirects = Redirects::public_only;
};

/// Delivers to all targets, within 10 seconds each for connecting and 30 in all.
/// Fails with io_error (unreachable, not a 2xx answer, a command that fails) or invalid_input (an
/// address of another scheme).
[[nodiscard]] Result<void> deliver(const AlertTargets& targets, const std::string& json);

}  // namespace costops::cli
