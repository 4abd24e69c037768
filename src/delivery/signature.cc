// signature.cc - ids, secrets and signatures of messages.
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>
#include <vector>

#include "costops/delivery/webhook.h"

namespace costops::delivery {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string base64(const unsigned char* bytes, std::size_t count) {
  std::string text((count + 2) / 3 * 4 + 1, '\0');  // The library ends it with a NUL.
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes,
                                     static_cast<int>(count));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::int64_t seconds_of(Instant at) {
  return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
}

}  // namespace

Result<std::string> read_secret(std::string_view text) {
  constexpr std::string_view kPrefix = "whsec_";
  std::string_view secret = trimmed(text);
  const bool encoded = secret.starts_with(kPrefix);
  if (encoded) secret.remove_prefix(kPrefix.size());
  if (secret.empty()) return fail(ErrorCode::invalid_input, "the webhook's secret is empty");
  if (!encoded) return std::string(secret);
  std::vector<unsigned char> key(secret.size());
  const int length = EVP_DecodeBlock(key.data(), bytes_of(secret), static_cast<int>(secret.size()));
  // The library counts what "=" fills up as bytes.
  const std::size_t filled = secret.ends_with("==") ? 2 : secret.ends_with('=') ? 1 : 0;
  const bool early_end = secret.find('=') < secret.size() - filled;
  if (length < 0 || secret.size() % 4 != 0 || early_end) {
    return fail(ErrorCode::invalid_input,
                "the webhook's secret is no base64 after \"whsec_\": take it as the receiver "
                "shows it");
  }
  key.resize(static_cast<std::size_t>(length) - filled);
  return std::string(key.begin(), key.end());
}

Message with_id(Message message) {
  if (!message.id.empty()) return message;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(bytes_of(message.body), message.body.size(), digest.data());
  message.id = "msg_";
  for (std::size_t i = 0; i < 16; ++i) message.id += fmt::format("{:02x}", digest[i]);
  return message;
}

std::string signature_of(const Webhook& webhook, const Message& message) {
  const std::string text =
      fmt::format("{}.{}.{}", message.id, seconds_of(message.sent_at), message.body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), webhook.secret.data(), static_cast<int>(webhook.secret.size()), bytes_of(text),
       text.size(), digest.data(), &size);
  return "v1," + base64(digest.data(), size);
}

}  // namespace costops::delivery
