// clickhouse_snapshot.cc - the same batches on every shard.
#include "storage/clickhouse_snapshot.h"

#include <algorithm>

#include "storage/row_binary.h"

namespace costops::storage {
namespace {

std::string whole(std::uint64_t number) { return "toUInt64(" + std::to_string(number) + ")"; }

Result<std::vector<std::uint64_t>> batches_of(const ClickhouseServer& server, std::uint64_t last) {
  const auto answer =
      server.ask("SELECT DISTINCT batch FROM batches WHERE batch <= " + whole(last) +
                 " ORDER BY batch FORMAT RowBinary");
  if (!answer) return fail(answer.error());
  std::vector<std::uint64_t> batches;
  RowBinaryReader in(*answer);
  while (in.more()) batches.push_back(in.number<std::uint64_t>());
  if (in.failed()) return fail(half_an_answer());
  return batches;
}

}  // namespace

Result<ClickhouseSnapshot::State> ClickhouseSnapshot::state_of(const ClickhouseServer& server,
                                                               std::uint64_t until) {
  const auto answer = server.ask(
      "SELECT max(batch), count(), groupBitXor(batch) FROM (SELECT DISTINCT batch FROM batches "
      "WHERE batch <= " +
      whole(until) + ") FORMAT RowBinary");
  if (!answer) return fail(answer.error());
  RowBinaryReader in(*answer);
  State state;
  state.last = in.number<std::uint64_t>();
  state.count = in.number<std::uint64_t>();
  state.mix = in.number<std::uint64_t>();
  if (in.failed() || in.more()) return fail(half_an_answer());
  return state;
}

Result<ClickhouseSnapshot> ClickhouseSnapshot::take(const ClickhouseCluster& cluster) {
  ClickhouseSnapshot snapshot(cluster);
  const std::size_t shards = cluster.used_shards();
  snapshot.servers_.resize(shards);
  snapshot.holds_.resize(shards);
  for (const Patience patience(kCatchUp);;) {
    const auto home = cluster.complete_replica(0);
    if (!home) return fail(home.error());
    snapshot.servers_[0] = *home;
    auto state = state_of(**home, UINT64_MAX);
    if (!state) return fail(state.error());
    snapshot.state_ = *state;
    const auto lacking = snapshot.lacks_batches(**home);
    if (!lacking) break;
    if (!patience.pause()) return fail(*lacking);
  }
  std::ranges::fill(snapshot.holds_, "batch IN (SELECT batch FROM batches WHERE batch <= " +
                                         whole(snapshot.state_.last) + ")");
  auto done = in_parallel(shards - 1, [&](std::size_t i) { return snapshot.add_shard(i + 1); });
  if (!done) return fail(done.error());
  return snapshot;
}

/// A replica can say that it fetched all while the last part is still on its way to it.
std::optional<Error> ClickhouseSnapshot::lacks_batches(const ClickhouseServer& home) const {
  for (const ClickhouseServer* const other : cluster_->servers_of(0)) {
    if (other == &home) continue;
    const auto theirs = state_of(*other, UINT64_MAX);
    if (!theirs || theirs->count <= state_.count) continue;
    return Error{ErrorCode::io_error, "the ClickHouse server " + home.name() + " lacks " +
                                          std::to_string(theirs->count - state_.count) +
                                          " batches that " + other->name() +
                                          " has: it lost a part of its disk?"};
  }
  return std::nullopt;
}

Result<void> ClickhouseSnapshot::add_shard(std::size_t shard) {
  constexpr int kAttempts = 5;
  const Patience patience(kCatchUp);
  for (int attempt = 1;; ++attempt) {
    const auto server = cluster_->complete_replica(shard);
    if (!server) return fail(server.error());
    servers_[shard] = *server;
    const auto state = state_of(**server, state_.last);
    if (!state) return fail(state.error());
    if (*state == state_) return {};
    const auto here = batches_of(**server, state_.last);
    if (!here) return fail(here.error());
    const auto home = batches_of(*servers_[0], state_.last);
    if (!home) return fail(home.error());
    std::vector<std::uint64_t> missing;
    std::ranges::set_difference(*home, *here, std::back_inserter(missing));
    if (missing.empty() && attempt >= kAttempts) {
      // No longer on its way home, where it comes last: its writer stopped. It does not count yet.
      std::vector<std::uint64_t> early;
      std::ranges::set_difference(*here, *home, std::back_inserter(early));
      for (const std::uint64_t batch : early) holds_[shard] += " AND batch != " + whole(batch);
      return {};
    }
    if (patience.pause() || missing.empty()) continue;
    return fail(ErrorCode::io_error, "the ClickHouse server " + (*server)->name() + " lacks " +
                                         std::to_string(missing.size()) +
                                         " batches that its cluster has: its disk was replaced?");
  }
}

bool ClickhouseSnapshot::is_of(const std::vector<std::uint64_t>& batches) const {
  State state{batches.empty() ? 0 : batches.back(), batches.size(), 0};
  for (const std::uint64_t batch : batches) state.mix ^= batch;
  return state == state_;
}

Result<std::vector<std::uint64_t>> ClickhouseSnapshot::batches() const {
  return batches_of(*servers_[0], state_.last);
}

Result<std::uint64_t> ClickhouseSnapshot::entries() const {
  std::uint64_t entries = 0;
  const auto answers = ask_each([this](std::size_t) {
    return "SELECT sum(entries) FROM batches WHERE batch <= " + whole(state_.last) +
           " FORMAT RowBinary";
  });
  if (!answers) return fail(answers.error());
  for (const std::string& answer : *answers)
    entries += RowBinaryReader(answer).number<std::uint64_t>();
  return entries;
}

Result<bool> ClickhouseSnapshot::still_holds() const {
  const auto home = cluster_->complete_replica(0);
  if (!home) return fail(home.error());
  const auto state = state_of(**home, state_.last);
  if (!state) return fail(state.error());
  return *state == state_;
}

Result<std::string> ClickhouseSnapshot::ask_shard(std::size_t shard, std::string_view statement,
                                                  const Asked* asked) const {
  const auto put = [&](const ClickhouseServer& server) {
    return asked == nullptr ? server.ask(statement) : server.ask(statement, *asked);
  };
  auto answer = put(*servers_[shard]);
  if (answer || !cluster_->is_replicated()) return answer;
  const auto other = cluster_->complete_replica(shard);
  if (!other) return fail(other.error());
  return put(**other);
}

Result<std::string> ClickhouseSnapshot::ask(std::size_t shard, std::string_view statement) const {
  return ask_shard(shard, statement, nullptr);
}

Result<std::string> ClickhouseSnapshot::ask(std::size_t shard, std::string_view statement,
                                            const Asked& asked) const {
  return ask_shard(shard, statement, &asked);
}

Result<std::vector<std::string>> ClickhouseSnapshot::ask_shards(const StatementOf& statement,
                                                                const Asked* asked) const {
  std::vector<std::string> answers(shards());
  auto done = in_parallel(shards(), [&](std::size_t shard) -> Result<void> {
    auto answer = ask_shard(shard, statement(shard), asked);
    if (!answer) return fail(answer.error());
    answers[shard] = std::move(*answer);
    return {};
  });
  if (!done) return fail(done.error());
  return answers;
}

}  // namespace costops::storage
