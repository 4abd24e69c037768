// clickhouse_server.h - a ClickHouse server over HTTP: statements, blocks of rows, answers.
//
// No text from outside ever becomes part of a statement: texts that are compared travel beside it,
// as a table `asked` of one statement, and the database's name is checked when the URL is read.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/error.h"

namespace costops::storage {

/// "clickhouse://HOST:PORT/DATABASE?spool=FOLDER".
struct ClickhouseUrl {
  std::string host, port = "8123", database;
  std::string spool;  ///< Folder of unacknowledged batches; "": only to read.
  [[nodiscard]] std::string text() const {
    return "clickhouse://" + host + ":" + port + "/" + database;
  }
};
/// Fails with invalid_input, naming what is wrong, and with unsupported for a cluster.
[[nodiscard]] Result<ClickhouseUrl> parse_clickhouse_url(std::string_view url);

/// Any thread at any time.
class ClickhouseServer {
 public:
  explicit ClickhouseServer(ClickhouseUrl url);
  ~ClickhouseServer();
  ClickhouseServer(ClickhouseServer&&) = delete;
  ClickhouseServer& operator=(ClickhouseServer&&) = delete;

  /// Rows that a statement may name `asked`, in RowBinary.
  struct Asked {
    std::string_view structure;  ///< "high UInt64, low UInt64".
    std::string_view rows;
  };
  /// The whole answer, after the server has finished. Fails with io_error, with what it said.
  [[nodiscard]] Result<std::string> ask(std::string_view statement) const;
  [[nodiscard]] Result<std::string> ask(std::string_view statement, const Asked& asked) const;
  /// The same outside of the database, which may not be there yet.
  [[nodiscard]] Result<std::string> ask_outside(std::string_view statement) const;
  /// Rows into a table. The server refuses a second statement of one name while the first runs.
  [[nodiscard]] Result<void> insert(std::string_view table, std::string_view rows,
                                    std::string_view name) const;
  [[nodiscard]] const ClickhouseUrl& url() const { return url_; }

 private:
  struct Request;
  [[nodiscard]] Result<std::string> send(const Request& request) const;
  [[nodiscard]] void* connection() const;
  void give_back(void* connection) const;

  ClickhouseUrl url_;
  mutable std::mutex pooling_;
  mutable std::vector<void*> pool_;  ///< Open curl handles: each keeps its connection.
};

}  // namespace costops::storage
