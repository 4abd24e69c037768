// clickhouse_fixture.h - for tests: a ClickHouse server of their own, on loopback, in a folder that
// goes with it.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "storage/clickhouse_server.h"

namespace costops::storage {

class ClickhouseFixture {
 public:
  /// Started by the first who asks; ends with the process.
  static ClickhouseFixture& shared() {
    static ClickhouseFixture server;
    return server;
  }
  ClickhouseFixture(ClickhouseFixture&&) = delete;
  ClickhouseFixture& operator=(ClickhouseFixture&&) = delete;
  ~ClickhouseFixture() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  [[nodiscard]] bool runs() const { return runs_; }
  [[nodiscard]] std::string url(const std::string& database) const {
    return "clickhouse://127.0.0.1:" + std::to_string(ports_[0]) + "/" + database;
  }
  [[nodiscard]] std::string secure_url(const std::string& database) const {
    return "clickhouse://127.0.0.1:" + std::to_string(ports_[3]) + "/" + database;
  }
  /// The file to trust on secure_url(); empty if there is no HTTPS.
  [[nodiscard]] std::string certificate() const { return certificate_; }

 private:
  ClickhouseFixture() {
    std::string program;
    for (const char* const path : {"/usr/bin/clickhouse-server", "/usr/sbin/clickhouse-server"}) {
      if (std::filesystem::exists(path)) program = path;
    }
    if (program.empty()) return;
    char name[] = "/tmp/costops-clickhouse-XXXXXX";
    folder_ = mkdtemp(name);
    make_certificate();
    for (int attempt = 0; attempt < 3 && !runs_; ++attempt) start(program);
  }

  /// Another program may take a port that was free: then it ends early, and is started anew.
  void start(const std::string& program) {
    constexpr int kTenthsOfSeconds = 1800;
    for (int& port : ports_) port = free_port();
    write_configuration();
    process_ = ::fork();
    if (process_ == 0) run(program);
    const ClickhouseUrl own = parse_clickhouse_url(url("default")).value();
    const ClickhouseServer server(own, own.nodes[0]);
    for (int tenth = 0; tenth < kTenthsOfSeconds && process_ > 0 && !runs_; ++tenth) {
      ::poll(nullptr, 0, 100);
      runs_ = server.ask_outside("SELECT 1").has_value();
      if (!runs_ && ::waitpid(process_, nullptr, WNOHANG) == process_) process_ = 0;
    }
  }

  [[noreturn]] void run(const std::string& program) const {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const std::string output = folder_ + "/output";
    if (std::freopen(output.c_str(), "w", stdout) == nullptr) ::_exit(1);
    if (std::freopen(output.c_str(), "w", stderr) == nullptr) ::_exit(1);
    const std::string option = "--config-file=" + folder_ + "/config.xml";
    ::execl(program.c_str(), program.c_str(), option.c_str(), nullptr);
    ::_exit(1);
  }

  void make_certificate() {
    const std::string file = folder_ + "/certificate.pem";
    const std::string command =
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext "
        "subjectAltName=IP:127.0.0.1 -keyout " +
        folder_ + "/key.pem -out " + file + " >" + folder_ + "/openssl 2>&1";
    if (std::system(command.c_str()) == 0) certificate_ = file;
  }
  [[nodiscard]] std::string https() const {
    if (certificate_.empty()) return {};
    return "<https_port>" + std::to_string(ports_[3]) +
           "</https_port><openSSL><server><certificateFile>" + certificate_ +
           "</certificateFile><privateKeyFile>" + folder_ +
           "/key.pem</privateKeyFile><verificationMode>none</verificationMode></server></openSSL>";
  }

  static int free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(socket, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(socket);
    return ntohs(address.sin_port);
  }

  void write_configuration() const {
    std::ofstream(folder_ + "/config.xml")
        << "<yandex><logger><level>warning</level><log>" << folder_ << "/log</log><errorlog>"
        << folder_ << "/errors</errorlog></logger><http_port>" << ports_[0]
        << "</http_port><tcp_port>" << ports_[1] << "</tcp_port><interserver_http_port>"
        << ports_[2] << "</interserver_http_port>" << https()
        << "<listen_host>127.0.0.1</listen_host><path>" << folder_ << "/data/</path><tmp_path>"
        << folder_
        << "/tmp/</tmp_path><users_config>users.xml</users_config>"
           "<default_profile>default</default_profile><default_database>default</default_database>"
           "<mark_cache_size>67108864</mark_cache_size><timezone>UTC</timezone></yandex>";
    std::ofstream(folder_ + "/users.xml")
        << "<yandex><profiles><default/></profiles><users><default><password/><networks>"
           "<ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>"
           "</default><ann><password>open sesame</password><networks><ip>127.0.0.1</ip></networks>"
           "<profile>default</profile><quota>default</quota></ann></users><quotas><default/></"
           "quotas></yandex>";
  }

  std::string folder_;
  std::string certificate_;
  std::array<int, 4> ports_{};  ///< HTTP, native, between servers, HTTPS.
  pid_t process_ = 0;
  bool runs_ = false;
};

}  // namespace costops::storage
