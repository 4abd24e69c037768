// query_sql.h - the parts of a Query that every SQL backend writes alike.
//
// `Sql` gathers text and parameters: add(text), number(n) for a number of our own, time(instant)
// and value(text), each returning the object itself. Nothing from outside becomes part of the text.
#pragma once

#include <string>
#include <string_view>

#include "costops/storage/query.h"
#include "storage/groups.h"
#include "storage/ledger_columns.h"

namespace costops::storage {

template <typename Sql>
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

/// A condition on range, as-of and filters.
template <typename Sql>
void add_where(Sql& sql, const Query& query) {
  sql.add(" WHERE true");
  if (!is_all_time(query.range)) {
    sql.add(" AND used_at >= ").time(query.range.from);
    sql.add(" AND used_at < ").time(query.range.to);
  }
  if (query.as_of) sql.add(" AND recorded_at <= ").time(*query.as_of);
  for (const Filter& filter : query.filters) add_filter(sql, filter);
}

/// "CASE WHEN used_at < change THEN ... ELSE ... END": a value per stretch of constant offset,
/// which add_value(offset, number of the stretch) writes.
template <typename Sql, typename AddValue>
void add_by_offset(Sql& sql, const LocalSteps& steps, const AddValue& add_value) {
  const std::size_t last = steps.offsets.size() - 1;
  if (last > 0) sql.add("CASE");
  for (std::size_t i = 0; i < last; ++i) {
    sql.add(" WHEN used_at < ").time(steps.offsets[i + 1].from).add(" THEN ");
    add_value(steps.offsets[i], i);
  }
  if (last > 0) sql.add(" ELSE ");
  add_value(steps.offsets.back(), last);
  if (last > 0) sql.add(" END");
}

/// Before this, no instant is in a stretch: the first one begins before all.
[[nodiscard]] inline std::int64_t beginning_of(const LocalSteps& steps, std::size_t stretch) {
  if (stretch > 0) return steps.offsets[stretch].from.time_since_epoch().count();
  return min_instant().time_since_epoch().count() - steps.step_us;
}

/// How a database names what add_step needs.
struct StepWords {
  std::string_view used_at_us;  ///< used_at in microseconds.
  std::string_view greatest;    ///< The larger one of two numbers.
};

/// The start of the step that contains used_at, in UTC microseconds: the local time rounded down
/// (also before 1970), but not before the change that cut the step.
template <typename Sql>
void add_step(Sql& sql, const LocalSteps& steps, const StepWords& words) {
  const std::int64_t shift = positive_shift(steps.step_us);
  const auto start = [&](const LocalSteps::Offset& o, std::size_t) {
    sql.add(words.used_at_us).add(" - (").add(words.used_at_us).add(" + ");
    sql.number(o.offset_us + shift).add(") % ").number(steps.step_us);
  };
  if (steps.offsets.size() == 1) return start(steps.offsets[0], 0);
  sql.add(words.greatest).add("(");
  add_by_offset(sql, steps, start);
  sql.add(", ");
  add_by_offset(sql, steps, [&](const LocalSteps::Offset&, std::size_t stretch) {
    sql.number(beginning_of(steps, stretch));
  });
  sql.add(")");
}

/// " GROUP BY 1, 2, ...": the first so many columns.
template <typename Sql>
void add_grouping(Sql& sql, std::size_t columns) {
  for (std::size_t i = 1; i <= columns; ++i) {
    sql.add(i == 1 ? " GROUP BY " : ", ").add(std::to_string(i));
  }
}

}  // namespace costops::storage
