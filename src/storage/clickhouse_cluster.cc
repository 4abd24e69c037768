// clickhouse_cluster.cc - who is in which shard, who is behind, and whom to ask instead.
#include "storage/clickhouse_cluster.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <future>
#include <optional>
#include <system_error>

#include "storage/row_binary.h"

namespace costops::storage {
namespace {

/// Ids are hashes, or UUIDs whose bits are as good as random: but for those of a UUID's version.
std::uint64_t mixed(RecordId id) {
  std::uint64_t bits = (id.high ^ (id.low << 32 | id.low >> 32)) * 0x9e3779b97f4a7c15;
  bits ^= bits >> 29;
  bits *= 0xbf58476d1ce4e5b9;
  return bits ^ bits >> 32;
}

}  // namespace

Error half_an_answer() {
  return {ErrorCode::io_error, "the ClickHouse server's answer is not what was asked for: retry"};
}

bool Patience::pause() const {
  constexpr int kPauseMs = 50;
  if (std::chrono::steady_clock::now() >= until_) return false;
  ::poll(nullptr, 0, kPauseMs);
  return true;
}

Result<void> in_parallel(std::size_t count, const std::function<Result<void>(std::size_t)>& work) {
  std::vector<std::future<Result<void>>> running;
  Result<void> first;
  const auto keep = [&first](const Result<void>& done) {
    if (first && !done) first = done;
  };
  for (std::size_t i = 1; i < count; ++i) {
    try {
      running.push_back(std::async(std::launch::async, work, i));
    } catch (const std::system_error&) {  // No thread to be had.
      keep(work(i));
    }
  }
  if (count > 0) keep(work(0));
  for (auto& each : running) keep(each.get());
  return first;
}

Result<std::unique_ptr<ClickhouseCluster>> ClickhouseCluster::connect(ClickhouseUrl url) {
  std::unique_ptr<ClickhouseCluster> cluster(new ClickhouseCluster(std::move(url)));
  for (const ClickhouseNode& node : cluster->url_.nodes) {
    cluster->members_.push_back(std::make_unique<Member>(cluster->url_, node));
  }
  if (!cluster->is_replicated()) {
    cluster->members_[0]->shard = 0;
    cluster->chosen_ = std::vector<std::atomic<std::size_t>>(1);
    return cluster;
  }
  if (auto found = cluster->find_servers(); !found) return fail(found.error());
  cluster->place_all();
  return cluster;
}

Result<void> ClickhouseCluster::find_servers() {
  std::string reasons;
  for (std::size_t seed = 0; seed < url_.nodes.size(); ++seed) {
    const auto answer = members_[seed]->server.ask_outside(
        "SELECT shard_num, host_name FROM system.clusters WHERE cluster = '" + url_.cluster +
        "' ORDER BY shard_num, replica_num FORMAT RowBinary");
    if (!answer) {
      reasons += (reasons.empty() ? "" : "; ") + answer.error().message;
      continue;
    }
    RowBinaryReader in(*answer);
    std::size_t shards = 0;
    while (in.more()) {
      shards = std::max<std::size_t>(shards, in.number<std::uint32_t>());
      // A server that the URL does not name has the HTTP port of the first that it does.
      const ClickhouseNode node{std::string(in.text()), url_.nodes[0].port};
      const bool named = std::ranges::any_of(
          members_, [&](const auto& member) { return member->server.node() == node; });
      if (!named) members_.push_back(std::make_unique<Member>(url_, node));
    }
    if (in.failed()) return fail(half_an_answer());
    if (shards == 0) {
      return fail(ErrorCode::not_found, "the ClickHouse server " + members_[seed]->server.name() +
                                            " knows no cluster \"" + url_.cluster +
                                            "\": it must stand in the servers' remote_servers");
    }
    chosen_ = std::vector<std::atomic<std::size_t>>(shards);
    return {};
  }
  return fail(ErrorCode::io_error, reasons);
}

Result<void> ClickhouseCluster::place(Member& member) const {
  const auto answer =
      member.server.ask_outside("SELECT DISTINCT shard_num FROM system.clusters WHERE cluster = '" +
                                url_.cluster + "' AND is_local FORMAT RowBinary");
  if (!answer) return fail(answer.error());
  RowBinaryReader in(*answer);
  const std::size_t shard = in.number<std::uint32_t>();
  if (in.failed() || in.more() || shard == 0 || shard > shards()) {
    return fail(ErrorCode::io_error, "the ClickHouse server " + member.server.name() +
                                         " does not find itself in one shard of cluster \"" +
                                         url_.cluster + "\"");
  }
  member.shard = shard - 1;
  return {};
}

void ClickhouseCluster::place_all() const {
  const auto placed = in_parallel(members_.size(), [this](std::size_t i) {
    // One that does not answer is placed when its shard is in need.
    if (members_[i]->shard == kUnknown) static_cast<void>(place(*members_[i]));
    return Result<void>();
  });
  static_cast<void>(placed);
}

std::size_t ClickhouseCluster::shard_of(RecordId id) const {
  return used_ == 1 ? 0 : mixed(id) % used_;
}

std::vector<const ClickhouseCluster::Member*> ClickhouseCluster::replicas(std::size_t shard) const {
  std::vector<const Member*> replicas;
  const std::size_t first = chosen_[shard];
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const Member* const member = members_[(first + i) % members_.size()].get();
    if (member->shard == shard) replicas.push_back(member);
  }
  return replicas;
}

Error ClickhouseCluster::no_replica(std::size_t shard, const std::string& reasons) const {
  if (!is_replicated()) return {ErrorCode::io_error, reasons};
  std::string silent;
  for (const auto& member : members_) {
    if (member->shard == kUnknown) silent += " " + member->server.name();
  }
  return {ErrorCode::io_error, "shard " + std::to_string(shard + 1) + " of cluster \"" +
                                   url_.cluster + "\" is missing, and its records with it" +
                                   (reasons.empty() ? "" : ": " + reasons) +
                                   (silent.empty() ? "" : "; no answer from" + silent)};
}

Result<void> ClickhouseCluster::with_replica(
    std::size_t shard, const std::function<Result<void>(const ClickhouseServer&)>& use) const {
  std::string reasons;
  for (const bool again : {false, true}) {
    if (again) place_all();
    const auto candidates = replicas(shard);
    if (again && candidates.size() == 1 && !reasons.empty()) break;
    if (again) reasons.clear();
    for (const Member* const member : candidates) {
      auto done = use(member->server);
      if (done) {
        const auto at = std::ranges::find(members_, member, &std::unique_ptr<Member>::get);
        chosen_[shard] = static_cast<std::size_t>(at - members_.begin());
        return done;
      }
      reasons += (reasons.empty() ? "" : "; ") + done.error().message;
    }
    if (!is_replicated()) break;
  }
  return fail(no_replica(shard, reasons));
}

Result<bool> ClickhouseCluster::is_complete(const ClickhouseServer& server) const {
  if (!is_replicated()) return true;
  const auto answer = server.ask_outside(
      "SELECT count(), sum(is_session_expired), "
      "sum(inserts_in_queue > 0 OR log_max_index + 1 > log_pointer) FROM system.replicas "
      "WHERE database = '" +
      url_.database + "' FORMAT RowBinary");
  if (!answer) return fail(answer.error());
  RowBinaryReader in(*answer);
  const auto tables = in.number<std::uint64_t>();
  const auto without_log = in.number<std::uint64_t>();
  const auto behind = in.number<std::uint64_t>();
  if (in.failed()) return fail(half_an_answer());
  if (tables == 0) {
    return fail(ErrorCode::io_error, "the ClickHouse server " + server.name() +
                                         " has no tables of database " + url_.database);
  }
  // Without ZooKeeper nothing is inserted, and only the rows can tell.
  if (without_log == 0 && behind != 0) return false;
  return has_rows_of_batches(server, url_.database);
}

/// A server that was killed early can believe that it fetched what it does not have: what its
/// batches should have is counted, from the parts' own counts where they leave no doubt.
Result<bool> ClickhouseCluster::has_rows_of_batches(const ClickhouseServer& server,
                                                    const std::string& database) {
  const auto answer = server.ask(
      "SELECT 0, sum(entries), sum(notes) FROM (SELECT batch, any(entries) AS entries, "
      "any(notes) AS notes FROM batches GROUP BY batch) UNION ALL "
      "SELECT 1, sumIf(rows, table = 'entries'), sumIf(rows, table = 'notes') FROM system.parts "
      "WHERE active AND database = '" +
      database + "' FORMAT RowBinary");
  if (!answer) return fail(answer.error());
  std::array<std::uint64_t, 2> entries{};
  std::array<std::uint64_t, 2> notes{};
  RowBinaryReader in(*answer);
  while (in.more()) {
    const std::size_t source = in.number<std::uint8_t>() & 1;
    entries[source] = in.number<std::uint64_t>();
    notes[source] = in.number<std::uint64_t>();
  }
  if (in.failed()) return fail(half_an_answer());
  // One row of each is there from the beginning and belongs to no batch.
  if (entries[1] < entries[0] || notes[1] < notes[0]) return false;
  if (entries[1] == entries[0] + 1) return true;
  const auto exact = server.ask(
      "SELECT count() FROM entries WHERE batch IN (SELECT batch FROM batches) FORMAT RowBinary");
  if (!exact) return fail(exact.error());
  return RowBinaryReader(*exact).number<std::uint64_t>() == entries[0];
}

std::vector<const ClickhouseServer*> ClickhouseCluster::servers_of(std::size_t shard) const {
  std::vector<const ClickhouseServer*> servers;
  for (const Member* const member : replicas(shard)) servers.push_back(&member->server);
  return servers;
}

Result<const ClickhouseServer*> ClickhouseCluster::complete_replica(std::size_t shard) const {
  const Patience patience(kCatchUp);
  for (;;) {
    const ClickhouseServer* found = nullptr;
    bool behind = false;
    auto done = with_replica(shard, [&](const ClickhouseServer& server) -> Result<void> {
      const auto complete = is_complete(server);
      if (!complete) return fail(complete.error());
      if (*complete) {
        found = &server;
        return {};
      }
      behind = true;
      return fail(ErrorCode::io_error, "the ClickHouse server " + server.name() +
                                           " has not fetched everything from its replica");
    });
    if (done) return found;
    if (!behind || !patience.pause()) return fail(done.error());
  }
}

Result<std::string> ClickhouseCluster::ask_any(std::size_t shard,
                                               std::string_view statement) const {
  std::string answer;
  auto done = with_replica(shard, [&](const ClickhouseServer& server) -> Result<void> {
    auto given = server.ask(statement);
    if (!given) return fail(given.error());
    answer = std::move(*given);
    return {};
  });
  if (!done) return fail(done.error());
  return answer;
}

Result<std::string> ClickhouseCluster::ask_any_row(std::size_t shard,
                                                   std::string_view statement) const {
  std::string answer;
  bool answered = false;
  auto done = with_replica(shard, [&](const ClickhouseServer& server) -> Result<void> {
    auto given = server.ask(statement);
    if (!given) return fail(given.error());
    answered = true;
    answer = std::move(*given);
    if (!answer.empty()) return {};
    return fail(half_an_answer());
  });
  if (!done && !answered) return fail(done.error());
  return answer;
}

Result<std::vector<std::string>> ClickhouseCluster::answers_of_all(
    const std::string& statement) const {
  std::vector<const ClickhouseServer*> servers;
  for (const auto& member : members_) {
    if (member->shard != kUnknown) servers.push_back(&member->server);
  }
  if (servers.empty()) return fail(no_replica(0, {}));
  std::vector<std::optional<std::string>> answers(servers.size());
  auto done = in_parallel(servers.size(), [&](std::size_t i) -> Result<void> {
    auto answer = servers[i]->ask_outside(statement);
    // One that died is not asked; one that refuses is a fault.
    const bool died = !answer && is_replicated() && !servers[i]->ask_outside("SELECT 1");
    if (!answer && !died) return fail(answer.error());
    if (answer) answers[i] = std::move(*answer);
    return {};
  });
  if (!done) return fail(done.error());
  std::erase(answers, std::nullopt);
  std::vector<std::string> given;
  for (auto& answer : answers) given.push_back(std::move(*answer));
  return given;
}

Result<void> ClickhouseCluster::ask_everywhere(const std::string& statement) const {
  const auto answers = answers_of_all(statement);
  if (!answers) return fail(answers.error());
  return {};
}

Result<void> ClickhouseCluster::insert(std::size_t shard, std::string_view table,
                                       std::string_view rows, std::string_view name) const {
  return with_replica(
      shard, [&](const ClickhouseServer& server) { return server.insert(table, rows, name); });
}

}  // namespace costops::storage
