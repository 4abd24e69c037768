// sqlite_query.cc - sums over `entries`, grouped by numbers; the groups' texts come afterwards.
#include "storage/sqlite_query.h"

#include <map>
#include <optional>

#include "storage/adjustment.h"
#include "storage/groups.h"
#include "storage/query_sql.h"

namespace costops::storage {
namespace {

void add_keys(SqliteSql& sql, const Query& query) {
  for (const Dimension dimension : query.group_by) sql.add(id_column(dimension)).add(", ");
  if (query.steps) {
    add_step(sql, *query.steps, {"used_at", "max"});
    sql.add(", ");
  }
  sql.add("currency_id");
}

std::size_t key_count(const Query& query) { return query.group_by.size() + (query.steps ? 2 : 1); }

SqliteSql main_query(const Query& query) {
  SqliteSql sql;
  sql.add("SELECT ");
  add_keys(sql, query);
  sql.add(", sum(records)");
  if (query.measures.has(Measure::unpriced)) sql.add(", sum(unpriced)");
  if (query.measures.has(Measure::quantities)) {
    for (const Meter meter : kColumnMeters) sql.add(", exact_sum(").add(to_string(meter)).add(")");
  }
  if (query.measures.has(Measure::costs) || query.measures.has(Measure::total_cost)) {
    for (const std::string_view cost : kCostColumns) sql.add(", exact_sum(").add(cost).add(")");
  }
  if (query.measures.has(Measure::reported_cost)) {
    sql.add(
        ", exact_sum(CASE WHEN reported_currency_id = currency_id THEN reported_cost_pico END)");
  }
  sql.add(" FROM entries").where(query);
  add_grouping(sql, key_count(query));
  // A record that changed its currency leaves a group without records behind.
  sql.add(" HAVING sum(records) > 0");
  return sql;
}

SqliteSql side_query(const Query& query) {
  SqliteSql sql;
  sql.add("SELECT ");
  add_keys(sql, query);
  sql.add(", (SELECT value FROM meters WHERE id = meter_id), exact_sum(quantity)");
  sql.add(" FROM entries JOIN other_quantities USING (entry)").where(query);
  sql.add(" AND more_quantities");
  add_grouping(sql, key_count(query));
  sql.add(", meter_id");
  return sql;
}

/// Reads an answer row by row into columns.
class GroupsReader {
 public:
  explicit GroupsReader(const Query& query) : query_(query), keys_(query.group_by.size()) {
    groups_.keys.resize(keys_.size());
  }
  Result<void> read(sqlite::Connection& connection);
  Result<void> read_side(sqlite::Connection& connection);
  Result<Groups> finish(sqlite::Connection& connection);

 private:
  using Place = std::vector<std::int64_t>;  ///< Codes of the keys, step, number of the currency.
  Place place_of(const sqlite::Statement& row);
  Result<void> read_row(const sqlite::Statement& row);

  const Query& query_;
  std::vector<KeyCodes> keys_;
  std::vector<std::int64_t> currencies_;
  std::map<Place, std::size_t> places_;
  Groups groups_;
};

GroupsReader::Place GroupsReader::place_of(const sqlite::Statement& row) {
  Place place;
  int column = 0;
  for (KeyCodes& codes : keys_) {
    place.push_back(codes.code_of(static_cast<std::uint64_t>(row.integer(column++))));
  }
  for (; column < static_cast<int>(key_count(query_)); ++column) {
    place.push_back(row.integer(column));
  }
  return place;
}

Result<void> GroupsReader::read_row(const sqlite::Statement& row) {
  const Place place = place_of(row);
  places_[place] = groups_.size();
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    groups_.keys[i].codes.push_back(static_cast<std::uint32_t>(place[i]));
  }
  if (query_.steps) groups_.steps.emplace_back(Microseconds(place[keys_.size()]));
  currencies_.push_back(place.back());
  auto column = static_cast<int>(key_count(query_));
  groups_.requests.push_back(row.integer(column++));
  if (query_.measures.has(Measure::unpriced)) groups_.unpriced.push_back(row.integer(column++));
  if (query_.measures.has(Measure::quantities)) {
    for (const Meter meter : kColumnMeters) {
      const auto sum = narrow_sum(row.wide(column++), to_string(meter));
      if (!sum) return fail(sum.error());
      groups_.quantities[static_cast<std::size_t>(meter)].push_back(*sum);
    }
  }
  const bool classes = query_.measures.has(Measure::costs);
  if (classes || query_.measures.has(Measure::total_cost)) {
    Amount total;
    for (auto& costs : groups_.costs) {
      const Amount cost = Amount::pico(row.wide(column++));
      if (classes) costs.push_back(cost);
      total += cost;
    }
    if (query_.measures.has(Measure::total_cost)) groups_.total_cost.push_back(total);
  }
  if (query_.measures.has(Measure::reported_cost)) {
    groups_.reported_cost.push_back(Amount::pico(row.wide(column)));
  }
  return {};
}

Result<void> GroupsReader::read(sqlite::Connection& connection) {
  const SqliteSql sql = main_query(query_);
  auto rows = sql.prepare(connection);
  if (!rows) return fail(rows.error());
  for (;;) {
    const auto more = rows->step();
    if (!more) return fail(more.error());
    if (!*more) return {};
    if (auto row = read_row(*rows); !row) return row;
  }
}

Result<void> GroupsReader::read_side(sqlite::Connection& connection) {
  const auto any =
      connection.number("SELECT count(*) FROM (SELECT 1 FROM other_quantities LIMIT 1)");
  if (!any) return fail(any.error());
  if (*any == 0) return {};
  const SqliteSql sql = side_query(query_);
  auto rows = sql.prepare(connection);
  if (!rows) return fail(rows.error());
  const auto first = static_cast<int>(key_count(query_));
  for (;;) {
    const auto more = rows->step();
    if (!more) return fail(more.error());
    if (!*more) return {};
    const auto group = places_.find(place_of(*rows));
    if (group == places_.end()) continue;  // Its records left the group.
    const auto meter = meter_named(rows->text(first));
    if (!meter) return fail(meter.error());
    const auto sum = narrow_sum(rows->wide(first + 1), to_string(*meter));
    if (!sum) return fail(sum.error());
    if (*sum == 0) continue;
    auto& column = groups_.quantities[static_cast<std::size_t>(*meter)];
    column.resize(groups_.size());
    column[group->second] = *sum;
  }
}

Result<Groups> GroupsReader::finish(sqlite::Connection& connection) {
  SqliteRecords texts(connection);
  for (std::size_t key = 0; key < keys_.size(); ++key) {
    for (const std::uint64_t number : keys_[key].numbers()) {
      auto text = texts.text(text_table(query_.group_by[key]), static_cast<std::int64_t>(number));
      if (!text) return fail(text.error());
      groups_.keys[key].texts.push_back(std::move(*text));
    }
  }
  for (const std::int64_t number : currencies_) {
    const auto code = texts.text("currencies", number);
    if (!code) return fail(code.error());
    const auto currency = code->empty() ? Currency() : Currency::parse(*code);
    if (!currency) return fail(currency.error());
    groups_.currencies.push_back(*currency);
  }
  if (auto finished = finish_groups(query_, groups_); !finished) return fail(finished.error());
  return std::move(groups_);
}

}  // namespace

SqliteSql& SqliteSql::value(std::string text) {
  values_.push_back(std::move(text));
  return add("?");
}

SqliteSql& SqliteSql::where(const Query& query) {
  add_where(*this, query);
  return *this;
}

Result<sqlite::Statement> SqliteSql::prepare(sqlite::Connection& connection) const {
  auto statement = connection.prepare(text_);
  if (!statement) return statement;
  for (const std::string& value : values_) statement->bind(std::string_view(value));
  return statement;
}

Result<Groups> run_sqlite_query(sqlite::Connection& connection, const Query& query) {
  GroupsReader reader(query);
  if (auto read = reader.read(connection); !read) return fail(read.error());
  if (query.measures.has(Measure::quantities)) {
    if (auto read = reader.read_side(connection); !read) return fail(read.error());
  }
  return reader.finish(connection);
}

Result<std::vector<KnownRecord>> sqlite_known(sqlite::Connection& connection,
                                              std::span<const RecordId> ids) {
  std::vector<KnownRecord> known;
  std::optional<SqliteRecords> records;
  for (const RecordId id : ids) {
    const auto entry = sqlite_entry_of(connection, id);
    if (!entry) return fail(entry.error());
    if (*entry == 0) continue;
    if (!records) records.emplace(connection);
    const auto record = records->load(*entry, std::nullopt, INT64_MAX);
    if (!record) return fail(record.error());
    known.push_back(known_of(*record));
  }
  return known;
}

Result<std::int64_t> sqlite_entry_of(sqlite::Connection& connection, RecordId id) {
  const auto find = connection.kept("SELECT entry FROM identities WHERE id = ?");
  if (!find) return fail(find.error());
  const auto found = (*find)->bind(id).step();
  if (!found) return fail(found.error());
  const std::int64_t entry = *found ? (*find)->integer(0) : 0;
  (*find)->reset();
  return entry;
}

}  // namespace costops::storage
