#include "alert_delivery.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <memory>

namespace costops::cli {
namespace {

constexpr long kConnectSeconds = 10;
constexpr long kSecondsInAll = 30;
constexpr int kHopsMax = 3;

/// Addresses that only machines nearby can mean: private, loopback, link-local, shared, reserved.
bool is_private_v4(std::uint32_t address) {
  struct Block {
    std::uint32_t base;
    int bits;
  };
  // RFC 6890: 0/8, 10/8, 100.64/10, 127/8, 169.254/16, 172.16/12, 192.168/16, 198.18/15, 224/3.
  static constexpr Block kBlocks[] = {
      {0x00000000, 8},  {0x0A000000, 8},  {0x64400000, 10}, {0x7F000000, 8},  {0xA9FE0000, 16},
      {0xAC100000, 12}, {0xC0000000, 24}, {0xC0A80000, 16}, {0xC6120000, 15}, {0xE0000000, 3}};
  for (const Block& block : kBlocks) {
    if ((address ^ block.base) >> (32 - block.bits) == 0) return true;
  }
  return false;
}

bool is_private(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof(v4));
    return is_private_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family != AF_INET6) return true;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof(v6));
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    std::uint32_t inner = 0;
    std::memcpy(&inner, &v6.sin6_addr.s6_addr[12], sizeof(inner));
    return is_private_v4(ntohl(inner));
  }
  return (v6.sin6_addr.s6_addr[0] & 0xE0U) != 0x20U;  // Global unicast is 2000::/3.
}

struct Connecting {
  bool public_only = false;
  bool refused = false;
};

curl_socket_t open_socket(void* context, curlsocktype, curl_sockaddr* address) {
  auto* connecting = static_cast<Connecting*>(context);
  if (connecting->public_only && is_private(address->addr)) {
    connecting->refused = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype, address->protocol);
}

std::size_t ignore_answer(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

struct CurlClose {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// One request; the address to go on to in `redirect`, if the answer is one.
Result<void> post(CURL* curl, const std::string& url, Connecting& connecting,
                  std::string& redirect) {
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &connecting);
  const CURLcode code = curl_easy_perform(curl);
  if (connecting.refused) {
    return fail(ErrorCode::io_error,
                fmt::format("the webhook redirects to the private address {}: name that address "
                            "itself, or allow it with --allow-private-redirects",
                            url));
  }
  if (code != CURLE_OK) {
    return fail(ErrorCode::io_error, fmt::format("the webhook {} did not take the alert: {}", url,
                                                 curl_easy_strerror(code)));
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  char* next = nullptr;
  curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &next);
  redirect = next == nullptr ? "" : next;
  if ((status >= 200 && status < 300) || !redirect.empty()) return {};
  return fail(ErrorCode::io_error,
              fmt::format("the webhook {} answered {} instead of 2xx", url, status));
}

Result<void> to_webhook(const AlertTargets& targets, const std::string& json) {
  const std::unique_ptr<CURL, CurlClose> curl(curl_easy_init());
  const std::unique_ptr<curl_slist, CurlClose> headers(
      curl_slist_append(nullptr, "Content-Type: application/json"));
  if (!curl || !headers) return fail(ErrorCode::io_error, "the webhook needs memory");
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(json.size()));
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, json.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kSecondsInAll);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, ignore_answer);
  curl_easy_setopt(curl.get(), CURLOPT_OPENSOCKETFUNCTION, open_socket);
  std::string url = targets.webhook;
  for (int hop = 0; hop <= kHopsMax; ++hop) {
    // The address that was named is trusted; where its answer leads is not.
    Connecting connecting{hop > 0 && targets.redirects == AlertTargets::Redirects::public_only,
                          false};
    std::string redirect;
    if (auto posted = post(curl.get(), url, connecting, redirect); !posted) return posted;
    if (redirect.empty()) return {};
    url = redirect;
    curl_easy_setopt(curl.get(), CURLOPT_FRESH_CONNECT, 1L);
  }
  return fail(ErrorCode::io_error, "the webhook redirects more than three times: " + url);
}

Result<void> to_command(const std::string& command, const std::string& json) {
  std::FILE* pipe = popen(command.c_str(), "w");
  if (pipe == nullptr) return fail(ErrorCode::io_error, "cannot run the alert's command");
  std::fwrite(json.data(), 1, json.size(), pipe);
  const int status = pclose(pipe);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(ErrorCode::io_error,
              fmt::format("the alert's command {} failed with status {}", quoted(command),
                          WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)));
}

}  // namespace

Result<void> deliver(const AlertTargets& targets, const std::string& json) {
  if (!targets.webhook.empty()) {
    if (!targets.webhook.starts_with("http://") && !targets.webhook.starts_with("https://")) {
      return fail(ErrorCode::invalid_input,
                  "the webhook " + quoted(targets.webhook) + " is no http:// or https:// address");
    }
    if (auto sent = to_webhook(targets, json); !sent) return sent;
  }
  if (targets.command.empty()) return {};
  return to_command(targets.command, json);
}

}  // namespace costops::cli
