// clickhouse_schema.cc - the same tables on every server; those of a cluster replicate themselves.
#include "storage/clickhouse_schema.h"

#include <chrono>
#include <optional>
#include <random>

#include "storage/ledger_columns.h"
#include "storage/row_binary.h"

namespace costops::storage {
namespace {

constexpr std::uint32_t kSchema = 1;

struct Table {
  std::string_view name;
  std::string columns, order;
  /// Of a row that no question sees: after it, a replica's place in the log is never the zero that
  /// an unread log has, too.
  std::string unseen;
};

std::string entry_columns() {
  std::string sql =
      "batch UInt64, used_at Int64, id_high UInt64, id_low UInt64, history_line UInt32, "
      "recorded_at Int64, time_given UInt8";
  for (std::size_t d = 0; d < kDimensionCount; ++d) {
    sql += ", " + id_column(static_cast<Dimension>(d)) + " UInt64";
  }
  sql += ", currency String, status UInt8, price_number Int32, reason_id UInt64, why String";
  for (const Meter meter : kColumnMeters) sql.append(", ").append(to_string(meter)) += " Int64";
  sql += ", more_meters Array(String), more_quantities Array(Int64)";
  for (const std::string_view cost : kCostColumns) sql.append(", ").append(cost) += " Int64";
  return sql +
         ", reported_cost_pico Decimal(38, 0), reported_currency String, records Int32, "
         "unpriced Int32, grows UInt8, call_status UInt8, context_window Int64, latency_ms Int64, "
         "time_to_first_token_ms Int64, ingested_at Int64, line UInt64, source_id String, "
         "metadata String";
}

std::vector<Table> tables() {
  return {
      // By batch, too: what two writers recorded of one id must not replace each other.
      {"entries", entry_columns(), "(used_at, id_high, id_low, history_line, batch)",
       "(batch) VALUES (0)"},
      {"texts", "number UInt64, value String, tags Array(UInt64)", "number", "(number) VALUES (0)"},
      {"notes",
       "batch UInt64, position UInt32, kind UInt8, name String, recorded_at Int64, "
       "id_high UInt64, id_low UInt64, numbers Array(Int64), texts Array(String)",
       "(kind, batch, position)", "(batch) VALUES (0)"},
      {"batches",
       "batch UInt64, recorded_at Int64, entries UInt64, first_used_at Int64, last_used_at Int64, "
       "quantity Decimal(38, 0), cost_pico Decimal(38, 0), checksum UInt64, notes UInt64",
       "batch", "(batch) VALUES (" + std::to_string(kUnseenBatch) + ")"},
      // Last: with its row, the others are there.
      {"layout",
       "made_at Int64, schema UInt32, shards UInt32, ledger_high UInt64, ledger_low UInt64",
       "made_at", ""},
  };
}

std::string engine_of(const ClickhouseUrl& url, const Table& table) {
  if (url.cluster.empty()) return "ReplacingMergeTree";
  return "ReplicatedReplacingMergeTree('/cost-ops/" + url.cluster + "/" + url.database +
         "/{shard}/" + std::string(table.name) + "', '{replica}')";
}

Result<void> make_tables(const ClickhouseCluster& cluster) {
  const ClickhouseUrl& url = cluster.url();
  const std::string database = "`" + url.database + "`";
  std::vector<std::string> statements{"CREATE DATABASE IF NOT EXISTS " + database};
  for (const Table& table : tables()) {
    const std::string name = database + "." + std::string(table.name);
    statements.push_back("CREATE TABLE IF NOT EXISTS " + name + " (" + table.columns +
                         ") ENGINE = " + engine_of(url, table) + " ORDER BY " + table.order);
    if (!cluster.is_replicated()) continue;
    // For people's own SQL.
    statements.push_back("CREATE TABLE IF NOT EXISTS " + database + ".all_" +
                         std::string(table.name) + " AS " + name + " ENGINE = Distributed('" +
                         url.cluster + "', '" + url.database + "', '" + std::string(table.name) +
                         "')");
  }
  for (const std::string& statement : statements) {
    if (auto made = cluster.ask_everywhere(statement); !made) return made;
  }
  return {};
}

Result<std::optional<ClickhouseLayout>> read_layout(const ClickhouseCluster& cluster,
                                                    std::size_t shard) {
  const auto answer = cluster.ask_any_row(
      shard,
      "SELECT schema, shards, ledger_high, ledger_low FROM layout ORDER BY made_at, ledger_high "
      "LIMIT 1 FORMAT RowBinary");
  if (!answer) return fail(answer.error());
  if (answer->empty()) return std::nullopt;
  RowBinaryReader in(*answer);
  const auto schema = in.number<std::uint32_t>();
  ClickhouseLayout layout;
  layout.shards = in.number<std::uint32_t>();
  layout.ledger = in.id();
  if (in.failed()) return fail(half_an_answer());
  if (schema > kSchema) {
    return fail(ErrorCode::unsupported, "ledger " + cluster.url().text() + " has schema " +
                                            std::to_string(schema) + ", this cost-ops knows " +
                                            std::to_string(kSchema) + ": use a newer cost-ops");
  }
  return layout;
}

Result<void> write_layout(const ClickhouseCluster& cluster) {
  std::random_device random;
  const auto bits = [&random] { return std::uint64_t{random()} << 32 | random(); };
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  RowBinaryWriter row;
  row.number(std::int64_t{std::chrono::duration_cast<std::chrono::microseconds>(now).count()});
  row.number(kSchema).number(static_cast<std::uint32_t>(cluster.shards()));
  row.number(bits()).number(bits());
  // Home comes last: a ledger is there when its home says so.
  for (std::size_t shard = cluster.shards(); shard-- > 0;) {
    for (const Table& table : tables()) {
      if (table.unseen.empty() || !cluster.is_replicated()) continue;
      const auto done =
          cluster.ask_any(shard, "INSERT INTO " + std::string(table.name) + " " + table.unseen);
      if (!done) return fail(done.error());
    }
    if (auto done = cluster.insert(shard, "layout", row.bytes(), ""); !done) return done;
  }
  return {};
}

/// Servers that answer, and how many of them have the tables.
struct Presence {
  std::uint64_t servers = 0, with_tables = 0;
};

Result<Presence> presence_of(const ClickhouseCluster& cluster) {
  Presence presence;
  const auto answers =
      cluster.answers_of_all("SELECT count() FROM system.tables WHERE database = '" +
                             cluster.url().database + "' AND name = 'layout' FORMAT RowBinary");
  if (!answers) return fail(answers.error());
  for (const std::string& answer : *answers) {
    ++presence.servers;
    presence.with_tables += RowBinaryReader(answer).number<std::uint64_t>();
  }
  return presence;
}

}  // namespace

Result<ClickhouseLayout> prepare_clickhouse_tables(const ClickhouseCluster& cluster,
                                                   OpenMode mode) {
  const ClickhouseUrl& url = cluster.url();
  const auto presence = presence_of(cluster);
  if (!presence) return fail(presence.error());
  std::optional<ClickhouseLayout> layout;
  if (presence->with_tables > 0 && mode != OpenMode::read_only &&
      presence->with_tables < presence->servers) {
    // A server that was replaced, or away when the ledger was made.
    if (auto made = make_tables(cluster); !made) return fail(made.error());
  }
  if (presence->with_tables > 0) {
    auto read = read_layout(cluster, 0);
    if (!read) return fail(read.error());
    layout = *read;
  }
  if (!layout && mode != OpenMode::create) {
    return fail(ErrorCode::not_found,
                "no ledger at " + url.text() + ": create it with `cost-ops init` or by ingesting");
  }
  if (!layout) {
    if (auto made = make_tables(cluster); !made) return fail(made.error());
    if (auto written = write_layout(cluster); !written) return fail(written.error());
    auto read = read_layout(cluster, 0);
    if (!read) return fail(read.error());
    if (!*read) return fail(half_an_answer());
    layout = *read;
  }
  if (layout->shards <= cluster.shards()) return *layout;
  return fail(ErrorCode::unsupported,
              "ledger " + url.text() + " is spread over " + std::to_string(layout->shards) +
                  " shards, the URL leads to " + std::to_string(cluster.shards()) +
                  ": name its cluster with ?cluster=NAME");
}

}  // namespace costops::storage
