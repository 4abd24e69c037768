// clickhouse_server.cc - HTTP by libcurl; every answer's code is checked.
#include "storage/clickhouse_server.h"

#include <curl/curl.h>
#include <on_demand.h>

#include <algorithm>

namespace costops::storage {
namespace {

constexpr long kConnectSeconds = 10;
/// The server gives up first, so that a statement that the client gave up does not run on.
constexpr long kServerSeconds = 600;
constexpr long kClientSeconds = 660;
constexpr long kOk = 200;

bool is_name(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && text.size() <= kLongest && std::ranges::all_of(text, is_word);
}

bool is_host(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_name({&c, 1}) || c == '.' || c == '-';
  });
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Result<void> take_option(std::string_view option, ClickhouseUrl& url) {
  constexpr std::string_view kSpool = "spool=";
  if (option.starts_with(kSpool) && option.size() > kSpool.size()) {
    url.spool = option.substr(kSpool.size());
    return {};
  }
  if (option.starts_with("cluster=")) {
    return fail(ErrorCode::unsupported,
                "this cost-ops writes to a single ClickHouse server: leave out \"" +
                    std::string(option) + "\"");
  }
  return fail(ErrorCode::invalid_input,
              "unknown option \"" + std::string(option) + "\": expected spool=FOLDER");
}

std::size_t take_bytes(const char* bytes, std::size_t size, std::size_t count, void* into) {
  static_cast<std::string*>(into)->append(bytes, size * count);
  return size * count;
}

void add_parameter(CURL* curl, std::string& address, std::string_view name,
                   std::string_view value) {
  char* const escaped = curl_easy_escape(curl, value.data(), static_cast<int>(value.size()));
  address.append("&").append(name).append("=").append(escaped != nullptr ? escaped : "");
  curl_free(escaped);
}

std::string first_line(std::string_view text) {
  constexpr std::size_t kLongest = 400;
  return std::string(text.substr(0, std::min(text.find('\n'), kLongest)));
}

}  // namespace

Result<ClickhouseUrl> parse_clickhouse_url(std::string_view text) {
  constexpr std::string_view kScheme = "clickhouse://";
  const auto wrong = [text] {
    return fail(ErrorCode::invalid_input,
                "\"" + std::string(text) + "\" is no ClickHouse ledger: give clickhouse://HOST:" +
                    "PORT/DATABASE, the database in letters, digits and _");
  };
  if (!text.starts_with(kScheme)) return wrong();
  std::string_view rest = text.substr(kScheme.size());
  ClickhouseUrl url;
  std::string_view options;
  if (const auto mark = rest.find('?'); mark != std::string_view::npos) {
    options = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) return wrong();
  url.database = rest.substr(slash + 1);
  url.host = rest.substr(0, slash);
  if (const auto colon = url.host.find(':'); colon != std::string::npos) {
    url.port = url.host.substr(colon + 1);
    url.host.resize(colon);
  }
  if (!is_host(url.host) || !is_port(url.port) || !is_name(url.database)) return wrong();
  while (!options.empty()) {
    const auto end = std::min(options.find('&'), options.size());
    if (auto taken = take_option(options.substr(0, end), url); !taken) return fail(taken.error());
    options.remove_prefix(std::min(end + 1, options.size()));
  }
  return url;
}

struct ClickhouseServer::Request {
  std::string_view statement;
  std::string_view database;
  std::string_view body;  ///< Rows to insert; then the statement travels in the address.
  const Asked* asked = nullptr;
  std::string_view name;
};

ClickhouseServer::ClickhouseServer(ClickhouseUrl url) : url_(std::move(url)) {
  if (costops_why_no_curl() != nullptr) return;  // send() says it.
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(started);
}

ClickhouseServer::~ClickhouseServer() {
  for (void* const curl : pool_) curl_easy_cleanup(curl);
}

void* ClickhouseServer::connection() const {
  const std::scoped_lock lock(pooling_);
  if (pool_.empty()) return curl_easy_init();
  void* const curl = pool_.back();
  pool_.pop_back();
  return curl;
}

void ClickhouseServer::give_back(void* connection) const {
  const std::scoped_lock lock(pooling_);
  pool_.push_back(connection);
}

Result<std::string> ClickhouseServer::send(const Request& request) const {
  if (const char* why = costops_why_no_curl()) return fail(ErrorCode::io_error, why);
  CURL* const curl = connection();
  if (curl == nullptr) return fail(ErrorCode::io_error, "libcurl does not start");
  curl_easy_reset(curl);
  std::string answer;
  std::string address =
      "http://" + url_.host + ":" + url_.port +
      "/?wait_end_of_query=1&max_execution_time=" + std::to_string(kServerSeconds);
  if (!request.database.empty()) add_parameter(curl, address, "database", request.database);
  if (!request.name.empty()) add_parameter(curl, address, "query_id", request.name);
  curl_mime* form = nullptr;
  if (request.asked != nullptr) {
    add_parameter(curl, address, "query", request.statement);
    add_parameter(curl, address, "asked_structure", request.asked->structure);
    address += "&asked_format=RowBinary";
    form = curl_mime_init(curl);
    curl_mimepart* const part = curl_mime_addpart(form);
    curl_mime_name(part, "asked");
    curl_mime_filename(part, "asked");
    curl_mime_data(part, request.asked->rows.data(), request.asked->rows.size());
    curl_easy_setopt(curl, CURLOPT_MIMEPOST, form);
  } else {
    const bool rows = !request.body.empty();
    if (rows) add_parameter(curl, address, "query", request.statement);
    const std::string_view body = rows ? request.body : request.statement;
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  }
  curl_slist* headers = curl_slist_append(nullptr, "Expect:");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_URL, address.c_str());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, kClientSeconds);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  const CURLcode done = curl_easy_perform(curl);
  long code = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
  curl_slist_free_all(headers);
  curl_mime_free(form);
  give_back(curl);
  if (done != CURLE_OK) {
    return fail(ErrorCode::io_error, "the ClickHouse server " + url_.host + ":" + url_.port +
                                         " does not answer: " + curl_easy_strerror(done));
  }
  if (code == kOk) return answer;
  return fail(ErrorCode::io_error, "the ClickHouse server " + url_.host + ":" + url_.port +
                                       " refused (HTTP " + std::to_string(code) +
                                       "): " + first_line(answer));
}

Result<std::string> ClickhouseServer::ask(std::string_view statement) const {
  return send({.statement = statement, .database = url_.database, .body = {}, .name = {}});
}

Result<std::string> ClickhouseServer::ask(std::string_view statement, const Asked& asked) const {
  return send(
      {.statement = statement, .database = url_.database, .body = {}, .asked = &asked, .name = {}});
}

Result<std::string> ClickhouseServer::ask_outside(std::string_view statement) const {
  return send({.statement = statement, .database = {}, .body = {}, .name = {}});
}

Result<void> ClickhouseServer::insert(std::string_view table, std::string_view rows,
                                      std::string_view name) const {
  if (rows.empty()) return {};
  const std::string statement = "INSERT INTO " + std::string(table) + " FORMAT RowBinary";
  const auto answer =
      send({.statement = statement, .database = url_.database, .body = rows, .name = name});
  if (!answer) return fail(answer.error());
  if (answer->empty()) return {};
  return fail(ErrorCode::io_error, "the ClickHouse server " + url_.host + ":" + url_.port +
                                       " answered rows with: " + first_line(*answer));
}

}  // namespace costops::storage
