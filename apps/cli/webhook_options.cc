#include "webhook_options.h"

#include <fstream>
#include <iterator>

#include "options.h"

namespace costops::cli {

void WebhookOptions::declare(CLI::App& app, const char* what) {
  add_text(app, "--webhook", url, "URL", what);
  add_text(app, "--webhook-secret-file", secret_file, "FILE",
           "Sign the webhook's messages (HMAC-SHA256) with the secret in FILE.");
  add_flag(app, "--webhook-allow-private", allow_private,
           "Let the webhook be at, or redirect to, a private or local address.");
}

Result<std::optional<delivery::Webhook>> WebhookOptions::resolve() const {
  if (url.empty()) {
    if (secret_file.empty() && !allow_private) return std::nullopt;
    return fail(ErrorCode::invalid_input, "options of a webhook need --webhook URL");
  }
  if (auto sound = delivery::check_url(url); !sound) return fail(sound.error());
  delivery::Webhook webhook;
  webhook.url = url;
  if (allow_private) webhook.addresses = delivery::Webhook::Addresses::anywhere;
  if (secret_file.empty()) return webhook;
  std::ifstream file(secret_file, std::ios::binary);
  if (!file) return fail(ErrorCode::not_found, secret_file + ": cannot be opened");
  auto secret = delivery::read_secret(std::string{std::istreambuf_iterator<char>(file), {}});
  if (!secret) return fail(secret.error().code, secret_file + ": " + secret.error().message);
  webhook.secret = std::move(*secret);
  return webhook;
}

Result<void> tell(const std::optional<delivery::Webhook>& webhook, const Session& session,
                  const std::string& json) {
  if (!webhook) return {};
  const auto receipt = delivery::post(*webhook, {json, "", session.now()});
  if (!receipt) return fail(receipt.error());
  return {};
}

}  // namespace costops::cli
