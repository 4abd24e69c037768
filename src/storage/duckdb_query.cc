// duckdb_query.cc - sums over the view `entries`, grouped by numbers; texts are joined to groups.
#include "storage/duckdb_query.h"

#include <limits>

#include "storage/duckdb_schema.h"

namespace costops::storage {
namespace {

std::string numbered(std::string_view name, std::size_t number) {
  return std::string(name) + std::to_string(number);
}

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
  const auto offset = [&] {
    add_by_offset(sql, steps,
                  [&sql](const LocalSteps::Offset& o) { sql.value(o.offset_us).add("::BIGINT"); });
  };
  sql.add("greatest(epoch_us(used_at) - ((epoch_us(used_at) + ");
  offset();
  sql.add(") % ").value(steps.step_us).add("::BIGINT + ");
  sql.value(steps.step_us).add("::BIGINT) % ").value(steps.step_us).add("::BIGINT, ");
  add_by_offset(sql, steps, [&](const LocalSteps::Offset& o) {
    const bool first = &o == steps.offsets.data();
    sql.value(first ? std::numeric_limits<std::int64_t>::min() : o.from.time_since_epoch().count());
    sql.add("::BIGINT");
  });
  sql.add(")");
}

/// Keys k0, k1, ... and the step of the selected entries, with `measures`.
void add_selected(Sql& sql, const Query& query, std::string_view measures) {
  bool by_tags = false;
  sql.add("SELECT ");
  for (std::size_t i = 0; i < query.group_by.size(); ++i) {
    const Dimension dimension = query.group_by[i];
    by_tags = by_tags || dimension == Dimension::tags;
    sql.add(dimension == Dimension::tags ? "coalesce(t.tag, '')" : "e." + id_column(dimension));
    sql.add(numbered(" AS k", i)).add(", ");
  }
  if (query.steps) {
    add_step(sql, *query.steps);
  } else {
    sql.add("0::BIGINT");
  }
  sql.add(" AS step, currency_id, ").add(measures).add(" FROM entries e");
  // A tag that a record repeats counts once.
  if (by_tags) {
    sql.add(
        " LEFT JOIN (SELECT DISTINCT list_id, tag FROM tag_members) t "
        "ON t.list_id = e.tags_id");
  }
}

/// Texts of the grouped keys, the step and the currency: what the answer begins with.
void add_answer_keys(Sql& sql, const Query& query) {
  for (std::size_t i = 0; i < query.group_by.size(); ++i) {
    sql.add(query.group_by[i] == Dimension::tags ? numbered("k", i) : numbered("d", i) + ".value");
    sql.add(", ");
  }
  sql.add("step, c.value");
}

void add_answer_joins(Sql& sql, const Query& query) {
  sql.add(" FROM grouped JOIN currencies c ON c.id = currency_id");
  for (std::size_t i = 0; i < query.group_by.size(); ++i) {
    if (query.group_by[i] == Dimension::tags) continue;
    const std::string name = numbered("d", i);
    sql.add(" JOIN ").add(text_table(query.group_by[i])).add(" ").add(name).add(" ON ");
    sql.add(name).add(".id = ").add(numbered("k", i));
  }
  sql.add(" ORDER BY ");
  for (std::size_t i = 0; i < query.group_by.size() + 2; ++i) {
    sql.add(i > 0 ? ", " : "").add(std::to_string(i + 1));
  }
}

void add_key_names(Sql& sql, const Query& query) {
  for (std::size_t i = 0; i < query.group_by.size(); ++i) sql.add(numbered("k", i)).add(", ");
  sql.add("step, currency_id");
}

Sql main_query(const Query& query) {
  std::string measures = "records, unpriced";
  std::string sums = ", sum(records) AS records, sum(unpriced) AS unpriced";
  const auto add_sum = [&](std::string_view column) {
    measures.append(", ").append(column);
    sums.append(", sum(").append(column).append(") AS ").append(column);
  };
  for (const Meter meter : kColumnMeters) add_sum(to_string(meter));
  for (const std::string_view column : kCostColumns) add_sum(column);
  measures +=
      ", CASE WHEN reported_currency_id = currency_id THEN reported_cost_pico END AS claimed";
  sums += ", coalesce(sum(claimed), 0::HUGEINT) AS claimed";

  Sql sql;
  sql.add("WITH selected AS (");
  add_selected(sql, query, measures);
  sql.where(query).add("), grouped AS (SELECT ");
  add_key_names(sql, query);
  sql.add(sums).add(" FROM selected GROUP BY ");
  add_key_names(sql, query);
  // A record that changed its currency leaves a group without records behind.
  sql.add(" HAVING sum(records) > 0) SELECT ");
  add_answer_keys(sql, query);
  sql.add(", records, unpriced");
  for (const Meter meter : kColumnMeters) sql.add(", ").add(to_string(meter));
  for (const std::string_view column : kCostColumns) sql.add(", ").add(column);
  sql.add(", claimed");
  add_answer_joins(sql, query);
  return sql;
}

Sql side_query(const Query& query) {
  Sql sql;
  sql.add("WITH selected AS (");
  add_selected(sql, query, "q.meter_id, q.quantity");
  sql.add(" JOIN other_quantities q ON q.entry = e.entry");
  sql.where(query).add(" AND more_quantities), grouped AS (SELECT ");
  add_key_names(sql, query);
  sql.add(", meter_id, sum(quantity) AS quantity FROM selected GROUP BY ");
  add_key_names(sql, query);
  sql.add(", meter_id HAVING sum(quantity) <> 0) SELECT ");
  add_answer_keys(sql, query);
  sql.add(", (SELECT value FROM meters m WHERE m.id = meter_id), quantity");
  add_answer_joins(sql, query);
  return sql;
}

Result<std::int64_t> narrow(duckdb_hugeint wide, std::string_view what) {
  const Int128 value = duck::int128_of(wide);
  if (value >= std::numeric_limits<std::int64_t>::min() &&
      value <= std::numeric_limits<std::int64_t>::max()) {
    return static_cast<std::int64_t>(value);
  }
  return fail(ErrorCode::unsupported, "the sum of " + std::string(what) + ", " + to_string(value) +
                                          ", leaves 64 bits: ask for a shorter range");
}

/// Reads keys, step and currency; returns the index of the first column after them.
Result<std::size_t> read_keys(const duck::Rows& rows, std::size_t row, const Query& query,
                              QueryRow& out) {
  std::size_t column = 0;
  for (; column < query.group_by.size(); ++column) out.keys.emplace_back(rows.text(column, row));
  out.step_start = Instant(Microseconds(rows.column<std::int64_t>(column++)[row]));
  if (!query.steps) out.step_start = Instant{};
  const std::string_view code = rows.text(column++, row);
  if (code.empty()) return column;
  const auto currency = Currency::parse(code);
  if (!currency) return fail(currency.error());
  out.currency = *currency;
  return column;
}

Result<QueryRow> read_row(const duck::Rows& rows, std::size_t row, const Query& query) {
  QueryRow out;
  const auto first = read_keys(rows, row, query, out);
  if (!first) return fail(first.error());
  std::size_t column = *first;
  const auto next = [&] { return rows.column<duckdb_hugeint>(column++)[row]; };
  // Counts of rows: they fit.
  out.requests = static_cast<std::int64_t>(duck::int128_of(next()));
  out.unpriced = static_cast<std::int64_t>(duck::int128_of(next()));
  for (const Meter meter : kColumnMeters) {
    const auto sum = narrow(next(), to_string(meter));
    if (!sum) return fail(sum.error());
    at(out.quantities, meter) = *sum;
  }
  for (Amount& amount : out.costs.by_class) amount = Amount::pico(duck::int128_of(next()));
  out.reported_cost = Amount::pico(duck::int128_of(next()));
  return out;
}

bool same_group(const QueryRow& a, const QueryRow& b) {
  return a.keys == b.keys && a.step_start == b.step_start && a.currency == b.currency;
}

/// Both answers come in one order, so they are merged in one pass.
Result<void> merge_side(duck::Rows rows, const Query& query, std::vector<QueryRow>& groups) {
  std::size_t group = 0;
  for (auto more = rows.next(); !more || *more; more = rows.next()) {
    if (!more) return fail(more.error());
    for (std::size_t row = 0; row < rows.size(); ++row) {
      QueryRow side;
      const auto column = read_keys(rows, row, query, side);
      if (!column) return fail(column.error());
      while (group < groups.size() && !same_group(groups[group], side)) ++group;
      const auto meter = parse_meter(rows.text(*column, row));
      if (!meter || group == groups.size()) {
        return fail(ErrorCode::unsupported, "the ledger counts \"" +
                                                std::string(rows.text(*column, row)) +
                                                "\", which this cost-ops does not know");
      }
      const auto sum = narrow(rows.column<duckdb_hugeint>(*column + 1)[row], to_string(*meter));
      if (!sum) return fail(sum.error());
      at(groups[group].quantities, *meter) += *sum;
    }
  }
  return {};
}

Result<duck::Rows> run(duck::Connection& connection, const Sql& sql) {
  auto statement = sql.prepare(connection);
  if (!statement) return fail(statement.error());
  return statement->run();
}

}  // namespace

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
  add(" WHERE used_at >= ").time(query.range.from).add(" AND used_at < ").time(query.range.to);
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

Result<std::vector<QueryRow>> run_query(duck::Connection& connection, const Query& query) {
  auto rows = run(connection, main_query(query));
  if (!rows) return fail(rows.error());
  std::vector<QueryRow> groups;
  for (auto more = rows->next(); !more || *more; more = rows->next()) {
    if (!more) return fail(more.error());
    for (std::size_t row = 0; row < rows->size(); ++row) {
      auto group = read_row(*rows, row, query);
      if (!group) return fail(group.error());
      groups.push_back(std::move(*group));
    }
  }
  auto side = run(connection, side_query(query));
  if (!side) return fail(side.error());
  if (auto merged = merge_side(std::move(*side), query, groups); !merged) {
    return fail(merged.error());
  }
  return groups;
}

}  // namespace costops::storage
