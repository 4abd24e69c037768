// duckdb_query.cc - sums grouped by numbers; the groups' texts are fetched afterwards.
#include "storage/duckdb_query.h"

#include <algorithm>
#include <map>

#include "storage/duckdb_schema.h"
#include "storage/groups.h"

namespace costops::storage {
namespace {

void add_filter(Sql& sql, const Filter& filter) {
  const bool tags = filter.dimension == Dimension::tags;
  bool unassigned = false;
  sql.add(" AND ").add(filter.kind == Filter::Kind::exclude ? "NOT (" : "(");
  sql.add(id_column(filter.dimension)).add(" IN (SELECT ");
  sql.add(tags ? "list_id FROM tag_members WHERE tag IN (" : "id FROM ");
  if (!tags) sql.add(text_table(filter.dimension)).add(" WHERE value IN (");
  for (std::size_t i = 0; i < filter.values.size(); ++i) {
    if (i > 0) sql.add(", ");
    sql.value(filter.values[i]);
    unassigned = unassigned || filter.values[i].empty();
  }
  if (filter.values.empty()) sql.add("NULL");
  sql.add("))");
  if (tags && unassigned) sql.add(" OR ").add(id_column(Dimension::tags)).add(" = 0");
  sql.add(")");
}

/// "CASE WHEN used_at < change THEN ... ELSE ... END": a value per stretch of constant offset.
template <typename AddValue>
void add_by_offset(Sql& sql, const LocalSteps& steps, const AddValue& add_value) {
  if (steps.offsets.size() == 1) {
    add_value(steps.offsets[0]);
    return;
  }
  sql.add("CASE");
  for (std::size_t i = 1; i < steps.offsets.size(); ++i) {
    sql.add(" WHEN used_at < ").time(steps.offsets[i].from).add(" THEN ");
    add_value(steps.offsets[i - 1]);
  }
  sql.add(" ELSE ");
  add_value(steps.offsets.back());
  sql.add(" END");
}

/// The start of the step that contains `used_at`, in UTC microseconds: the local time rounded down
/// (also before 1970), but not before the change that cut the step.
void add_step(Sql& sql, const LocalSteps& steps) {
  const std::int64_t shift = positive_shift(steps.step_us);
  const auto start = [&](const LocalSteps::Offset& o) {
    sql.add("epoch_us(used_at) - (epoch_us(used_at) + ").number(o.offset_us + shift).add(") % ");
    sql.number(steps.step_us);
  };
  if (steps.offsets.size() == 1) {
    start(steps.offsets[0]);
    return;
  }
  sql.add("greatest(");
  add_by_offset(sql, steps, start);
  sql.add(", ");
  add_by_offset(sql, steps, [&](const LocalSteps::Offset& o) {
    const bool first = &o == steps.offsets.data();
    sql.number(first ? min_instant().time_since_epoch().count() - steps.step_us
                     : o.from.time_since_epoch().count());
  });
  sql.add(")");
}

/// Whether the ledger has adjustments: without them, a record is a row.
enum class From : std::uint8_t { records, entries };

void add_keys(Sql& sql, const Query& query) {
  for (const Dimension dimension : query.group_by) sql.add(id_column(dimension)).add(", ");
  if (query.steps) {
    add_step(sql, *query.steps);
    sql.add(" AS step, ");
  }
  sql.add("currency_id");
}

void add_grouping(Sql& sql, const Query& query) {
  sql.add(" GROUP BY ");
  const std::size_t keys = query.group_by.size() + (query.steps ? 2 : 1);
  for (std::size_t i = 1; i <= keys; ++i) sql.add(i > 1 ? ", " : "").add(std::to_string(i));
}

/// Whether the cheaper view, `measures`, lacks something that is asked for.
bool needs_all_columns(const Query& query) {
  if (query.as_of) return true;
  const auto unmeasured = [](Dimension dimension) { return !is_measured_by(dimension); };
  return std::ranges::any_of(query.group_by, unmeasured) ||
         std::ranges::any_of(query.filters, unmeasured, &Filter::dimension);
}

Sql main_query(const Query& query, From from) {
  const bool records = from == From::records;
  Sql sql;
  sql.add("SELECT ");
  add_keys(sql, query);
  sql.add(records ? ", count(*)::HUGEINT" : ", sum(records)::HUGEINT");
  if (query.measures.has(Measure::unpriced)) {
    sql.add(records ? ", count(*) FILTER (status = 1)::HUGEINT" : ", sum(unpriced)::HUGEINT");
  }
  if (query.measures.has(Measure::quantities)) {
    for (const Meter meter : kColumnMeters) sql.add(", sum(").add(to_string(meter)).add(")");
  }
  if (query.measures.has(Measure::costs)) {
    for (const std::string_view column : kCostColumns) sql.add(", sum(").add(column).add(")");
  }
  if (query.measures.has(Measure::total_cost)) {
    std::string_view separator = ", ";
    for (const std::string_view column : kCostColumns) {
      sql.add(separator).add("sum(").add(column).add(")");
      separator = " + ";
    }
  }
  if (query.measures.has(Measure::reported_cost)) {
    sql.add(", coalesce(sum(reported_cost_pico) FILTER (reported_currency_id = currency_id), 0)");
    sql.add("::HUGEINT");
  }
  sql.add(needs_all_columns(query) ? " FROM entries e" : " FROM measures e").where(query);
  add_grouping(sql, query);
  // A record that changed its currency leaves a group without records behind.
  if (!records) sql.add(" HAVING sum(records) > 0");
  return sql;
}

Sql side_query(const Query& query) {
  Sql sql;
  sql.add("SELECT ");
  add_keys(sql, query);
  sql.add(", (SELECT value FROM meters m WHERE m.id = any_value(q.meter_id)), sum(q.quantity)");
  sql.add(" FROM entries e JOIN other_quantities q ON q.entry = e.entry").where(query);
  sql.add(" AND more_quantities");
  add_grouping(sql, query);
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
  explicit GroupsReader(const Query& query) : query_(query), keys_(query.group_by.size()) {
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
  std::map<Place, std::size_t> places() const;
  Result<void> load_texts(duck::Connection& connection, std::size_t key);
  Result<void> load_currencies(duck::Connection& connection);

  const Query& query_;
  std::vector<KeyCodes> keys_;
  std::vector<std::int32_t> currencies_;
  Groups groups_;
};

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
    const auto* starts = rows.column<std::int64_t>(column++);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      groups_.steps.emplace_back(Microseconds(starts[row]));
    }
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
  if (query_.steps) place.push_back(rows.column<std::int64_t>(column++)[row]);
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
  const std::size_t first = keys_.size() + (query_.steps ? 2 : 1);
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
  add(" WHERE true");
  if (!is_all_time(query.range)) {
    add(" AND used_at >= ").time(query.range.from).add(" AND used_at < ").time(query.range.to);
  }
  if (query.as_of) add(" AND recorded_at <= ").time(*query.as_of);
  for (const Filter& filter : query.filters) add_filter(*this, filter);
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
  const auto adjusted = has_rows(connection, "adjustments");
  if (!adjusted) return fail(adjusted.error());
  const Sql main = main_query(query, *adjusted ? From::entries : From::records);
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
