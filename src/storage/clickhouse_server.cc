// clickhouse_server.cc - HTTP by libcurl; every answer's code is checked.
#include "storage/clickhouse_server.h"

#include <curl/curl.h>
#include <on_demand.h>

#include <algorithm>

namespace costops::storage {
namespace {

constexpr long kConnectSeconds = 10;
/// The server gives up first, so that a statement that the client gave up does not run on.
constexpr std::chrono::seconds kGrace{5};
constexpr long kOk = 200;

std::size_t take_bytes(const char* bytes, std::size_t size, std::size_t count, void* into) {
  static_cast<std::string*>(into)->append(bytes, size * count);
  return size * count;
}

/// Servers of all versions name themselves in it; whatever stands in between does not.
std::size_t look_for_server(const char* bytes, std::size_t size, std::size_t count, void* into) {
  constexpr std::string_view kName = "X-ClickHouse-Server-Display-Name:";
  const std::string_view line(bytes, size * count);
  const bool found =
      line.size() >= kName.size() && curl_strnequal(line.data(), kName.data(), kName.size()) != 0;
  if (found) *static_cast<bool*>(into) = true;
  return line.size();
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

struct ClickhouseServer::Request {
  std::string_view statement;
  std::string_view database;
  std::string_view body;  ///< Rows to insert; then the statement travels in the address.
  const Asked* asked = nullptr;
  std::string_view name;
};

/// What curl reads from while it sends: the headers, and a table beside the statement.
class ClickhouseServer::Form {
 public:
  Form() = default;
  ~Form() {
    curl_slist_free_all(headers_);
    curl_mime_free(table_);
  }
  Form(Form&&) = delete;
  Form& operator=(Form&&) = delete;

  void add_header(const std::string& header) {
    headers_ = curl_slist_append(headers_, header.c_str());
  }
  void set_table(CURL* curl, std::string_view rows) {
    table_ = curl_mime_init(curl);
    curl_mimepart* const part = curl_mime_addpart(table_);
    curl_mime_name(part, "asked");
    curl_mime_filename(part, "asked");
    curl_mime_data(part, rows.data(), rows.size());
  }
  [[nodiscard]] curl_slist* headers() const { return headers_; }
  [[nodiscard]] curl_mime* table() const { return table_; }

 private:
  curl_slist* headers_ = nullptr;
  curl_mime* table_ = nullptr;
};

ClickhouseServer::ClickhouseServer(const ClickhouseUrl& url, ClickhouseNode node)
    : url_(url), node_(std::move(node)) {
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

Error ClickhouseServer::error(const std::string& what) const {
  return {ErrorCode::io_error, "the ClickHouse server " + name() + " " + what};
}

std::string ClickhouseServer::address(void* connection, const Request& request) const {
  std::string address =
      (url_.secure ? "https://" : "http://") + name() +
      "/?wait_end_of_query=1&max_execution_time=" + std::to_string(url_.timeout.count());
  if (!request.database.empty()) add_parameter(connection, address, "database", request.database);
  if (!request.name.empty()) add_parameter(connection, address, "query_id", request.name);
  if (request.asked != nullptr || !request.body.empty()) {
    add_parameter(connection, address, "query", request.statement);
  }
  if (request.asked != nullptr) {
    add_parameter(connection, address, "asked_structure", request.asked->structure);
    address += "&asked_format=RowBinary";
  }
  return address;
}

void ClickhouseServer::set_up(void* connection, const Request& request, Form& form) const {
  CURL* const curl = connection;
  if (request.asked != nullptr) {
    form.set_table(curl, request.asked->rows);
    curl_easy_setopt(curl, CURLOPT_MIMEPOST, form.table());
  } else {
    const std::string_view body = request.body.empty() ? request.statement : request.body;
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  }
  form.add_header("Expect:");
  // In the address they would be in the logs of everything in between.
  if (!url_.user.empty()) form.add_header("X-ClickHouse-User: " + url_.user);
  if (!url_.password.empty()) form.add_header("X-ClickHouse-Key: " + url_.password);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, form.headers());
  if (!url_.authority.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, url_.authority.c_str());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>((url_.timeout + kGrace).count()));
}

Result<std::string> ClickhouseServer::send(const Request& request) const {
  if (const char* why = costops_why_no_curl()) return fail(ErrorCode::io_error, why);
  CURL* const curl = connection();
  if (curl == nullptr) return fail(ErrorCode::io_error, "libcurl does not start");
  curl_easy_reset(curl);
  Form form;
  set_up(curl, request, form);
  const std::string target = address(curl, request);
  std::string answer;
  curl_easy_setopt(curl, CURLOPT_URL, target.c_str());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  bool is_clickhouse = false;
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, look_for_server);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &is_clickhouse);
  const CURLcode done = curl_easy_perform(curl);
  long code = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
  give_back(curl);
  if (done != CURLE_OK) {
    return fail(error(std::string("does not answer: ") + curl_easy_strerror(done)));
  }
  if (code == kOk && is_clickhouse) return answer;
  if (code == kOk) return fail(error("answers, but not as ClickHouse does: is it its HTTP port?"));
  return fail(error("refused (HTTP " + std::to_string(code) + "): " + first_line(answer)));
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
  return fail(error("answered rows with: " + first_line(*answer)));
}

}  // namespace costops::storage
