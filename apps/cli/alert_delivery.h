// alert_delivery.h - hands a new alert to a web address or to a command.
#pragma once

#include <optional>
#include <string>

#include "costops/delivery/webhook.h"
#include "session.h"

namespace costops::cli {

/// Where alerts go. Empty: nowhere.
struct AlertTargets {
  std::optional<delivery::Webhook> webhook;  ///< Gets the alert as JSON by POST.
  std::string command;                       ///< For sh -c: gets the same JSON on standard input.
};

/// Delivers to all targets. Fails like delivery::post, and with io_error for a command that fails.
[[nodiscard]] Result<void> deliver(const AlertTargets& targets, const Session& session,
                                   const std::string& json);

}  // namespace costops::cli
