// webhook.cc - a message's way: attempts, redirects, and what is refused.
#include "costops/delivery/webhook.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <on_demand.h>
#include <poll.h>
#include <unistd.h>

#include <memory>
#include <optional>

#include "delivery/network_address.h"
#include "delivery/posting.h"

namespace costops::delivery {
namespace {

constexpr int kRedirectsMax = 3;
constexpr std::size_t kAnswerBytesMax = 64 * 1024;

struct CurlClose {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  void operator()(char* text) const { curl_free(text); }
};
using Curl = std::unique_ptr<CURL, CurlClose>;
using Headers = std::unique_ptr<curl_slist, CurlClose>;

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return "";
  const std::unique_ptr<char, CurlClose> owned(text);
  return text;
}

struct Url {
  std::string scheme, host, port;
  bool has_credentials = false;
  /// What messages may show.
  [[nodiscard]] std::string shown() const {
    return fmt::format("{}://{}{}{}", scheme, host, port.empty() ? "" : ":", port);
  }
};

std::optional<Url> parse_url(const std::string& text) {
  const std::unique_ptr<CURLU, CurlClose> url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return {};
  Url parsed{part_of(url.get(), CURLUPART_SCHEME), part_of(url.get(), CURLUPART_HOST),
             part_of(url.get(), CURLUPART_PORT), !part_of(url.get(), CURLUPART_USER).empty()};
  if (parsed.scheme != "http" && parsed.scheme != "https") return {};
  return parsed;
}

/// What the callbacks of one request share.
struct Exchange {
  AddressTest refused_if = nullptr;  ///< Null: any address will do.
  bool refused = false;
  bool too_long = false;
  std::size_t bytes = 0;
  std::string answer;  ///< Its beginning, for messages.
};

curl_socket_t open_socket(void* context, curlsocktype, curl_sockaddr* address) {
  auto* exchange = static_cast<Exchange*>(context);
  // Judged is the address that is connected to, not the name: a name may change its mind.
  if (exchange->refused_if != nullptr && exchange->refused_if(address->addr)) {
    exchange->refused = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t take_header(char*, std::size_t size, std::size_t count, void* context) {
  auto* exchange = static_cast<Exchange*>(context);
  exchange->bytes += size * count;
  exchange->too_long = exchange->bytes > kAnswerBytesMax;
  return exchange->too_long ? 0 : size * count;
}

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* context) {
  auto* exchange = static_cast<Exchange*>(context);
  if (exchange->answer.size() < 200) exchange->answer.append(bytes, size * count);
  return take_header(bytes, size, count, context);
}

/// One request's end: it was taken, or goes on elsewhere, or failed.
struct Outcome {
  int status = 0;
  std::string redirect;
  Error error;
  enum class Next : std::uint8_t { done, redirect, try_again, give_up } next = Next::give_up;
};

Outcome failed(Outcome::Next next, std::string message) {
  return {0, "", {ErrorCode::io_error, std::move(message)}, next};
}

Outcome judged(CURL* curl, const Exchange& exchange, const std::string& host) {
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status >= 200 && status < 300) {
    return {static_cast<int>(status), "", {}, Outcome::Next::done};
  }
  char* next = nullptr;
  curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &next);
  if ((status == 307 || status == 308) && next != nullptr) {
    return {static_cast<int>(status), next, {}, Outcome::Next::redirect};
  }
  std::string message = fmt::format("the webhook at {} answered {}", host, status);
  if (status >= 300 && status < 400) {
    message += ": only redirects 307 and 308 keep a POST; name the final address";
  } else if (!exchange.answer.empty()) {
    message += ": " + quoted(exchange.answer);
  }
  return failed(status >= 500 ? Outcome::Next::try_again : Outcome::Next::give_up,
                std::move(message));
}

Outcome outcome_of(CURL* curl, CURLcode code, const Exchange& exchange, const Webhook& webhook,
                   const std::string& host) {
  if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && exchange.too_long)) {
    return judged(curl, exchange, host);
  }
  if (exchange.refused) {
    return failed(Outcome::Next::give_up,
                  fmt::format("the webhook at {} leads to a private address, where only services "
                              "inside a network are; allow it with --webhook-allow-private",
                              host));
  }
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return failed(Outcome::Next::try_again,
                  fmt::format("the webhook at {} did not answer within {} ms", host,
                              webhook.answer_within.count()));
  }
  // A certificate that is wrong does not become right in a second.
  const bool final = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE;
  return failed(
      final ? Outcome::Next::give_up : Outcome::Next::try_again,
      fmt::format("the webhook at {} cannot be reached: {}", host, curl_easy_strerror(code)));
}

Headers headers_of(const Webhook& webhook, const Message& message) {
  curl_slist* list = nullptr;
  const auto add = [&](const std::string& line) {
    curl_slist* longer = curl_slist_append(list, line.c_str());
    if (longer != nullptr) list = longer;
  };
  add("Content-Type: application/json");
  add("Expect:");  // No extra round trip to ask whether the body is welcome.
  add("webhook-id: " + message.id);
  add("Idempotency-Key: \"" + message.id + '"');
  add(fmt::format(
      "webhook-timestamp: {}",
      std::chrono::floor<std::chrono::seconds>(message.sent_at.time_since_epoch()).count()));
  if (!webhook.secret.empty()) add("webhook-signature: " + signature_of(webhook, message));
  return Headers(list);
}

void prepare(CURL* curl, const Webhook& webhook, const Message& message, const Headers& headers) {
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "cost-ops");
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(message.body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, message.body.data());
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(webhook.connect_within.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(webhook.answer_within.count()));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);  // Each address is judged when connecting.
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  if (webhook.addresses == Webhook::Addresses::public_only) {
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
  }
}

Outcome request(CURL* curl, const Webhook& webhook, const std::string& url, const Url& parsed,
                AddressTest refused) {
  Exchange exchange;
  if (webhook.addresses == Webhook::Addresses::public_only) exchange.refused_if = refused;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  return outcome_of(curl, curl_easy_perform(curl), exchange, webhook, parsed.shown());
}

/// One attempt, redirects included.
Outcome attempt(CURL* curl, const Webhook& webhook, AddressTest refused) {
  std::string url = webhook.url;
  Url before;
  for (int redirects = 0;; ++redirects) {
    const auto parsed = parse_url(url);
    if (!parsed) {
      return failed(
          Outcome::Next::give_up,
          fmt::format("the webhook at {} redirects to no http or https address", before.shown()));
    }
    if (before.scheme == "https" && parsed->scheme == "http") {
      return failed(Outcome::Next::give_up,
                    fmt::format("the webhook at {} redirects from https to http, which would show "
                                "the message to everyone on the way",
                                before.shown()));
    }
    Outcome outcome = request(curl, webhook, url, *parsed, refused);
    if (outcome.next != Outcome::Next::redirect) return outcome;
    if (redirects == kRedirectsMax) {
      return failed(Outcome::Next::give_up,
                    fmt::format("the webhook at {} redirects more than {} times", parsed->shown(),
                                kRedirectsMax));
    }
    before = *parsed;
    url = std::move(outcome.redirect);
  }
}

/// False: a signal came.
bool pause_for(std::chrono::milliseconds time) {
  return poll(nullptr, 0, static_cast<int>(time.count())) == 0;
}

}  // namespace

Result<void> check_url(std::string_view url) {
  if (const char* why = costops_why_no_curl()) return fail(ErrorCode::io_error, why);
  const auto parsed = parse_url(std::string(url));
  if (!parsed || url.find_first_of(std::string_view("\0\r\n ", 4)) != std::string_view::npos) {
    return fail(ErrorCode::invalid_input,
                "the webhook " + quoted(url) + " is no http:// or https:// address");
  }
  if (!parsed->has_credentials) return {};
  return fail(ErrorCode::invalid_input,
              fmt::format("the webhook at {} has a user in its address; sign messages with a "
                          "secret instead",
                          parsed->shown()));
}

Result<Receipt> post_judging(const Webhook& webhook, const Message& message, AddressTest refused) {
  if (auto sound = check_url(webhook.url); !sound) return fail(sound.error());
  const Message sent = with_id(message);
  const Headers headers = headers_of(webhook, sent);
  const Curl curl(curl_easy_init());
  if (!curl || !headers) return fail(ErrorCode::io_error, "the webhook needs memory");
  prepare(curl.get(), webhook, sent, headers);
  auto pause = webhook.first_pause;
  for (int attempts = 1;; ++attempts) {
    Outcome outcome = attempt(curl.get(), webhook, refused);
    if (outcome.next == Outcome::Next::done) return Receipt{outcome.status, attempts};
    if (outcome.next == Outcome::Next::give_up) return fail(std::move(outcome.error));
    if (attempts >= webhook.attempts_max) {
      outcome.error.message += fmt::format(" (tried {} times)", attempts);
      return fail(std::move(outcome.error));
    }
    if (!pause_for(pause)) {
      return fail(ErrorCode::cancelled, "stopped before the webhook took the message");
    }
    pause *= 2;
  }
}

Result<Receipt> post(const Webhook& webhook, const Message& message) {
  return post_judging(webhook, message, is_private);
}

}  // namespace costops::delivery
