// duckdb_schema.cc - the schemas, each as the step from the one before it.
#include "storage/duckdb_schema.h"

#include <filesystem>
#include <system_error>

#include "storage/ledger_files.h"

namespace costops::storage {
namespace {

// Texts: number 0 is always the empty text.
constexpr std::string_view kTextTables[] = {"providers",     "models",        "model_versions",
                                            "organizations", "projects",      "users",
                                            "sessions",      "service_tiers", "regions",
                                            "speeds",        "source_kinds",  "source_endpoints",
                                            "files",         "tag_lists",     "currencies",
                                            "reasons",       "meters"};

constexpr std::string_view kTables = R"sql(
CREATE TABLE meta (key VARCHAR, value VARCHAR);
INSERT INTO meta VALUES ('kind', 'cost-ops ledger'), ('schema', '1');
CREATE TABLE tag_members (list_id INTEGER, position INTEGER, tag VARCHAR);
CREATE TABLE prices_used (number INTEGER, id VARCHAR, definition VARCHAR);
CREATE TABLE records (
  entry BIGINT, id UUID, recorded_at TIMESTAMP, used_at TIMESTAMP, time_given BOOLEAN,
  provider_id INTEGER, model_id INTEGER, model_version_id INTEGER, organization_id INTEGER,
  project_id INTEGER, user_id INTEGER, session_id INTEGER, service_tier_id INTEGER,
  region_id INTEGER, speed_id INTEGER, source_kind_id INTEGER, source_endpoint_id INTEGER,
  file_id INTEGER, tags_id INTEGER,
  currency_id INTEGER, status TINYINT, price_number INTEGER, reason_id INTEGER,
  input_tokens_uncached BIGINT, cache_read_tokens BIGINT, cache_write_tokens BIGINT,
  cache_write_5m_tokens BIGINT, cache_write_1h_tokens BIGINT, output_tokens BIGINT,
  output_reasoning_tokens BIGINT, requests BIGINT, more_quantities BOOLEAN,
  input_cost_pico BIGINT, cache_read_cost_pico BIGINT, cache_write_cost_pico BIGINT,
  output_cost_pico BIGINT, other_cost_pico BIGINT,
  reported_cost_pico HUGEINT, reported_currency_id INTEGER,
  grows BOOLEAN, call_status TINYINT, context_window BIGINT, latency_ms BIGINT,
  time_to_first_token_ms BIGINT, ingested_at TIMESTAMP, line BIGINT, source_id VARCHAR,
  metadata VARCHAR);
CREATE TABLE adjustments (
  entry BIGINT, id UUID, recorded_at TIMESTAMP, used_at TIMESTAMP, time_given BOOLEAN,
  provider_id INTEGER, model_id INTEGER, model_version_id INTEGER, organization_id INTEGER,
  project_id INTEGER, user_id INTEGER, session_id INTEGER, service_tier_id INTEGER,
  region_id INTEGER, speed_id INTEGER, source_kind_id INTEGER, source_endpoint_id INTEGER,
  file_id INTEGER, tags_id INTEGER,
  currency_id INTEGER, status TINYINT, price_number INTEGER, reason_id INTEGER,
  input_tokens_uncached BIGINT, cache_read_tokens BIGINT, cache_write_tokens BIGINT,
  cache_write_5m_tokens BIGINT, cache_write_1h_tokens BIGINT, output_tokens BIGINT,
  output_reasoning_tokens BIGINT, requests BIGINT, more_quantities BOOLEAN,
  input_cost_pico BIGINT, cache_read_cost_pico BIGINT, cache_write_cost_pico BIGINT,
  output_cost_pico BIGINT, other_cost_pico BIGINT,
  reported_cost_pico HUGEINT, reported_currency_id INTEGER,
  why VARCHAR, records INTEGER, unpriced INTEGER);
CREATE TABLE other_quantities (entry BIGINT, meter_id INTEGER, quantity BIGINT);
CREATE TABLE quarantine (
  id UUID, recorded_at TIMESTAMP, file VARCHAR, line BIGINT, reason VARCHAR, excerpt VARCHAR,
  resolved_at TIMESTAMP);
CREATE TABLE journal (
  source VARCHAR, size BIGINT, fingerprint UUID, modified TIMESTAMP, records BIGINT,
  recorded_at TIMESTAMP);
)sql";

constexpr std::string_view kSharedColumns =
    "entry, id, recorded_at, used_at, time_given, provider_id, model_id, model_version_id, "
    "organization_id, project_id, user_id, session_id, service_tier_id, region_id, speed_id, "
    "source_kind_id, source_endpoint_id, file_id, tags_id, currency_id, status, price_number, "
    "reason_id, input_tokens_uncached, cache_read_tokens, cache_write_tokens, "
    "cache_write_5m_tokens, cache_write_1h_tokens, output_tokens, output_reasoning_tokens, "
    "requests, "
    "more_quantities, input_cost_pico, cache_read_cost_pico, cache_write_cost_pico, "
    "output_cost_pico, other_cost_pico, reported_cost_pico, reported_currency_id";

constexpr std::string_view kUsageView = R"sql(
CREATE VIEW usage AS
SELECT replace(e.id::VARCHAR, '-', '') AS id, e.recorded_at, e.why, e.used_at,
  p.value AS provider, m.value AS model, o.value AS organization, j.value AS project,
  u.value AS "user", s.value AS session, t.value AS service_tier, g.value AS tags,
  CASE e.status WHEN 0 THEN 'priced' ELSE 'unpriced' END AS status, r.value AS reason,
  e.records, e.unpriced, e.requests,
  e.input_tokens_uncached, e.cache_read_tokens, e.cache_write_tokens, e.cache_write_5m_tokens,
  e.cache_write_1h_tokens, e.output_tokens, e.output_reasoning_tokens,
  c.value AS currency,
  (e.input_cost_pico::HUGEINT + e.cache_read_cost_pico + e.cache_write_cost_pico)::DECIMAL(26, 0)
    * 0.000000000001::DECIMAL(12, 12) AS input_cost,
  e.output_cost_pico::DECIMAL(26, 0) * 0.000000000001::DECIMAL(12, 12) AS output_cost,
  e.other_cost_pico::DECIMAL(26, 0) * 0.000000000001::DECIMAL(12, 12) AS other_cost,
  (e.input_cost_pico::HUGEINT + e.cache_read_cost_pico + e.cache_write_cost_pico
    + e.output_cost_pico + e.other_cost_pico)::DECIMAL(26, 0)
    * 0.000000000001::DECIMAL(12, 12) AS total_cost,
  f.value AS file, e.line, e.source_id
FROM entries e
JOIN providers p ON p.id = e.provider_id
JOIN models m ON m.id = e.model_id
JOIN organizations o ON o.id = e.organization_id
JOIN projects j ON j.id = e.project_id
JOIN users u ON u.id = e.user_id
JOIN sessions s ON s.id = e.session_id
JOIN service_tiers t ON t.id = e.service_tier_id
JOIN tag_lists g ON g.id = e.tags_id
JOIN reasons r ON r.id = e.reason_id
JOIN currencies c ON c.id = e.currency_id
JOIN files f ON f.id = e.file_id;
)sql";

constexpr std::string_view kSchema2 = R"sql(
CREATE TABLE documents (
  number BIGINT, kind VARCHAR, name VARCHAR, recorded_at TIMESTAMP, body VARCHAR);
)sql";

std::string schema_1() {
  std::string sql;
  for (const std::string_view table : kTextTables) {
    sql.append("CREATE TABLE ").append(table).append(" (id INTEGER, value VARCHAR);\n");
    sql.append("INSERT INTO ").append(table).append(" VALUES (0, '');\n");
  }
  sql.append(kTables);
  sql.append("CREATE VIEW entries AS SELECT ").append(kSharedColumns);
  sql.append(
      ", 'recorded' AS why, 1 AS records, (status = 1)::INTEGER AS unpriced, grows, call_status, "
      "context_window, latency_ms, time_to_first_token_ms, ingested_at, line, source_id, metadata "
      "FROM records UNION ALL SELECT ");
  sql.append(kSharedColumns);
  sql.append(
      ", why, records, unpriced, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL "
      "FROM adjustments;\n");
  sql.append(kUsageView);
  return sql;
}

constexpr std::string_view kSchema3Tables = R"sql(
DROP VIEW usage;
DROP VIEW entries;
CREATE TABLE circumstances (
  id INTEGER, recorded_at TIMESTAMP, time_given BOOLEAN, model_version_id INTEGER,
  service_tier_id INTEGER, region_id INTEGER, speed_id INTEGER, source_kind_id INTEGER,
  source_endpoint_id INTEGER, file_id INTEGER, price_number INTEGER, reason_id INTEGER,
  grows BOOLEAN, call_status TINYINT, context_window BIGINT);
CREATE TABLE plain_records (
  entry BIGINT, id UUID USING COMPRESSION uncompressed, used_at TIMESTAMP, circumstances_id INTEGER,
  provider_id INTEGER, model_id INTEGER, organization_id INTEGER, project_id INTEGER,
  user_id INTEGER, session_id INTEGER, tags_id INTEGER, currency_id INTEGER, status TINYINT,
  input_tokens_uncached BIGINT, cache_read_tokens BIGINT, output_tokens BIGINT,
  output_reasoning_tokens BIGINT, input_cost_pico BIGINT, cache_read_cost_pico BIGINT,
  output_cost_pico BIGINT, latency_ms BIGINT, time_to_first_token_ms BIGINT, line BIGINT,
  source_id VARCHAR);
CREATE TABLE batches (
  first_entry BIGINT, entries BIGINT, recorded_at TIMESTAMP, quantity HUGEINT, cost_pico HUGEINT,
  checksum UBIGINT);
ALTER TABLE journal ADD COLUMN read_bytes BIGINT DEFAULT 0;
ALTER TABLE journal ADD COLUMN lines BIGINT DEFAULT 0;
ALTER TABLE journal ADD COLUMN rejected BIGINT DEFAULT 0;
ALTER TABLE journal ADD COLUMN resumable BOOLEAN DEFAULT false;
UPDATE journal SET read_bytes = size;
)sql";

/// The rows of plain_records as those of records: what they do not have is nothing.
constexpr std::string_view kPlainEntries =
    "p.entry, p.id, c.recorded_at, p.used_at, c.time_given, p.provider_id, p.model_id, "
    "c.model_version_id, p.organization_id, p.project_id, p.user_id, p.session_id, "
    "c.service_tier_id, c.region_id, c.speed_id, c.source_kind_id, c.source_endpoint_id, "
    "c.file_id, p.tags_id, p.currency_id, p.status, c.price_number, c.reason_id, "
    "p.input_tokens_uncached, p.cache_read_tokens, 0::BIGINT, 0::BIGINT, 0::BIGINT, "
    "p.output_tokens, p.output_reasoning_tokens, 1::BIGINT, false, p.input_cost_pico, "
    "p.cache_read_cost_pico, 0::BIGINT, p.output_cost_pico, 0::BIGINT, NULL::HUGEINT, 0, "
    "'recorded', 1, (p.status = 1)::INTEGER, c.grows, c.call_status, c.context_window, "
    "p.latency_ms, p.time_to_first_token_ms, NULL::TIMESTAMP, p.line, p.source_id, "
    "''::VARCHAR FROM plain_records p JOIN circumstances c ON c.id = p.circumstances_id ";

/// Columns of the view `measures`: what sums over entries are asked for most, without a join.
constexpr std::string_view kMeasures =
    "entry, used_at, provider_id, model_id, organization_id, project_id, user_id, session_id, "
    "tags_id, currency_id, status, input_tokens_uncached, cache_read_tokens, cache_write_tokens, "
    "cache_write_5m_tokens, cache_write_1h_tokens, output_tokens, output_reasoning_tokens, "
    "requests, more_quantities, input_cost_pico, cache_read_cost_pico, cache_write_cost_pico, "
    "output_cost_pico, other_cost_pico, reported_cost_pico, reported_currency_id";

constexpr std::string_view kPlainMeasures =
    "entry, used_at, provider_id, model_id, organization_id, project_id, user_id, session_id, "
    "tags_id, currency_id, status, input_tokens_uncached, cache_read_tokens, 0::BIGINT, 0::BIGINT, "
    "0::BIGINT, output_tokens, output_reasoning_tokens, 1::BIGINT, false, input_cost_pico, "
    "cache_read_cost_pico, 0::BIGINT, output_cost_pico, 0::BIGINT, NULL::HUGEINT, 0, "
    "1, (status = 1)::INTEGER";

std::string schema_3() {
  std::string sql(kSchema3Tables);
  sql.append("CREATE VIEW entries AS SELECT ").append(kSharedColumns);
  sql.append(
      ", 'recorded' AS why, 1 AS records, (status = 1)::INTEGER AS unpriced, grows, call_status, "
      "context_window, latency_ms, time_to_first_token_ms, ingested_at, line, source_id, metadata "
      "FROM records UNION ALL SELECT ");
  sql.append(kPlainEntries).append("UNION ALL SELECT ").append(kSharedColumns);
  sql.append(
      ", why, records, unpriced, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL "
      "FROM adjustments;\n");
  sql.append("CREATE VIEW measures AS SELECT ").append(kMeasures);
  sql.append(", 1 AS records, (status = 1)::INTEGER AS unpriced FROM records UNION ALL SELECT ");
  sql.append(kPlainMeasures).append(" FROM plain_records UNION ALL SELECT ").append(kMeasures);
  sql.append(", records, unpriced FROM adjustments;\n").append(kUsageView);
  return sql;
}

/// Plain records hold the total of their costs, which is what is asked for most, and all classes
/// but one: input costs are the rest. Records for which that leaves 64 bits move to `records`.
constexpr std::string_view kSchema4Tables = R"sql(
DROP VIEW usage;
DROP VIEW entries;
DROP VIEW measures;
CREATE TABLE plain_records_4 (
  entry BIGINT, id UUID USING COMPRESSION uncompressed, used_at TIMESTAMP, circumstances_id INTEGER,
  provider_id INTEGER, model_id INTEGER, organization_id INTEGER, project_id INTEGER,
  user_id INTEGER, session_id INTEGER, tags_id INTEGER, currency_id INTEGER, status TINYINT,
  input_tokens_uncached BIGINT, cache_read_tokens BIGINT, output_tokens BIGINT,
  output_reasoning_tokens BIGINT, total_cost_pico BIGINT, cache_read_cost_pico BIGINT,
  output_cost_pico BIGINT, latency_ms BIGINT, time_to_first_token_ms BIGINT, line BIGINT,
  source_id VARCHAR);
INSERT INTO plain_records_4
SELECT entry, id, used_at, circumstances_id, provider_id, model_id, organization_id, project_id,
  user_id, session_id, tags_id, currency_id, status, input_tokens_uncached, cache_read_tokens,
  output_tokens, output_reasoning_tokens,
  (input_cost_pico::HUGEINT + cache_read_cost_pico + output_cost_pico)::BIGINT,
  cache_read_cost_pico, output_cost_pico, latency_ms, time_to_first_token_ms, line, source_id
FROM plain_records WHERE least(input_cost_pico, cache_read_cost_pico, output_cost_pico) >= 0
  AND input_cost_pico::HUGEINT + cache_read_cost_pico + output_cost_pico <= 9223372036854775807
ORDER BY entry;
DROP TABLE plain_records;
ALTER TABLE plain_records_4 RENAME TO plain_records;
)sql";

constexpr std::string_view kPlainEntries4 =
    "p.entry, p.id, c.recorded_at, p.used_at, c.time_given, p.provider_id, p.model_id, "
    "c.model_version_id, p.organization_id, p.project_id, p.user_id, p.session_id, "
    "c.service_tier_id, c.region_id, c.speed_id, c.source_kind_id, c.source_endpoint_id, "
    "c.file_id, p.tags_id, p.currency_id, p.status, c.price_number, c.reason_id, "
    "p.input_tokens_uncached, p.cache_read_tokens, 0::BIGINT, 0::BIGINT, 0::BIGINT, "
    "p.output_tokens, p.output_reasoning_tokens, 1::BIGINT, false, "
    "p.total_cost_pico - p.cache_read_cost_pico - p.output_cost_pico, "
    "p.cache_read_cost_pico, 0::BIGINT, p.output_cost_pico, 0::BIGINT, NULL::HUGEINT, 0, "
    "'recorded', 1, (p.status = 1)::INTEGER, c.grows, c.call_status, c.context_window, "
    "p.latency_ms, p.time_to_first_token_ms, NULL::TIMESTAMP, p.line, p.source_id, "
    "''::VARCHAR FROM plain_records p JOIN circumstances c ON c.id = p.circumstances_id ";

std::string schema_4() {
  std::string sql("INSERT INTO records SELECT ");
  sql.append(kSharedColumns);
  sql.append(
      ", grows, call_status, context_window, latency_ms, time_to_first_token_ms, ingested_at, "
      "line, source_id, metadata FROM entries WHERE entry IN (SELECT entry FROM plain_records "
      "WHERE least(input_cost_pico, cache_read_cost_pico, output_cost_pico) < 0 OR "
      "input_cost_pico::HUGEINT + cache_read_cost_pico + output_cost_pico > 9223372036854775807);");
  sql.append(kSchema4Tables);
  sql.append("CREATE VIEW entries AS SELECT ").append(kSharedColumns);
  sql.append(
      ", 'recorded' AS why, 1 AS records, (status = 1)::INTEGER AS unpriced, grows, call_status, "
      "context_window, latency_ms, time_to_first_token_ms, ingested_at, line, source_id, metadata "
      "FROM records UNION ALL SELECT ");
  sql.append(kPlainEntries4).append("UNION ALL SELECT ").append(kSharedColumns);
  sql.append(
      ", why, records, unpriced, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL "
      "FROM adjustments;\n");
  return sql.append(kUsageView);
}

/// 0: an empty database.
Result<int> schema_of(duck::Connection& connection, const std::string& path) {
  auto tables = connection.prepare(
      "SELECT count(*), count(*) FILTER (table_name = 'meta') FROM duckdb_tables() "
      "WHERE NOT temporary AND NOT internal");
  if (!tables) return fail(tables.error());
  auto rows = tables->run();
  if (!rows) return fail(rows.error());
  if (auto next = rows->next(); !next) return fail(next.error());
  if (rows->column<std::int64_t>(0)[0] == 0) return 0;
  const auto foreign = [&path] {
    return fail(ErrorCode::unsupported,
                path + " is a DuckDB database, but no cost-ops ledger: name another file");
  };
  if (rows->column<std::int64_t>(1)[0] == 0) return foreign();

  auto meta = connection.prepare("SELECT value::BIGINT FROM meta WHERE key = 'schema'");
  if (!meta) return foreign();
  auto version = meta->run();
  if (!version) return foreign();
  auto next = version->next();
  if (!next) return fail(next.error());
  if (!*next) return foreign();
  return static_cast<int>(version->column<std::int64_t>(0)[0]);
}

Error newer_schema(const std::string& path, int found, int known) {
  return {ErrorCode::unsupported, "ledger " + path + " has schema " + std::to_string(found) +
                                      ", this cost-ops knows up to " + std::to_string(known) +
                                      ": use a newer cost-ops"};
}

Result<void> back_up(duck::Connection& connection, const std::string& path, int schema) {
  // A checkpoint puts everything into the one file that is copied.
  if (auto checkpoint = connection.run("CHECKPOINT"); !checkpoint) return checkpoint;
  const std::string backup = path + ".schema-" + std::to_string(schema) + ".backup";
  std::error_code error;
  if (std::filesystem::exists(backup, error)) {
    return fail(ErrorCode::conflict,
                "the backup " + backup + " of an earlier migration is in the way: move it away");
  }
  std::filesystem::copy_file(path, backup, error);
  if (!error) return {};
  return fail(ErrorCode::io_error,
              "cannot copy the ledger to " + backup + " before its migration: " + error.message());
}

}  // namespace

std::span<const Migration> duckdb_migrations() {
  static const Migration migrations[] = {
      {1, schema_1()}, {2, std::string(kSchema2)}, {3, schema_3()}, {4, schema_4()}};
  return migrations;
}

Result<void> migrate(duck::Connection& connection, const std::string& path,
                     std::span<const Migration> migrations) {
  const auto schema = schema_of(connection, path);
  if (!schema) return fail(schema.error());
  const int latest = migrations.back().to;
  if (*schema > latest) return fail(newer_schema(path, *schema, latest));
  if (*schema == latest) return {};
  if (*schema > 0 && path != ":memory:") {
    if (auto saved = back_up(connection, path, *schema); !saved) return saved;
  }
  auto transaction = duck::Transaction::begin(connection);
  if (!transaction) return fail(transaction.error());
  for (const Migration& migration : migrations) {
    if (migration.to <= *schema) continue;
    if (auto done = connection.run(migration.sql); !done) return done;
  }
  const std::string stamp =
      "UPDATE meta SET value = '" + std::to_string(latest) + "' WHERE key = 'schema'";
  if (auto done = connection.run(stamp); !done) return done;
  return transaction->commit();
}

Result<void> require_schema(duck::Connection& connection, const std::string& path,
                            std::span<const Migration> migrations) {
  const auto schema = schema_of(connection, path);
  if (!schema) return fail(schema.error());
  const int latest = migrations.back().to;
  if (*schema > latest) return fail(newer_schema(path, *schema, latest));
  if (*schema == latest) return {};
  if (*schema == 0) return fail(no_ledger_yet(path));
  return fail(ErrorCode::unsupported, "ledger " + path + " has schema " + std::to_string(*schema) +
                                          ", older than " + std::to_string(latest) +
                                          ": open it once to write, which migrates it");
}

std::string_view text_table(Dimension dimension) {
  return kTextTables[static_cast<std::size_t>(dimension)];
}

bool is_in_every_table(Dimension dimension) {
  switch (dimension) {
    case Dimension::provider:
    case Dimension::model:
    case Dimension::organization:
    case Dimension::project:
    case Dimension::user:
    case Dimension::session:
    case Dimension::tags:
      return true;
    default:
      return false;
  }
}

std::string id_column(Dimension dimension) { return std::string(to_string(dimension)) + "_id"; }

}  // namespace costops::storage
