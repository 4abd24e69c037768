// clickhouse_server.h - a ClickHouse server over HTTP: statements, blocks of rows, answers.
//
// No text from outside ever becomes part of a statement: texts that are compared travel beside it,
// as a table `asked` of one statement, and names are checked when the URL is read.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/error.h"
#include "storage/clickhouse_url.h"

namespace costops::storage {

/// Any thread at any time.
class ClickhouseServer {
 public:
  /// A server of that ledger.
  ClickhouseServer(const ClickhouseUrl& url, ClickhouseNode node);
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
  [[nodiscard]] std::string name() const { return node_.text(); }
  [[nodiscard]] const ClickhouseNode& node() const { return node_; }

 private:
  struct Request;
  class Form;
  [[nodiscard]] Result<std::string> send(const Request& request) const;
  [[nodiscard]] std::string address(void* connection, const Request& request) const;
  void set_up(void* connection, const Request& request, Form& form) const;
  [[nodiscard]] Error error(const std::string& what) const;
  [[nodiscard]] void* connection() const;
  void give_back(void* connection) const;

  ClickhouseUrl url_;
  ClickhouseNode node_;
  mutable std::mutex pooling_;
  mutable std::vector<void*> pool_;  ///< Open curl handles: each keeps its connection.
};

}  // namespace costops::storage
