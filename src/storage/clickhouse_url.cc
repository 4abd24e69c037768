// clickhouse_url.cc - taken apart strictly: what is not understood is refused by name.
#include "storage/clickhouse_url.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>

#include "costops/storage/ledger_url.h"

namespace costops::storage {
namespace {

constexpr std::string_view kScheme = "clickhouse://";
constexpr std::string_view kOptions =
    "cluster=NAME, spool=FOLDER, secure=1, ca=FILE, password_file=FILE or timeout=SECONDS";
constexpr std::size_t kLongestName = 64;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && std::ranges::all_of(text, is_word);
}

bool is_dotted_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName &&
         std::ranges::all_of(text, [](char c) { return is_word(c) || c == '.' || c == '-'; });
}

bool is_host(std::string_view text) {
  constexpr std::size_t kLongestHost = 253;
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {  // IPv6.
    text = text.substr(1, text.size() - 2);
    return std::ranges::all_of(text, [](char c) { return is_word(c) || c == ':' || c == '.'; });
  }
  return !text.empty() && text.size() <= kLongestHost &&
         std::ranges::all_of(text, [](char c) { return is_word(c) || c == '.' || c == '-'; });
}

template <typename Number>
std::optional<Number> whole_number(std::string_view text, Number least, Number most) {
  Number number{};
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (wrong != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number < least || number > most ? std::nullopt : std::optional(number);
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    unsigned byte = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto [end, wrong] =
        std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (wrong != std::errc() || digits.size() != 2 || end != digits.data() + 2 || byte == 0) {
      return std::nullopt;
    }
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return decoded;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (is_word(c) || c == '.' || c == '-' || c == '/') {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kDigits[byte >> 4];
    encoded += kDigits[byte & 0xf];
  }
  return encoded;
}

/// Before the first of `ends`, or all of it; `rest` is left with what follows that character.
std::string_view take_until(std::string_view& rest, std::string_view ends) {
  const std::size_t at = std::min(rest.find_first_of(ends), rest.size());
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return taken;
}

std::optional<ClickhouseNode> node_of(std::string_view text) {
  ClickhouseNode node;
  const std::size_t bracket = text.find(']');
  const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  node.host = text.substr(0, colon);
  if (colon != std::string_view::npos) node.port = text.substr(colon + 1);
  constexpr int kLastPort = 65'535;
  const bool port_fits =
      colon == std::string_view::npos || whole_number(node.port, 1, kLastPort).has_value();
  return is_host(node.host) && port_fits ? std::optional(node) : std::nullopt;
}

/// "USER:PASSWORD@" at the beginning of the authority.
bool take_credentials(std::string_view& authority, ClickhouseUrl& url) {
  const std::size_t end = authority.rfind('@');
  if (end == std::string_view::npos) return true;
  std::string_view given = authority.substr(0, end);
  authority.remove_prefix(end + 1);
  const auto user = percent_decoded(take_until(given, ":"));
  const auto password = percent_decoded(given);
  if (!user || !password || user->empty()) return false;
  url.user = *user;
  url.password = *password;
  return true;
}

Result<std::string> first_line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (std::getline(file, line) && !line.empty()) return line;
  return fail(ErrorCode::io_error, "cannot read a password from the first line of " + path);
}

Error wrong_option(std::string_view name, std::string_view value, std::string_view expected) {
  return {ErrorCode::invalid_input, "option \"" + std::string(name) + "=" + std::string(value) +
                                        "\" of a ClickHouse ledger: expected " +
                                        std::string(expected)};
}

Result<void> take_option(std::string_view option, ClickhouseUrl& url) {
  std::string_view value = option;
  const std::string_view name = take_until(value, "=");
  constexpr std::int64_t kLongestTimeout = 86'400;
  if (name == "cluster") {
    url.cluster = value;
    if (is_dotted_name(value)) return {};
    return fail(wrong_option(name, value, "a name of letters, digits, _, - and ."));
  }
  if (name == "timeout") {
    const auto seconds = whole_number<std::int64_t>(value, 1, kLongestTimeout);
    if (!seconds) return fail(wrong_option(name, value, "1 to 86400 seconds"));
    url.timeout = std::chrono::seconds(*seconds);
    return {};
  }
  if (name == "secure") {
    if (value != "0" && value != "1") return fail(wrong_option(name, value, "0 or 1"));
    url.secure = value == "1";
    return {};
  }
  const auto text = percent_decoded(value);
  if (text && !text->empty() && (name == "spool" || name == "ca")) {
    (name == "spool" ? url.spool : url.authority) = *text;
    return {};
  }
  if (text && !text->empty() && name == "password_file") {
    auto password = first_line_of(*text);
    if (!password) return fail(password.error());
    url.password = std::move(*password);
    return {};
  }
  return fail(ErrorCode::invalid_input, "unknown option \"" + std::string(option) +
                                            "\" of a ClickHouse ledger: expected " +
                                            std::string(kOptions));
}

/// They travel in headers, which a line break would end.
bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

}  // namespace

std::string ClickhouseUrl::text() const {
  std::string hosts;
  for (const ClickhouseNode& node : nodes) hosts += (hosts.empty() ? "" : ",") + node.text();
  const std::string address = std::string(kScheme) + hosts + "/" + database;
  return cluster.empty() ? address : address + "?cluster=" + cluster;
}

Result<ClickhouseUrl> parse_clickhouse_url(std::string_view text) {
  const auto wrong = [text] {
    return fail(ErrorCode::invalid_input,
                "\"" + shown_ledger_url(text) + "\" is no ClickHouse ledger: give " +
                    "clickhouse://HOST:PORT/DATABASE, the database in letters, digits and _");
  };
  if (!text.starts_with(kScheme)) return wrong();
  std::string_view rest = text.substr(kScheme.size());
  ClickhouseUrl url;
  std::string_view options = rest;
  rest = take_until(options, "?");
  // A user's name may hold a slash, a database may not.
  const std::size_t slash = rest.rfind('/');
  if (slash == std::string_view::npos) return wrong();
  url.database = rest.substr(slash + 1);
  std::string_view hosts = rest.substr(0, slash);
  if (!is_name(url.database) || !take_credentials(hosts, url)) return wrong();
  do {
    const auto node = node_of(take_until(hosts, ","));
    if (!node) return wrong();
    url.nodes.push_back(*node);
  } while (!hosts.empty());
  while (!options.empty()) {
    if (auto taken = take_option(take_until(options, "&"), url); !taken) {
      return fail(taken.error());
    }
  }
  for (ClickhouseNode& node : url.nodes) {
    if (node.port.empty()) node.port = url.secure ? "8443" : "8123";
  }
  if (url.nodes.size() > 1 && url.cluster.empty()) {
    return fail(ErrorCode::invalid_input, "ledger " + url.text() +
                                              " names several servers but no cluster: add " +
                                              "?cluster=NAME, as in their configuration");
  }
  if (has_control_character(url.user) || has_control_character(url.password)) {
    return fail(ErrorCode::invalid_input,
                "the user or password for ledger " + url.text() + " has a control character");
  }
  return url;
}

std::string shown_ledger_url(std::string_view url) {
  if (!url.starts_with(kScheme)) return std::string(url);
  const std::size_t end = url.substr(0, url.find('?')).rfind('@');
  if (end == std::string_view::npos) return std::string(url);
  const std::size_t colon = url.find(':', kScheme.size());
  return std::string(url.substr(0, std::min(colon, end))) + std::string(url.substr(end));
}

std::string with_ledger_defaults(std::string_view url, const LedgerDefaults& defaults) {
  if (!url.starts_with(kScheme)) return std::string(url);
  std::string whole(url);
  const std::size_t options = url.find('?');
  const auto names = [&](std::string_view option) {
    return options != std::string_view::npos &&
           (url.find("?" + std::string(option), options) != std::string_view::npos ||
            url.find("&" + std::string(option), options) != std::string_view::npos);
  };
  if (!names("spool=")) {
    whole += options == std::string_view::npos ? "?spool=" : "&spool=";
    whole += percent_encoded(defaults.spool);
  }
  const std::size_t authority = kScheme.size();
  const std::string_view before = url.substr(0, options);
  if (defaults.user.empty() || before.find('@') != std::string_view::npos) return whole;
  std::string credentials = percent_encoded(defaults.user);
  if (!names("password_file=")) credentials += ":" + percent_encoded(defaults.password);
  return whole.insert(authority, credentials + "@");
}

}  // namespace costops::storage
