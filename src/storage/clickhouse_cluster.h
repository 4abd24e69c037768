// clickhouse_cluster.h - the servers of a ledger: one, or those of a cluster.
//
// A cluster has shards, each with replicas that hold the same. cost-ops decides itself which shard
// a record belongs to and which replica it asks, over every server's own HTTP port: a Distributed
// table would queue what is inserted and could ask a replica that is behind.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/error.h"
#include "costops/domain/identity.h"
#include "storage/clickhouse_server.h"
#include "storage/clickhouse_url.h"

namespace costops::storage {

[[nodiscard]] Error half_an_answer();

/// Short pauses while something comes to pass on a server.
class Patience {
 public:
  explicit Patience(std::chrono::seconds longest)
      : until_(std::chrono::steady_clock::now() + longest) {}
  /// Pauses; false, and at once, if the time is over.
  [[nodiscard]] bool pause() const;

 private:
  std::chrono::steady_clock::time_point until_;
};
/// For a replica that fetches what another one has.
inline constexpr std::chrono::seconds kCatchUp{20};

/// Calls `work` for 0 to count - 1, each in a thread of its own. Fails with the first failure.
[[nodiscard]] Result<void> in_parallel(std::size_t count,
                                       const std::function<Result<void>(std::size_t)>& work);

/// Any thread at any time. Shards count from 0; shard 0 is at home: it has what is there once.
class ClickhouseCluster {
 public:
  /// Asks the servers of a cluster which shard each of them is in. Fails with invalid_input for a
  /// cluster that they do not know, with io_error if none of the servers that the URL names
  /// answers.
  [[nodiscard]] static Result<std::unique_ptr<ClickhouseCluster>> connect(ClickhouseUrl url);

  [[nodiscard]] const ClickhouseUrl& url() const { return url_; }
  [[nodiscard]] bool is_replicated() const { return !url_.cluster.empty(); }
  [[nodiscard]] std::size_t shards() const { return chosen_.size(); }
  /// The ledger's records are in its first `count` shards.
  void use_shards(std::size_t count) { used_ = count; }
  [[nodiscard]] std::size_t used_shards() const { return used_; }
  [[nodiscard]] std::size_t shard_of(RecordId id) const;

  /// A replica of the shard that holds all that was inserted before this call. Waits a few seconds
  /// for one that catches up. Fails with io_error, naming every server of the shard and its fault.
  [[nodiscard]] Result<const ClickhouseServer*> complete_replica(std::size_t shard) const;
  /// The replicas that are known, the last successful one first.
  [[nodiscard]] std::vector<const ClickhouseServer*> servers_of(std::size_t shard) const;
  /// Asks any replica of the shard.
  [[nodiscard]] Result<std::string> ask_any(std::size_t shard, std::string_view statement) const;
  /// Asks the replicas of the shard until one has a row to answer; empty if none has.
  [[nodiscard]] Result<std::string> ask_any_row(std::size_t shard,
                                                std::string_view statement) const;
  /// Asks every server that answers, outside of the database. Fails if one refuses, or none is
  /// there.
  [[nodiscard]] Result<void> ask_everywhere(const std::string& statement) const;
  [[nodiscard]] Result<std::vector<std::string>> answers_of_all(const std::string& statement) const;
  /// Rows into a table of the shard; the same bytes to another replica where one fails, which a
  /// replicated table recognises.
  [[nodiscard]] Result<void> insert(std::size_t shard, std::string_view table,
                                    std::string_view rows, std::string_view name) const;

 private:
  static constexpr std::size_t kUnknown = SIZE_MAX;
  struct Member {
    Member(const ClickhouseUrl& url, ClickhouseNode node) : server(url, std::move(node)) {}
    ClickhouseServer server;
    std::atomic<std::size_t> shard = kUnknown;  ///< As the server said; it may start later.
  };
  struct Attempt;

  explicit ClickhouseCluster(ClickhouseUrl url) : url_(std::move(url)) {}
  [[nodiscard]] Result<void> find_servers();
  [[nodiscard]] Result<void> place(Member& member) const;
  void place_all() const;
  [[nodiscard]] std::vector<const Member*> replicas(std::size_t shard) const;
  [[nodiscard]] Result<bool> is_complete(const ClickhouseServer& server) const;
  [[nodiscard]] static Result<bool> has_rows_of_batches(const ClickhouseServer& server,
                                                        const std::string& database);
  [[nodiscard]] Error no_replica(std::size_t shard, const std::string& reasons) const;
  /// Tries the shard's replicas, the last successful one first.
  [[nodiscard]] Result<void> with_replica(
      std::size_t shard, const std::function<Result<void>(const ClickhouseServer&)>& use) const;

  ClickhouseUrl url_;
  std::vector<std::unique_ptr<Member>> members_;
  /// Per shard: its replica that answered last, an index into members_.
  mutable std::vector<std::atomic<std::size_t>> chosen_;
  std::size_t used_ = 1;
};

}  // namespace costops::storage
