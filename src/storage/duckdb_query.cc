// duckdb_query.cc - sums grouped by numbers; the groups' texts are fetched afterwards.
#include "storage/duckdb_query.h"

#include <algorithm>
#include <map>
#include <span>

#include "storage/duckdb_schema.h"
#include "storage/groups.h"
#include "storage/query_sql.h"

namespace costops::storage {
namespace {

constexpr std::int64_t kDay = 86'400'000'000;

/// Days are grouped by as dates, several times as fast as by their starts: a division by a constant
/// that the database's compiler knew. What begins a day is computed once per group. Where offsets
/// change, the stretch is a key, too.
struct StepKey {
  explicit StepKey(const Query& query)
      : columns(!query.steps                                               ? 0
                : by_date(*query.steps) && query.steps->offsets.size() > 1 ? 2
                                                                           : 1),
        is_date(query.steps && by_date(*query.steps)) {}
  static bool by_date(const LocalSteps& steps) { return steps.step_us == kDay; }

  std::size_t columns;
  bool is_date;
};

void add_date(Sql& sql, const LocalSteps& steps) {
  add_by_offset(sql, steps, [&](const LocalSteps::Offset& o, std::size_t) {
    if (o.offset_us == 0) {
      sql.add("used_at::DATE");
    } else {
      sql.add("make_timestamp(epoch_us(used_at) + ").number(o.offset_us).add(")::DATE");
    }
  });
  if (steps.offsets.size() == 1) return;
  sql.add(", ");
  add_by_offset(sql, steps, [&](const LocalSteps::Offset&, std::size_t stretch) {
    sql.add(std::to_string(stretch)).add("::INTEGER");
  });
}

void add_keys(Sql& sql, const Query& query) {
  for (const Dimension dimension : query.group_by) sql.add(id_column(dimension)).add(", ");
  if (query.steps && StepKey::by_date(*query.steps)) {
    add_date(sql, *query.steps);
    sql.add(", ");
  } else if (query.steps) {
    add_step(sql, *query.steps, {"epoch_us(used_at)", "greatest"});
    sql.add(", ");
  }
  sql.add("currency_id");
}

std::size_t key_count(const Query& query) {
  return query.group_by.size() + StepKey(query).columns + 1;
}

/// What entries are read from. `entries`, the view of all of them, has every column.
enum class From : std::uint8_t { records, plain_records, adjustments, entries };

bool needs_all_columns(const Query& query) {
  if (query.as_of) return true;
  const auto missing = [](Dimension dimension) { return !is_in_every_table(dimension); };
  return std::ranges::any_of(query.group_by, missing) ||
         std::ranges::any_of(query.filters, missing, &Filter::dimension);
}

/// A plain record has no other meters than these, and is one request.
bool is_plain(Meter meter) {
  return meter == Meter::input_tokens_uncached || meter == Meter::cache_read_tokens ||
         meter == Meter::output_tokens || meter == Meter::output_reasoning_tokens;
}

void add_quantity(Sql& sql, From from, Meter meter) {
  if (from != From::plain_records || is_plain(meter)) {
    sql.add(", sum(").add(to_string(meter)).add(")::HUGEINT");
  } else {
    sql.add(meter == Meter::requests ? ", count(*)::HUGEINT" : ", 0::HUGEINT");
  }
}

void add_costs(Sql& sql, From from) {
  if (from == From::plain_records) {
    sql.add(", sum(total_cost_pico) - sum(cache_read_cost_pico) - sum(output_cost_pico)");
    sql.add(", sum(cache_read_cost_pico), 0::HUGEINT, sum(output_cost_pico), 0::HUGEINT");
    return;
  }
  for (const std::string_view column : kCostColumns) sql.add(", sum(").add(column).add(")");
}

void add_total_cost(Sql& sql, From from) {
  if (from == From::plain_records) {
    sql.add(", sum(total_cost_pico)");
    return;
  }
  std::string_view separator = ", ";
  for (const std::string_view column : kCostColumns) {
    sql.add(separator).add("sum(").add(column).add(")");
    separator = " + ";
  }
}

/// Keys and sums over one table; all sums are HUGEINTs.
void add_sums(Sql& sql, const Query& query, From from) {
  static constexpr std::string_view kTables[] = {"records", "plain_records", "adjustments",
                                                 "entries"};
  const bool is_records = from == From::records || from == From::plain_records;
  sql.add("SELECT ");
  add_keys(sql, query);
  sql.add(is_records ? ", count(*)::HUGEINT" : ", sum(records)::HUGEINT");
  if (query.measures.has(Measure::unpriced)) {
    sql.add(is_records ? ", count(*) FILTER (status = 1)::HUGEINT" : ", sum(unpriced)::HUGEINT");
  }
  if (query.measures.has(Measure::quantities)) {
    for (const Meter meter : kColumnMeters) add_quantity(sql, from, meter);
  }
  if (query.measures.has(Measure::costs)) add_costs(sql, from);
  if (query.measures.has(Measure::total_cost)) add_total_cost(sql, from);
  if (query.measures.has(Measure::reported_cost)) {
    sql.add(from == From::plain_records
                ? ", 0::HUGEINT"
                : ", coalesce(sum(reported_cost_pico) FILTER (reported_currency_id = currency_id), "
                  "0)::HUGEINT");
  }
  sql.add(" FROM ").add(kTables[static_cast<std::size_t>(from)]).add(" e").where(query);
  add_grouping(sql, key_count(query));
}

std::size_t sum_count(const Query& query) {
  const auto has = [&](Measure m) { return std::size_t{query.measures.has(m)}; };
  return 1 + has(Measure::unpriced) + has(Measure::quantities) * kColumnMeters.size() +
         has(Measure::costs) * kCostClassCount + has(Measure::total_cost) +
         has(Measure::reported_cost);
}

/// Tables are summed apart, and their groups then together: each table only has the columns that it
/// needs, and one that is empty costs nothing.
Sql main_query(const Query& query, std::span<const From> tables) {
  Sql sql;
  if (tables.size() == 1) {
    add_sums(sql, query, tables[0]);
    // A record that changed its currency leaves a group without records behind.
    if (tables[0] == From::entries) sql.add(" HAVING sum(records) > 0");
    return sql;
  }
  const std::size_t keys = key_count(query);
  const std::size_t columns = keys + sum_count(query);
  sql.add("SELECT ");
  for (std::size_t i = 0; i < columns; ++i) {
    const std::string name = "c" + std::to_string(i);
    sql.add(i > 0 ? ", " : "").add(i < keys ? name : "sum(" + name + ")");
  }
  sql.add(" FROM (");
  for (const From& from : tables) {
    if (&from != tables.data()) sql.add(" UNION ALL ");
    add_sums(sql, query, from);
  }
  sql.add(") AS t(");
  for (std::size_t i = 0; i < columns; ++i) {
    sql.add(i > 0 ? ", c" : "c").add(std::to_string(i));
  }
  sql.add(")");
  add_grouping(sql, keys);
  return sql.add(" HAVING sum(c").add(std::to_string(keys)).add(") > 0");
}

Sql side_query(const Query& query) {
  Sql sql;
  sql.add("SELECT ");
  add_keys(sql, query);
  sql.add(", (SELECT value FROM meters m WHERE m.id = any_value(q.meter_id)), sum(q.quantity)");
  sql.add(" FROM entries e JOIN other_quantities q ON q.entry = e.entry").where(query);
  sql.add(" AND more_quantities");
  add_grouping(sql, key_count(query));
  sql.add(", q.meter_id HAVING sum(q.quantity) <> 0");
  return sql;
}

Result<Currency> currency_of(std::string_view code) {
  if (code.empty()) return Currency();
  return Currency::parse(code);
}

/// Reads the answer of the main query, chunk by chunk, into columns.
class GroupsReader {
 public:
  explicit GroupsReader(const Query& query)
      : query_(query), step_(query), keys_(query.group_by.size()) {
    groups_.keys.resize(keys_.size());
  }

  Result<void> read(duck::Rows& rows) {
    for (;;) {
      const auto more = rows.next();
      if (!more) return fail(more.error());
      if (!*more) return {};
      if (auto chunk = read_chunk(rows); !chunk) return chunk;
    }
  }
  /// Adds the quantities that have no column; `rows` answers the side query.
  Result<void> read_side(Result<duck::Rows> rows);
  Result<Groups> finish(duck::Connection& connection);

 private:
  using Place = std::vector<std::int64_t>;  ///< Codes of the keys, step, number of the currency.

  Result<void> read_chunk(const duck::Rows& rows);
  std::size_t read_keys(const duck::Rows& rows);
  Result<void> read_quantities(const duck::Rows& rows, std::size_t& column);
  void read_amounts(const duck::Rows& rows, std::size_t column, std::vector<Amount>& into) {
    const auto* sums = rows.column<duckdb_hugeint>(column);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      into.push_back(Amount::pico(duck::int128_of(sums[row])));
    }
  }
  Place place_of(const duck::Rows& rows, std::size_t row);
  [[nodiscard]] std::int64_t step_of(const duck::Rows& rows, std::size_t column,
                                     std::size_t row) const;
  std::map<Place, std::size_t> places() const;
  Result<void> load_texts(duck::Connection& connection, std::size_t key);
  Result<void> load_currencies(duck::Connection& connection);

  const Query& query_;
  StepKey step_;
  std::vector<KeyCodes> keys_;
  std::vector<std::int32_t> currencies_;
  Groups groups_;
};

/// The start of a step from its columns, the first of which is `column`.
std::int64_t GroupsReader::step_of(const duck::Rows& rows, std::size_t column,
                                   std::size_t row) const {
  if (!step_.is_date) return rows.column<std::int64_t>(column)[row];
  const auto stretch =
      step_.columns == 1 ? 0 : static_cast<std::size_t>(rows.column<std::int32_t>(column + 1)[row]);
  const std::int64_t midnight = rows.column<std::int32_t>(column)[row] * kDay;
  const std::int64_t start = midnight - query_.steps->offsets[stretch].offset_us;
  return std::max(start, beginning_of(*query_.steps, stretch));
}

std::size_t GroupsReader::read_keys(const duck::Rows& rows) {
  std::size_t column = 0;
  for (; column < keys_.size(); ++column) {
    const auto* numbers = rows.column<std::int32_t>(column);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      groups_.keys[column].codes.push_back(
          keys_[column].code_of(static_cast<std::uint32_t>(numbers[row])));
    }
  }
  if (query_.steps) {
    for (std::size_t row = 0; row < rows.size(); ++row) {
      groups_.steps.emplace_back(Microseconds(step_of(rows, column, row)));
    }
    column += step_.columns;
  }
  const auto* currencies = rows.column<std::int32_t>(column++);
  currencies_.insert(currencies_.end(), currencies, currencies + rows.size());
  return column;
}

Result<void> GroupsReader::read_quantities(const duck::Rows& rows, std::size_t& column) {
  for (const Meter meter : kColumnMeters) {
    auto& into = groups_.quantities[static_cast<std::size_t>(meter)];
    const auto* sums = rows.column<duckdb_hugeint>(column++);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const auto sum = narrow_sum(duck::int128_of(sums[row]), to_string(meter));
      if (!sum) return fail(sum.error());
      into.push_back(*sum);
    }
  }
  return {};
}

Result<void> GroupsReader::read_chunk(const duck::Rows& rows) {
  std::size_t column = read_keys(rows);
  // Counts of records: they fit.
  const auto counts = [&](std::vector<std::int64_t>& into) {
    const auto* sums = rows.column<duckdb_hugeint>(column++);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      into.push_back(static_cast<std::int64_t>(sums[row].lower));
    }
  };
  counts(groups_.requests);
  if (query_.measures.has(Measure::unpriced)) counts(groups_.unpriced);
  if (query_.measures.has(Measure::quantities)) {
    if (auto read = read_quantities(rows, column); !read) return read;
  }
  if (query_.measures.has(Measure::costs)) {
    for (auto& into : groups_.costs) read_amounts(rows, column++, into);
  }
  if (query_.measures.has(Measure::total_cost)) read_amounts(rows, column++, groups_.total_cost);
  if (query_.measures.has(Measure::reported_cost)) {
    read_amounts(rows, column, groups_.reported_cost);
  }
  return {};
}

GroupsReader::Place GroupsReader::place_of(const duck::Rows& rows, std::size_t row) {
  Place place;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    place.push_back(
        keys_[i].code_of(static_cast<std::uint32_t>(rows.column<std::int32_t>(i)[row])));
  }
  std::size_t column = keys_.size();
  if (query_.steps) place.push_back(step_of(rows, column, row));
  column += step_.columns;
  place.push_back(rows.column<std::int32_t>(column)[row]);
  return place;
}

std::map<GroupsReader::Place, std::size_t> GroupsReader::places() const {
  std::map<Place, std::size_t> places;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    Place place;
    for (const Groups::Key& key : groups_.keys) place.push_back(key.codes[i]);
    if (query_.steps) place.push_back(groups_.steps[i].time_since_epoch().count());
    place.push_back(currencies_[i]);
    places[std::move(place)] = i;
  }
  return places;
}

Result<void> GroupsReader::read_side(Result<duck::Rows> rows) {
  std::map<Place, std::size_t> groups;
  Result<void> added;
  const std::size_t first = key_count(query_);
  auto read = duck::for_each_row(rows, [&](std::size_t row) {
    if (!added) return;
    if (groups.empty()) groups = places();
    const auto group = groups.find(place_of(*rows, row));
    const auto meter = meter_named(rows->text(first, row));
    if (!meter || group == groups.end()) {
      if (!meter) added = fail(meter.error());
      return;  // A group that its records left.
    }
    const auto sum = narrow_sum(duck::int128_of(rows->column<duckdb_hugeint>(first + 1)[row]),
                                to_string(*meter));
    if (!sum) {
      added = fail(sum.error());
      return;
    }
    auto& column = groups_.quantities[static_cast<std::size_t>(*meter)];
    column.resize(groups_.size());
    column[group->second] += *sum;
  });
  return read ? added : read;
}

Result<void> GroupsReader::load_texts(duck::Connection& connection, std::size_t key) {
  constexpr std::size_t kFew = 1000;
  const auto& numbers = keys_[key].numbers();
  std::string sql = "SELECT id, value FROM " + std::string(text_table(query_.group_by[key]));
  std::vector<std::uint32_t> code_of;
  std::string list;
  for (std::uint32_t code = 0; code < numbers.size(); ++code) {
    if (numbers[code] >= code_of.size()) code_of.resize(numbers[code] + 1, UINT32_MAX);
    code_of[numbers[code]] = code;
    if (numbers.size() > kFew) continue;
    list += (code > 0 ? "," : "") + std::to_string(numbers[code]);
  }
  if (!list.empty()) sql += " WHERE id IN (" + list + ")";
  auto& texts = groups_.keys[key].texts;
  texts.resize(numbers.size());
  auto rows = connection.ask(sql);
  return duck::for_each_row(rows, [&](std::size_t row) {
    const auto number = static_cast<std::uint32_t>(rows->column<std::int32_t>(0)[row]);
    if (number >= code_of.size() || code_of[number] == UINT32_MAX) return;
    texts[code_of[number]] = rows->text(1, row);
  });
}

Result<void> GroupsReader::load_currencies(duck::Connection& connection) {
  std::map<std::int32_t, Currency> by_number;
  Result<void> parsed;
  auto rows = connection.ask("SELECT id, value FROM currencies");
  const auto read = duck::for_each_row(rows, [&](std::size_t row) {
    const auto currency = currency_of(rows->text(1, row));
    if (!currency) parsed = fail(currency.error());
    by_number[rows->column<std::int32_t>(0)[row]] = currency.value_or(Currency());
  });
  if (!read) return read;
  groups_.currencies.reserve(currencies_.size());
  for (const std::int32_t number : currencies_) groups_.currencies.push_back(by_number[number]);
  return parsed;
}

Result<Groups> GroupsReader::finish(duck::Connection& connection) {
  for (std::size_t key = 0; key < keys_.size(); ++key) {
    if (auto loaded = load_texts(connection, key); !loaded) return fail(loaded.error());
  }
  if (auto loaded = load_currencies(connection); !loaded) return fail(loaded.error());
  if (auto finished = finish_groups(query_, groups_); !finished) return fail(finished.error());
  return std::move(groups_);
}

Result<duck::Rows> run(duck::Connection& connection, const Sql& sql) {
  auto statement = sql.prepare(connection);
  if (!statement) return fail(statement.error());
  return statement->run();
}

Result<bool> has_rows(duck::Connection& connection, const std::string& table) {
  auto rows = connection.ask("SELECT 1 FROM " + table + " LIMIT 1");
  if (!rows) return fail(rows.error());
  return rows->next();
}

/// The tables that a query must read: not those that are empty.
Result<std::vector<From>> tables_for(duck::Connection& connection, const Query& query) {
  if (needs_all_columns(query)) return std::vector<From>{From::entries};
  std::vector<From> tables{From::plain_records};
  const auto records = has_rows(connection, "records");
  if (!records) return fail(records.error());
  if (*records) tables.push_back(From::records);
  const auto adjustments = has_rows(connection, "adjustments");
  if (!adjustments) return fail(adjustments.error());
  if (*adjustments) tables.push_back(From::adjustments);
  return tables;
}

}  // namespace

Sql& Sql::number(std::int64_t number) { return add(std::to_string(number)).add("::BIGINT"); }

Sql& Sql::value(std::int64_t number) {
  values_.emplace_back(number);
  return add("?");
}

Sql& Sql::value(std::string text) {
  values_.emplace_back(std::move(text));
  return add("?");
}

Sql& Sql::time(Instant at) {
  values_.emplace_back(at);
  return add("?");
}

Sql& Sql::where(const Query& query) {
  add_where(*this, query);
  return *this;
}

Result<duck::Statement> Sql::prepare(duck::Connection& connection) const {
  auto statement = connection.prepare(text_);
  if (!statement) return statement;
  for (const auto& value : values_) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      statement->bind(*number);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      statement->bind(std::string_view(*text));
    } else {
      statement->bind_time(std::get<Instant>(value).time_since_epoch().count());
    }
  }
  return statement;
}

Result<Groups> run_query(duck::Connection& connection, const Query& query) {
  const auto tables = tables_for(connection, query);
  if (!tables) return fail(tables.error());
  const Sql main = main_query(query, *tables);
  auto statement = main.prepare(connection);
  if (!statement) return fail(statement.error());
  auto rows = statement->stream();
  if (!rows) return fail(rows.error());
  GroupsReader reader(query);
  if (auto read = reader.read(*rows); !read) return fail(read.error());
  *rows = {};
  const bool quantities = query.measures.has(Measure::quantities);
  const auto more = quantities ? has_rows(connection, "other_quantities") : Result<bool>(false);
  if (!more) return fail(more.error());
  if (*more) {
    auto read = reader.read_side(run(connection, side_query(query)));
    if (!read) return fail(read.error());
  }
  return reader.finish(connection);
}

}  // namespace costops::storage
