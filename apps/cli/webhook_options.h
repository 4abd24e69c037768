// webhook_options.h - --webhook and what belongs to it, for the commands that tell of what is done.
#pragma once

#include <optional>
#include <string>

#include "costops/delivery/webhook.h"
#include "session.h"

namespace CLI {
class App;
}

namespace costops::cli {

struct WebhookOptions {
  std::string url, secret_file;
  bool allow_private = false;

  /// Declares --webhook (described by `what`), --webhook-secret-file and --webhook-allow-private.
  void declare(CLI::App& app, const char* what);
  /// None without --webhook. Fails with invalid_input (no such address, a secret file without
  /// --webhook or without a secret) and not_found (no secret file): before any work is done.
  [[nodiscard]] Result<std::optional<delivery::Webhook>> resolve() const;
};

/// Posts `json`, if there is a webhook. Fails like delivery::post.
[[nodiscard]] Result<void> tell(const std::optional<delivery::Webhook>& webhook,
                                const Session& session, const std::string& json);

}  // namespace costops::cli
