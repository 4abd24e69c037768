// clickhouse_snapshot.h - one state of a ledger on ClickHouse, for all statements of one question.
//
// The servers have no transactions: every row carries the number of its batch, and a batch counts
// from the moment its row of `batches` is at home, in shard 0, where it comes last.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/clickhouse_cluster.h"

namespace costops::storage {

class ClickhouseSnapshot {
 public:
  using Asked = ClickhouseServer::Asked;

  /// The batches that are complete now. Fails with io_error, and says so if a shard is missing.
  [[nodiscard]] static Result<ClickhouseSnapshot> take(const ClickhouseCluster& cluster);
  /// The condition that a row of that shard belongs to one of them.
  [[nodiscard]] const std::string& holds(std::size_t shard) const { return holds_[shard]; }
  [[nodiscard]] std::uint64_t last() const { return state_.last; }
  [[nodiscard]] std::size_t shards() const { return servers_.size(); }
  /// Whether it is made of just these batches, which ascend.
  [[nodiscard]] bool is_of(const std::vector<std::uint64_t>& batches) const;
  [[nodiscard]] Result<std::vector<std::uint64_t>> batches() const;
  /// Entries of all batches together.
  [[nodiscard]] Result<std::uint64_t> entries() const;

  [[nodiscard]] Result<std::string> ask(std::size_t shard, std::string_view statement) const;
  [[nodiscard]] Result<std::string> ask(std::size_t shard, std::string_view statement,
                                        const Asked& asked) const;
  /// Asks all shards at once; one answer for each.
  using StatementOf = std::function<std::string(std::size_t)>;
  [[nodiscard]] Result<std::vector<std::string>> ask_each(const StatementOf& statement) const {
    return ask_shards(statement, nullptr);
  }
  [[nodiscard]] Result<std::vector<std::string>> ask_each(const StatementOf& statement,
                                                          const Asked& asked) const {
    return ask_shards(statement, &asked);
  }
  /// Whether the conditions still mean the same batches: a writer with a slow clock may have
  /// finished one that is older than the last. What was answered in between is then of no use.
  [[nodiscard]] Result<bool> still_holds() const;

 private:
  /// Of the batches up to the last: enough to see whether two servers have the same.
  struct State {
    std::uint64_t last = 0, count = 0, mix = 0;
    friend bool operator==(const State&, const State&) = default;
  };
  explicit ClickhouseSnapshot(const ClickhouseCluster& cluster) : cluster_(&cluster) {}
  [[nodiscard]] static Result<State> state_of(const ClickhouseServer& server, std::uint64_t until);
  /// What another replica of home has and this one has not fetched, if any.
  [[nodiscard]] std::optional<Error> lacks_batches(const ClickhouseServer& home) const;
  [[nodiscard]] Result<void> add_shard(std::size_t shard);
  [[nodiscard]] Result<std::string> ask_shard(std::size_t shard, std::string_view statement,
                                              const Asked* asked) const;
  [[nodiscard]] Result<std::vector<std::string>> ask_shards(const StatementOf& statement,
                                                            const Asked* asked) const;

  const ClickhouseCluster* cluster_;
  std::vector<const ClickhouseServer*> servers_;
  std::vector<std::string> holds_;
  State state_;
};

}  // namespace costops::storage
