// clickhouse_url.h - where a ledger on ClickHouse is, and how to get in.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/error.h"

namespace costops::storage {

/// A server's HTTP port.
struct ClickhouseNode {
  std::string host, port;
  [[nodiscard]] std::string text() const { return host + ":" + port; }
  friend bool operator==(const ClickhouseNode&, const ClickhouseNode&) = default;
};

/// "clickhouse://[USER[:PASSWORD]@]HOST[:PORT][,HOST[:PORT]...]/DATABASE[?OPTION[&OPTION...]]".
/// Names are checked when it is parsed: letters, digits and _ (in a cluster's name also - and .),
/// so that they may stand in statements.
struct ClickhouseUrl {
  std::vector<ClickhouseNode> nodes;  ///< At least one; several only with a cluster.
  std::string database;
  std::string cluster;  ///< Name in the servers' configuration; "": one server.
  std::string spool;    ///< Folder of unacknowledged batches; "": only to read.
  std::string user, password;
  std::string authority;  ///< File with the certificates to trust; "": the system's.
  bool secure = false;    ///< HTTPS.
  /// The longest that a server may work on one statement.
  std::chrono::seconds timeout{600};

  /// Without credentials and without the options that differ from one machine to the next.
  [[nodiscard]] std::string text() const;
};

/// Fails with invalid_input, naming what is wrong but no password; with io_error if the file of
/// `password_file=` cannot be read.
[[nodiscard]] Result<ClickhouseUrl> parse_clickhouse_url(std::string_view url);

}  // namespace costops::storage
