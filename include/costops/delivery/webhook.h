// webhook.h - tells a web address what happened: one POST that the receiver can trust.
//
// Messages follow Standard Webhooks (https://www.standardwebhooks.com, read 2026-11), for which
// receivers find libraries in most languages: `webhook-id` stays the same when a message is sent
// again, so that it is acted on once; `webhook-timestamp` is in seconds since 1970;
// `webhook-signature` is "v1," and the base64 of HMAC-SHA256 over "id.timestamp.body".
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "costops/domain/error.h"
#include "costops/domain/time.h"

namespace costops::delivery {

struct Webhook {
  std::string url;     ///< http:// or https://, without user and password.
  std::string secret;  ///< Key of the signature, as read_secret() gives it; "": not signed.
  /// public_only: a name or a redirect that leads to a private, loopback, link-local or reserved
  /// address is refused, and no proxy is used, since only it would see the address. anywhere: no
  /// such check, and proxies of the environment are used.
  enum class Addresses : std::uint8_t { public_only, anywhere } addresses = Addresses::public_only;
  /// For each attempt.
  std::chrono::milliseconds connect_within{5'000}, answer_within{30'000};
  int attempts_max = 4;
  std::chrono::milliseconds first_pause{500};  ///< Before the second attempt; then twice as long.
};

struct Message {
  std::string body;  ///< JSON.
  /// Stays the same when the same thing is told again; "": made from the body.
  std::string id{};
  Instant sent_at{};
};

struct Receipt {
  int status = 0;  ///< 200 to 299.
  int attempts = 0;
};

/// Fails with invalid_input: no http or https address, or one with user and password.
[[nodiscard]] Result<void> check_url(std::string_view url);

/// The key in a secret's text: what "whsec_" precedes is base64, other text is the key itself;
/// blanks and line ends around it are no part of it. Fails with invalid_input if nothing is left,
/// or the base64 is wrong.
[[nodiscard]] Result<std::string> read_secret(std::string_view text);

/// The value of `webhook-signature`.
[[nodiscard]] std::string signature_of(const Webhook& webhook, const Message& message);

/// `message` with its id.
[[nodiscard]] Message with_id(Message message);

/// Sends it. 2xx is success. An unreachable receiver, no or half an answer and 5xx are tried again;
/// 4xx is final. At most 3 redirects are followed, of the kinds that keep a POST (307, 308), never
/// from https to http. At most 64 KiB of an answer are read. Messages name the receiver's host
/// only: paths of webhooks are often secret.
/// Fails with invalid_input (see check_url), io_error, cancelled (a signal during a pause).
[[nodiscard]] Result<Receipt> post(const Webhook& webhook, const Message& message);

}  // namespace costops::delivery
